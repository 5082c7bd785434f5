package api

import (
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/topic"
)

// offsetsTopic is where groups keep their committed offsets.
const offsetsTopic = "__consumer_offsets"

// handleWriteTxnMarkers answers API 27.
func handleWriteTxnMarkers(s *Service, r *Request, q *kmsg.WriteTxnMarkersRequest) kmsg.Response {
	s.WriteTxnMarkers(q, func(resp *kmsg.WriteTxnMarkersResponse) { s.reply(r, resp) })
	return nil
}

// markersOp is a WriteTxnMarkers under way.
type markersOp struct {
	s       *Service
	resp    *kmsg.WriteTxnMarkersResponse
	done    func(*kmsg.WriteTxnMarkersResponse)
	slots   map[markerSlot]int
	writes  []*markerWrite
	pending atomic.Int32 // writes that wait, and WriteTxnMarkers itself
	timer   *time.Timer
}

// markerSlot names a partition in the answer; index -1 stands for the whole topic,
// and with it an empty name for the producer.
type markerSlot struct {
	producerID int64
	topic      string
	index      int32
}

// markerWrite is a marker for one partition.
type markerWrite struct {
	topic.Ack
	op     *markersOp
	part   *topic.Partition
	marker topic.Marker
	at     [3]int // producer, topic and partition in the answer
	err    error  // how it ended
}

// WriteTxnMarkers ends transactions in partitions: it appends a marker to each
// (KafkaApis.handleWriteTxnMarkersRequest) and waits until it is committed. For
// partitions of __consumer_offsets the group coordinator has heard of it by then.
// A partition that is not online here has error 3. done is called once, on any
// goroutine, perhaps before WriteTxnMarkers returns; the caller holds no lock.
func (s *Service) WriteTxnMarkers(q *kmsg.WriteTxnMarkersRequest, done func(*kmsg.WriteTxnMarkersResponse)) {
	op := &markersOp{s: s, resp: kmsg.NewPtrWriteTxnMarkersResponse(), done: done, slots: map[markerSlot]int{}}
	for i := range q.Markers {
		op.add(&q.Markers[i])
	}
	op.pending.Store(int32(len(op.writes)) + 1)
	var fired topic.Fired
	waiting := false
	for _, w := range op.writes {
		a, err := w.part.AppendMarker(w.marker, &w.Ack, &fired)
		if err == nil && a.Waiting {
			waiting = true
			continue
		}
		w.ended(err)
	}
	fired.Fire()
	if waiting {
		timeout := time.Duration(s.Topics.BrokerNumber("request.timeout.ms")) * time.Millisecond
		op.timer = time.AfterFunc(timeout, op.expire)
	}
	op.arrived()
}

// add makes the answer and the writes of one marker. A partition is written to
// once for it; results of the same producer id come together.
func (op *markersOp) add(m *kmsg.WriteTxnMarkersRequestMarker) {
	nowMs := op.s.Now().UnixMilli()
	seen := make(map[partitionName]bool)
	for i := range m.Topics {
		name := m.Topics[i].Topic
		in := op.s.Topics.Topic([]byte(name))
		for _, index := range m.Topics[i].Partitions {
			if seen[partitionName{name, index}] {
				continue
			}
			seen[partitionName{name, index}] = true
			at := op.slot(m.ProducerID, name, index)
			part, err := in.Partition(index)
			if err != nil || part.Err() != nil {
				op.result(at).ErrorCode = kerr.UnknownTopicOrPartition.Code
				continue
			}
			w := &markerWrite{op: op, part: part, at: at, marker: topic.Marker{
				ProducerID: m.ProducerID, ProducerEpoch: m.ProducerEpoch, CoordinatorEpoch: m.CoordinatorEpoch,
				Committed: m.Committed, TxnVersion: int16(m.TransactionVersion), TimestampMs: nowMs,
			}}
			w.Done = w.ended
			op.writes = append(op.writes, w)
		}
	}
}

// slot finds or makes the place of a partition in the answer.
func (op *markersOp) slot(producerID int64, name string, index int32) [3]int {
	var at [3]int
	found := false
	if at[0], found = op.at(markerSlot{producerID, "", -1}, len(op.resp.Markers)); !found {
		m := kmsg.NewWriteTxnMarkersResponseMarker()
		m.ProducerID = producerID
		op.resp.Markers = append(op.resp.Markers, m)
	}
	m := &op.resp.Markers[at[0]]
	if at[1], found = op.at(markerSlot{producerID, name, -1}, len(m.Topics)); !found {
		t := kmsg.NewWriteTxnMarkersResponseMarkerTopic()
		t.Topic = name
		m.Topics = append(m.Topics, t)
	}
	t := &m.Topics[at[1]]
	if at[2], found = op.at(markerSlot{producerID, name, index}, len(t.Partitions)); !found {
		p := kmsg.NewWriteTxnMarkersResponseMarkerTopicPartition()
		p.Partition = index
		t.Partitions = append(t.Partitions, p)
	}
	return at
}

// at is the place of a part of the answer, which is next when it has none yet.
func (op *markersOp) at(slot markerSlot, next int) (at int, found bool) {
	if at, found = op.slots[slot]; !found {
		op.slots[slot], at = next, next
	}
	return at, found
}

func (op *markersOp) result(at [3]int) *kmsg.WriteTxnMarkersResponseMarkerTopicPartition {
	return &op.resp.Markers[at[0]].Topics[at[1]].Partitions[at[2]]
}

// ended is called when the marker is committed, or will not be.
func (w *markerWrite) ended(err error) {
	w.err = err
	if s := w.op.s; err == nil && w.part.Topic == offsetsTopic && s.TxnOffsets != nil {
		s.TxnOffsets.CompleteTxn(w.part.Index, w.marker.ProducerID, w.marker.ProducerEpoch, w.marker.Committed)
	}
	w.op.arrived()
}

// expire ends the writes that still wait. Their markers stay.
func (op *markersOp) expire() {
	for _, w := range op.writes {
		if w.part.Cancel(&w.Ack) {
			w.ended(topic.ErrTimedOut)
		}
	}
}

// arrived counts a write as done; the last one answers.
func (op *markersOp) arrived() {
	if op.pending.Add(-1) > 0 {
		return
	}
	if op.timer != nil {
		op.timer.Stop()
	}
	for _, w := range op.writes {
		op.result(w.at).ErrorCode = codeOf(w.err)
	}
	op.done(op.resp)
}

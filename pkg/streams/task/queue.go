package task

import (
	"fmt"
	"math"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// queue holds what was fetched of one partition and not yet processed.
type queue struct {
	topic     string
	partition int32
	source    *sourceNode
	waiting   []Records
	at        int // waiting[at] is the first that has something
	left      int // records in waiting, and in
	// in is the first record, where loaded says so; head is made of it when ready is set.
	in            Input
	head          topology.Record
	loaded, ready bool
	// next is the offset after the last record taken or skipped, -1 before the first.
	next int64
	// added is the offset after the last record added; end the broker's, -1 unknown.
	added, end int64
	// time is the highest timestamp taken of the partition, -1 before the first.
	time int64
}

func newQueue(topic string, partition int32, s *sourceNode) *queue {
	return &queue{topic: topic, partition: partition, source: s, next: -1, added: -1, end: -1, time: -1}
}

func (q *queue) size() int { return q.left }

func (q *queue) add(records Records) {
	if records.left == 0 {
		return
	}
	if q.at > len(q.waiting)/2 {
		n := copy(q.waiting, q.waiting[q.at:])
		clear(q.waiting[n:])
		q.waiting, q.at = q.waiting[:n], 0
	}
	q.waiting = append(q.waiting, records)
	q.left += records.left
	q.added = max(q.added, records.last+1)
}

// load decodes the first record. It reports false where there is none.
func (q *queue) load() bool {
	if q.loaded || q.at == len(q.waiting) {
		return q.loaded
	}
	first := &q.waiting[q.at]
	q.loaded = first.Next(&q.in)
	if first.left == 0 {
		*first = Records{} // its bytes are let go
		q.at++
	}
	return q.loaded
}

// prepare makes the head record. Records whose timestamp extractor says a
// negative time are dropped on the way (TimestampExtractor).
func (q *queue) prepare(t *Task) error {
	for !q.ready && q.load() {
		in := &q.in
		src := q.source.source
		q.head = topology.Record{
			Key:       codec.Encoded(in.Key, src.Key),
			Value:     codec.Encoded(in.Value, src.Value),
			Timestamp: in.Timestamp,
			Headers:   in.Headers,
		}
		if err := q.check(in); err != nil {
			return err
		}
		if src.Processing {
			q.head.Timestamp = t.times.Wall
		} else if src.Timestamp != nil {
			o := topology.Origin{Topic: q.topic, Partition: q.partition, Offset: in.Offset}
			ts, err := src.Timestamp(&q.head, &o)
			if err != nil {
				return err
			}
			if ts < 0 {
				t.Drop(q.source.name, "negative timestamp")
				q.skip()
				continue
			}
			q.head.Timestamp = ts
		} else if in.Timestamp < 0 {
			return fmt.Errorf("timestamp %d is negative: the producer's message format is too old, or its clock is wrong", in.Timestamp)
		}
		q.ready = true
	}
	return nil
}

func (q *queue) check(in *Input) error {
	if err := codec.Check(q.source.source.Key, in.Key); err != nil {
		return fmt.Errorf("key: %w", err)
	}
	if err := codec.Check(q.source.source.Value, in.Value); err != nil {
		return fmt.Errorf("value: %w", err)
	}
	return nil
}

// skip passes over the head.
func (q *queue) skip() {
	q.next = q.in.Offset + 1
	q.in = Input{}
	q.left--
	q.loaded, q.ready = false, false
}

// take passes over the head as processed.
func (q *queue) take() {
	q.time = max(q.time, q.head.Timestamp)
	q.skip()
}

// headTime orders queues: those without a head come last.
func (q *queue) headTime() int64 {
	if !q.ready {
		return math.MaxInt64
	}
	return q.head.Timestamp
}

// behind says that the broker has more, or may have.
func (q *queue) behind() bool { return q.end < 0 || q.added < q.end }

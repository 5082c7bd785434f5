package api

import (
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/topic"
)

// deleteOp is a DeleteRecords under way.
type deleteOp struct {
	r       *Request
	resp    *kmsg.DeleteRecordsResponse
	acks    []*deleteAck
	pending atomic.Int32 // acks that wait, and the handler itself
	timer   *time.Timer
}

// deleteAck is one partition whose replicas have to follow.
type deleteAck struct {
	topic.Ack
	op   *deleteOp
	part *topic.Partition
	at   [2]int // topic and partition in the answer
	err  error  // how it ended; set before op.arrived
}

// handleDeleteRecords answers API 21 (ReplicaManager.deleteRecords). It waits until
// all replicas have moved their log start.
func handleDeleteRecords(s *Service, r *Request, q *kmsg.DeleteRecordsRequest) kmsg.Response {
	op := &deleteOp{r: r, resp: kmsg.NewPtrDeleteRecordsResponse()}
	op.pending.Store(1)
	at := map[partitionName][2]int{} // where a partition is in the answer
	topics := map[string]int{}
	for i := range q.Topics {
		qt := &q.Topics[i]
		for j := range qt.Partitions {
			name := partitionName{qt.Topic, qt.Partitions[j].Partition}
			if _, dup := at[name]; !dup {
				at[name] = op.slot(topics, name)
			}
		}
	}
	for i := len(q.Topics) - 1; i >= 0; i-- { // of duplicates the last entry counts
		qt := &q.Topics[i]
		for j := len(qt.Partitions) - 1; j >= 0; j-- {
			name := partitionName{qt.Topic, qt.Partitions[j].Partition}
			if to, todo := at[name]; todo {
				delete(at, name)
				op.delete(s, name, qt.Partitions[j].Offset, to)
			}
		}
	}
	if len(op.acks) > 0 {
		op.timer = time.AfterFunc(time.Duration(q.TimeoutMillis)*time.Millisecond, op.expire)
	}
	op.arrived()
	return nil
}

// slot adds a partition to the answer.
func (op *deleteOp) slot(topics map[string]int, name partitionName) [2]int {
	t, ok := topics[name.topic]
	if !ok {
		t = len(op.resp.Topics)
		topics[name.topic] = t
		rt := kmsg.NewDeleteRecordsResponseTopic()
		rt.Topic = name.topic
		op.resp.Topics = append(op.resp.Topics, rt)
	}
	out := kmsg.NewDeleteRecordsResponseTopicPartition()
	out.Partition, out.LowWatermark = name.index, -1
	rt := &op.resp.Topics[t]
	rt.Partitions = append(rt.Partitions, out)
	return [2]int{t, len(rt.Partitions) - 1}
}

func (op *deleteOp) out(at [2]int) *kmsg.DeleteRecordsResponseTopicPartition {
	return &op.resp.Topics[at[0]].Partitions[at[1]]
}

// delete deletes the records of one partition.
func (op *deleteOp) delete(s *Service, name partitionName, offset int64, at [2]int) {
	t := s.Topics.Topic([]byte(name.topic))
	part, err := t.Partition(name.index)
	if err == nil && t.Internal {
		err = kerr.InvalidTopicException
	}
	if err != nil {
		op.out(at).ErrorCode = codeOf(err)
		return
	}
	ack := &deleteAck{op: op, part: part, at: at}
	ack.Done = ack.done
	op.pending.Add(1)
	d, err := part.DeleteRecords(offset, &ack.Ack)
	if d.Waiting {
		op.acks = append(op.acks, ack)
		return
	}
	op.pending.Add(-1) // not the last: the handler counts too
	op.out(at).LowWatermark, op.out(at).ErrorCode = d.LowWatermark, codeOf(err)
}

func (a *deleteAck) done(err error) {
	a.err = err
	a.op.arrived()
}

// expire ends the acks that still wait. What was deleted stays deleted.
func (op *deleteOp) expire() {
	for _, a := range op.acks {
		if a.part.Cancel(&a.Ack) {
			a.done(topic.ErrTimedOut)
		}
	}
}

// arrived counts an ack as done; the last one answers.
func (op *deleteOp) arrived() {
	if op.pending.Add(-1) > 0 {
		return
	}
	if op.timer != nil {
		op.timer.Stop()
	}
	for _, a := range op.acks {
		out := op.out(a.at)
		if a.err == nil {
			out.LowWatermark = a.part.LowWatermark()
		}
		out.ErrorCode = codeOf(a.err)
	}
	op.r.Reply(op.resp)
}

package share

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
)

// ReadShareGroupState gives the leader of a partition the states of its share
// partitions. A new leader epoch is kept first, so that older ones are fenced.
func (c *Coordinator) ReadShareGroupState(q *kmsg.ReadShareGroupStateRequest, reply func(*kmsg.ReadShareGroupStateResponse)) {
	resp := kmsg.NewPtrReadShareGroupStateResponse()
	resp.Version = q.Version
	g := gathering(func() { reply(resp) })
	if q.GroupID != "" {
		resp.Topics = make([]kmsg.ReadShareGroupStateResponseTopic, len(q.Topics))
	}
	for i := range resp.Topics {
		qt := &q.Topics[i]
		t := &resp.Topics[i]
		t.TopicID, t.Partitions = qt.TopicID, make([]kmsg.ReadShareGroupStateResponseTopicPartition, len(qt.Partitions))
		for j := range qt.Partitions {
			qp, p := &qt.Partitions[j], &t.Partitions[j]
			k := keyOf(q.GroupID, qt.TopicID, qp.Partition)
			p.Partition = k.Partition
			c.answer(g, k, c.reading(k, qp.LeaderEpoch, p), &p.ErrorCode, &p.ErrorMessage)
		}
	}
	g.end()
}

func (c *Coordinator) reading(k Key, leaderEpoch int32, p *kmsg.ReadShareGroupStateResponseTopicPartition) operation {
	return operation{
		what: "read",
		before: func(s *kept) refusal {
			if r := initialized(s, textUnreadable); r.code != 0 {
				return r
			}
			return s.fencedBy(leaderEpoch, -1)
		},
		do: func(w *work, s *kept, end func(int16)) {
			got := *p
			got.StateEpoch, got.StartOffset = s.StateEpoch, s.StartOffset
			for _, b := range s.Batches {
				got.StateBatches = append(got.StateBatches, kmsg.ReadShareGroupStateResponseTopicPartitionStateBatch{
					FirstOffset: b.First, LastOffset: b.Last, DeliveryState: b.State, DeliveryCount: b.Deliveries,
				})
			}
			told := func(code int16) {
				if code == 0 { // else nothing is told
					*p = got
				}
				end(code)
			}
			if leaderEpoch == -1 || s.leaderFence == leaderEpoch {
				w.later(func() { told(0) })
				return
			}
			rec, apply := s.next(k, change{start: s.StartOffset, complete: s.DeliveryComplete, leader: leaderEpoch},
				c.o.UpdatesPerSnapshot, c.o.Now().UnixMilli())
			w.append(rec, apply, told)
		},
	}
}

// WriteShareGroupState takes what the leader of a partition has to keep of its
// share partitions. It answers when that is committed.
func (c *Coordinator) WriteShareGroupState(q *kmsg.WriteShareGroupStateRequest, reply func(*kmsg.WriteShareGroupStateResponse)) {
	resp := kmsg.NewPtrWriteShareGroupStateResponse()
	resp.Version = q.Version
	g := gathering(func() { reply(resp) })
	if q.GroupID != "" {
		resp.Topics = make([]kmsg.WriteShareGroupStateResponseTopic, len(q.Topics))
	}
	for i := range resp.Topics {
		qt := &q.Topics[i]
		t := &resp.Topics[i]
		t.TopicID, t.Partitions = qt.TopicID, make([]kmsg.WriteShareGroupStateResponseTopicPartition, len(qt.Partitions))
		for j := range qt.Partitions {
			qp, p := &qt.Partitions[j], &t.Partitions[j]
			k := keyOf(q.GroupID, qt.TopicID, qp.Partition)
			p.Partition = k.Partition
			c.answer(g, k, c.writing(k, qp), &p.ErrorCode, &p.ErrorMessage)
		}
	}
	g.end()
}

func (c *Coordinator) writing(k Key, q *kmsg.WriteShareGroupStateRequestTopicPartition) operation {
	return operation{
		what: "write",
		before: func(s *kept) refusal {
			if r := initialized(s, textUnwritable); r.code != 0 {
				return r
			}
			return s.fencedBy(q.LeaderEpoch, q.StateEpoch)
		},
		do: func(w *work, s *kept, end func(int16)) {
			ch := change{start: q.StartOffset, complete: q.DeliveryCompleteCount, leader: -1}
			for _, b := range q.StateBatches {
				ch.batches = append(ch.batches, staterec.ShareStateBatch{
					First: b.FirstOffset, Last: b.LastOffset, State: b.DeliveryState, Deliveries: b.DeliveryCount,
				})
			}
			rec, apply := s.next(k, ch, c.o.UpdatesPerSnapshot, c.o.Now().UnixMilli())
			w.append(rec, apply, end)
		},
	}
}

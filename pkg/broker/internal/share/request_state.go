package share

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
)

// InitializeShareGroupState begins the states of share partitions (anew), as the
// group coordinator asks: state epochs that were fenced get FENCED_STATE_EPOCH.
func (c *Coordinator) InitializeShareGroupState(q *kmsg.InitializeShareGroupStateRequest, reply func(*kmsg.InitializeShareGroupStateResponse)) {
	resp := kmsg.NewPtrInitializeShareGroupStateResponse()
	resp.Version = q.Version
	g := gathering(func() { reply(resp) })
	if q.GroupID != "" {
		resp.Topics = make([]kmsg.InitializeShareGroupStateResponseTopic, len(q.Topics))
	}
	for i := range resp.Topics {
		qt := &q.Topics[i]
		t := &resp.Topics[i]
		t.TopicID, t.Partitions = qt.TopicID, make([]kmsg.InitializeShareGroupStateResponseTopicPartition, len(qt.Partitions))
		for j := range qt.Partitions {
			qp, p := &qt.Partitions[j], &t.Partitions[j]
			k := keyOf(q.GroupID, qt.TopicID, qp.Partition)
			p.Partition = k.Partition
			c.answer(g, k, c.initialize(qp, k), &p.ErrorCode, &p.ErrorMessage)
		}
	}
	g.end()
}

func (c *Coordinator) initialize(q *kmsg.InitializeShareGroupStateRequestTopicPartition, k Key) operation {
	return operation{
		what: "initialize",
		before: func(s *kept) refusal {
			if s == nil {
				return refusal{}
			}
			return s.fencedBy(-1, q.StateEpoch)
		},
		do: func(w *work, s *kept, end func(int16)) {
			now := c.o.Now().UnixMilli()
			v := staterec.ShareSnapshotValue{StateEpoch: q.StateEpoch, StartOffset: q.StartOffset, CreateMs: now, WriteMs: now}
			if q.StartOffset == -1 {
				v.DeliveryComplete = -1
			}
			if s != nil {
				v.SnapshotEpoch = s.SnapshotEpoch + 1
			}
			w.append(snapshotRecord(k, v), func(offset int64) {
				if s == nil {
					s = new(kept)
					w.sh.states[k] = s
				}
				s.snapshotted(v, offset, c.o.UpdatesPerSnapshot)
			}, end)
		},
	}
}

// DeleteShareGroupState forgets states; what is not kept is deleted without an error.
func (c *Coordinator) DeleteShareGroupState(q *kmsg.DeleteShareGroupStateRequest, reply func(*kmsg.DeleteShareGroupStateResponse)) {
	resp := kmsg.NewPtrDeleteShareGroupStateResponse()
	resp.Version = q.Version
	g := gathering(func() { reply(resp) })
	if q.GroupID != "" {
		resp.Topics = make([]kmsg.DeleteShareGroupStateResponseTopic, len(q.Topics))
	}
	for i := range resp.Topics {
		qt := &q.Topics[i]
		t := &resp.Topics[i]
		t.TopicID, t.Partitions = qt.TopicID, make([]kmsg.DeleteShareGroupStateResponseTopicPartition, len(qt.Partitions))
		for j := range qt.Partitions {
			p, k := &t.Partitions[j], keyOf(q.GroupID, qt.TopicID, qt.Partitions[j].Partition)
			p.Partition = k.Partition
			c.answer(g, k, deleting(k), &p.ErrorCode, &p.ErrorMessage)
		}
	}
	g.end()
}

func deleting(k Key) operation {
	return operation{
		what: "delete", before: always,
		do: func(w *work, s *kept, end func(int16)) {
			if s == nil {
				w.later(func() { end(0) })
				return
			}
			w.append(tombstone(k), func(int64) { delete(w.sh.states, k) }, end)
		},
	}
}

// ReadShareGroupStateSummary tells start offsets without the states of single
// offsets: -1 where nothing is kept.
func (c *Coordinator) ReadShareGroupStateSummary(q *kmsg.ReadShareGroupStateSummaryRequest, reply func(*kmsg.ReadShareGroupStateSummaryResponse)) {
	resp := kmsg.NewPtrReadShareGroupStateSummaryResponse()
	resp.Version = q.Version
	g := gathering(func() { reply(resp) })
	if q.GroupID != "" {
		resp.Topics = make([]kmsg.ReadShareGroupStateSummaryResponseTopic, len(q.Topics))
	}
	for i := range resp.Topics {
		qt := &q.Topics[i]
		t := &resp.Topics[i]
		t.TopicID, t.Partitions = qt.TopicID, make([]kmsg.ReadShareGroupStateSummaryResponseTopicPartition, len(qt.Partitions))
		for j := range qt.Partitions {
			p, k := &t.Partitions[j], keyOf(q.GroupID, qt.TopicID, qt.Partitions[j].Partition)
			*p = kmsg.NewReadShareGroupStateSummaryResponseTopicPartition()
			p.Partition = k.Partition
			c.answer(g, k, summarizing(p), &p.ErrorCode, &p.ErrorMessage)
		}
	}
	g.end()
}

func summarizing(p *kmsg.ReadShareGroupStateSummaryResponseTopicPartition) operation {
	return operation{
		what: "read", before: always,
		do: func(w *work, s *kept, end func(int16)) {
			p.StartOffset, p.DeliveryCompleteCount = -1, -1
			if s != nil {
				p.StateEpoch, p.LeaderEpoch = s.StateEpoch, s.LeaderEpoch
				p.StartOffset, p.DeliveryCompleteCount = s.StartOffset, s.DeliveryComplete
			}
			w.later(func() { end(0) })
		},
	}
}

// initialized refuses what needs a state.
func initialized(s *kept, text string) refusal {
	if s == nil {
		return refusal{kerr.InvalidRequest.Code, text}
	}
	return refusal{}
}

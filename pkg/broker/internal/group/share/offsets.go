package share

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/machine"
)

// Partitions are those that have a state: their start offset can be asked for.
func (g *Group) Partitions() assign.Assignment {
	out := make(assign.Assignment)
	if g.states != nil {
		for id, t := range g.states.initialized {
			out[id] = t.partitions
		}
	}
	return out
}

// Alter notes that partitions get a new start offset. Its reply, to call, says which
// are wrong; the share coordinator is to be asked for the others before it leaves,
// with the request that comes back, nil for none.
func (g *Group) Alter(now machine.Now, call machine.Call, q *kmsg.AlterShareGroupOffsetsRequest) (machine.Effects, *kmsg.InitializeShareGroupStateRequest) {
	s := &step{g: g, now: now}
	resp := kmsg.NewPtrAlterShareGroupOffsetsResponse()
	s.fx.Reply(call, resp)
	if len(g.members) > 0 {
		text := kerr.NonEmptyGroup.Description
		resp.ErrorCode, resp.ErrorMessage = kerr.NonEmptyGroup.Code, &text
		return s.effects(), nil
	}
	offsets := make(map[assign.TopicID]map[int32]int64)
	partitions := make(map[assign.TopicID]withState)
	unknown := kerr.UnknownTopicOrPartition
	for _, t := range q.Topics {
		rt := kmsg.NewAlterShareGroupOffsetsResponseTopic()
		rt.Topic = t.Topic
		id, n, there := g.topics().Topic(t.Topic)
		if there {
			rt.TopicID = id
			add(partitions, id, t.Topic, nil)
			if offsets[id] == nil {
				offsets[id] = make(map[int32]int64)
			}
		}
		for _, p := range t.Partitions {
			rp := kmsg.NewAlterShareGroupOffsetsResponseTopicPartition()
			rp.Partition = p.Partition
			if !there || p.Partition >= n || p.Partition < 0 {
				text := unknown.Description
				rp.ErrorCode, rp.ErrorMessage = unknown.Code, &text
			} else {
				add(partitions, id, t.Topic, []int32{p.Partition})
				offsets[id][p.Partition] = p.StartOffset
			}
			rt.Partitions = append(rt.Partitions, rp)
		}
		resp.Topics = append(resp.Topics, rt)
	}
	g.initialize(s, partitions)
	for id, t := range partitions {
		if len(t.partitions) == 0 {
			delete(partitions, id)
		}
	}
	init := g.initializeRequest(g.epoch, partitions)
	if init != nil {
		for i := range init.Topics {
			for j := range init.Topics[i].Partitions {
				p := &init.Topics[i].Partitions[j]
				p.StartOffset = offsets[init.Topics[i].TopicID][p.Partition]
			}
		}
	}
	return s.effects(), init
}

// deletion adds partitions of a topic to a request to drop their state.
func deletion(q *kmsg.DeleteShareGroupStateRequest, id assign.TopicID, partitions []int32) {
	t := kmsg.NewDeleteShareGroupStateRequestTopic()
	t.TopicID = id
	for _, p := range partitions {
		tp := kmsg.NewDeleteShareGroupStateRequestTopicPartition()
		tp.Partition = p
		t.Partitions = append(t.Partitions, tp)
	}
	q.Topics = append(q.Topics, t)
}

func upTo(n int32) []int32 {
	out := make([]int32, n)
	for p := range out {
		out[p] = int32(p)
	}
	return out
}

// DeleteOffsets notes that the states of topics are being dropped. Its reply, to call,
// names the topics that have none; the share coordinator is to be asked for the
// others before it leaves, with the request that comes back, nil for none.
func (g *Group) DeleteOffsets(now machine.Now, call machine.Call, q *kmsg.DeleteShareGroupOffsetsRequest) (machine.Effects, *kmsg.DeleteShareGroupStateRequest) {
	s := &step{g: g, now: now}
	resp := kmsg.NewPtrDeleteShareGroupOffsetsResponse()
	s.fx.Reply(call, resp)
	if len(g.members) > 0 {
		text := kerr.NonEmptyGroup.Description
		resp.ErrorCode, resp.ErrorMessage = kerr.NonEmptyGroup.Code, &text
		return s.effects(), nil
	}
	if g.states == nil {
		return s.effects(), nil
	}
	n, out := g.states.next(), kmsg.NewPtrDeleteShareGroupStateRequest()
	out.GroupID = g.id
	for _, t := range q.Topics {
		id, count, there := g.topics().Topic(t.Topic)
		has, initialized := n.initialized[id]
		text := ""
		switch {
		case !there:
			text = kerr.UnknownTopicOrPartition.Description
		case initialized:
			deletion(out, id, has.partitions)
			delete(n.initialized, id)
			n.deleting[id] = true
		case n.deleting[id]:
			if !slices.ContainsFunc(out.Topics, func(t kmsg.DeleteShareGroupStateRequestTopic) bool { return t.TopicID == id }) {
				deletion(out, id, upTo(count))
			}
		default:
			text = "There is no offset information to delete."
		}
		if text != "" {
			rt := kmsg.NewDeleteShareGroupOffsetsResponseTopic()
			rt.Topic, rt.ErrorCode, rt.ErrorMessage = t.Topic, kerr.UnknownTopicOrPartition.Code, &text
			resp.Topics = append(resp.Topics, rt)
		}
	}
	s.change(n.change(g.topics()))
	if len(out.Topics) == 0 {
		return s.effects(), nil
	}
	return s.effects(), out
}

// Deleted says that the states of topics have been dropped.
func (g *Group) Deleted(now machine.Now, topics []assign.TopicID) machine.Effects {
	s := &step{g: g, now: now}
	if g.states == nil {
		return s.effects()
	}
	n := g.states.next()
	for _, id := range topics {
		delete(n.deleting, id)
	}
	s.change(n.change(g.topics()))
	return s.effects()
}

// DeleteStates begins the deletion of the group: it notes that all its states are
// being dropped. The share coordinator is to be asked with the request that comes
// back before the group is deleted, nil for nothing.
func (g *Group) DeleteStates(now machine.Now) (machine.Effects, *kmsg.DeleteShareGroupStateRequest) {
	s := &step{g: g, now: now}
	if g.states == nil {
		return s.effects(), nil
	}
	topics, n := g.topics(), (*states)(nil).next()
	drop := make(map[assign.TopicID]withState)
	for _, m := range []map[assign.TopicID]withState{g.states.initialized, g.states.initializing} {
		for id, t := range m {
			add(drop, id, t.name, t.partitions)
		}
	}
	for id := range g.states.deleting {
		if name := topics.TopicName(id); name != "" {
			_, count, _ := topics.Topic(name)
			add(drop, id, name, upTo(count))
		}
	}
	out := kmsg.NewPtrDeleteShareGroupStateRequest()
	out.GroupID = g.id
	for _, id := range inOrder(drop) {
		n.deleting[id] = true
		if len(drop[id].partitions) > 0 {
			deletion(out, id, drop[id].partitions)
		}
	}
	s.change(n.change(topics))
	if len(out.Topics) == 0 {
		return s.effects(), nil
	}
	return s.effects(), out
}

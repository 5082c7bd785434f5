package group

import (
	"slices"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/machine"
	"kq/pkg/broker/internal/meta"
)

// OffsetFetch answers OffsetFetch in the form of version 8 and later: requests of
// older versions are given with their group in Groups.
func (c *Coordinator) OffsetFetch(q *kmsg.OffsetFetchRequest, reply func(*kmsg.OffsetFetchResponse)) {
	resp := kmsg.NewPtrOffsetFetchResponse()
	resp.Groups = make([]kmsg.OffsetFetchResponseGroup, len(q.Groups))
	wait := newCountdown(len(q.Groups), func() { reply(resp) })
	for i := range q.Groups {
		f := offsetFetch{c: c, q: &q.Groups[i], into: &resp.Groups[i], byID: q.Version >= 10, stable: q.RequireStable, img: c.o.Image()}
		f.run(wait.done)
	}
	wait.done()
}

// countdown calls then when its parts, and who started them, are done.
type countdown struct {
	left atomic.Int64
	then func()
}

func newCountdown(parts int, then func()) *countdown {
	c := &countdown{then: then}
	c.left.Store(int64(parts) + 1)
	return c
}

func (c *countdown) done() {
	if c.left.Add(-1) == 0 {
		c.then()
	}
}

// offsetFetch is the part of a request that is about one group.
type offsetFetch struct {
	c      *Coordinator
	img    *meta.Image
	q      *kmsg.OffsetFetchRequestGroup
	into   *kmsg.OffsetFetchResponseGroup
	byID   bool // topics have ids, not names
	stable bool // offsets of open transactions are told
}

func (f *offsetFetch) run(done func()) {
	f.into.Group = f.q.Group
	fail := func(err *kerr.Error) {
		f.into.ErrorCode, f.into.Topics = err.Code, nil
		done()
	}
	found, err := f.c.turn(f.q.Group, nil, func(t *turn) {
		var err *kerr.Error
		if f.q.MemberID != nil || f.q.MemberEpoch >= 0 { // else it is no member's
			err = t.g.machine.Fetch(text(f.q.MemberID), f.q.MemberEpoch)
		}
		if err != nil {
			f.into.ErrorCode = err.Code
		} else {
			f.fill(t.g)
		}
		t.answer(func(err *kerr.Error) {
			if err != nil {
				fail(err)
				return
			}
			done()
		})
	})
	switch {
	case err != nil:
		fail(err)
	case !found: // not an error: it has no offsets
		f.fill(&group{})
		done()
	}
}

// fill answers with the offsets of g. Caller holds g.mu.
func (f *offsetFetch) fill(g *group) {
	if f.q.Topics == nil {
		f.all(g)
		return
	}
	for i := range f.q.Topics {
		qt := &f.q.Topics[i]
		rt := kmsg.NewOffsetFetchResponseGroupTopic()
		rt.Topic, rt.TopicID = qt.Topic, qt.TopicID
		name, known := qt.Topic, true
		if f.byID {
			if t := f.img.TopicByID(qt.TopicID); t != nil {
				name = t.Name
			} else {
				known = false
			}
		}
		for _, p := range qt.Partitions {
			rp := f.partition(g, name, p)
			if !known {
				rp = none(p)
				rp.ErrorCode = kerr.UnknownTopicID.Code
			}
			rt.Partitions = append(rt.Partitions, rp)
		}
		f.into.Topics = append(f.into.Topics, rt)
	}
}

// all answers with everything that the group has.
func (f *offsetFetch) all(g *group) {
	for name, t := range g.offsets {
		if t.stale(f.img, name) {
			continue
		}
		rt := kmsg.NewOffsetFetchResponseGroupTopic()
		rt.Topic = name
		if topic := f.img.Topic(name); topic != nil {
			rt.TopicID = topic.ID
		} else if f.byID {
			continue // it cannot be told
		}
		for p := range t.parts {
			rt.Partitions = append(rt.Partitions, f.partition(g, name, p))
		}
		slices.SortFunc(rt.Partitions, func(a, b kmsg.OffsetFetchResponseGroupTopicPartition) int { return int(a.Partition) - int(b.Partition) })
		f.into.Topics = append(f.into.Topics, rt)
	}
}

func none(partition int32) kmsg.OffsetFetchResponseGroupTopicPartition {
	p := kmsg.NewOffsetFetchResponseGroupTopicPartition()
	p.Partition, p.Offset, p.LeaderEpoch, p.Metadata = partition, -1, -1, new(string)
	return p
}

func (f *offsetFetch) partition(g *group, topic string, partition int32) kmsg.OffsetFetchResponseGroupTopicPartition {
	p := none(partition)
	if f.stable && g.unstable(f.img, topic, partition) {
		p.ErrorCode = kerr.UnstableOffsetCommit.Code
		return p
	}
	if o := g.committed(f.img, topic, partition); o != nil {
		p.Offset, p.LeaderEpoch, p.Metadata = o.offset, o.epoch, &o.metadata
	}
	return p
}

// OffsetDelete answers OffsetDelete. Offsets of topics that members subscribe to
// stay.
func (c *Coordinator) OffsetDelete(q *kmsg.OffsetDeleteRequest, reply func(*kmsg.OffsetDeleteResponse)) {
	refuse := func(err *kerr.Error) {
		r := kmsg.NewPtrOffsetDeleteResponse()
		r.ErrorCode = err.Code
		reply(r)
	}
	if q.Group == "" {
		refuse(kerr.InvalidGroupID)
		return
	}
	found, err := c.turn(q.Group, nil, func(t *turn) {
		info := t.g.machine.Info()
		if info.Type == "share" {
			t.answer(func(*kerr.Error) { refuse(kerr.GroupIDNotFound) })
			return
		}
		if !info.Empty && info.ProtocolType != "consumer" {
			t.answer(func(*kerr.Error) { refuse(kerr.NonEmptyGroup) })
			return
		}
		resp, failed := t.deleteOffsets(q, &info)
		t.answer(func(err *kerr.Error) {
			if failed != nil {
				err = failed
			}
			if err != nil {
				refuse(err)
				return
			}
			reply(resp)
		})
	})
	switch {
	case err != nil:
		refuse(err)
	case !found:
		refuse(kerr.GroupIDNotFound)
	}
}

func (t *turn) deleteOffsets(q *kmsg.OffsetDeleteRequest, info *machine.Info) (*kmsg.OffsetDeleteResponse, *kerr.Error) {
	g, img := t.g, t.c.o.Image()
	resp := kmsg.NewPtrOffsetDeleteResponse()
	var due []place
	for i := range q.Topics {
		qt := &q.Topics[i]
		rt := kmsg.NewOffsetDeleteResponseTopic()
		rt.Topic = qt.Topic
		topic := img.Topic(qt.Topic)
		for _, qp := range qt.Partitions {
			rp := kmsg.NewOffsetDeleteResponseTopicPartition()
			rp.Partition = qp.Partition
			switch {
			case topic == nil || qp.Partition < 0 || int(qp.Partition) >= len(topic.Partitions):
				rp.ErrorCode = kerr.UnknownTopicOrPartition.Code
			case info.Subscribed != nil && info.Subscribed(qt.Topic):
				rp.ErrorCode = kerr.GroupSubscribedToTopic.Code
			case g.committed(img, qt.Topic, qp.Partition) != nil || g.unstable(img, qt.Topic, qp.Partition):
				due = append(due, place{qt.Topic, qp.Partition})
			}
			rt.Partitions = append(rt.Partitions, rp)
		}
		if len(rt.Partitions) > 0 {
			resp.Topics = append(resp.Topics, rt)
		}
	}
	return resp, t.removeOffsets(due)
}

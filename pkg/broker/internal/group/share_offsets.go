package group

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/machine"
	"kq/pkg/broker/internal/group/share"
)

// AlterShareGroupOffsets answers AlterShareGroupOffsets once the share coordinator has
// the new start offsets. A group that is not there is made.
func (c *Coordinator) AlterShareGroupOffsets(q *kmsg.AlterShareGroupOffsetsRequest, reply func(*kmsg.AlterShareGroupOffsetsResponse)) {
	refuse := func(err *kerr.Error, text string) {
		r := kmsg.NewPtrAlterShareGroupOffsetsResponse()
		r.ErrorCode, r.ErrorMessage = err.Code, &text
		reply(r)
	}
	switch {
	case !c.speaksShare():
		refuse(kerr.UnsupportedVersion, kerr.UnsupportedVersion.Description)
		return
	case q.GroupID == "":
		refuse(kerr.InvalidGroupID, "The group id is invalid.")
		return
	}
	_, err := c.turn(q.GroupID, c.newShare, func(t *turn) {
		g, ok := t.g.machine.(*share.Group)
		if !ok {
			t.answer(func(*kerr.Error) { refuse(kerr.GroupIDNotFound, noShareGroup(q.GroupID)) })
			return
		}
		var states *kmsg.InitializeShareGroupStateRequest
		fx, ask := g.Alter(c.now(), t.hold(func(resp kmsg.Response, err *kerr.Error) {
			r, _ := resp.(*kmsg.AlterShareGroupOffsetsResponse)
			switch {
			case err != nil:
				refuse(err, err.Description)
			case states == nil:
				reply(r)
			default:
				c.initializeStates(states, func(failed []partitionError) { reply(altered(r, failed)) })
			}
		}), q)
		states = ask
		t.do(fx, nil)
	})
	if err != nil {
		refuse(err, err.Description)
	}
}

// altered adds what the share coordinator has refused to an answer.
func altered(r *kmsg.AlterShareGroupOffsetsResponse, failed []partitionError) *kmsg.AlterShareGroupOffsetsResponse {
	for _, f := range failed {
		for i := range r.Topics {
			for j := range r.Topics[i].Partitions {
				p := &r.Topics[i].Partitions[j]
				if r.Topics[i].TopicID == f.topic && p.Partition == f.partition && p.ErrorCode == 0 {
					text := f.err.Description
					p.ErrorCode, p.ErrorMessage = f.err.Code, &text
				}
			}
		}
	}
	return r
}

// deleteStates asks the share coordinator to drop states. It tells the topics of which
// all are dropped, and the first error of each other one. It is called without locks.
func (c *Coordinator) deleteStates(q *kmsg.DeleteShareGroupStateRequest, done func(dropped []assign.TopicID, failed []partitionError)) {
	c.o.Share.DeleteShareGroupState(q, func(r *kmsg.DeleteShareGroupStateResponse) {
		var dropped []assign.TopicID
		var failed []partitionError
		for i := range r.Topics {
			t := &r.Topics[i]
			bad := slices.IndexFunc(t.Partitions, func(p kmsg.DeleteShareGroupStateResponseTopicPartition) bool { return p.ErrorCode != 0 })
			if bad < 0 {
				dropped = append(dropped, t.TopicID)
				continue
			}
			failed = append(failed, partitionError{t.TopicID, t.Partitions[bad].Partition, typed(t.Partitions[bad].ErrorCode)})
		}
		if len(failed) > 0 {
			c.o.Logger.Warn("states of share partitions are not deleted", "group", q.GroupID, "err", failed[0].err.Message)
		}
		done(dropped, failed)
	})
}

// DeleteShareGroupOffsets answers DeleteShareGroupOffsets once the share coordinator
// has dropped the states of the topics.
func (c *Coordinator) DeleteShareGroupOffsets(q *kmsg.DeleteShareGroupOffsetsRequest, reply func(*kmsg.DeleteShareGroupOffsetsResponse)) {
	refuse := func(err *kerr.Error, text string) {
		r := kmsg.NewPtrDeleteShareGroupOffsetsResponse()
		r.ErrorCode, r.ErrorMessage = err.Code, &text
		reply(r)
	}
	switch {
	case !c.speaksShare():
		refuse(kerr.UnsupportedVersion, kerr.UnsupportedVersion.Description)
		return
	case q.GroupID == "":
		refuse(kerr.InvalidGroupID, "The group id is invalid.")
		return
	}
	err, text := c.shareTurn(q.GroupID, func(t *turn, g *share.Group) {
		var states *kmsg.DeleteShareGroupStateRequest
		fx, ask := g.DeleteOffsets(c.now(), t.hold(func(resp kmsg.Response, err *kerr.Error) {
			r, _ := resp.(*kmsg.DeleteShareGroupOffsetsResponse)
			switch {
			case err != nil:
				refuse(err, err.Description)
			case states == nil:
				reply(r)
			default:
				c.deleteStates(states, func(dropped []assign.TopicID, failed []partitionError) {
					c.deletedOffsets(q.GroupID, r, dropped, failed, reply)
				})
			}
		}), q)
		states = ask
		t.do(fx, nil)
	})
	if err != nil {
		refuse(err, text)
	}
}

// deletedOffsets ends a deletion: those that were dropped come first in the answer.
func (c *Coordinator) deletedOffsets(id string, r *kmsg.DeleteShareGroupOffsetsResponse, dropped []assign.TopicID, failed []partitionError, reply func(*kmsg.DeleteShareGroupOffsetsResponse)) {
	topics := imageTopics{c.o.Image()}
	var first []kmsg.DeleteShareGroupOffsetsResponseTopic
	for _, t := range dropped {
		rt := kmsg.NewDeleteShareGroupOffsetsResponseTopic()
		rt.TopicID, rt.Topic = t, topics.TopicName(t)
		first = append(first, rt)
	}
	for _, f := range failed {
		rt := kmsg.NewDeleteShareGroupOffsetsResponseTopic()
		text := f.err.Description
		rt.TopicID, rt.Topic, rt.ErrorCode, rt.ErrorMessage = f.topic, topics.TopicName(f.topic), f.err.Code, &text
		r.Topics = append(r.Topics, rt)
	}
	r.Topics = append(first, r.Topics...)
	if len(dropped) == 0 {
		reply(r)
		return
	}
	if _, text := c.shareTurn(id, func(t *turn, g *share.Group) {
		t.do(g.Deleted(c.now(), dropped), nil)
		t.answer(func(*kerr.Error) { reply(r) })
	}); text != "" {
		reply(r)
	}
}

// deleteShareStates drops the states of a share group that is going to be deleted. A
// group of another kind, or none, has none.
func (c *Coordinator) deleteShareStates(id string, done func(*kerr.Error)) {
	if !c.speaksShare() {
		done(nil)
		return
	}
	err, _ := c.shareTurn(id, func(t *turn, g *share.Group) {
		if !g.Info().Empty {
			t.answer(func(*kerr.Error) { done(kerr.NonEmptyGroup) })
			return
		}
		fx, states := g.DeleteStates(c.now())
		if len(fx.Records) == 0 {
			t.answer(done)
			return
		}
		// A failed append is not told by do: the reply of a call is.
		fx.Reply(t.hold(func(_ kmsg.Response, err *kerr.Error) {
			if err != nil || states == nil {
				done(err)
				return
			}
			c.deleteStates(states, func(_ []assign.TopicID, failed []partitionError) {
				if len(failed) > 0 {
					done(failed[len(failed)-1].err)
					return
				}
				done(nil)
			})
		}), nil)
		t.do(fx, nil)
	})
	if err != nil {
		done(nil) // what is wrong with the group the deletion itself tells
	}
}

var _ machine.Machine = (*share.Group)(nil)

package group

import (
	"fmt"
	"math"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/machine"
	"kq/pkg/broker/internal/group/share"
)

// shareOptions are what share groups go by.
func (c *Coordinator) shareOptions() share.Options {
	return share.Options{
		Topics: func() assign.Topics { return imageTopics{c.o.Image()} },
		Config: func(group string) share.Config {
			number := func(name string) time.Duration {
				return time.Duration(c.o.GroupNumber(group, name)) * time.Millisecond
			}
			return share.Config{
				SessionTimeout:     number("share.session.timeout.ms"),
				HeartbeatInterval:  number("share.heartbeat.interval.ms"),
				AssignmentInterval: number("share.assignment.interval.ms"),
			}
		},
		MaxSize:         int(min(c.o.Number("group.share.max.size"), math.MaxInt32)),
		InitializeRetry: c.o.milliseconds("group.share.initialize.retry.interval.ms"),
	}
}

// speaksShare says whether share groups are served (the feature share.version).
func (c *Coordinator) speaksShare() bool {
	return c.o.Share != nil && c.o.Image().Features()["share.version"] >= 1
}

// newShare makes a share group without members.
func (c *Coordinator) newShare(g *group) { g.machine = share.New(g.id, &c.share) }

// noShareGroup is why a request of share groups is refused to a group of another kind.
func noShareGroup(id string) string { return fmt.Sprintf("Group %s is not a share group.", id) }

// noGroup is why it is refused to a group that is not there.
func noGroup(id string) string { return fmt.Sprintf("Group %s not found.", id) }

// ShareGroupHeartbeat answers ShareGroupHeartbeat. A member that joins makes the group.
func (c *Coordinator) ShareGroupHeartbeat(client machine.Client, q *kmsg.ShareGroupHeartbeatRequest, reply func(*kmsg.ShareGroupHeartbeatResponse)) {
	if !c.speaksShare() {
		reply(share.Refused(kerr.UnsupportedVersion, ""))
		return
	}
	if resp := share.Check(q); resp != nil {
		reply(resp)
		return
	}
	if c.closed.Load() {
		reply(share.Refused(kerr.CoordinatorNotAvailable, ""))
		return
	}
	var fresh func(*group)
	if q.MemberEpoch == 0 {
		fresh = c.newShare
	}
	found, err := c.turn(q.GroupID, fresh, func(t *turn) {
		g, ok := t.g.machine.(*share.Group)
		if !ok {
			t.answer(func(*kerr.Error) { reply(share.Refused(kerr.GroupIDNotFound, noShareGroup(q.GroupID))) })
			return
		}
		var states *kmsg.InitializeShareGroupStateRequest
		fx, ask := g.Heartbeat(c.now(), machine.ShareHeartbeat{Client: client, Request: q, Call: t.hold(func(resp kmsg.Response, err *kerr.Error) {
			if err != nil {
				reply(share.Refused(err, err.Description))
				return
			}
			reply(resp.(*kmsg.ShareGroupHeartbeatResponse))
			if states != nil {
				c.initializeStates(states, func([]partitionError) {})
			}
		})})
		states = ask
		t.do(fx, nil)
	})
	switch {
	case err != nil:
		reply(share.Refused(err, err.Description))
	case !found && q.MemberEpoch < 0:
		reply(share.Refused(kerr.GroupIDNotFound, noGroup(q.GroupID)))
	case !found:
		reply(share.Refused(kerr.GroupIDNotFound, fmt.Sprintf("Share group %s not found.", q.GroupID)))
	}
}

// shareTurn runs f as a turn of a share group that is there. The error, if any, comes
// with what a client is told.
func (c *Coordinator) shareTurn(id string, f func(t *turn, g *share.Group)) (*kerr.Error, string) {
	is := false
	found, err := c.turn(id, nil, func(t *turn) {
		g, ok := t.g.machine.(*share.Group)
		if is = ok; ok {
			f(t, g)
		}
	})
	switch {
	case err != nil:
		return err, err.Description
	case !found:
		return kerr.GroupIDNotFound, noGroup(id)
	case !is:
		return kerr.GroupIDNotFound, noShareGroup(id)
	}
	return nil, ""
}

// partitionError is a partition whose state could not be made or dropped.
type partitionError struct {
	topic     assign.TopicID
	partition int32
	err       *kerr.Error
}

// initializeStates asks the share coordinator for states, and tells the group what
// came of it: as in Kafka all of them count as failed when one has. It is called
// without locks.
func (c *Coordinator) initializeStates(q *kmsg.InitializeShareGroupStateRequest, done func(failed []partitionError)) {
	c.o.Share.InitializeShareGroupState(q, func(r *kmsg.InitializeShareGroupStateResponse) {
		all := make(assign.Assignment)
		var failed []partitionError
		for i := range r.Topics {
			for _, p := range r.Topics[i].Partitions {
				all.Add(r.Topics[i].TopicID, p.Partition)
				if p.ErrorCode != 0 {
					failed = append(failed, partitionError{r.Topics[i].TopicID, p.Partition, typed(p.ErrorCode)})
				}
			}
		}
		if len(failed) > 0 {
			c.o.Logger.Warn("states of share partitions are not initialized", "group", q.GroupID, "err", failed[0].err.Message)
		}
		_, text := c.shareTurn(q.GroupID, func(t *turn, g *share.Group) {
			if len(failed) > 0 {
				t.do(g.Uninitialized(c.now(), all), nil)
			} else {
				t.do(g.Initialized(c.now(), all), nil)
			}
			t.answer(func(*kerr.Error) { done(failed) })
		})
		if text != "" {
			done(failed) // the group was deleted meanwhile
		}
	})
}

// typed is the error of a code that is one.
func typed(code int16) *kerr.Error {
	if err := kerr.TypedErrorForCode(code); err != nil {
		return err
	}
	return kerr.UnknownServerError
}

// ShareGroupDescribe describes share groups.
func (c *Coordinator) ShareGroupDescribe(q *kmsg.ShareGroupDescribeRequest) *kmsg.ShareGroupDescribeResponse {
	resp := kmsg.NewPtrShareGroupDescribeResponse()
	for _, id := range q.GroupIDs {
		d := kmsg.NewShareGroupDescribeResponseGroup()
		d.GroupID = id
		switch {
		case !c.speaksShare():
			d.ErrorCode = kerr.UnsupportedVersion.Code
		case id == "":
			d.ErrorCode = kerr.InvalidGroupID.Code
		default:
			err, text := c.shareTurn(id, func(_ *turn, g *share.Group) { d = g.Describe() })
			if err != nil {
				d.ErrorCode = err.Code
			}
			if err == kerr.GroupIDNotFound {
				d.ErrorMessage = &text
			}
		}
		resp.Groups = append(resp.Groups, d)
	}
	return resp
}

// share takes the records of share groups.
func (l *loader) share(k *staterec.Key, value []byte) error {
	g := l.group(k.Group)
	m, ok := g.machine.(*share.Group)
	if !ok {
		if value == nil {
			return nil
		}
		m = share.New(g.id, &l.c.share)
	}
	if err := m.Replay(k, value); err != nil {
		return err
	}
	g.machine = m
	if !m.Persisted() {
		g.machine = nil
	}
	return nil
}

// cleanShares forgets the states of topics that are no more.
func (c *Coordinator) cleanShares(shards []*shard) {
	for _, s := range shards {
		for _, g := range s.list() {
			if c.ctx.Err() != nil {
				return
			}
			g.mu.Lock()
			m, ok := g.machine.(*share.Group)
			stale := ok && m.Stale()
			g.mu.Unlock()
			if stale {
				c.turnOf(g, func(t *turn) {
					if m, ok := t.g.machine.(*share.Group); ok {
						t.do(m.Clean(c.now()), nil)
					}
				})
			}
		}
	}
}

package consumer

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/machine"
)

// owned are the partitions that a member says it has; nil when it does not say.
type owned map[topicPartition]bool

// any says whether some of h are owned. Who does not say may own them all.
func (o owned) any(h held) bool {
	if o == nil {
		return true
	}
	for t, ps := range h {
		for p := range ps {
			if o[topicPartition{t, p}] {
				return true
			}
		}
	}
	return false
}

// in says whether all that is owned is in h. Who does not say may own more.
func (o owned) in(h held) bool {
	if o == nil {
		return false
	}
	for k := range o {
		if !h.has(k.topic, k.partition) {
			return false
		}
	}
	return true
}

// goal is what a member is led to.
type goal struct {
	epoch  int32
	target assign.Assignment
}

// reconcile takes a member as far towards its goal as it can go now
// (CurrentAssignmentBuilder): first it gives up what is not its own, then it moves to
// the goal's epoch and gets what is free. Resubscribed says that what it subscribes
// to has changed in this step.
func (g *Group) reconcile(m *member, to goal, resubscribed bool, has owned) (*member, *machine.Failure) {
	if m.reconciled(to.epoch) && !resubscribed {
		return m, nil
	}
	switch m.state {
	case staterec.MemberStable:
		if m.epoch != to.epoch {
			return g.advance(m, m.epoch, to, has), nil
		}
		if resubscribed {
			return g.unsubscribe(m, has), nil
		}
		return m, nil
	case staterec.MemberUnrevokedPartitions:
		if has.any(m.pending) {
			if resubscribed {
				return g.unsubscribe(m, has), nil
			}
			return m, nil
		}
		return g.advance(m, m.epoch, to, has), nil
	case staterec.MemberUnreleasedPartitions:
		return g.advance(m, m.epoch, to, has), nil
	}
	if has == nil || len(has) > 0 {
		return nil, machine.Fail(kerr.FencedMemberEpoch, "The consumer group member is in a unknown state. The member must abandon all its partitions and rejoin.")
	}
	return g.advance(m, to.epoch, to, has), nil
}

// unsubscribe takes from a member the topics that it does not subscribe to any more.
func (g *Group) unsubscribe(m *member, has owned) *member {
	subscribed := g.subscriptionIDs(m)
	assigned, pending := make(held), make(held)
	for t, ps := range m.pending {
		for p, epoch := range ps {
			pending.put(t, p, epoch)
		}
	}
	lost := false
	for t, ps := range m.assigned {
		if subscribed[t] {
			assigned[t] = ps
			continue
		}
		lost = true
		for p, epoch := range ps {
			pending.put(t, p, epoch)
		}
	}
	if !lost {
		return m
	}
	n := *m
	n.epoch, n.previous, n.assigned = m.epoch, m.epoch, assigned
	if has.any(pending) {
		n.state, n.pending = staterec.MemberUnrevokedPartitions, pending
	}
	return &n
}

// advance computes a member's next assignment.
func (g *Group) advance(m *member, epoch int32, to goal, has owned) *member {
	subscribed := g.subscriptionIDs(m)
	assigned, pending := make(held), make(held)
	for t, ps := range m.assigned {
		for p, since := range ps {
			if subscribed[t] && slices.Contains(to.target[t], p) {
				assigned.put(t, p, since)
			} else {
				pending.put(t, p, since)
			}
		}
	}
	n := *m
	n.previous = m.epoch
	if len(pending) > 0 && has.any(pending) {
		n.epoch, n.state, n.assigned, n.pending = epoch, staterec.MemberUnrevokedPartitions, assigned, pending
		return &n
	}
	n.epoch, n.state, n.assigned, n.pending = to.epoch, staterec.MemberStable, assigned, held{}
	for t, ps := range to.target {
		if !subscribed[t] {
			continue
		}
		for _, p := range ps {
			// What is its own and pending it can have back: nobody else has it.
			switch owner := g.owners[topicPartition{t, p}]; {
			case assigned.has(t, p):
			case owner == "" || m.pending.has(t, p):
				assigned.put(t, p, to.epoch)
			default:
				n.state = staterec.MemberUnreleasedPartitions
			}
		}
	}
	return &n
}

// subscriptionIDs are the topics that a member subscribes to. A pattern that is not
// resolved matches none.
func (g *Group) subscriptionIDs(m *member) map[assign.TopicID]bool {
	topics := g.topics()
	out := make(map[assign.TopicID]bool)
	for _, names := range [][]string{m.topics, g.resolved[m.regex].topics} {
		for _, name := range names {
			if id, _, ok := topics.Topic(name); ok {
				out[id] = true
			}
		}
	}
	return out
}

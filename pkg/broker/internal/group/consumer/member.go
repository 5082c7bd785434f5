package consumer

import (
	"bytes"
	"maps"
	"slices"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
)

// held are partitions that a member has, with the member epoch at which each was
// assigned (KIP-1251).
type held map[assign.TopicID]map[int32]int32

func (h held) has(t assign.TopicID, p int32) bool {
	_, ok := h[t][p]
	return ok
}

func (h held) put(t assign.TopicID, p, epoch int32) {
	if h[t] == nil {
		h[t] = make(map[int32]int32)
	}
	h[t][p] = epoch
}

func (h held) equal(o held) bool {
	return maps.EqualFunc(h, o, func(a, b map[int32]int32) bool { return maps.Equal(a, b) })
}

// partitions are h without its epochs.
func (h held) partitions() assign.Assignment {
	out := make(assign.Assignment, len(h))
	for t, ps := range h {
		out[t] = slices.Sorted(maps.Keys(ps))
	}
	return out
}

// samePartitions leaves the epochs out of account.
func (h held) samePartitions(o held) bool {
	return maps.EqualFunc(h, o, func(a, b map[int32]int32) bool {
		return maps.EqualFunc(a, b, func(int32, int32) bool { return true })
	})
}

// heldAt are partitions assigned at one epoch.
func heldAt(a assign.Assignment, epoch int32) held {
	h := make(held, len(a))
	for t, ps := range a {
		for _, p := range ps {
			h.put(t, p, epoch)
		}
	}
	return h
}

// records is h as a record has it.
func (h held) records() []staterec.TopicPartitions {
	ps := h.partitions()
	var out []staterec.TopicPartitions
	for _, t := range ps.Topics() {
		tp := staterec.TopicPartitions{TopicID: t, Partitions: ps[t]}
		for _, p := range ps[t] {
			tp.Epochs = append(tp.Epochs, h[t][p])
		}
		out = append(out, tp)
	}
	return out
}

// heldOf reads h from a record. Before 4.3 there were no epochs: 0 stands for them.
func heldOf(tps []staterec.TopicPartitions) held {
	h := make(held, len(tps))
	for _, tp := range tps {
		for i, p := range tp.Partitions {
			epoch := int32(0)
			if i < len(tp.Epochs) {
				epoch = tp.Epochs[i]
			}
			h.put(tp.TopicID, p, epoch)
		}
	}
	return h
}

// The special member epochs of heartbeats.
const (
	epochLeave       = -1
	epochLeaveStatic = -2 // of a static member that will be back
)

// member is one of a group. It does not change: a change is another value.
type member struct {
	id               string
	instance         string // group.instance.id; empty for a dynamic member
	rack             string // empty: unknown
	clientID, host   string
	rebalanceTimeout int32                   // ms
	topics           []string                // subscribed to by name, sorted
	regex            string                  // subscribed to by pattern, empty: none
	assignor         string                  // wished for, empty: none
	classic          *staterec.ClassicMember // of a member that speaks the classic protocol

	epoch, previous int32
	state           int8 // staterec.Member…
	assigned        held
	pending         held // to be revoked before it moves on
}

func newMember(id string) *member {
	return &member{id: id, rebalanceTimeout: -1, previous: -1, assigned: held{}, pending: held{}}
}

// sameMetadata says that two members do not differ in what their record says.
func (m *member) sameMetadata(o *member) bool {
	return m.instance == o.instance && m.rack == o.rack && m.clientID == o.clientID && m.host == o.host &&
		m.rebalanceTimeout == o.rebalanceTimeout && m.regex == o.regex && m.assignor == o.assignor &&
		slices.Equal(m.topics, o.topics) && sameClassic(m.classic, o.classic)
}

func sameClassic(a, b *staterec.ClassicMember) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.SessionTimeoutMs == b.SessionTimeoutMs && slices.EqualFunc(a.Protocols, b.Protocols, func(x, y staterec.ClassicProtocol) bool {
		return x.Name == y.Name && bytes.Equal(x.Metadata, y.Metadata)
	})
}

// sameAssignment says that two members do not differ in what they have.
func (m *member) sameAssignment(o *member) bool {
	return m.epoch == o.epoch && m.previous == o.previous && m.state == o.state && m.assigned.equal(o.assigned) && m.pending.equal(o.pending)
}

// reconciled says that the member has all of its target assignment.
func (m *member) reconciled(epoch int32) bool {
	return m.state == staterec.MemberStable && m.epoch == epoch
}

// withMetadata is m with what a record says about it.
func (m *member) withMetadata(v *staterec.ConsumerGroupMemberMetadata) *member {
	n := *m
	n.instance, n.rack, n.regex, n.assignor = text(v.InstanceID), text(v.RackID), text(v.SubscribedTopicRegex), text(v.ServerAssignor)
	n.clientID, n.host, n.rebalanceTimeout, n.classic = v.ClientID, v.ClientHost, v.RebalanceTimeoutMs, v.Classic
	n.topics = nameSet(v.SubscribedTopicNames)
	if n.classic != nil && len(n.classic.Protocols) == 0 {
		n.classic = nil // how Kafka before 3.8 wrote members of the consumer protocol
	}
	return &n
}

func (m *member) metadata() *staterec.ConsumerGroupMemberMetadata {
	return &staterec.ConsumerGroupMemberMetadata{
		InstanceID: optional(m.instance), RackID: optional(m.rack), ClientID: m.clientID, ClientHost: m.host,
		SubscribedTopicNames: m.topics, SubscribedTopicRegex: &m.regex, RebalanceTimeoutMs: m.rebalanceTimeout,
		ServerAssignor: optional(m.assignor), Classic: m.classic,
	}
}

// withCurrent is m with what a record says that it has.
func (m *member) withCurrent(v *staterec.ConsumerGroupCurrentMemberAssignment) *member {
	n := *m
	n.epoch, n.previous, n.state = v.MemberEpoch, v.PreviousMemberEpoch, v.State
	n.assigned, n.pending = heldOf(v.Assigned), heldOf(v.PendingRevocation)
	return &n
}

func (m *member) current() *staterec.ConsumerGroupCurrentMemberAssignment {
	return &staterec.ConsumerGroupCurrentMemberAssignment{
		MemberEpoch: m.epoch, PreviousMemberEpoch: m.previous, State: m.state,
		Assigned: m.assigned.records(), PendingRevocation: m.pending.records(),
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// nameSet is a sorted copy without duplicates.
func nameSet(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

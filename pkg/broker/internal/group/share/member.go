package share

import (
	"slices"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
)

// epochLeave is the member epoch of a heartbeat that leaves.
const epochLeave = -1

// member is one of a group. It does not change: a change is another value.
type member struct {
	id             string
	rack           string // empty: unknown
	clientID, host string
	topics         []string // subscribed to, sorted

	epoch, previous int32
	assigned        assign.Assignment
}

func newMember(id string) *member {
	return &member{id: id, previous: -1, assigned: assign.Assignment{}}
}

// sameMetadata says that two members do not differ in what their record says.
func (m *member) sameMetadata(o *member) bool {
	return m.rack == o.rack && m.clientID == o.clientID && m.host == o.host && slices.Equal(m.topics, o.topics)
}

// sameAssignment says that two members do not differ in what they have.
func (m *member) sameAssignment(o *member) bool {
	return m.epoch == o.epoch && m.previous == o.previous && m.assigned.Equal(o.assigned)
}

// withMetadata is m with what a record says about it.
func (m *member) withMetadata(v *staterec.ShareGroupMemberMetadata) *member {
	n := *m
	n.rack = ""
	if v.RackID != nil {
		n.rack = *v.RackID
	}
	n.clientID, n.host, n.topics = v.ClientID, v.ClientHost, nameSet(v.SubscribedTopicNames)
	return &n
}

func (m *member) metadata() *staterec.ShareGroupMemberMetadata {
	return &staterec.ShareGroupMemberMetadata{RackID: optional(m.rack), ClientID: m.clientID, ClientHost: m.host, SubscribedTopicNames: m.topics}
}

// withCurrent is m with what a record says that it has.
func (m *member) withCurrent(v *staterec.ShareGroupCurrentMemberAssignment) *member {
	n := *m
	n.epoch, n.previous, n.assigned = v.MemberEpoch, v.PreviousMemberEpoch, assignmentOf(v.Assigned)
	return &n
}

func (m *member) current() *staterec.ShareGroupCurrentMemberAssignment {
	return &staterec.ShareGroupCurrentMemberAssignment{
		MemberEpoch: m.epoch, PreviousMemberEpoch: m.previous, State: staterec.MemberStable, Assigned: records(m.assigned),
	}
}

// records is an assignment as a record has it.
func records(a assign.Assignment) (out []staterec.TopicPartitions) {
	for _, t := range a.Topics() {
		out = append(out, staterec.TopicPartitions{TopicID: t, Partitions: a[t]})
	}
	return out
}

func assignmentOf(tps []staterec.TopicPartitions) assign.Assignment {
	a := make(assign.Assignment, len(tps))
	for _, tp := range tps {
		for _, p := range tp.Partitions {
			a.Add(tp.TopicID, p)
		}
	}
	return a
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

package share

import (
	"fmt"
	"strings"
	"time"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/machine"
)

// change is one record of a group: what is written, and what is taken over once it
// is. Value is a pointer to one of staterec's values of kinds 10 to 15; nil is a
// tombstone.
type change struct {
	kind   staterec.Kind
	member string // ShareMember, ShareTargetMember, ShareCurrent
	value  staterec.Value
}

func (c change) record(group string) machine.Record {
	r := machine.Record{Key: staterec.Key{Kind: c.kind, Group: group, Member: c.member}.Append(nil)}
	if c.value != nil {
		r.Value = c.value.Append(nil)
	}
	return r
}

// Replay takes a record of the group over that was read from the log. It tells a
// value that cannot be read. It keeps copies.
func (g *Group) Replay(k *staterec.Key, value []byte) error {
	c := change{kind: k.Kind, member: strings.Clone(k.Member)}
	if value != nil {
		v, err := parse(k.Kind, value)
		if err != nil {
			return fmt.Errorf("replay record of group %q: %w", g.id, err)
		}
		c.value = v
	}
	g.apply(c, longAgo)
	return nil
}

func parse(k staterec.Kind, b []byte) (staterec.Value, error) {
	switch k {
	case staterec.ShareGroup:
		return staterec.AsValue(staterec.ParseShareGroupMetadata(b))
	case staterec.ShareMember:
		return staterec.AsValue(staterec.ParseShareGroupMemberMetadata(b))
	case staterec.ShareTarget:
		return staterec.AsValue(staterec.ParseConsumerGroupTargetAssignmentMetadata(b))
	case staterec.ShareTargetMember:
		return staterec.AsValue(staterec.ParseConsumerGroupTargetAssignmentMember(b))
	case staterec.ShareCurrent:
		return staterec.AsValue(staterec.ParseShareGroupCurrentMemberAssignment(b))
	case staterec.ShareStatePartitions:
		return staterec.AsValue(staterec.ParseShareGroupStatePartitionMetadata(b))
	}
	return nil, fmt.Errorf("%w: %v", staterec.ErrUnknownKind, k)
}

// apply takes a change over that was made at a time of the driver's clock.
func (g *Group) apply(c change, at time.Duration) {
	g.created = true
	switch v := c.value.(type) {
	case *staterec.ShareGroupMetadata:
		g.epoch, g.hash = v.Epoch, v.MetadataHash
	case *staterec.ShareGroupMemberMetadata:
		g.update(g.memberOrNew(c.member).withMetadata(v))
	case *staterec.ShareGroupTargetAssignmentMetadata:
		g.assignmentEpoch, g.assignmentMs = v.AssignmentEpoch, v.TimestampMs
	case *staterec.ShareGroupTargetAssignmentMember:
		g.target[c.member] = assignmentOf(v.Topics)
	case *staterec.ShareGroupCurrentMemberAssignment:
		g.update(g.memberOrNew(c.member).withCurrent(v))
	case *staterec.ShareGroupStatePartitionMetadata:
		g.states = statesOf(v, at)
	case nil:
		g.bury(c)
	}
}

// bury takes a tombstone over.
func (g *Group) bury(c change) {
	switch c.kind {
	case staterec.ShareGroup:
		g.created = false
		g.epoch, g.hash = firstEpoch, 0
	case staterec.ShareMember:
		delete(g.members, c.member)
		delete(g.came, c.member)
	case staterec.ShareTarget:
		g.assignmentEpoch, g.assignmentMs = firstEpoch, 0
	case staterec.ShareTargetMember:
		delete(g.target, c.member)
	case staterec.ShareCurrent:
		if m := g.members[c.member]; m != nil {
			n := *newMember(m.id).withMetadata(m.metadata())
			n.epoch = epochLeave
			g.update(&n)
		}
	case staterec.ShareStatePartitions:
		g.states = nil
	}
}

func (g *Group) memberOrNew(id string) *member {
	if m := g.members[id]; m != nil {
		return m
	}
	return newMember(id)
}

func (g *Group) update(m *member) {
	if g.members[m.id] == nil {
		g.comers++
		g.came[m.id] = g.comers
	}
	g.members[m.id] = m
}

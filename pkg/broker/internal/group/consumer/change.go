package consumer

import (
	"fmt"
	"strings"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/machine"
)

// change is one record of a group: what is written, and what is taken over once it
// is. Value is a pointer to one of staterec's values of kinds 3 to 8 and 16; nil is
// a tombstone.
type change struct {
	kind   staterec.Kind
	member string // ConsumerMember, ConsumerTargetMember, ConsumerCurrent
	regex  string // ConsumerRegex
	value  staterec.Value
}

func (c change) record(group string) machine.Record {
	r := machine.Record{Key: staterec.Key{Kind: c.kind, Group: group, Member: c.member, Regex: c.regex}.Append(nil)}
	if c.value != nil {
		r.Value = c.value.Append(nil)
	}
	return r
}

// Replay takes a record of the group over that was read from the log. It tells a
// value that cannot be read. It keeps copies.
func (g *Group) Replay(k *staterec.Key, value []byte) error {
	c := change{kind: k.Kind, member: strings.Clone(k.Member), regex: strings.Clone(k.Regex)}
	if value != nil {
		v, err := parse(k.Kind, value)
		if err != nil {
			return fmt.Errorf("replay record of group %q: %w", g.id, err)
		}
		c.value = v
	}
	g.apply(c)
	return nil
}

func parse(k staterec.Kind, b []byte) (staterec.Value, error) {
	switch k {
	case staterec.ConsumerGroup:
		return staterec.AsValue(staterec.ParseConsumerGroupMetadata(b))
	case staterec.ConsumerPartitions:
		return staterec.AsValue(staterec.ParseConsumerGroupPartitionMetadata(b))
	case staterec.ConsumerMember:
		return staterec.AsValue(staterec.ParseConsumerGroupMemberMetadata(b))
	case staterec.ConsumerTarget:
		return staterec.AsValue(staterec.ParseConsumerGroupTargetAssignmentMetadata(b))
	case staterec.ConsumerTargetMember:
		return staterec.AsValue(staterec.ParseConsumerGroupTargetAssignmentMember(b))
	case staterec.ConsumerCurrent:
		return staterec.AsValue(staterec.ParseConsumerGroupCurrentMemberAssignment(b))
	case staterec.ConsumerRegex:
		return staterec.AsValue(staterec.ParseConsumerGroupRegularExpression(b))
	}
	return nil, fmt.Errorf("%w: %v", staterec.ErrUnknownKind, k)
}

// apply takes a change over.
func (g *Group) apply(c change) {
	g.created = true
	switch v := c.value.(type) {
	case *staterec.ConsumerGroupMetadata:
		g.epoch, g.hash = v.Epoch, v.MetadataHash
	case *staterec.ConsumerGroupPartitionMetadata:
		g.oldTopics = true
	case *staterec.ConsumerGroupMemberMetadata:
		g.update(g.memberOrNew(c.member).withMetadata(v))
	case *staterec.ConsumerGroupTargetAssignmentMetadata:
		g.assignmentEpoch, g.assignmentMs = v.AssignmentEpoch, v.TimestampMs
	case *staterec.ConsumerGroupTargetAssignmentMember:
		a := make(assign.Assignment, len(v.Topics))
		for _, tp := range v.Topics {
			for _, p := range tp.Partitions {
				a.Add(tp.TopicID, p)
			}
		}
		g.target[c.member] = a
	case *staterec.ConsumerGroupCurrentMemberAssignment:
		g.update(g.memberOrNew(c.member).withCurrent(v))
	case *staterec.ConsumerGroupRegularExpression:
		g.resolved[c.regex] = resolution{topics: nameSet(v.Topics), version: v.Version, ms: v.TimestampMs}
	case nil:
		g.bury(c)
	}
}

// bury takes a tombstone over.
func (g *Group) bury(c change) {
	switch c.kind {
	case staterec.ConsumerGroup:
		g.created = false
		g.epoch, g.hash = firstEpoch, 0
	case staterec.ConsumerPartitions:
		g.oldTopics = false
	case staterec.ConsumerMember:
		g.remove(c.member)
	case staterec.ConsumerTarget:
		g.assignmentEpoch, g.assignmentMs = firstEpoch, 0
	case staterec.ConsumerTargetMember:
		delete(g.target, c.member)
	case staterec.ConsumerCurrent:
		if m := g.members[c.member]; m != nil {
			n := *m
			n.epoch, n.previous, n.assigned, n.pending = epochLeave, epochLeave, held{}, held{}
			g.update(&n)
		}
	case staterec.ConsumerRegex:
		delete(g.resolved, c.regex)
	}
}

func (g *Group) memberOrNew(id string) *member {
	if m := g.members[id]; m != nil {
		return m
	}
	return newMember(id)
}

// update puts a member in, and its partitions under its name.
func (g *Group) update(m *member) {
	old := g.members[m.id]
	g.disown(old)
	g.members[m.id] = m
	if old == nil {
		g.comers++
		g.came[m.id] = g.comers
	}
	if m.instance != "" {
		g.static[m.instance] = m.id
	}
	for _, h := range []held{m.assigned, m.pending} {
		for t, ps := range h {
			for p := range ps {
				g.owners[topicPartition{t, p}] = m.id
			}
		}
	}
}

func (g *Group) remove(id string) {
	m := g.members[id]
	if m == nil {
		return
	}
	g.disown(m)
	delete(g.members, id)
	delete(g.came, id)
	if m.instance != "" && g.static[m.instance] == id {
		delete(g.static, m.instance)
	}
}

// disown frees the partitions of a member, those apart that are another's already.
func (g *Group) disown(m *member) {
	if m == nil {
		return
	}
	for _, h := range []held{m.assigned, m.pending} {
		for t, ps := range h {
			for p := range ps {
				if k := (topicPartition{t, p}); g.owners[k] == m.id {
					delete(g.owners, k)
				}
			}
		}
	}
}

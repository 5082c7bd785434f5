package consumer

import (
	"slices"
	"time"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
)

// view is a group as it will be with one member changed: what is not written yet.
type view struct {
	epoch   int32
	members []*member // in the order of Kafka's map
	same    bool      // all subscribe to the same topics
}

// viewWith is the group with a member as it will be.
func (g *Group) viewWith(m *member) *view {
	v := &view{epoch: g.epoch}
	replaced := ""
	if m.instance != "" {
		replaced = g.static[m.instance]
	}
	there := false
	for _, id := range g.memberIDs() {
		switch id {
		case m.id:
			v.members, there = append(v.members, m), true
		case replaced:
		default:
			v.members = append(v.members, g.members[id])
		}
	}
	if !there {
		v.members = append(v.members, m)
	}
	v.same = g.homogeneous(v.members)
	return v
}

// homogeneous says whether all members subscribe to the same names, or all to one
// pattern and no names (ConsumerGroup.subscriptionType).
func (g *Group) homogeneous(members []*member) bool {
	for _, m := range members {
		if m.regex != members[0].regex || !slices.Equal(m.topics, members[0].topics) || m.regex != "" && len(m.topics) > 0 {
			return false
		}
	}
	return true
}

// subscribedNames are the topics that members subscribe to, by name or by a pattern
// that is resolved.
func (g *Group) subscribedNames(members []*member) map[string]bool {
	names := make(map[string]bool)
	for _, m := range members {
		for _, list := range [][]string{m.topics, g.resolved[m.regex].topics} {
			for _, name := range list {
				names[name] = true
			}
		}
	}
	return names
}

// noteSubscriptions bumps the group epoch when the subscriptions have changed, or
// the topics that they are of.
func (g *Group) noteSubscriptions(s *step, m *member, changed bool) *view {
	topics := g.topics()
	version := topics.Version()
	if !changed && version == g.checked && g.epoch <= g.assignmentEpoch {
		return nil // the usual heartbeat
	}
	v := g.viewWith(m)
	if !changed && version == g.checked {
		return v
	}
	hash := assign.MetadataHash(topics, g.subscribedNames(v.members))
	if changed || hash != g.hash {
		v.epoch++
		s.epoch(v.epoch, hash)
	}
	s.later(func() { g.checked = version })
	if g.oldTopics {
		s.change(change{kind: staterec.ConsumerPartitions})
	}
	return v
}

func (s *step) epoch(epoch int32, hash int64) {
	s.change(change{kind: staterec.ConsumerGroup, value: &staterec.ConsumerGroupMetadata{Epoch: epoch, MetadataHash: hash}})
}

// retarget makes a new target assignment when the subscriptions have changed since
// the last, and that is long enough ago. It tells the goal of a member.
func (g *Group) retarget(s *step, v *view, m *member) goal {
	if v == nil || g.assignmentEpoch >= v.epoch || !g.mayAssign(s) {
		return goal{g.assignmentEpoch, g.target[g.formerly(m)]}
	}
	spec := g.spec(v)
	to := goal{epoch: v.epoch, target: assign.Assignment{}}
	for i, a := range spec.assign(g.assignor(v.members)) {
		id := spec.members[i].id
		if old, ok := g.target[id]; !ok || !old.Equal(a) {
			s.target(id, a)
		}
		if id == m.id {
			to.target = a
		}
	}
	s.change(change{kind: staterec.ConsumerTarget, value: &staterec.ConsumerGroupTargetAssignmentMetadata{AssignmentEpoch: v.epoch, TimestampMs: s.now.UnixMs}})
	s.later(func() { g.assignedAt = s.now.Mono })
	return to
}

// formerly is the id under which a member's target assignment is: that of the static
// member whose place it takes.
func (g *Group) formerly(m *member) string {
	if m.instance != "" {
		return g.static[m.instance]
	}
	return m.id
}

// mayAssign applies the interval between target assignments (KIP-1263). The driver's
// clock counts; only after a start the wall clock has to do, and it is not trusted
// with more than the interval.
func (g *Group) mayAssign(s *step) bool {
	interval := g.o.Config(g.id).AssignmentInterval
	if g.assignmentMs == 0 || interval <= 0 {
		return true
	}
	since := s.now.Mono - g.assignedAt
	if g.assignedAt < 0 {
		since = time.Duration(s.now.UnixMs-g.assignmentMs) * time.Millisecond
		if since < 0 {
			since = interval // the wall clock was set back
		}
	}
	return since >= interval
}

// assignor is the one that most members wish for, or the broker's first.
func (g *Group) assignor(members []*member) string {
	votes := make(map[string]int)
	var names []string
	for _, m := range members {
		if m.assignor != "" {
			if votes[m.assignor]++; votes[m.assignor] == 1 {
				names = append(names, m.assignor)
			}
		}
	}
	best := ""
	assign.HashMapOrder(names, 0, assign.HashString)
	for _, name := range names {
		if votes[name] > votes[best] && slices.Contains(g.o.Assignors, name) {
			best = name
		}
	}
	if best == "" {
		best = g.o.Assignors[0]
	}
	return best
}

// spec is what an assignor works on.
func (g *Group) spec(v *view) *groupSpec {
	topics := g.topics()
	spec := &groupSpec{same: v.same, partitions: make(map[assign.TopicID]int32), assigned: make(map[assign.TopicID]map[int32]bool)}
	for _, m := range v.members {
		a := assignee{id: m.id, instance: m.instance, target: g.target[m.id]}
		if was := g.formerly(m); was != "" && was != m.id {
			a.target = g.target[was]
		}
		names := g.nameOrder(m)
		a.names = len(names)
		for _, name := range names {
			if id, n, ok := topics.Topic(name); ok {
				a.topics = append(a.topics, id)
				spec.partitions[id] = n
			}
		}
		spec.members = append(spec.members, a)
	}
	order := make(map[string]int, len(spec.members))
	ids := make([]string, len(spec.members))
	for i := range spec.members {
		ids[i] = spec.members[i].id
	}
	assign.HashMapOrder(ids, 0, assign.HashString)
	for i, id := range ids {
		order[id] = i
	}
	slices.SortFunc(spec.members, func(a, b assignee) int { return order[a.id] - order[b.id] })
	for _, a := range g.target {
		for t, ps := range a {
			if spec.assigned[t] == nil {
				spec.assigned[t] = make(map[int32]bool)
			}
			for _, p := range ps {
				spec.assigned[t][p] = true
			}
		}
	}
	return spec
}

// nameOrder are the topics of a member in the order of Kafka's set of them.
func (g *Group) nameOrder(m *member) []string {
	names := slices.Clone(m.topics)
	assign.HashSetOrder(names, len(names), assign.HashString)
	byPattern := slices.Clone(g.resolved[m.regex].topics)
	assign.HashSetOrder(byPattern, len(byPattern), assign.HashString)
	for _, name := range byPattern {
		if !slices.Contains(m.topics, name) {
			names = append(names, name)
		}
	}
	return names
}

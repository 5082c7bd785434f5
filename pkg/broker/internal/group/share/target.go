package share

import (
	"maps"
	"slices"
	"time"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
)

// view is a group as it will be with one member changed: what is not written yet.
type view struct {
	epoch   int32
	bumped  bool
	members []*member // in the order of Kafka's map
}

// viewWith is the group with a member as it will be.
func (g *Group) viewWith(m *member) *view {
	v := &view{epoch: g.epoch}
	there := false
	for _, id := range g.memberIDs() {
		o := g.members[id]
		if id == m.id {
			o, there = m, true
		}
		v.members = append(v.members, o)
	}
	if !there {
		v.members = append(v.members, m)
	}
	return v
}

// names are the topics that members subscribe to, sorted.
func (v *view) names() []string { return slices.Sorted(maps.Keys(subscribed(v.members))) }

func subscribed(members []*member) map[string]bool {
	names := make(map[string]bool)
	for _, m := range members {
		for _, name := range m.topics {
			names[name] = true
		}
	}
	return names
}

// same says whether all members subscribe to the same topics.
func (v *view) same() bool {
	for _, m := range v.members {
		if !slices.Equal(m.topics, v.members[0].topics) {
			return false
		}
	}
	return true
}

// noteSubscriptions bumps the group epoch when the subscriptions have changed, the
// topics that they are of, or the partitions that may be assigned.
func (g *Group) noteSubscriptions(s *step, m *member, changed bool) *view {
	topics := g.topics()
	version := topics.Version()
	v := g.viewWith(m)
	v.bumped = changed || g.assignmentEpoch >= g.epoch && g.unassigned()
	if !v.bumped && version == g.checked {
		return v
	}
	hash := assign.MetadataHash(topics, subscribed(v.members))
	v.bumped = v.bumped || hash != g.hash
	if v.bumped {
		v.epoch++
		s.epoch(v.epoch, hash)
	}
	s.later(func() { g.checked = version })
	return v
}

// unassigned says whether partitions of topics subscribed to have got a state since
// they were assigned.
func (g *Group) unassigned() bool {
	if g.states == nil || len(g.members) == 0 {
		return false
	}
	assigned := make(assign.Assignment)
	for _, a := range g.target {
		for t, ps := range a {
			assigned[t] = union(assigned[t], ps, nil)
		}
	}
	names := subscribed(slices.Collect(maps.Values(g.members)))
	for id, t := range g.states.initialized {
		if names[t.name] && !slices.Equal(assigned[id], t.partitions) {
			return true
		}
	}
	return false
}

func (s *step) epoch(epoch int32, hash int64) {
	s.change(change{kind: staterec.ShareGroup, value: &staterec.ShareGroupMetadata{Epoch: epoch, MetadataHash: hash}})
}

// follow makes a new target assignment if one is due, and gives a member its part.
func (g *Group) follow(s *step, v *view, m *member) *member {
	epoch, target := g.retarget(s, v, m)
	if !v.bumped && m.epoch == epoch {
		return m
	}
	n := *m
	if epoch != m.epoch {
		n.previous, n.epoch = m.epoch, epoch
	}
	n.assigned = g.restrict(target, m.topics)
	if !n.sameAssignment(m) {
		s.change(change{kind: staterec.ShareCurrent, member: n.id, value: n.current()})
	}
	return &n
}

// restrict leaves out the topics that are not among names.
func (g *Group) restrict(a assign.Assignment, names []string) assign.Assignment {
	topics, out := g.topics(), make(assign.Assignment, len(a))
	for id, ps := range a {
		if name := topics.TopicName(id); name != "" && slices.Contains(names, name) {
			out[id] = ps
		}
	}
	return out
}

// retarget makes a new target assignment when the group epoch is ahead of the last,
// and that is long enough ago. It tells what a member is to have, and at which epoch.
func (g *Group) retarget(s *step, v *view, m *member) (epoch int32, target assign.Assignment) {
	if g.assignmentEpoch >= v.epoch || !g.mayAssign(s) {
		return g.assignmentEpoch, g.target[m.id]
	}
	spec := g.spec(v)
	for i, a := range spec.assign() {
		id := spec.members[i].id
		if old, ok := g.target[id]; !ok || !old.Equal(a) {
			s.change(change{kind: staterec.ShareTargetMember, member: id, value: &staterec.ShareGroupTargetAssignmentMember{Topics: records(a)}})
		}
		if id == m.id {
			target = a
		}
	}
	s.change(change{kind: staterec.ShareTarget, value: &staterec.ShareGroupTargetAssignmentMetadata{AssignmentEpoch: v.epoch, TimestampMs: s.now.UnixMs}})
	s.later(func() { g.assignedAt = s.now.Mono })
	return v.epoch, target
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

// spec is what the assignor works on.
func (g *Group) spec(v *view) *spec {
	topics := g.topics()
	sp := &spec{same: v.same(), assignable: make(map[assign.TopicID][]int32)}
	byID := make(map[string]*member, len(v.members))
	ids := make([]string, len(v.members))
	for i, m := range v.members {
		byID[m.id], ids[i] = m, m.id
	}
	assign.HashMapOrder(ids, 0, assign.HashString)
	for _, mid := range ids {
		a := assignee{id: mid, target: g.target[mid]}
		names := slices.Clone(byID[mid].topics)
		assign.HashSetOrder(names, len(names), assign.HashString)
		for _, name := range names {
			id, n, ok := topics.Topic(name)
			if !ok {
				continue
			}
			a.topics = append(a.topics, id)
			if g.states != nil {
				ps := g.states.initialized[id].partitions
				below, _ := slices.BinarySearch(ps, n)
				sp.assignable[id] = ps[:below]
			}
		}
		sp.members = append(sp.members, a)
	}
	return sp
}

package share

import (
	"maps"
	"math"
	"slices"

	"kq/pkg/broker/internal/group/assign"
)

// Simple is the only assignor of share groups, Kafka's SimpleAssignor: every member
// gets as many partitions as any other, and a partition more than one member where
// there are more of these.
const Simple = "simple"

// place is one partition.
type place struct {
	topic     assign.TopicID
	partition int32
}

// hashPlace is the hashCode of Kafka's TopicIdPartition, hashPartition that of an
// Integer.
func hashPlace(p place) int32     { return 31*assign.HashID(p.topic) + p.partition }
func hashPartition(p place) int32 { return p.partition }
func hashMember(m int) int32      { return int32(m) }

// assignee is a member as the assignor sees it.
type assignee struct {
	id     string
	topics []assign.TopicID  // subscribed to and there, in the order of the set of names
	target assign.Assignment // up to now
}

// spec is what the assignor works on. Members are in the order of Kafka's map.
type spec struct {
	members    []assignee
	same       bool                       // all subscribe to the same topics
	assignable map[assign.TopicID][]int32 // ascending: those that have a state
}

// assign makes a new target assignment, for each member in order.
func (s *spec) assign() []assign.Assignment {
	out := make([]assign.Assignment, len(s.members))
	subscribers := make(map[assign.TopicID][]int)
	for i := range s.members {
		out[i] = maps.Clone(s.members[i].target)
		if out[i] == nil {
			out[i] = assign.Assignment{}
		}
		for _, t := range s.members[i].topics {
			subscribers[t] = append(subscribers[t], i)
		}
	}
	switch {
	case len(subscribers) == 0:
		for i := range out {
			out[i] = assign.Assignment{}
		}
	case s.same:
		all := make([]int, len(s.members))
		for i := range all {
			all[i] = i
			maps.DeleteFunc(out[i], func(t assign.TopicID, _ []int32) bool { return subscribers[t] == nil })
		}
		s.spread(out, all, s.members[0].topics, hashPlace)
	default:
		for t, members := range subscribers {
			s.spread(out, members, []assign.TopicID{t}, hashPartition)
		}
	}
	return out
}

// spread is the spreading of some topics over their subscribers.
type spread struct {
	out     []assign.Assignment
	sharing int   // members that a partition is to have
	room    []int // partitions that each member is to have

	places  *assign.Table[place]
	sharers map[place]*assign.Table[int]
	held    map[int]*assign.Table[place] // by member
	hash    func(place) int32
}

// spread makes members of topics share them. What a member has is kept as far as it
// goes.
func (s *spec) spread(out []assign.Assignment, members []int, topics []assign.TopicID, hash func(place) int32) {
	var targets []place
	for _, t := range topics {
		for _, p := range s.assignable[t] {
			targets = append(targets, place{t, p})
		}
	}
	w := &spread{
		out: out, room: make([]int, len(out)), hash: hash, held: make(map[int]*assign.Table[place]),
		places: assign.NewComputed(len(targets), hash), sharers: make(map[place]*assign.Table[int]),
	}
	if len(targets) > 0 {
		w.sharing = (len(members) + len(targets) - 1) / len(targets)
	}
	each := float64(w.sharing*len(targets)) / float64(len(members))
	for i, m := range members {
		w.room[m] = int(math.Ceil(each*float64(i+1))) - int(math.Ceil(each*float64(i)))
	}
	for m := range out {
		w.keep(m, topics)
	}
	w.revokeOverfilled()
	w.revokeOvershared()
	for _, p := range targets {
		w.sharersOf(p)
	}
	w.fill(members)
}

func (w *spread) sharersOf(p place) *assign.Table[int] {
	t := w.sharers[p]
	if t == nil {
		t = assign.NewTable(hashMember)
		w.sharers[p] = t
		w.places.Add(p)
	}
	return t
}

func (w *spread) heldBy(m int) *assign.Table[place] {
	t := w.held[m]
	if t == nil {
		t = assign.NewTable(w.hash)
		w.held[m] = t
	}
	return t
}

// keep notes what a member has of topics.
func (w *spread) keep(m int, topics []assign.TopicID) {
	order := w.out[m].Topics()
	assign.HashMapOrder(order, 0, assign.HashID)
	for _, t := range order {
		if !slices.Contains(topics, t) {
			continue
		}
		ps := slices.Clone(w.out[m][t])
		assign.HashSetOrder(ps, len(ps), func(p int32) int32 { return p })
		for _, p := range ps {
			w.sharersOf(place{t, p}).Add(m)
			w.heldBy(m).Add(place{t, p})
		}
	}
}

func (w *spread) revoke(m int, p place) {
	w.out[m].Remove(p.topic, p.partition)
	w.sharers[p].Remove(m)
	w.held[m].Remove(p)
}

// revokeOverfilled takes from members what is more than they are to have.
func (w *spread) revokeOverfilled() {
	for m, held := range w.held {
		if over := held.Len() - w.room[m]; over > 0 {
			for _, p := range held.Order()[:over] {
				w.revoke(m, p)
			}
		}
	}
}

// revokeOvershared takes partitions from members where they have more than they are
// to have.
func (w *spread) revokeOvershared() {
	for _, p := range w.places.Order() {
		if over := w.sharers[p].Len() - w.sharing; over > 0 {
			for _, m := range w.sharers[p].Order()[:over] {
				w.revoke(m, p)
			}
		}
	}
}

// fill gives members that have room what has too few of them, in rounds. As in Kafka
// a member can be counted twice for a partition when a round begins anew.
func (w *spread) fill(members []int) {
	unfilled := slices.DeleteFunc(slices.Clone(members), func(m int) bool { return w.held[m] != nil && w.held[m].Len() >= w.room[m] || w.room[m] == 0 })
	next, moved := 0, false
	for _, p := range w.places.Order() {
		for need := w.sharing - w.sharers[p].Len(); need > 0; {
			if next >= len(unfilled) {
				if !moved || len(unfilled) == 0 {
					break
				}
				next, moved = 0, false
			}
			m := unfilled[next]
			next++
			if w.sharers[p].Has(m) {
				continue
			}
			w.out[m].Add(p.topic, p.partition)
			w.heldBy(m).Add(p)
			need--
			moved = true
			if w.held[m].Len() >= w.room[m] {
				next--
				unfilled = slices.Delete(unfilled, next, next+1)
			}
		}
		if len(unfilled) == 0 {
			return
		}
	}
}

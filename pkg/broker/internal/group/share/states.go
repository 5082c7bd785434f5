package share

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/machine"
)

// longAgo is when what was read from the log was done: the share coordinator is asked
// again at once for what it was asked for before a start.
const longAgo = time.Duration(math.MinInt64 / 2)

// unknownTopic is the name that records have for a topic that is no more.
const unknownTopic = "<UNKNOWN>"

// withState are partitions of a topic. It does not change.
type withState struct {
	name       string
	partitions []int32 // ascending
}

// states are the partitions whose state the share coordinator makes, has made, or
// drops. It does not change: a change is another value.
type states struct {
	initializing map[assign.TopicID]withState
	initialized  map[assign.TopicID]withState
	deleting     map[assign.TopicID]bool
	at           time.Duration // when it was written, by the driver's clock
}

// next is a copy to change; of nothing when s is nil.
func (s *states) next() *states {
	n := &states{initializing: make(map[assign.TopicID]withState), initialized: make(map[assign.TopicID]withState), deleting: make(map[assign.TopicID]bool)}
	if s != nil {
		maps.Copy(n.initializing, s.initializing)
		maps.Copy(n.initialized, s.initialized)
		maps.Copy(n.deleting, s.deleting)
	}
	return n
}

// statesOf reads a record.
func statesOf(v *staterec.ShareGroupStatePartitionMetadata, at time.Duration) *states {
	s := (*states)(nil).next()
	s.at = at
	for _, t := range v.Initializing {
		s.initializing[t.TopicID] = withState{t.Topic, slices.Compact(slices.Sorted(slices.Values(t.Partitions)))}
	}
	for _, t := range v.Initialized {
		s.initialized[t.TopicID] = withState{t.Topic, slices.Compact(slices.Sorted(slices.Values(t.Partitions)))}
	}
	for _, t := range v.Deleting {
		s.deleting[t.TopicID] = true
	}
	return s
}

// inOrder are the keys in the order of Kafka's map.
func inOrder[V any](m map[assign.TopicID]V) []assign.TopicID {
	ids := slices.SortedFunc(maps.Keys(m), assign.CompareID)
	assign.HashMapOrder(ids, 0, assign.HashID)
	return ids
}

// change is the record of s.
func (s *states) change(topics assign.Topics) change {
	list := func(m map[assign.TopicID]withState) (out []staterec.ShareTopic) {
		for _, id := range inOrder(m) {
			out = append(out, staterec.ShareTopic{TopicID: id, Topic: m[id].name, Partitions: m[id].partitions})
		}
		return out
	}
	v := &staterec.ShareGroupStatePartitionMetadata{Initializing: list(s.initializing), Initialized: list(s.initialized)}
	for _, id := range inOrder(s.deleting) {
		v.Deleting = append(v.Deleting, staterec.ShareTopic{TopicID: id, Topic: nameOf(topics, id)})
	}
	return change{kind: staterec.ShareStatePartitions, value: v}
}

func nameOf(topics assign.Topics, id assign.TopicID) string {
	if name := topics.TopicName(id); name != "" {
		return name
	}
	return unknownTopic
}

// union are the partitions of both lists, without those of the third.
func union(a, b, without []int32) []int32 {
	out := slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b))))
	return slices.DeleteFunc(out, func(p int32) bool {
		_, found := slices.BinarySearch(without, p)
		return found
	})
}

// add puts partitions in.
func add(m map[assign.TopicID]withState, id assign.TopicID, name string, partitions []int32) {
	m[id] = withState{name, union(m[id].partitions, partitions, nil)}
}

// remove takes partitions out; a topic that has none left is gone.
func remove(m map[assign.TopicID]withState, id assign.TopicID, partitions []int32) {
	old, ok := m[id]
	if !ok {
		return
	}
	if left := union(old.partitions, nil, partitions); len(left) > 0 {
		m[id] = withState{old.name, left}
		return
	}
	delete(m, id)
}

// missing are the partitions of topics that have no state, nor will have it soon: a
// state that is being made is waited for until the retry interval is over.
func (g *Group) missing(now time.Duration, names []string) map[assign.TopicID]withState {
	out := make(map[assign.TopicID]withState)
	topics := g.topics()
	for _, name := range names {
		id, n, ok := topics.Topic(name)
		if !ok {
			continue
		}
		var have []int32
		if s := g.states; s != nil {
			have = s.initialized[id].partitions
			if now-s.at < g.o.InitializeRetry {
				have = union(have, s.initializing[id].partitions, nil)
			}
		}
		if len(have) == 0 || len(have) < int(n) {
			all := make([]int32, n)
			for p := range all {
				all[p] = int32(p)
			}
			out[id] = withState{name, union(all, nil, have)}
		}
	}
	return out
}

// initialize notes that the state of partitions is being made.
func (g *Group) initialize(s *step, partitions map[assign.TopicID]withState) {
	if len(partitions) == 0 {
		return
	}
	n := g.states.next()
	for id, t := range partitions {
		add(n.initializing, id, t.name, t.partitions)
	}
	for id := range n.initializing {
		delete(n.deleting, id)
	}
	s.change(n.change(g.topics()))
}

// initializeRequest asks the share coordinator for the state of partitions.
func (g *Group) initializeRequest(epoch int32, partitions map[assign.TopicID]withState) *kmsg.InitializeShareGroupStateRequest {
	if len(partitions) == 0 {
		return nil
	}
	q := kmsg.NewPtrInitializeShareGroupStateRequest()
	q.GroupID = g.id
	for _, id := range inOrder(partitions) {
		t := kmsg.NewInitializeShareGroupStateRequestTopic()
		t.TopicID = id
		for _, p := range partitions[id].partitions {
			tp := kmsg.NewInitializeShareGroupStateRequestTopicPartition()
			tp.Partition, tp.StateEpoch, tp.StartOffset = p, epoch, -1
			t.Partitions = append(t.Partitions, tp)
		}
		q.Topics = append(q.Topics, t)
	}
	return q
}

// Initialized says that partitions have a state now: they can be assigned. Those of
// topics that are no more are left out.
func (g *Group) Initialized(now machine.Now, partitions assign.Assignment) machine.Effects {
	s := &step{g: g, now: now}
	topics, n := g.topics(), g.states.next()
	for id, ps := range partitions {
		remove(n.initializing, id, ps)
		if name := topics.TopicName(id); name != "" {
			add(n.initialized, id, name, ps)
		}
	}
	s.change(n.change(topics))
	return s.effects()
}

// Uninitialized says that the state of partitions could not be made.
func (g *Group) Uninitialized(now machine.Now, partitions assign.Assignment) machine.Effects {
	s := &step{g: g, now: now}
	if g.states == nil || len(g.states.initializing) == 0 || len(partitions) == 0 {
		return s.effects()
	}
	n := g.states.next()
	for id, ps := range partitions {
		remove(n.initializing, id, ps)
	}
	s.change(n.change(g.topics()))
	return s.effects()
}

// Stale says whether there are states of topics that are no more.
func (g *Group) Stale() bool {
	if g.states == nil {
		return false
	}
	topics := g.topics()
	gone := func(id assign.TopicID) bool { return topics.TopicName(id) == "" }
	for _, m := range []map[assign.TopicID]withState{g.states.initializing, g.states.initialized} {
		for id := range m {
			if gone(id) {
				return true
			}
		}
	}
	for id := range g.states.deleting {
		if gone(id) {
			return true
		}
	}
	return false
}

// Clean forgets the states of topics that are no more.
func (g *Group) Clean(now machine.Now) machine.Effects {
	s := &step{g: g, now: now}
	if !g.Stale() {
		return s.effects()
	}
	topics, n := g.topics(), g.states.next()
	gone := func(id assign.TopicID) bool { return topics.TopicName(id) == "" }
	maps.DeleteFunc(n.initializing, func(id assign.TopicID, _ withState) bool { return gone(id) })
	maps.DeleteFunc(n.initialized, func(id assign.TopicID, _ withState) bool { return gone(id) })
	maps.DeleteFunc(n.deleting, func(id assign.TopicID, _ bool) bool { return gone(id) })
	s.change(n.change(topics))
	return s.effects()
}

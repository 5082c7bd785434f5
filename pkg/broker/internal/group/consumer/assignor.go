package consumer

import (
	"slices"

	"kq/pkg/broker/internal/group/assign"
)

// The assignors of Kafka 4.3.1, by their names (group.consumer.assignors).
const (
	Uniform = "uniform"
	Range   = "range"
)

// assignee is a member as an assignor sees it.
type assignee struct {
	id       string
	instance string            // empty for a dynamic member
	topics   []assign.TopicID  // subscribed to and there, in order of the set of names
	names    int               // subscribed to, there or not
	target   assign.Assignment // up to now
}

// groupSpec is what an assignor works on. Members are in the order of Kafka's map.
type groupSpec struct {
	members    []assignee
	same       bool // all subscribe to the same topics
	partitions map[assign.TopicID]int32
	assigned   map[assign.TopicID]map[int32]bool // to any member, up to now
}

// assign makes a new target assignment, for each member in order.
func (g *groupSpec) assign(assignor string) []assign.Assignment {
	switch {
	case len(g.members) == 0:
		return nil
	case assignor == Range:
		return g.assignRange()
	case g.same:
		return g.assignUniform()
	default:
		return newBalancer(g).assign()
	}
}

// assignRange gives each member of a topic consecutive partitions (RangeAssignor).
// Members go by their instance ids, then dynamic ones by their ids.
func (g *groupSpec) assignRange() []assign.Assignment {
	order := make([]int, len(g.members))
	subscribers := make(map[assign.TopicID]int32)
	for i := range g.members {
		order[i] = i
		for _, t := range g.members[i].topics {
			subscribers[t]++
		}
	}
	slices.SortFunc(order, func(i, j int) int {
		a, b := &g.members[i], &g.members[j]
		switch {
		case a.instance != "" && b.instance != "":
			return assign.CompareJava(a.instance, b.instance)
		case a.instance != "":
			return -1
		case b.instance != "":
			return 1
		}
		return assign.CompareJava(a.id, b.id)
	})
	next, had := make(map[assign.TopicID]int32), make(map[assign.TopicID]int32)
	out := make([]assign.Assignment, len(g.members))
	for _, i := range order {
		out[i] = make(assign.Assignment)
		for _, t := range g.members[i].topics {
			n, of := g.partitions[t], subscribers[t]
			size := n / of
			if had[t] < n%of {
				size++
			}
			had[t]++
			for range size {
				out[i][t] = append(out[i][t], next[t])
				next[t]++
			}
		}
	}
	return out
}

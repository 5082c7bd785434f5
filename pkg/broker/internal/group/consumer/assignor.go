package consumer

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// The assignors of Kafka 4.3.1, by their names (group.consumer.assignors).
const (
	Uniform = "uniform"
	Range   = "range"
)

// Assignment is what a member has or is to have: ascending partitions by topic,
// none of them empty.
type Assignment map[TopicID][]int32

// equal ignores nothing: topics without partitions are not there.
func (a Assignment) equal(b Assignment) bool {
	return maps.EqualFunc(a, b, func(x, y []int32) bool { return slices.Equal(x, y) })
}

// topics are the ids in a stable order, for records and answers.
func (a Assignment) topics() []TopicID { return slices.SortedFunc(maps.Keys(a), compareID) }

// add puts partitions in, which keeps them ascending.
func (a Assignment) add(t TopicID, p int32) {
	i, found := slices.BinarySearch(a[t], p)
	if !found {
		a[t] = slices.Insert(a[t], i, p)
	}
}

// assignee is a member as an assignor sees it.
type assignee struct {
	id       string
	instance string     // empty for a dynamic member
	topics   []TopicID  // subscribed to and there, in order of the set of names
	names    int        // subscribed to, there or not
	target   Assignment // up to now
}

// groupSpec is what an assignor works on. Members are in the order of Kafka's map.
type groupSpec struct {
	members    []assignee
	same       bool // all subscribe to the same topics
	partitions map[TopicID]int32
	assigned   map[TopicID]map[int32]bool // to any member, up to now
}

// assign makes a new target assignment, for each member in order.
func (g *groupSpec) assign(assignor string) []Assignment {
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
func (g *groupSpec) assignRange() []Assignment {
	order := make([]int, len(g.members))
	subscribers := make(map[TopicID]int32)
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
			return compareJava(a.instance, b.instance)
		case a.instance != "":
			return -1
		case b.instance != "":
			return 1
		}
		return compareJava(a.id, b.id)
	})
	next, had := make(map[TopicID]int32), make(map[TopicID]int32)
	out := make([]Assignment, len(g.members))
	for _, i := range order {
		out[i] = make(Assignment)
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

// compareJava orders strings as Java does, by UTF-16 units.
func compareJava(a, b string) int {
	if strings.IndexFunc(a+b, func(r rune) bool { return r >= 0x10000 }) < 0 {
		return cmp.Compare(a, b) // UTF-8 sorts the same without surrogates
	}
	return slices.Compare(units(a), units(b))
}

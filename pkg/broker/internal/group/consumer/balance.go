package consumer

import (
	"cmp"
	"slices"

	"kq/pkg/broker/internal/group/assign"
)

// balanceRounds is how often the topics are gone through at most to improve a
// balance, which may take long where subscriptions overlap.
const balanceRounds = 16

// balancer spreads partitions over members that subscribe to different topics
// (UniformHeterogeneousAssignmentBuilder): what fits is kept, the rest goes to those
// with the least, and then from those with the most to those with the least.
type balancer struct {
	g           *groupSpec
	subscribers map[assign.TopicID][]int // indexes of members
	topics      []assign.TopicID         // in the order in which they are dealt with
	owner       map[assign.TopicID][]int // of each partition, -1 for none
	size        []int                    // partitions of each member

	// Members of the topic at hand by their sizes. In front is the range of those
	// that get partitions, at the end the range of those that give some; the latter
	// ends before members that have none to give.
	sorted                       []int
	lowEnd, lowSize, lowNext     int
	highStart, highEnd, highSize int
	highNext                     int
}

func newBalancer(g *groupSpec) *balancer {
	b := &balancer{
		g: g, subscribers: make(map[assign.TopicID][]int), owner: make(map[assign.TopicID][]int), size: make([]int, len(g.members)),
	}
	for i := range g.members {
		for _, t := range g.members[i].topics {
			if b.subscribers[t] == nil {
				b.topics = append(b.topics, t)
				b.owner[t] = slices.Repeat([]int{-1}, int(g.partitions[t]))
			}
			b.subscribers[t] = append(b.subscribers[t], i)
		}
	}
	// Many partitions a subscriber first, then few subscribers.
	slices.SortFunc(b.topics, func(x, y assign.TopicID) int {
		sx, sy := len(b.subscribers[x]), len(b.subscribers[y])
		return cmp.Or(
			cmp.Compare(float64(g.partitions[y])/float64(sy), float64(g.partitions[x])/float64(sx)),
			cmp.Compare(sx, sy), assign.CompareID(x, y))
	})
	return b
}

func (b *balancer) assign() []assign.Assignment {
	out := make([]assign.Assignment, len(b.g.members))
	for i := range out {
		out[i] = make(assign.Assignment)
	}
	if len(b.topics) == 0 {
		return out
	}
	b.keep()
	b.place()
	b.balance()
	for t, owners := range b.owner {
		for p, i := range owners {
			if i >= 0 {
				out[i][t] = append(out[i][t], int32(p))
			}
		}
	}
	return out
}

// keep leaves members what they have of topics that they subscribe to.
func (b *balancer) keep() {
	for i := range b.g.members {
		m := &b.g.members[i]
		for t, ps := range m.target {
			if _, ok := slices.BinarySearch(b.subscribers[t], i); !ok {
				continue
			}
			b.size[i] += len(ps)
			for _, p := range ps {
				if p >= 0 && int(p) < len(b.owner[t]) {
					b.owner[t][p] = i
				}
			}
		}
	}
}

// place gives out the partitions that nobody has.
func (b *balancer) place() {
	for _, t := range b.topics {
		b.begin(t)
		for p, i := range b.owner[t] {
			if i < 0 {
				b.move(t, p, b.least())
			}
		}
	}
}

func (b *balancer) move(t assign.TopicID, p, to int) {
	if from := b.owner[t][p]; from >= 0 {
		b.size[from]--
	}
	b.owner[t][p] = to
	b.size[to]++
}

// balance goes through the topics until a whole round has changed nothing.
func (b *balancer) balance() {
	shared := slices.DeleteFunc(slices.Clone(b.topics), func(t assign.TopicID) bool { return len(b.subscribers[t]) < 2 })
	last := -1 // topic that was changed last
	for range balanceRounds {
		for i, t := range shared {
			if i == last {
				return
			}
			if b.balanceTopic(t) || last < 0 {
				last = i
			}
		}
	}
}

// balanceTopic moves partitions of a topic from its subscribers with the most to
// those with the least until they are one apart. It says whether any moved.
func (b *balancer) balanceTopic(t assign.TopicID) (moved bool) {
	if b.begin(t) <= 1 {
		return false
	}
	owned := make(map[int][]int) // partitions by owner; the last ones go first
	for p, i := range b.owner[t] {
		owned[i] = append(owned[i], p)
	}
	for !b.even() {
		from := b.most()
		for from >= 0 && len(owned[from]) == 0 {
			b.exclude()
			from = b.most()
		}
		if from < 0 {
			break
		}
		n := len(owned[from]) - 1
		p := owned[from][n]
		owned[from] = owned[from][:n]
		to := b.least()
		if b.even() {
			break
		}
		b.move(t, p, to)
		moved = true
	}
	return moved
}

// begin sets the ranges up for a topic and tells how far apart its subscribers are.
func (b *balancer) begin(t assign.TopicID) int {
	b.sorted = append(b.sorted[:0], b.subscribers[t]...)
	slices.SortFunc(b.sorted, func(x, y int) int { return cmp.Or(cmp.Compare(b.size[x], b.size[y]), cmp.Compare(x, y)) })
	n := len(b.sorted)
	low, high := b.size[b.sorted[0]], b.size[b.sorted[n-1]]
	b.lowEnd, b.lowSize, b.lowNext = 0, low-1, 0
	b.highStart, b.highEnd, b.highSize, b.highNext = n, n, high+1, n-1
	return high - low
}

// least is the next member to get a partition. It is taken to have got it.
func (b *balancer) least() int {
	if b.lowNext >= b.lowEnd {
		b.lowSize++
		for b.lowEnd < len(b.sorted) && b.size[b.sorted[b.lowEnd]] == b.lowSize {
			b.lowEnd++
		}
		b.lowNext = 0
	}
	b.lowNext++
	return b.sorted[b.lowNext-1]
}

// most is the next member to give a partition, -1 for none. It is taken to have
// given it.
func (b *balancer) most() int {
	if b.highNext < b.highStart {
		if b.highEnd <= b.highStart && b.highStart > 0 {
			b.highSize = b.size[b.sorted[b.highStart-1]] // all of the range were excluded
		} else {
			b.highSize--
		}
		for b.highStart > 0 && b.size[b.sorted[b.highStart-1]] == b.highSize {
			b.highStart--
		}
		b.highNext = b.highEnd - 1
	}
	if b.highNext < 0 {
		return -1
	}
	b.highNext--
	return b.sorted[b.highNext+1]
}

// exclude takes the member that most has returned out of its range.
func (b *balancer) exclude() {
	i, j := b.highNext+1, b.highEnd-1
	b.sorted[i], b.sorted[j] = b.sorted[j], b.sorted[i]
	b.highEnd--
}

func (b *balancer) even() bool { return b.highSize-b.lowSize <= 1 }

package topology

import (
	"slices"
	"strings"
	"unicode/utf16"
)

// The order of names in Kafka's text follows from the collections in which
// InternalTopologyBuilder keeps them while it counts the descendants of every
// node: sets that are sorted by counts which are not final yet.

// placed is a node with its neighbours in the order of Kafka's text.
type placed struct {
	node       *Node
	size       int // the descendants known so far, with itself; a node reached twice counts twice
	prev, next tree
}

// compare is Kafka's NodeComparator: more descendants first, then by name.
func (p *placed) compare(q *placed) int {
	if p.size != q.size {
		return q.size - p.size
	}
	return strings.Compare(p.node.Name, q.node.Name)
}

// grow adds to the size of p and of all nodes above that are connected so far.
func (p *placed) grow(by int) {
	p.size += by
	p.prev.each(func(q *placed) { q.grow(by) })
}

// connect places the nodes of a sub-topology.
func connect(s *SubTopology) []*placed {
	byName := map[string]*placed{}
	var names []string
	for _, n := range s.Nodes {
		byName[n.Name] = &placed{node: n, size: 1}
		names = append(names, n.Name)
	}
	size := 16
	for size*3/4 < len(names) {
		size *= 2
	}
	var out []*placed
	for _, name := range hashed(names, size) {
		p := byName[name]
		out = append(out, p)
		for _, parent := range p.node.Parents {
			q := byName[parent.Name]
			p.prev.add(q)
			q.next.add(p)
			q.grow(p.size)
		}
	}
	return out
}

// tree is a set that compares a new node with those on its way down only, as a
// TreeSet does: the sizes of others may have changed since they came.
type tree struct {
	p           *placed
	left, right *tree
}

func (t *tree) add(p *placed) {
	for t.p != nil {
		switch c := p.compare(t.p); {
		case c == 0:
			return
		case c < 0:
			if t.left == nil {
				t.left = &tree{}
			}
			t = t.left
		default:
			if t.right == nil {
				t.right = &tree{}
			}
			t = t.right
		}
	}
	t.p = p
}

func (t *tree) each(f func(p *placed)) {
	if t == nil || t.p == nil {
		return
	}
	t.left.each(f)
	f(t.p)
	t.right.each(f)
}

func (t *tree) names() string {
	var out []string
	t.each(func(p *placed) { out = append(out, p.node.Name) })
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}

// set is names in the order of a Java HashSet made of them, in which Kafka
// keeps the topics and stores of a node.
func set(names []string) string {
	size := 16
	for size < len(names)*4/3+1 {
		size *= 2
	}
	return strings.Join(hashed(names, size), ", ")
}

// hashed is names by the low bits of their hash codes, for a table of size buckets.
func hashed(names []string, size int) []string {
	bucket := func(name string) int {
		h := uint32(0)
		for _, c := range utf16.Encode([]rune(name)) {
			h = h*31 + uint32(c)
		}
		return int((h ^ h>>16) & uint32(size-1))
	}
	out := slices.Clone(names)
	slices.SortStableFunc(out, func(a, b string) int { return bucket(a) - bucket(b) })
	return out
}

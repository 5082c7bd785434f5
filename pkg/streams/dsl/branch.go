package dsl

import (
	"strconv"

	"kq/pkg/streams/topology"
)

// Branches splits a stream: a record goes to the first branch whose predicate
// accepts it (Kafka's BranchedKStream).
type Branches struct {
	of       *Stream
	splitter string
	node     *node
	tests    []Predicate
	names    []string
	rest     string
}

// Split begins a split. Branches are added with When and, last, Otherwise.
func (s *Stream) Split(n ...Named) *Branches {
	b := &Branches{of: s, splitter: s.b.named(one(n), "KSTREAM-BRANCH-")}
	b.node = s.b.process(b.splitter, func() topology.Processor { return &branch{of: b} }, s.node)
	return b
}

// When is the stream of the records that no earlier branch took and that the
// predicate accepts. The node is called after the split and n, or its position.
func (b *Branches) When(test Predicate, n ...Named) *Stream {
	if b.rest != "" {
		b.of.b.fail("split %s has a branch after its last one", b.splitter)
	}
	b.tests = append(b.tests, test)
	out := b.child(one(n), len(b.tests))
	b.names = append(b.names, out.name)
	return out
}

// Otherwise is the stream of the records that no branch took.
func (b *Branches) Otherwise(n ...Named) *Stream {
	out := b.child(one(n), 0)
	b.rest = out.name
	return out
}

func (b *Branches) child(n Named, position int) *Stream {
	name := b.splitter + string(n)
	if n == "" {
		name = b.splitter + strconv.Itoa(position)
	}
	b.of.b.number(name)
	out := *b.of
	out.name = name
	out.node = b.of.b.process(name, func() topology.Processor { return &passThrough{} }, b.node)
	return &out
}

type branch struct {
	stateless
	of *Branches
}

func (p *branch) Process(r *topology.Record) error {
	for i, test := range p.of.tests {
		ok, err := test(r)
		if err != nil {
			return err
		}
		if ok {
			return p.ctx.ForwardTo(p.of.names[i], r)
		}
	}
	if p.of.rest == "" {
		return nil
	}
	return p.ctx.ForwardTo(p.of.rest, r)
}

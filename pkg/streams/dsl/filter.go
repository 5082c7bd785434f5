package dsl

import "kq/pkg/streams/topology"

// Filter keeps the records that the predicate accepts.
func (s *Stream) Filter(keep Predicate, n ...Named) *Stream {
	return s.below(n, "KSTREAM-FILTER-", func() topology.Processor { return &filter{test: keep} })
}

// FilterNot keeps the records that the predicate does not accept.
func (s *Stream) FilterNot(drop Predicate, n ...Named) *Stream {
	return s.below(n, "KSTREAM-FILTER-", func() topology.Processor { return &filter{test: drop, not: true} })
}

type filter struct {
	stateless
	test Predicate
	not  bool
}

func (p *filter) Process(r *topology.Record) error {
	ok, err := p.test(r)
	if err != nil || ok == p.not {
		return err
	}
	return p.ctx.Forward(r)
}

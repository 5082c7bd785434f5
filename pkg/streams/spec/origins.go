package spec

import (
	"kq/pkg/streams/codec"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/topology"
)

// Steps whose expressions name the topic, partition or offset of a record need
// a processor: Kafka's functions of filter and map see no record context, and
// node names of theirs stay what the DSL makes of them.

// asker is a stateless step as a processor, for expressions that ask where a record came from.
type asker struct {
	ctx *topology.Context
	out topology.Record
	do  func(p *asker, r *topology.Record) error
}

// Init keeps the context.
func (p *asker) Init(ctx *topology.Context) error {
	p.ctx = ctx
	return nil
}

// Process does the step.
func (p *asker) Process(r *topology.Record) error { return p.do(p, r) }

// asking is a step under the same keys.
func asking(s *dsl.Stream, do func(p *asker, r *topology.Record) error) *dsl.Stream {
	return s.ProcessValues(func() topology.Processor { return &asker{do: do} }, nil)
}

// at is the expression's value for a record and where it came from.
func (b *bound) at(r *topology.Record, o *topology.Origin) (any, error) {
	x := b.take()
	if err := b.record(x, r); err != nil {
		return nil, err
	}
	b.origin(x, o)
	return b.run(x)
}

// filter is a filter step; keep tells which result passes.
func (b *bound) filter(s *dsl.Stream, keep bool) *dsl.Stream {
	if !b.uses.origin {
		if keep {
			return s.Filter(b.predicate)
		}
		return s.FilterNot(b.predicate)
	}
	return asking(s, func(p *asker, r *topology.Record) error {
		v, err := b.at(r, p.ctx.Origin())
		if ok, _ := v.(bool); err != nil || ok != keep {
			return err
		}
		return p.ctx.Forward(r)
	})
}

// mapValues is a mapValues step.
func (b *bound) mapValues(s *dsl.Stream) *dsl.Stream {
	if !b.uses.origin {
		return s.MapValues(b.mapper())
	}
	return asking(s, func(p *asker, r *topology.Record) error {
		v, err := b.at(r, p.ctx.Origin())
		if err != nil {
			return err
		}
		p.out = *r
		p.out.Value = codec.Of(v)
		return p.ctx.Forward(&p.out)
	})
}

// selectKey is a selectKey step.
func (b *bound) selectKey(s *dsl.Stream) *dsl.Stream {
	if !b.uses.origin {
		return s.SelectKey(b.mapper())
	}
	return s.Process(func() topology.Processor {
		return &asker{do: func(p *asker, r *topology.Record) error {
			v, err := b.at(r, p.ctx.Origin())
			if err != nil {
				return err
			}
			p.out = *r
			p.out.Key = codec.Of(v)
			return p.ctx.Forward(&p.out)
		}}
	}, nil)
}

package dsl

import (
	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// FlatMap makes any number of records of every record.
func (s *Stream) FlatMap(f FlatMapper, n ...Named) *Stream {
	out := s.below(n, "KSTREAM-FLATMAP-", func() topology.Processor { return &flatMap{f: f} })
	out.Key, out.Value, out.moved = nil, nil, true
	return out
}

// FlatMapValues makes any number of values of every record, under its key.
func (s *Stream) FlatMapValues(f FlatValueMapper, n ...Named) *Stream {
	out := s.below(n, "KSTREAM-FLATMAPVALUES-", func() topology.Processor { return &flatMapValues{f: f} })
	out.Value = nil
	return out
}

type flatMap struct {
	stateless
	f    FlatMapper
	in   *topology.Record
	out  topology.Record
	emit func(key, value codec.Value) error
}

func (p *flatMap) Init(ctx *topology.Context) error {
	p.emit = func(key, value codec.Value) error {
		p.out = *p.in
		p.out.Key, p.out.Value = key, value
		return p.ctx.Forward(&p.out)
	}
	return p.stateless.Init(ctx)
}

func (p *flatMap) Process(r *topology.Record) error {
	p.in = r
	return p.f(r, p.emit)
}

type flatMapValues struct {
	stateless
	f    FlatValueMapper
	in   *topology.Record
	out  topology.Record
	emit func(value codec.Value) error
}

func (p *flatMapValues) Init(ctx *topology.Context) error {
	p.emit = func(value codec.Value) error {
		p.out = *p.in
		p.out.Value = value
		return p.ctx.Forward(&p.out)
	}
	return p.stateless.Init(ctx)
}

func (p *flatMapValues) Process(r *topology.Record) error {
	p.in = r
	return p.f(r, p.emit)
}

package dsl

import (
	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// Map makes a new key and value of every record.
func (s *Stream) Map(f KeyValueMapper, n ...Named) *Stream {
	out := s.below(n, "KSTREAM-MAP-", func() topology.Processor { return &mapKeyValue{f: f} })
	out.Key, out.Value, out.moved = nil, nil, true
	return out
}

// MapValues makes a new value of every record. The key stays, so that no
// repartitioning follows from it.
func (s *Stream) MapValues(f ValueMapper, n ...Named) *Stream {
	out := s.below(n, "KSTREAM-MAPVALUES-", func() topology.Processor { return &mapValues{f: f} })
	out.Value = nil
	return out
}

// SelectKey makes a new key of every record.
func (s *Stream) SelectKey(f ValueMapper, n ...Named) *Stream {
	out := s.below(n, "KSTREAM-KEY-SELECT-", func() topology.Processor { return &selectKey{f: f} })
	out.Key, out.moved = nil, true
	return out
}

// MapKey is SelectKey.
func (s *Stream) MapKey(f ValueMapper, n ...Named) *Stream { return s.SelectKey(f, n...) }

type mapKeyValue struct {
	stateless
	f   KeyValueMapper
	out topology.Record
}

func (p *mapKeyValue) Process(r *topology.Record) error {
	key, value, err := p.f(r)
	if err != nil {
		return err
	}
	p.out = *r
	p.out.Key, p.out.Value = key, value
	return p.ctx.Forward(&p.out)
}

type mapValues struct {
	stateless
	f   ValueMapper
	out topology.Record
}

func (p *mapValues) Process(r *topology.Record) error {
	value, err := p.f(r)
	if err != nil {
		return err
	}
	p.out = *r
	p.out.Value = value
	return p.ctx.Forward(&p.out)
}

type selectKey struct {
	stateless
	f   ValueMapper
	out topology.Record
}

func (p *selectKey) Process(r *topology.Record) error {
	var key codec.Value
	key, err := p.f(r)
	if err != nil {
		return err
	}
	p.out = *r
	p.out.Key = key
	return p.ctx.Forward(&p.out)
}

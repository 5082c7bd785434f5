package dsl

import (
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
)

// forJoin is the stream with its records where those of the other side with
// the same key are: behind a repartition topic where the key has changed
// (KStreamImpl.repartitionForJoin). The topic is called after the join, or
// after the stream; two unnamed joins of one stream share it.
func (s *Stream) forJoin(name, suffix string, key, value codec.Codec) *Stream {
	if !s.moved {
		return s
	}
	return s.through(name, suffix, Repartitioned{Key: first(key, s.Key), Value: first(value, s.Value)})
}

func (s *Stream) through(name, suffix string, o Repartitioned) *Stream {
	b := s.b
	prefix := s.name
	if name != "" {
		prefix = name + suffix
	}
	n := b.again[s.node]
	if n != nil && name == "" {
		for _, unused := range []string{"KSTREAM-SINK-", "KSTREAM-FILTER-", "KSTREAM-SOURCE-"} {
			b.number(unused)
		}
	} else {
		n = b.repartition(s.node, prefix, o)
		b.again[s.node] = n
	}
	return &Stream{b: b, name: n.name, node: n, Key: o.Key, Value: o.Value, sources: []string{n.name}}
}

// span are the fixed partition counts of the topics below these sources:
// repartition topics that adapt to their partners, and topics whose count is
// not known, have none.
func (b *Builder) span(sources []string) []int32 {
	var out []int32
	for _, name := range sources {
		n := b.top.Node(name)
		if n == nil || n.Source == nil {
			continue
		}
		for _, topic := range n.Source.Topics {
			var c int32
			if r := b.top.RepartitionOf(topic); n.Source.Internal && r != nil {
				c = r.Partitions
			} else if b.Counts != nil {
				c = b.Counts(topic)
			}
			if c > 0 {
				out = append(out, c)
			}
		}
	}
	return out
}

// target is the count that both sides of a join should have, and which of them have not.
func (b *Builder) target(left, right []string, c Copartition) (n int32, moveLeft, moveRight bool) {
	if c != CopartitionAuto {
		return 0, false, false
	}
	l, r := b.span(left), b.span(right)
	for _, side := range [][]int32{l, r} {
		for _, have := range side {
			n = max(n, have)
		}
	}
	below := func(side []int32) bool {
		for _, have := range side {
			if have != n {
				return true
			}
		}
		return false
	}
	return n, below(l), below(r)
}

// balance brings the side with fewer partitions through a topic with as many as the other has.
func (b *Builder) balance(left, right *Stream, c Copartition, name string) (l, r *Stream) {
	n, moveLeft, moveRight := b.target(left.sources, right.sources, c)
	if moveLeft {
		left = left.through(name, "-left", Repartitioned{Key: left.Key, Value: left.Value, Partitions: n})
	}
	if moveRight {
		right = right.through(name, "-right", Repartitioned{Key: right.Key, Value: right.Value, Partitions: n})
	}
	return left, right
}

// widen is the table kept once more behind a topic with n partitions.
func (t *Table) widen(name, suffix string, n int32) *Table {
	m := Materialized{Key: t.Key, Value: t.Value}
	if isVersioned(t.node) {
		m.History = t.b.history(t.view())
	}
	if name != "" {
		m.Store = name + suffix
	}
	key, value := t.b.keyCodec(t.Key), t.b.valueCodec(t.Value)
	s := t.ToStream().through(name, suffix, Repartitioned{Key: key, Value: value, Partitions: n})
	return s.ToTable(m)
}

// history is how long the versioned stores of a view keep old versions, 0 where one of them is not versioned.
func (b *Builder) history(v view) time.Duration {
	least := time.Duration(-1)
	for _, name := range v.stores {
		s := b.top.Store(name)
		if s == nil || s.Kind != state.VersionedKind {
			return 0
		}
		if least < 0 || s.Retention < least {
			least = s.Retention
		}
	}
	return max(least, 0)
}

package dsl

import (
	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// Group is a stream whose records are brought together by key (Kafka's KGroupedStream).
type Group struct {
	// Key and Value are the codecs of the records; see Stream.
	Key, Value codec.Codec

	b       *Builder
	stream  *Stream
	repart  Named // of the repartition topic
	shared  *node // the repartition topic, where a name lets aggregates share it
	sources []string
}

// GroupBy groups by a new key. A repartition topic brings the records of a key together.
func (s *Stream) GroupBy(key ValueMapper, o Grouped) *Group {
	name := s.b.named(o.Name, "KSTREAM-KEY-SELECT-")
	node := s.b.process(name, func() topology.Processor { return &selectKey{f: key} }, s.node)
	moved := &Stream{b: s.b, name: name, node: node, Key: o.Key, Value: first(o.Value, s.Value), sources: s.sources, moved: true}
	return moved.GroupByKey(o)
}

// GroupByKey groups by the key there is. Where an operator above has changed
// it, a repartition topic brings the records of a key together.
func (s *Stream) GroupByKey(o Grouped) *Group {
	return &Group{b: s.b, stream: s, Key: first(o.Key, s.Key), Value: first(o.Value, s.Value), repart: o.Name, sources: s.sources}
}

// place is the node below which an aggregate of the group goes: a repartition
// topic called after the group or else the store
// (GroupedStreamAggregateBuilder). The numbers of a shared one are taken again.
func (g *Group) place(store string) (*node, []string) {
	if !g.stream.moved {
		return g.stream.node, g.sources
	}
	if g.shared != nil {
		for _, prefix := range []string{"KSTREAM-SINK-", "KSTREAM-FILTER-", "KSTREAM-SOURCE-"} {
			g.b.number(prefix)
		}
		return g.shared, []string{g.shared.name}
	}
	if g.repart != "" {
		store = string(g.repart)
	}
	n := g.b.repartition(g.stream.node, store, Repartitioned{Key: g.Key, Value: g.Value})
	if g.repart != "" {
		g.shared = n
	}
	return n, []string{n.name}
}

package dsl

import "kq/pkg/streams/topology"

// Merge is the stream of the records of both. Its codecs are those that both have in common.
func (s *Stream) Merge(other *Stream, n ...Named) *Stream {
	if s.b != other.b {
		s.b.fail("merge of streams of two builders")
		return s
	}
	name := s.b.named(one(n), "KSTREAM-MERGE-")
	out := &Stream{b: s.b, name: name, sources: union(s.sources, other.sources), moved: s.moved || other.moved}
	if s.Key == other.Key {
		out.Key = s.Key
	}
	if s.Value == other.Value {
		out.Value = s.Value
	}
	out.node = s.b.process(name, func() topology.Processor { return &passThrough{} }, s.node, other.node)
	return out
}

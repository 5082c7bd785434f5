package dsl

import (
	"slices"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// Stream is a stream of records (Kafka's KStream).
type Stream struct {
	// Key and Value are the codecs of the records as far as they are known,
	// nil where an operator has made new keys or values: then As says them,
	// or the options of the next operator that writes.
	Key, Value codec.Codec

	b       *Builder
	name    string
	node    *node
	sources []string // of the part of the graph, for co-partitioning
	moved   bool     // the key has changed: grouping needs a repartition topic
}

// As is the same stream with these codecs; nil keeps the one there is.
func (s *Stream) As(key, value codec.Codec) *Stream {
	out := *s
	out.Key, out.Value = first(key, s.Key), first(value, s.Value)
	return &out
}

// Name is the name of the stream's node.
func (s *Stream) Name() string { return s.name }

// Moved says that the key has changed since the last topic.
func (s *Stream) Moved() bool { return s.moved }

// below adds a processor under the stream and is the stream of its results.
func (s *Stream) below(n []Named, prefix string, make func() topology.Processor) *Stream {
	name := s.b.named(one(n), prefix)
	out := *s
	out.name, out.node = name, s.b.process(name, make, s.node)
	return &out
}

// stateless is the part of a processor that only forwards.
type stateless struct{ ctx *topology.Context }

// Init keeps the context.
func (p *stateless) Init(ctx *topology.Context) error {
	p.ctx = ctx
	return nil
}

// passThrough forwards every record (merge, the children of branch).
type passThrough struct{ stateless }

func (p *passThrough) Process(r *topology.Record) error { return p.ctx.Forward(r) }

// union is the sorted set of both.
func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

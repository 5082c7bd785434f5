package dsl

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// ErrUsage is matched by every mistake in the use of the DSL that is not one of the graph.
var ErrUsage = errors.New("streams dsl")

// Builder collects the operators of one application. Its streams and tables
// belong to it; the first mistake is kept and returned by Build.
type Builder struct {
	// Key and Value are the codecs of streams that have none of their own
	// (Kafka's default.key.serde); nil is Bytes.
	Key, Value codec.Codec
	// Counts tells how many partitions a topic has, 0 where that is not
	// known; joins with CopartitionAuto ask it. It may be nil.
	Counts func(topic string) int32

	top   *topology.Builder
	err   error
	next  int
	nodes []*node
	read  map[string]*node // the stream source of a list of topics
	again map[*node]*node  // the repartition topic that joins made for a stream
	late  []func()         // to do at Build, when all tables are known to be kept or not
	built bool
}

// NewBuilder is an application without operators.
func NewBuilder() *Builder {
	return &Builder{top: topology.NewBuilder(), read: map[string]*node{}, again: map[*node]*node{}}
}

// node is an operator as Kafka's GraphNode sees it; its name is that of the
// topology's node that children hang below.
type node struct {
	name     string
	parents  []*node
	children []*node
	// relaxed marks joins that emit records with a null key (KIP-962).
	relaxed bool
	// nullKeys is set for the filter before a repartition topic: true lets null keys pass.
	nullKeys *bool
	// grace is how long after its end a window of this operator still
	// changes, nil where it has no windows; a session's includes the gap.
	grace *time.Duration
	// versioned says what kind of store the node's table is kept in, nil
	// where the table has no store and is what its parents are.
	versioned *bool
	// onVersioned is told at Build whether the input of the node is versioned.
	onVersioned func(bool)
}

// fail keeps the first mistake.
func (b *Builder) fail(format string, a ...any) {
	if b.err == nil {
		b.err = fmt.Errorf("%w: "+format, append([]any{ErrUsage}, a...)...)
	}
}

// number takes a name of the counter (InternalStreamsBuilder.newProcessorName).
func (b *Builder) number(prefix string) string {
	b.next++
	return fmt.Sprintf("%s%010d", prefix, b.next-1)
}

// storeName takes the name of a store (InternalStreamsBuilder.newStoreName).
func (b *Builder) storeName(prefix string) string { return b.number(prefix + "STATE-STORE-") }

// named is the name given, or a numbered one; a number is taken in both cases
// (NamedInternal.orElseGenerateWithPrefix).
func (b *Builder) named(n Named, prefix string) string { return b.suffixed(n, "", prefix) }

// suffixed is named with a suffix on a given name (NamedInternal.suffixWithOrElseGet).
func (b *Builder) suffixed(n Named, suffix, prefix string) string {
	generated := b.number(prefix)
	if n != "" {
		return string(n) + suffix
	}
	return generated
}

// addNode notes an operator below its parents.
func (b *Builder) addNode(name string, parents ...*node) *node {
	n := &node{name: name}
	b.nodes = append(b.nodes, n)
	for _, p := range parents {
		b.link(p, n)
	}
	return n
}

func (b *Builder) link(parent, child *node) {
	if !slices.Contains(parent.children, child) {
		parent.children = append(parent.children, child)
		child.parents = append(child.parents, parent)
	}
}

// process adds a processor below its parents.
func (b *Builder) process(name string, make func() topology.Processor, parents ...*node) *node {
	b.top.AddProcessor(name, make, names(parents)...)
	return b.addNode(name, parents...)
}

func names(nodes []*node) []string {
	out := make([]string, 0, len(nodes))
	for _, n := range nodes {
		if !slices.Contains(out, n.name) {
			out = append(out, n.name)
		}
	}
	return out
}

// addStore adds a store for these processors.
func (b *Builder) addStore(spec *state.Spec, processors ...string) {
	b.top.AddStore(spec, processors...)
}

// AddStore adds a store that processors name in Process.
func (b *Builder) AddStore(spec *state.Spec) { b.top.AddStore(spec) }

func (b *Builder) keyCodec(c codec.Codec) codec.Codec { return first(c, b.Key, codec.Bytes{}) }

func (b *Builder) valueCodec(c codec.Codec) codec.Codec { return first(c, b.Value, codec.Bytes{}) }

// first is the first codec that is not nil.
func first(codecs ...codec.Codec) codec.Codec {
	for _, c := range codecs {
		if c != nil {
			return c
		}
	}
	return nil
}

// Build is the topology of all operators, or the first mistake.
func (b *Builder) Build() (*topology.Topology, error) {
	if b.built {
		return nil, fmt.Errorf("%w: built twice", ErrUsage)
	}
	b.built = true
	for _, f := range b.late {
		f()
	}
	b.relaxNullKeys()
	for _, n := range b.nodes {
		if n.onVersioned != nil && len(n.parents) > 0 {
			n.onVersioned(isVersioned(n.parents[0]))
		}
	}
	if b.err != nil {
		return nil, b.err
	}
	return b.top.Build()
}

// relaxNullKeys lets null keys through the filters of repartition topics that
// have a join below them which emits null keys (NodesWithRelaxedNullKeyJoinDownstream).
func (b *Builder) relaxNullKeys() {
	seen := map[*node]bool{}
	var below func(n *node) bool
	below = func(n *node) bool {
		if known, ok := seen[n]; ok {
			return known
		}
		found := false
		for _, c := range n.children {
			if below(c) || c.relaxed {
				found = true
			}
		}
		seen[n] = found
		return found
	}
	for _, n := range b.nodes {
		if n.nullKeys != nil {
			*n.nullKeys = below(n)
		}
	}
}

// isVersioned says whether the table of n is versioned: by its own store, or
// by those of its parents, all of them (InternalStreamsBuilder.enableVersionedSemantics).
func isVersioned(n *node) bool {
	if n.versioned != nil {
		return *n.versioned
	}
	for _, p := range n.parents {
		if !isVersioned(p) {
			return false
		}
	}
	return len(n.parents) > 0
}

// Stream reads topics as a stream of records. Two streams of the same topics
// share one source, as in Kafka.
func (b *Builder) Stream(topics []string, c Consumed) *Stream {
	name := b.named(c.Name, "KSTREAM-SOURCE-")
	c.Key, c.Value = b.keyCodec(c.Key), b.valueCodec(c.Value)
	id := strings.Join(slices.Sorted(slices.Values(topics)), "\x00")
	n := b.read[id]
	if n == nil {
		n = b.addNode(name)
		b.read[id] = n
		b.top.AddSource(name, &topology.Source{Topics: topics, Key: c.Key, Value: c.Value, Timestamp: c.Timestamp, Processing: c.Processing, OffsetReset: c.OffsetReset})
	}
	return &Stream{b: b, name: n.name, node: n, Key: c.Key, Value: c.Value, sources: []string{n.name}}
}

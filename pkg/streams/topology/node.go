package topology

import (
	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
)

// Kind is a node's place in the graph.
type Kind uint8

// The kinds of nodes.
const (
	SourceKind Kind = iota
	ProcessorKind
	SinkKind
)

// Source reads topics.
type Source struct {
	Topics     []string // without the application's prefix where Internal
	Key, Value codec.Codec
	// Timestamp is the record's time; nil takes the record's own. A negative
	// result of an extractor drops the record.
	Timestamp func(r *Record, o *Origin) (int64, error)
	// Processing takes the wall clock as the time of records, as of when they
	// become the next of their partition (WallclockTimestampExtractor).
	Processing bool
	// OffsetReset is earliest, latest or none; "" is the application's.
	OffsetReset string
	// Internal topics carry the application's prefix and are made by it.
	Internal bool
}

// Sink writes a topic.
type Sink struct {
	Topic string // without the application's prefix where Internal
	// TopicOf chooses the topic by record; Topic is "" then.
	TopicOf    func(r *Record, o *Origin) (string, error)
	Key, Value codec.Codec
	// Partition chooses among n partitions; nil is murmur2 of the key's
	// partition bytes (codec.PartitionBytes), any partition for a null key.
	Partition func(r *Record, n int32) (int32, error)
	Internal  bool
}

// Repartition is a topic that the application makes to bring records to the
// task of their new key.
type Repartition struct {
	Topic string // without the application's prefix
	// Partitions is fixed, or 0: as many as the largest source above or beside it needs.
	Partitions int32
}

// Node is one node of the graph.
type Node struct {
	Name              string
	Kind              Kind
	Source            *Source
	Sink              *Sink
	New               func() Processor
	Parents, Children []*Node
	Stores            []string // in the order connected
}

// Global is a store that every instance keeps whole, fed by one source and one processor of its own.
type Global struct {
	ID        int32 // among the sub-topologies, as Kafka numbers them; no task runs it
	Store     *state.Spec
	Source    *Node
	Processor *Node
}

// SubTopology is a connected part of the graph: one task runs it for one partition.
type SubTopology struct {
	ID     int32
	Nodes  []*Node // in the order built
	Stores []*state.Spec
}

// Sources are the source nodes, in the order built.
func (s *SubTopology) Sources() []*Node {
	var out []*Node
	for _, n := range s.Nodes {
		if n.Kind == SourceKind {
			out = append(out, n)
		}
	}
	return out
}

// Topology is a graph that was built and checked.
type Topology struct {
	Subs    []*SubTopology
	Globals []*Global
	// Copartitioned lists groups of source nodes whose topics must have equal counts.
	Copartitioned [][]*Node
	Repartitions  map[string]*Repartition // by topic, without prefix
	nodes         map[string]*Node
	stores        map[string]*state.Spec
}

// Node is the node of that name, nil where there is none.
func (t *Topology) Node(name string) *Node { return t.nodes[name] }

// Store is the store of that name, nil where there is none.
func (t *Topology) Store(name string) *state.Spec { return t.stores[name] }

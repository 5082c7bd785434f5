package dsl

import (
	"io"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// Functions of operators. A record and the values in it belong to the caller:
// functions neither change nor keep them. The same function is called by every
// task, from several goroutines at a time.
type (
	// Predicate decides about a record.
	Predicate func(r *topology.Record) (bool, error)
	// Action looks at a record.
	Action func(r *topology.Record) error
	// ValueMapper makes a new value, or a new key.
	ValueMapper func(r *topology.Record) (codec.Value, error)
	// KeyValueMapper makes a new key and value.
	KeyValueMapper func(r *topology.Record) (key, value codec.Value, err error)
	// FlatMapper makes any number of records.
	FlatMapper func(r *topology.Record, emit func(key, value codec.Value) error) error
	// FlatValueMapper makes any number of values under the key of the record.
	FlatValueMapper func(r *topology.Record, emit func(value codec.Value) error) error
	// Initializer makes the first aggregate of a key.
	Initializer func() (codec.Value, error)
	// Aggregator adds a record to an aggregate; a null result deletes it.
	Aggregator func(r *topology.Record, agg *codec.Value) (codec.Value, error)
	// Reducer joins the aggregate with the value of a record.
	Reducer func(r *topology.Record, agg *codec.Value) (codec.Value, error)
	// Merger joins the aggregates of two sessions of a key.
	Merger func(key, a, b *codec.Value) (codec.Value, error)
	// Partitioner chooses one of n partitions.
	Partitioner func(r *topology.Record, n int32) (int32, error)
	// TopicNamer chooses the topic of a record.
	TopicNamer func(r *topology.Record, o *topology.Origin) (string, error)
	// TimestampExtractor tells the time of a record in milliseconds since 1970; a negative one drops the record.
	TimestampExtractor func(r *topology.Record, o *topology.Origin) (int64, error)
)

// Named is the name of an operator's node, "" for a numbered one.
type Named string

// one is the name given, if any.
func one(n []Named) Named {
	if len(n) == 0 {
		return ""
	}
	return n[0]
}

// Consumed says how a topic is read.
type Consumed struct {
	Name       Named
	Key, Value codec.Codec // nil: the builder's
	Timestamp  TimestampExtractor
	// Processing takes the wall clock as the time of records.
	Processing bool
	// OffsetReset is earliest, latest or none; "" is the application's.
	OffsetReset string
}

// Produced says how a topic is written.
type Produced struct {
	Name       Named
	Key, Value codec.Codec // nil: those of the stream
	Partition  Partitioner // nil: murmur2 of the key's bytes
}

// Grouped says how records are brought together by key.
type Grouped struct {
	// Name names the repartition topic (NAME-repartition) and the node that selects the key.
	Name       Named
	Key, Value codec.Codec // nil: those of the stream
}

// Repartitioned describes a topic of the application between two of its parts.
type Repartitioned struct {
	Name       Named
	Key, Value codec.Codec // nil: those of the stream
	Partitions int32       // 0: as many as the part of the graph above has
	Partition  Partitioner // nil: murmur2 of the key's bytes
}

// Materialized describes the store of a table.
type Materialized struct {
	// Store names the store and its changelog; "" takes a numbered name.
	Store      string
	Key, Value codec.Codec // nil: those of the input, or of the function
	// Memory keeps the store in memory, Unlogged without a changelog.
	Memory, Unlogged bool
	// Config overrides the changelog's topic configuration.
	Config map[string]string
	// Retention enlarges how long windows and sessions are kept; 0 keeps
	// them for their size and grace.
	Retention time.Duration
	// History makes a key-value store versioned and keeps old versions so long (KIP-889).
	History time.Duration
	// Cached holds updates back until a commit, or until the cache is full,
	// and forwards only the last of a key (Kafka's record cache).
	Cached bool
	// CacheBytes is the size of that cache; 0 is 10 MiB.
	CacheBytes int
	// ReuseSource lets the topic of a table serve as its changelog
	// (Kafka's optimisation reuse.ktable.source.topics).
	ReuseSource bool
}

// Printed says where Print writes to.
type Printed struct {
	Name  Named
	Label string // "" is the name of the stream
	To    io.Writer
}

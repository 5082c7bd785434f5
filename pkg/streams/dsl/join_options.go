package dsl

import (
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

type (
	// Joiner makes the result of two records, or rows, of one key. In a left
	// join right may be null, in an outer join one of them. For a join with a
	// global table key is the stream's key.
	Joiner func(key, left, right *codec.Value) (codec.Value, error)
	// ForeignKey is the key of the other table that a row names, null for none.
	ForeignKey func(r *topology.Record) (codec.Value, error)
)

// Copartition says what a join does about inputs of different partition counts.
type Copartition uint8

const (
	// CopartitionStrict leaves topics as they are: topology.Resolve answers a
	// *topology.CopartitionError where their counts differ.
	CopartitionStrict Copartition = iota
	// CopartitionAuto sends the smaller side through an internal topic with as
	// many partitions as the larger has. Builder.Counts tells the counts; a
	// topic that it does not know is taken to fit. The graph follows from the
	// counts: where topics grow later, another side may have the internal topic.
	CopartitionAuto
)

// JoinWindows say how far apart two records of a stream-stream join may be: the
// right one from Before earlier to After later than the left one, both
// inclusive (Kafka's JoinWindows). A negative bound is allowed where the other makes up for it.
type JoinWindows struct {
	Before, After time.Duration
	// Grace is how long after the end of a window a late record is still joined.
	Grace time.Duration
}

// Within are windows of the same size on both sides, without grace.
func Within(d time.Duration) JoinWindows { return JoinWindows{Before: d, After: d} }

// StreamJoined describes a stream-stream join.
type StreamJoined struct {
	Name Named
	// Store names the two or three stores (STORE-this-join-store and so on); "" takes numbered names.
	Store            string
	Key, Left, Right codec.Codec // nil: those of the streams
	// Memory keeps the stores in memory, Unlogged without changelogs.
	Memory, Unlogged bool
	// Config overrides the changelogs' topic configuration.
	Config      map[string]string
	Copartition Copartition
}

// Joined describes a stream-table join.
type Joined struct {
	// Name names the node and, with the suffix -repartition, the topic of a stream whose key has changed.
	Name      Named
	Key, Left codec.Codec // nil: those of the stream
	// Grace holds stream records back until the stream is so far ahead of
	// them, to meet table updates that are late. The table has to be versioned
	// and to keep its history at least as long (KIP-923). nil joins at once.
	Grace *time.Duration
	// Retrigger keeps stream records so long after their join; an update of the
	// table that comes out of order joins those that it concerns once more,
	// and the results follow under the keys and times of the first ones. The
	// table has to be versioned and to keep its history at least as long. Kafka Streams has no such join.
	Retrigger time.Duration
	// Memory and Unlogged are of the buffers of Grace and Retrigger.
	Memory, Unlogged bool
	// Config overrides the buffers' changelog configuration.
	Config      map[string]string
	Copartition Copartition
}

// TableJoined describes a foreign-key join.
type TableJoined struct {
	// Name names the nodes, the subscription store and the two internal topics.
	Name Named
	// Partition and ForeignPartition choose the partitions of the answers (by
	// the left table's key) and of the subscriptions (by the foreign key)
	// where the tables' own topics are not partitioned by murmur2. The records have no value.
	Partition, ForeignPartition Partitioner
}

// joinKind is inner, left or outer.
type joinKind uint8

const (
	innerJoin joinKind = iota
	leftJoin
	outerJoin
)

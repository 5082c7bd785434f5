package topology

import "kq/pkg/streams/codec"

// Header is a record header.
type Header struct {
	Key   string
	Value []byte
}

// Record flows from node to node. A node neither changes the record that it is
// given nor keeps the pointer: it forwards another one (its own, reused, is
// fine: the graph has no cycles) or the same.
type Record struct {
	Key, Value codec.Value
	// Old is the value that an update of a table replaces, where a node below
	// asked for old values (Kafka's Change.oldValue).
	Old codec.Value
	// Stale marks an update of a versioned table that did not become the
	// latest version of its key (Kafka's !Change.isLatest).
	Stale     bool
	Timestamp int64 // milliseconds since 1970
	Headers   []Header
}

// Origin is where the record being processed came from. Partition and Offset
// are -1 outside of a record (punctuators).
type Origin struct {
	Topic     string
	Partition int32
	Offset    int64
}

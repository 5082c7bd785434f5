package task

import (
	"errors"
	"fmt"
	"time"

	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// ID names a task as Kafka Streams does: sub-topology and partition.
type ID struct{ Sub, Partition int32 }

// String is SUB_PARTITION.
func (id ID) String() string { return fmt.Sprintf("%d_%d", id.Sub, id.Partition) }

// Output is a record to produce.
type Output struct {
	Topic string
	// Partition is fixed (changelogs), or -1: Choose, or murmur2 of
	// PartitionKey, or any partition where that is nil too.
	Partition    int32
	PartitionKey []byte
	Choose       func(partitions int32) (int32, error)
	Key, Value   []byte
	Timestamp    int64 // milliseconds since 1970, -1: the producer's clock
	Headers      []topology.Header
}

// Input is a fetched record.
type Input struct {
	Key, Value []byte
	Timestamp  int64
	Offset     int64
	Headers    []topology.Header
}

// Config is what a task is made of.
type Config struct {
	ID  ID
	Sub *topology.SubTopology
	// App is the application id, the prefix of internal topics.
	App string
	// Store gives the stores by name: those of the task and the globals.
	Store func(name string) any
	// Send takes a record to produce. o is used again when it returns; its slices may be kept.
	Send func(o *Output) error
	// Drop counts a dropped record; nil counts nothing.
	Drop func(node, reason string)
	// MaxIdle is how long to wait for the partitions that have nothing while
	// others have: negative never, zero only for those that are known to have
	// more on the broker (max.task.idle.ms).
	MaxIdle time.Duration
	// Wall is the wall clock at the start, in milliseconds since 1970.
	Wall int64
}

// Validate says what is missing.
func (c *Config) Validate() error {
	if c.Sub == nil || c.Send == nil || c.Store == nil {
		return errors.New("a task needs a sub-topology, its stores and a sender")
	}
	return nil
}

// TopicName is an internal topic's name on the broker: APP-NAME.
func TopicName(app, topic string, internal bool) string {
	if internal {
		return app + "-" + topic
	}
	return topic
}

// ChangelogTopic is a store's changelog: its own, or the topic that serves as one.
func ChangelogTopic(app string, s *state.Spec) string {
	if s.SourceTopic != "" {
		return s.SourceTopic
	}
	return app + "-" + s.Name + "-changelog"
}

// Phase is where a record failed.
type Phase uint8

// The phases, each with a handler of its own (onError in a job).
const (
	Deserialize Phase = iota
	Process
	Produce
)

func (p Phase) String() string { return [...]string{"deserialize", "process", "produce"}[p] }

// RecordError is a record that a task could not process.
type RecordError struct {
	Task   ID
	Node   string // "" where it is not known
	Phase  Phase
	Origin topology.Origin
	Input  Input
	Err    error
}

func (e *RecordError) Error() string {
	at := fmt.Sprintf("%s-%d at offset %d", e.Origin.Topic, e.Origin.Partition, e.Origin.Offset)
	if e.Origin.Offset < 0 {
		at = "a punctuation"
	}
	node := ""
	if e.Node != "" {
		node = " in " + e.Node
	}
	return fmt.Sprintf("task %s: %s %s%s: %v", e.Task, e.Phase, at, node, e.Err)
}

// Unwrap is the node's or codec's own error.
func (e *RecordError) Unwrap() error { return e.Err }

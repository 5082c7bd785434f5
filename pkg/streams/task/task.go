package task

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// Task is one sub-topology for one partition. Its methods are called by one
// goroutine at a time.
type Task struct {
	cfg    Config
	queues []*queue // by source, then partition
	nodes  []*node  // parents first
	origin topology.Origin
	times  topology.Times
	stream timetable
	wall   timetable
	idle   int64 // wall clock when a record began to wait for other partitions, 0: none waits
	failed failure
	// progress is what processors keep with the positions.
	progress map[string]int64
	// shared is what processors share, by store.
	shared map[string]any
}

// failure remembers which node failed first on the way down.
type failure struct {
	node    string
	produce bool
	err     error
}

// New makes the processors of a task and initialises them: the stores must be
// restored, and hold what Store returns.
func New(c Config) (*Task, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("make task %s: %w", c.ID, err)
	}
	t := &Task{cfg: c, times: topology.Times{Stream: -1, Wall: c.Wall}}
	t.origin.Partition, t.origin.Offset = -1, -1
	if err := t.wire(); err != nil {
		return nil, fmt.Errorf("make task %s: %w", c.ID, err)
	}
	return t, nil
}

// ID is the task's name.
func (t *Task) ID() ID { return t.cfg.ID }

// Add appends fetched records of one partition, in offset order.
func (t *Task) Add(topic string, partition int32, records []Input) error {
	return t.AddBatch(topic, partition, Decoded(records))
}

// AddBatch is Add for records that are not decoded yet.
func (t *Task) AddBatch(topic string, partition int32, records Records) error {
	q := t.queue(topic, partition)
	if q == nil {
		return fmt.Errorf("add to task %s: no source reads %s-%d", t.cfg.ID, topic, partition)
	}
	q.add(records)
	return nil
}

// Fetched tells how far a partition was fetched (everything below next was
// added, or is no record) and where the broker's end was then; -1 is unknown.
func (t *Task) Fetched(topic string, partition int32, next, end int64) {
	if q := t.queue(topic, partition); q != nil {
		q.added = max(q.added, next)
		if end >= 0 {
			q.end = end
		}
	}
}

// Buffered is the number of records of a partition that wait.
func (t *Task) Buffered(topic string, partition int32) int {
	if q := t.queue(topic, partition); q != nil {
		return q.size()
	}
	return 0
}

func (t *Task) queue(topic string, partition int32) *queue {
	for _, q := range t.queues {
		if q.partition == partition && q.topic == topic {
			return q
		}
	}
	return nil
}

// Process takes one record: of the partitions' heads the one with the smallest
// timestamp; of equal ones that of the source declared first, then of the
// lower partition. Inside a partition offsets decide. It reports false when
// there is none, or when the task should wait for more (Config.MaxIdle). A
// failure is a *RecordError, and the record counts as taken: the caller goes
// on, or does not.
func (t *Task) Process(wall int64) (bool, error) {
	t.times.Wall = wall
	var best *queue
	empty, behind := false, false
	for _, q := range t.queues {
		if !q.ready {
			if err := q.prepare(t); err != nil {
				return true, t.reject(q, err)
			}
		}
		if !q.ready {
			empty, behind = true, behind || q.behind()
			continue
		}
		if best == nil || q.head.Timestamp < best.headTime() {
			best = q
		}
	}
	if best == nil {
		t.idle = 0
		return false, nil
	}
	if empty && t.waits(wall, behind) {
		return false, nil
	}
	t.idle = 0
	return true, t.run(best, wall)
}

// waits says whether to hold a record back because other partitions have none.
func (t *Task) waits(wall int64, behind bool) bool {
	if t.cfg.MaxIdle < 0 {
		return false
	}
	if behind {
		return true
	}
	if t.cfg.MaxIdle == 0 {
		return false
	}
	if t.idle == 0 {
		t.idle = wall
	}
	return wall-t.idle < t.cfg.MaxIdle.Milliseconds()
}

func (t *Task) run(q *queue, wall int64) error {
	in := q.in
	t.origin = topology.Origin{Topic: q.topic, Partition: q.partition, Offset: in.Offset}
	t.times.Wall = wall
	t.times.Stream = max(t.times.Stream, q.head.Timestamp)
	q.take()
	if err := q.source.forward(&q.head); err != nil {
		return t.recordError(in, err)
	}
	if err := t.punctuate(&t.stream, t.times.Stream); err != nil {
		return err
	}
	return nil
}

// reject is a record that could not be read: it is skipped.
func (t *Task) reject(q *queue, err error) error {
	in := q.in
	t.origin = topology.Origin{Topic: q.topic, Partition: q.partition, Offset: in.Offset}
	q.skip()
	return &RecordError{Task: t.cfg.ID, Node: q.source.name, Phase: Deserialize, Origin: t.origin, Input: in, Err: err}
}

func (t *Task) recordError(in Input, err error) error {
	e := &RecordError{Task: t.cfg.ID, Phase: Process, Origin: t.origin, Input: in, Err: err}
	if t.failed.err != nil {
		e.Node = t.failed.node
		if t.failed.produce {
			e.Phase = Produce
		}
		t.failed = failure{}
	}
	var bad *codec.DecodeError
	if errors.As(err, &bad) {
		e.Phase = Deserialize
	}
	return e
}

// PrepareCommit lets the processors forward what they held back.
func (t *Task) PrepareCommit() error {
	t.origin = topology.Origin{Partition: -1, Offset: -1}
	for _, n := range t.nodes {
		if c, ok := n.processor.(topology.Committer); ok {
			if err := c.BeforeCommit(); err != nil {
				return t.recordError(Input{}, err)
			}
		}
	}
	return nil
}

// Position is how far a partition was processed.
type Position struct {
	Topic     string
	Partition int32
	Next      int64 // the offset to go on from
	Time      int64 // the partition's highest timestamp, -1 unknown
	// Progress is what processors keep with the positions of all partitions.
	Progress map[string]int64
}

// Positions are the positions to commit, of partitions from which something was taken.
func (t *Task) Positions() []Position {
	var out []Position
	progress := maps.Clone(t.progress)
	for _, q := range t.queues {
		next := q.next
		if q.size() == 0 {
			next = max(next, q.added)
		}
		if next >= 0 {
			out = append(out, Position{q.topic, q.partition, next, q.time, progress})
		}
	}
	return out
}

// Resume sets where a partition goes on and its time, as committed before.
func (t *Task) Resume(p Position) {
	for name, n := range p.Progress {
		if have, ok := t.progress[name]; !ok || have < n {
			t.SetProgress(name, n)
		}
	}
	if q := t.queue(p.Topic, p.Partition); q != nil {
		q.next, q.added, q.time = p.Next, max(q.added, p.Next), p.Time
		t.times.Stream = max(t.times.Stream, p.Time)
	}
}

// StreamTime is the highest timestamp taken, in milliseconds since 1970, -1 before the first.
func (t *Task) StreamTime() int64 { return t.times.Stream }

// Partitions are the inputs of the task: topics on the broker, each with the task's partition.
func (t *Task) Partitions() map[string][]int32 {
	out := map[string][]int32{}
	for _, q := range t.queues {
		out[q.topic] = append(out[q.topic], q.partition)
	}
	return out
}

// Close closes the processors that have something to release.
func (t *Task) Close() error {
	var first error
	for _, n := range t.nodes {
		if c, ok := n.processor.(topology.Closer); ok {
			if err := c.Close(); err != nil && first == nil {
				first = fmt.Errorf("close %s of task %s: %w", n.name, t.cfg.ID, err)
			}
		}
	}
	return first
}

// Store is the store of that name.
func (t *Task) Store(name string) any { return t.cfg.Store(name) }

// Share makes v what Shared answers for a store (topology.Sharer).
func (t *Task) Share(store string, v any) {
	if t.shared == nil {
		t.shared = map[string]any{}
	}
	t.shared[store] = v
}

// Shared is what a processor shares for a store, nil for nothing.
func (t *Task) Shared(store string) any { return t.shared[store] }

// Origin is where the current record came from.
func (t *Task) Origin() *topology.Origin { return &t.origin }

// Times are the task's clocks.
func (t *Task) Times() *topology.Times { return &t.times }

// Drop counts a dropped record.
func (t *Task) Drop(node, reason string) {
	if t.cfg.Drop != nil {
		t.cfg.Drop(node, reason)
	}
}

// InputTopics are the topics on the broker that a sub-topology reads, sorted.
func InputTopics(app string, s *topology.SubTopology) []string {
	set := map[string]bool{}
	for _, n := range s.Sources() {
		for _, topic := range n.Source.Topics {
			set[TopicName(app, topic, n.Source.Internal)] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

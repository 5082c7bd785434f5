package driver

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/task"
	"kq/pkg/streams/topology"
)

// Options of a driver.
type Options struct {
	// App is the application id, the prefix of internal topics ("app").
	App string
	// Wall is the wall clock at the start (1970).
	Wall time.Time
	// OnError decides what a failed record does: nil goes on as if the record
	// had not been; an error ends Pipe with it. The default ends Pipe.
	OnError func(e *task.RecordError) error
}

// Record is a record of a topic. Timestamp is in milliseconds since 1970.
type Record struct {
	Key, Value []byte
	Timestamp  int64
	Headers    []topology.Header
}

// Driver runs one topology. Its methods are called by one goroutine at a time.
type Driver struct {
	o        Options
	task     *task.Task
	db       *state.DB
	globals  map[string]*global // by topic
	stores   map[string]state.Store
	inputs   map[string]bool // topics that the task reads
	offsets  map[string]int64
	outputs  map[string][]Record
	again    []feed // records that the topology sent to itself
	dropped  map[string]int64
	wall     int64
	position topology.Origin
	times    topology.Times
}

// feed is a record on its way back into the topology.
type feed struct {
	topic  string
	record Record
}

// New makes the task and the stores of t, in memory.
func New(t *topology.Topology, o Options) (*Driver, error) {
	if o.App == "" {
		o.App = "app"
	}
	if o.Wall.IsZero() {
		o.Wall = time.UnixMilli(0)
	}
	d := &Driver{
		o: o, globals: map[string]*global{}, stores: map[string]state.Store{}, inputs: map[string]bool{},
		offsets: map[string]int64{}, outputs: map[string][]Record{}, dropped: map[string]int64{}, wall: o.Wall.UnixMilli(),
		times: topology.Times{Stream: -1},
	}
	whole := &topology.SubTopology{}
	for _, s := range t.Subs {
		whole.Nodes = append(whole.Nodes, s.Nodes...)
		whole.Stores = append(whole.Stores, s.Stores...)
	}
	d.db = state.OpenMemory(state.Options{Log: d.log})
	if err := d.open(t, whole); err != nil {
		return nil, err
	}
	var err error
	if len(whole.Nodes) == 0 {
		return d, nil
	}
	d.task, err = task.New(task.Config{
		Sub: whole, App: o.App, MaxIdle: -1, Wall: d.wall,
		Store: func(name string) any { return d.stores[name] },
		Send:  d.send,
		Drop:  d.drop,
	})
	return d, err
}

func (d *Driver) open(t *topology.Topology, whole *topology.SubTopology) error {
	add := func(spec *state.Spec) error {
		s, err := d.db.Add(spec)
		if err != nil {
			return fmt.Errorf("open store %s: %w", spec.Name, err)
		}
		d.stores[spec.Name] = s
		return nil
	}
	for _, spec := range whole.Stores {
		if err := add(spec); err != nil {
			return err
		}
	}
	for _, g := range t.Globals {
		if err := add(g.Store); err != nil {
			return err
		}
		p := &global{source: g.Source.Source, processor: g.Processor.New(), name: g.Processor.Name}
		if err := p.processor.Init(topology.NewContext(g.Processor.Name, fmt.Sprintf("%d_0", g.ID), 0, (*globalTask)(d), nil)); err != nil {
			return fmt.Errorf("init %s: %w", g.Processor.Name, err)
		}
		for _, topic := range g.Source.Source.Topics {
			d.globals[topic] = p
		}
	}
	for _, topic := range task.InputTopics(d.o.App, whole) {
		d.inputs[topic] = true
	}
	return nil
}

// log is a changelog record: of the stores that have a changelog of their own.
func (d *Driver) log(s *state.Spec, key, value []byte, ts int64, headers []state.Header) {
	if s.SourceTopic != "" {
		return
	}
	r := Record{Key: slices.Clone(key), Value: slices.Clone(value), Timestamp: ts}
	for _, h := range headers {
		r.Headers = append(r.Headers, topology.Header{Key: h.Key, Value: h.Value})
	}
	d.write(task.ChangelogTopic(d.o.App, s), r)
}

func (d *Driver) send(o *task.Output) error {
	if o.Choose != nil {
		if p, err := o.Choose(1); err != nil || p != 0 {
			return fmt.Errorf("choose a partition of %s: %d of 1 (%w)", o.Topic, p, err)
		}
	}
	r := Record{Key: o.Key, Value: o.Value, Timestamp: o.Timestamp, Headers: o.Headers}
	if d.inputs[o.Topic] || d.globals[o.Topic] != nil {
		d.again = append(d.again, feed{o.Topic, r})
	}
	d.write(o.Topic, r)
	return nil
}

func (d *Driver) write(topic string, r Record) {
	d.outputs[topic] = append(d.outputs[topic], r)
}

func (d *Driver) drop(node, reason string) { d.dropped[reason]++ }

// Pipe gives a record to the sources that read topic and returns when all that
// follows from it is done.
func (d *Driver) Pipe(topic string, r Record) error {
	if !d.inputs[topic] && d.globals[topic] == nil {
		return fmt.Errorf("pipe to %s: no source reads it", topic)
	}
	if err := d.enqueue(feed{topic, r}); err != nil {
		return err
	}
	return d.run()
}

func (d *Driver) enqueue(f feed) error {
	offset := d.offsets[f.topic]
	d.offsets[f.topic]++
	if g := d.globals[f.topic]; g != nil {
		return d.update(g, f, offset)
	}
	return d.task.Add(f.topic, 0, []task.Input{{
		Key: f.record.Key, Value: f.record.Value, Timestamp: f.record.Timestamp, Offset: offset, Headers: f.record.Headers,
	}})
}

// run processes until nothing waits, with a commit after each record.
func (d *Driver) run() error {
	for d.task != nil {
		took, err := d.task.Process(d.wall)
		if err := d.decide(err); err != nil {
			return err
		}
		if !took {
			return nil
		}
		if err := d.commit(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Driver) decide(err error) error {
	e, ok := err.(*task.RecordError) // Process and PrepareCommit return it unwrapped
	if !ok || d.o.OnError == nil {
		return err
	}
	return d.o.OnError(e)
}

func (d *Driver) commit() error {
	if err := d.decide(d.task.PrepareCommit()); err != nil {
		return err
	}
	if err := d.db.Commit(state.Checkpoint{StreamTime: d.task.StreamTime()}); err != nil {
		return fmt.Errorf("commit the stores: %w", err)
	}
	again := d.again
	d.again = nil
	for _, f := range again {
		if err := d.enqueue(f); err != nil {
			return err
		}
	}
	return nil
}

// AdvanceWall moves the wall clock and fires what became due.
func (d *Driver) AdvanceWall(by time.Duration) error {
	d.wall += by.Milliseconds()
	if d.task == nil {
		return nil
	}
	if err := d.decide(d.task.Punctuate(d.wall)); err != nil {
		return err
	}
	if err := d.commit(); err != nil {
		return err
	}
	return d.run()
}

// Wall is the wall clock.
func (d *Driver) Wall() time.Time { return time.UnixMilli(d.wall) }

// Output takes what was written to a topic since the last call. Topics have
// their names on the broker: internal ones with the application's prefix.
func (d *Driver) Output(topic string) []Record {
	out := d.outputs[topic]
	delete(d.outputs, topic)
	return out
}

// Topics are the topics with records that were not taken, sorted.
func (d *Driver) Topics() []string { return slices.Sorted(maps.Keys(d.outputs)) }

// Inputs are the topics that the topology reads, sorted.
func (d *Driver) Inputs() []string {
	all := maps.Clone(d.inputs)
	for topic := range d.globals {
		all[topic] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// Store is the store of that name, nil where there is none.
func (d *Driver) Store(name string) state.Store { return d.stores[name] }

// Dropped counts dropped records by reason.
func (d *Driver) Dropped() map[string]int64 { return maps.Clone(d.dropped) }

// Close ends the processors and forgets the stores.
func (d *Driver) Close() error {
	if d.task != nil {
		if err := d.task.Close(); err != nil {
			return err
		}
	}
	return d.db.Close()
}

// Encode is a record whose key and value are Go values, nil for null.
func Encode(kc, vc codec.Codec, key, value any, ts int64) (Record, error) {
	k, v := codec.Of(key), codec.Of(value)
	kb, err := k.Bytes(kc)
	if err != nil {
		return Record{}, fmt.Errorf("key: %w", err)
	}
	vb, err := v.Bytes(vc)
	if err != nil {
		return Record{}, fmt.Errorf("value: %w", err)
	}
	return Record{Key: kb, Value: vb, Timestamp: ts}, nil
}

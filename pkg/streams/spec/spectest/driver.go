package spectest

import (
	"fmt"
	"time"

	"kq/pkg/streams/driver"
	"kq/pkg/streams/spec"
)

// Record is a record of a topic, or an entry of a store, with Go values: string,
// int64, float64, bool, []byte, what JSON decodes to with whole numbers as int64,
// or a Window for a windowed key; nil is null.
type Record struct {
	Key, Value any
	Time       time.Time
	Headers    map[string]string
}

// Window is a windowed key.
type Window struct {
	Key        any
	Start, End time.Time
}

// Driver runs a job without a broker: records go in one by one, and all that
// follows from one is done when Pipe returns. The wall clock starts at 1970 and
// moves with Advance. One goroutine at a time uses it.
type Driver struct {
	plan  *Plan
	d     *driver.Driver
	given givenClock
}

// NewDriver makes the stores of a job, in memory.
func NewDriver(p *Plan) (*Driver, error) {
	d, err := driver.New(p.Topology, driver.Options{App: p.App, Wall: time.UnixMilli(0)})
	if err != nil {
		return nil, err
	}
	return &Driver{plan: p, d: d}, nil
}

// Pipe gives a record to a stream, a table, a global or a topic of the job. One
// without a time has that of the record before it, or the wall clock's where that is later.
func (d *Driver) Pipe(source string, r Record) error {
	s, ok := d.plan.Sources[source]
	if !ok {
		return fmt.Errorf("pipe to %q: the job reads %v", source, sortedKeys(d.plan.Sources))
	}
	rec := spec.Record{Key: plain(r.Key), Value: plain(r.Value), Headers: r.Headers}
	var said *int64
	if ms := r.Time.UnixMilli(); !r.Time.IsZero() {
		said = &ms
	}
	in, err := record(s, &rec, d.given.at(said, d.d.Wall()))
	if err != nil {
		return fmt.Errorf("pipe to %q: %w", source, err)
	}
	return d.d.Pipe(s.Topic, in)
}

// plain is a value as a job file writes it.
func plain(v any) any {
	switch x := v.(type) {
	case Window:
		return map[string]any{"key": plain(x.Key), "start": x.Start.UnixMilli(), "end": x.End.UnixMilli()}
	case int:
		return int64(x)
	case []byte:
		return string(x)
	}
	return v
}

// Advance moves the wall clock, and runs the timers that became due.
func (d *Driver) Advance(by time.Duration) error { return d.d.AdvanceWall(by) }

// Records takes what was written to a topic since the last call.
func (d *Driver) Records(topic string) []Record {
	t := d.plan.Topics[topic]
	var out []Record
	for _, r := range d.d.Output(topic) {
		l := lineOf(t, &r)
		out = append(out, Record{Key: public(l.key), Value: l.value, Time: time.UnixMilli(r.Timestamp), Headers: l.headers})
	}
	return out
}

// Topics are the topics with records that were not taken, sorted.
func (d *Driver) Topics() []string { return d.d.Topics() }

// Entries are what a store holds, by key and window.
func (d *Driver) Entries(store string) ([]Record, error) {
	st := d.d.Store(store)
	if st == nil {
		return nil, fmt.Errorf("entries of store %q: the job has %v", store, sortedKeys(d.plan.Stores))
	}
	list, err := contents(d.plan.Stores[store], st)
	if err != nil {
		return nil, fmt.Errorf("entries of store %q: %w", store, err)
	}
	out := make([]Record, len(list))
	for i, l := range list {
		out[i] = Record{Key: public(l.key), Value: l.value, Time: time.UnixMilli(*l.at)}
	}
	return out, nil
}

func public(key any) any {
	w, ok := key.(window)
	if !ok {
		return key
	}
	out := Window{Key: w.key, Start: time.UnixMilli(w.start)}
	if w.end != nil {
		out.End = time.UnixMilli(*w.end)
	}
	return out
}

// Dropped counts dropped records by reason.
func (d *Driver) Dropped() map[string]int64 { return d.d.Dropped() }

// Describe is the text of Kafka's Topology#describe.
func (d *Driver) Describe() string { return d.plan.Topology.Describe() }

// Close forgets the stores.
func (d *Driver) Close() error { return d.d.Close() }

package driver

import (
	"fmt"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// global feeds one global table.
type global struct {
	source    *topology.Source
	processor topology.Processor
	name      string
}

func (d *Driver) update(g *global, f feed, offset int64) error {
	d.position = topology.Origin{Topic: f.topic, Partition: 0, Offset: offset}
	d.times.Wall = d.wall
	d.times.Stream = max(d.times.Stream, f.record.Timestamp)
	r := topology.Record{
		Key: codec.Encoded(f.record.Key, g.source.Key), Value: codec.Encoded(f.record.Value, g.source.Value),
		Timestamp: f.record.Timestamp, Headers: f.record.Headers,
	}
	if err := g.processor.Process(&r); err != nil {
		return fmt.Errorf("update %s from %s: %w", g.name, f.topic, err)
	}
	if err := d.db.Commit(state.Checkpoint{StreamTime: d.times.Stream}); err != nil {
		return fmt.Errorf("commit the stores: %w", err)
	}
	return nil
}

// globalTask is the driver as the processors of globals see it.
type globalTask Driver

func (t *globalTask) Store(name string) any    { return t.stores[name] }
func (t *globalTask) Origin() *topology.Origin { return &t.position }
func (t *globalTask) Times() *topology.Times   { return &t.times }
func (t *globalTask) Schedule(*topology.Punctuation) (cancel func()) {
	return func() {} // Kafka's global processors have no punctuations either
}
func (t *globalTask) Drop(node, reason string) { (*Driver)(t).drop(node, reason) }

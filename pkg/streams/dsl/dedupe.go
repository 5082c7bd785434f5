package dsl

import (
	"fmt"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// Deduped says which records are repetitions.
type Deduped struct {
	// By is what two equal records have in common; nil is the key. Equal ones
	// must be in one partition.
	By    ValueMapper
	Codec codec.Codec // of By's result, nil: the key's codec
	// Within is how far apart two equal records may be in event time.
	Within time.Duration
	// Grace is how late a record may be; later ones are dropped, because
	// nobody remembers what was before them. 0 is as long as Within.
	Grace time.Duration
}

// Dedupe drops records that repeat one within a time, before or after it. The
// first one to arrive passes and counts for the time of its own; a repetition
// does not make it count for longer. The store keeps what has passed, by its time.
func (s *Stream) Dedupe(d Deduped, m Materialized, n ...Named) *Stream {
	b := s.b
	if d.Within < time.Millisecond || d.Grace < 0 {
		b.fail("dedupe within %v, grace %v", d.Within, d.Grace)
	}
	if d.Grace == 0 {
		d.Grace = d.Within
	}
	const prefix = "KSTREAM-DEDUPE-"
	m.History = 0
	k := b.keep(m, prefix, s.Key, codec.Bytes{})
	k.spec.Kind, k.spec.WindowSize = state.WindowKind, d.Within
	k.spec.Retention = max(d.Within+d.Grace, m.Retention)
	if d.By == nil {
		d.By = func(r *topology.Record) (codec.Value, error) { return r.Key, nil }
	}
	d.Codec = first(d.Codec, k.key)
	name := b.named(one(n), prefix)
	out := *s
	if s.moved {
		out.node = b.repartition(s.node, k.spec.Name, Repartitioned{Key: s.Key, Value: s.Value})
		out.sources, out.moved = []string{out.node.name}, false
	}
	out.name = name
	out.node = b.process(name, func() topology.Processor { return &dedupe{d: d, kept: k} }, out.node)
	b.addStore(k.spec, name)
	return &out
}

type dedupe struct {
	d     Deduped
	kept  *kept
	ctx   *topology.Context
	store windowStore
	time  int64
}

// seen is the value of what has passed.
const seen = "\x01"

func (p *dedupe) Init(ctx *topology.Context) (err error) {
	p.ctx, p.time = ctx, -1
	p.store, err = storeOf[windowStore](ctx, p.kept.spec.Name)
	return err
}

func (p *dedupe) Process(r *topology.Record) error {
	id, err := p.d.By(r)
	if err != nil {
		return fmt.Errorf("dedupe: %w", err)
	}
	if id.Null() {
		p.ctx.Drop("null key")
		return nil
	}
	p.time = max(p.time, r.Timestamp)
	if r.Timestamp < p.time-p.d.Grace.Milliseconds() {
		p.ctx.Drop("late")
		return nil
	}
	key, err := id.Bytes(p.d.Codec)
	if err != nil {
		return fmt.Errorf("dedupe: %w", err)
	}
	around := p.d.Within.Milliseconds() - 1
	repeated := false
	err = p.store.Fetch(key, max(0, r.Timestamp-around), r.Timestamp+around, false, func(int64, []byte, int64) bool {
		repeated = true
		return false
	})
	if err != nil {
		return fmt.Errorf("dedupe: %w", err)
	}
	if repeated {
		p.ctx.Drop("duplicate")
		return nil
	}
	p.store.Put(key, r.Timestamp, []byte(seen), r.Timestamp)
	return p.ctx.Forward(r)
}

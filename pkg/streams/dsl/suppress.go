package dsl

import (
	"errors"
	"fmt"
	"math"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// ErrBufferFull is the end of a job whose suppress buffer is full and must not emit early.
var ErrBufferFull = errors.New("suppress buffer is full")

// Suppressed says how updates of a table are held back.
type Suppressed struct {
	// Name names the node and, with -store behind it, the store.
	Name Named
	// WindowClose holds the updates of a window back until stream time has
	// passed its end and grace: then the last one is forwarded, deletions are not.
	WindowClose bool
	// Wait holds the updates of a key back until stream time is so much later
	// than the first of them; not with WindowClose.
	Wait time.Duration
	// Records and Bytes bound the buffer; 0 does not. A full buffer forwards
	// its oldest entries early, or with Stop ends the job with ErrBufferFull.
	// A buffer with WindowClose never forwards early, so that it needs Stop.
	Records, Bytes int64
	Stop           bool
	// Memory, Unlogged and Config are those of the store; see Materialized.
	Memory, Unlogged bool
	Config           map[string]string
}

// Validate tells what is wrong with the options.
func (s Suppressed) Validate() error {
	switch {
	case s.Wait < 0 || s.Records < 0 || s.Bytes < 0:
		return fmt.Errorf("%w: suppress: a negative limit", ErrUsage)
	case s.WindowClose && s.Wait != 0:
		return fmt.Errorf("%w: suppress until windows close has a wait too", ErrUsage)
	case s.WindowClose && !s.Stop && (s.Records > 0 || s.Bytes > 0):
		return fmt.Errorf("%w: suppress until windows close cannot emit early", ErrUsage)
	}
	return nil
}

// Suppress holds updates of the table back.
func (t *Table) Suppress(s Suppressed) *Table {
	b := t.b
	if err := s.Validate(); err != nil {
		b.fail("%w", err)
	}
	op := &suppressed{Suppressed: s, parent: t, key: b.keyCodec(t.Key), value: b.valueCodec(t.Value), wait: s.Wait.Milliseconds()}
	if s.WindowClose {
		grace, ok := graceOf(t.node)
		if !ok {
			b.fail("suppress until windows close, but %s has no windows", t.name)
		}
		op.wait = grace.Milliseconds()
	}
	name := string(s.Name)
	op.store = name + "-store"
	if name == "" {
		name = b.number("KTABLE-SUPPRESS-")
		op.store = b.storeName("KTABLE-SUPPRESS-")
	}
	t.sendOld(true)
	n := b.process(name, func() topology.Processor { return &suppress{op: op} }, t.node)
	n.versioned = new(bool)
	n.onVersioned = func(v bool) {
		if v {
			b.fail("suppress %s: its table is versioned", name)
		}
	}
	b.addStore(&state.Spec{
		Name: op.store, Kind: state.RawKind, Memory: s.Memory, Unlogged: s.Unlogged, Config: s.Config, Restore: restoreSuppressed,
	}, name)
	out := *t
	out.name, out.node, out.op, out.store, out.old = name, n, op, "", false
	return &out
}

// graceOf searches the operators above for windows (GraphGraceSearchUtil).
func graceOf(n *node) (time.Duration, bool) {
	if n.grace != nil {
		return *n.grace, true
	}
	longest, found := time.Duration(0), false
	for _, p := range n.parents {
		g, ok := graceOf(p)
		if !ok {
			return 0, false
		}
		longest, found = max(longest, g), true
	}
	return longest, found
}

// suppressed is the table of what was forwarded.
type suppressed struct {
	Suppressed
	parent     *Table
	store      string
	key, value codec.Codec
	wait       int64
}

func (s *suppressed) sendOld(force bool) bool { return s.parent.sendOld(force) }

func (s *suppressed) view() view {
	above := s.parent.view()
	return view{
		stores: append([]string{s.store}, above.stores...),
		make:   func() getter { return &suppressGetter{getter: above.make(), op: s} },
	}
}

// suppressGetter reads what was last forwarded: for a key in the buffer that
// is what the table had before the first update held back.
type suppressGetter struct {
	getter
	op  *suppressed
	buf waiting
}

func (g *suppressGetter) init(ctx *topology.Context) (err error) {
	if g.buf.store, err = storeOf[rawStore](ctx, g.op.store); err != nil {
		return err
	}
	return g.getter.init(ctx)
}

func (g *suppressGetter) get(key *codec.Value) (codec.Value, int64, error) {
	k, err := key.Bytes(g.op.key)
	if err != nil {
		return codec.Value{}, 0, err
	}
	_, held, err := g.buf.find(k)
	if err != nil {
		return codec.Value{}, 0, err
	}
	if held == nil {
		return g.getter.get(key)
	}
	return codec.Encoded(held.prior, g.op.value), -1, nil
}

func (g *suppressGetter) at(key *codec.Value, _ int64) (codec.Value, int64, error) { return g.get(key) }

func (g *suppressGetter) versioned() bool { return false }

// suppress is KTableSuppressProcessor.
type suppress struct {
	op    *suppressed
	ctx   *topology.Context
	buf   waiting
	time  int64
	dirty javaSet
	out   topology.Record
}

func (p *suppress) Init(ctx *topology.Context) (err error) {
	p.ctx, p.time = ctx, -1
	if p.buf.store, err = storeOf[rawStore](ctx, p.op.store); err != nil {
		return err
	}
	return p.buf.measure()
}

func (p *suppress) Process(r *topology.Record) error {
	p.time = max(p.time, r.Timestamp)
	if err := p.hold(r); err != nil {
		return err
	}
	for p.buf.first <= p.time-p.op.wait && p.buf.first != math.MaxInt64 {
		if err := p.evict(); err != nil {
			return err
		}
	}
	for p.full() {
		if p.op.Stop {
			return fmt.Errorf("%w: node %s: %d records of %d, %d bytes of %d", ErrBufferFull, p.ctx.Node, p.buf.records, p.op.Records, p.buf.bytes, p.op.Bytes)
		}
		if err := p.evict(); err != nil {
			return err
		}
	}
	return nil
}

func (p *suppress) full() bool {
	return p.op.Records > 0 && p.buf.records > p.op.Records || p.op.Bytes > 0 && p.buf.bytes > p.op.Bytes
}

func (p *suppress) hold(r *topology.Record) error {
	key, err := r.Key.Bytes(p.op.key)
	if err != nil {
		return err
	}
	h := held{ts: r.Timestamp, origin: *p.ctx.Origin(), headers: r.Headers, time: r.Timestamp}
	if p.op.WindowClose {
		k, err := r.Key.Any()
		if err != nil {
			return err
		}
		w, ok := k.(codec.Windowed)
		if !ok {
			return fmt.Errorf("%w: suppress until windows close: the key is a %T", ErrUsage, k)
		}
		h.time = w.End
	}
	if h.old, err = r.Old.Bytes(p.op.value); err != nil {
		return err
	}
	if h.fresh, err = r.Value.Bytes(p.op.value); err != nil {
		return err
	}
	p.dirty.add(key)
	return p.buf.put(key, &h)
}

// evict forwards the entry that has waited longest, as of the time and from the
// place that its last update had.
func (p *suppress) evict() error {
	key, h, err := p.buf.oldest()
	if err != nil || h == nil {
		return err
	}
	if h.fresh != nil || !p.op.WindowClose {
		p.out = topology.Record{
			Key: codec.Encoded(key, p.op.key), Value: codec.Encoded(h.fresh, p.op.value), Old: codec.Encoded(h.old, p.op.value),
			Timestamp: h.ts, Headers: h.headers,
		}
		if err := from(p.ctx, h.origin, func() error { return p.ctx.Forward(&p.out) }); err != nil {
			return err
		}
	}
	p.dirty.add(key)
	return p.buf.remove(key, h)
}

// BeforeCommit logs the entries that have changed, as Kafka's buffer does on a flush.
func (p *suppress) BeforeCommit() error {
	for _, key := range p.dirty.drain() {
		if err := p.buf.log(key); err != nil {
			return err
		}
	}
	return nil
}

package dsl

import (
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// Windowed is a group cut into windows (Kafka's TimeWindowedKStream and
// SessionWindowedKStream). Its aggregates are tables of windowed keys.
type Windowed struct {
	g    *Group
	co   *Cogroup // instead of g
	cut  cutter
	emit Emit
}

// Emit says when the results of windows are forwarded.
type Emit struct {
	// OnClose forwards a window once, when stream time has passed its end and grace.
	OnClose bool
	// Idle lets the operator's time go on with the wall clock after so long
	// without a record, so that the last windows close too; 0 does not. A
	// job with it does not give the same results when it is run again.
	Idle time.Duration
}

// cutter is one kind of windows.
type cutter interface {
	Validate() error
	// store completes the description of the store.
	store(spec *state.Spec, emit Emit)
	// key is the codec of the windowed keys.
	key(inner codec.Codec) codec.Codec
	// grace is how long after its end a window still changes.
	grace() time.Duration
	processor(op *windowOp) topology.Processor
}

// WindowedBy cuts the group into windows of fixed size.
func (g *Group) WindowedBy(w Windows) *Windowed { return g.windowed(timeCutter{w}) }

// WindowedBySliding cuts the group into sliding windows.
func (g *Group) WindowedBySliding(w SlidingWindows) *Windowed { return g.windowed(slidingCutter{w}) }

// WindowedBySession cuts the group into sessions.
func (g *Group) WindowedBySession(w SessionWindows) *Windowed { return g.windowed(sessionCutter{w}) }

func (g *Group) windowed(c cutter) *Windowed {
	if err := c.Validate(); err != nil {
		g.b.fail("%w", err)
	}
	return &Windowed{g: g, cut: c}
}

// Emit is the same group with results forwarded at other times.
func (w *Windowed) Emit(e Emit) *Windowed {
	out := *w
	out.emit = e
	return &out
}

// Count counts the records of a window; its values are longs.
func (w *Windowed) Count(m Materialized, n ...Named) *Table { return w.Fold(Counting(), m, n...) }

// Aggregate folds the records of a window, beginning with init; join is for sessions.
func (w *Windowed) Aggregate(init Initializer, add Aggregator, join Merger, m Materialized, n ...Named) *Table {
	return w.Fold(Fold{Init: init, Add: add, Join: join}, m, n...)
}

// Reduce folds the values of a window, beginning with the first.
func (w *Windowed) Reduce(f Reducer, m Materialized, n ...Named) *Table {
	return w.Fold(Fold{Add: Aggregator(f)}, m, n...)
}

// Fold builds an aggregate of every window of every key.
func (w *Windowed) Fold(f Fold, m Materialized, n ...Named) *Table {
	b := w.g.b
	if _, session := w.cut.(sessionCutter); session && f.Join == nil {
		if f.reduced(codec.Bytes{}) == nil {
			b.fail("the aggregate of a session has no way to join two")
		}
		f.Join = f.joinValues
	}
	if w.co != nil {
		return w.co.fold(w, f, m, one(n))
	}
	op := w.op(&f, f.prefix(), w.g.Key, first(f.Value, f.reduced(w.g.Value)), m)
	name := b.named(one(n), f.prefix())
	parent, sources := w.g.place(op.spec.Name)
	node := b.process(name, op.processor(op.fold), parent)
	op.finish(node)
	b.addStore(op.spec, name)
	t := &Table{b: b, name: name, node: node, Key: op.windowed, Value: op.value, sources: sources, store: op.queryName(), op: op}
	return f.finish(t)
}

// op describes the operator and its store.
func (w *Windowed) op(f *Fold, prefix string, key, value codec.Codec, m Materialized) *windowOp {
	m.History = 0
	op := &windowOp{kept: w.g.b.keep(m, prefix, key, value), cut: w.cut, emit: w.emit, fold: f}
	op.windowed = w.cut.key(op.key)
	w.cut.store(op.spec, w.emit)
	if m.Retention > 0 && m.Retention < op.spec.Retention {
		w.g.b.fail("store %s: retention %v is less than the %v of its windows", op.spec.Name, m.Retention, op.spec.Retention)
	}
	op.spec.Retention = max(op.spec.Retention, m.Retention)
	op.spec.TimeOrdered = w.emit.OnClose
	return op
}

// windowOp is a table of windowed aggregates.
type windowOp struct {
	*kept
	cut      cutter
	emit     Emit
	fold     *Fold
	windowed codec.Codec // of the keys
	old      bool
}

// processor makes the operator's processor for one way to add records.
func (o *windowOp) processor(f *Fold) func() topology.Processor {
	return func() topology.Processor {
		each := *o // after Build: old values have been asked for or not
		each.fold = f
		return o.cut.processor(&each)
	}
}

// finish notes what operators below ask of a node with windows.
func (o *windowOp) finish(n *node) {
	n.versioned = new(bool)
	grace := o.cut.grace()
	n.grace = &grace
}

func (o *windowOp) sendOld(bool) bool {
	o.old = true
	return true
}

func (o *windowOp) view() view {
	return view{stores: []string{o.spec.Name}, make: func() getter { return &windowGetter{op: o} }}
}

var _ tableOp = (*windowOp)(nil)

// joinValues joins two sessions of a reduce: the later one is added to the earlier.
func (f *Fold) joinValues(key, a, b *codec.Value) (codec.Value, error) {
	switch {
	case a.Null():
		return *b, nil
	case b.Null():
		return *a, nil
	}
	return f.Add(&topology.Record{Key: *key, Value: *b}, a)
}

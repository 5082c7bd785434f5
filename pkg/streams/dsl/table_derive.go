package dsl

import (
	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// Filter is the table of the entries that the predicate accepts; an update
// that it does not accept deletes its key. Options that name a store keep the
// result; without one it is computed from the table above where it is read.
func (t *Table) Filter(keep Predicate, m Materialized, n ...Named) *Table {
	return t.filter(keep, false, m, one(n))
}

// FilterNot is the table of the entries that the predicate does not accept; see Filter.
func (t *Table) FilterNot(drop Predicate, m Materialized, n ...Named) *Table {
	return t.filter(drop, true, m, one(n))
}

func (t *Table) filter(test Predicate, not bool, m Materialized, n Named) *Table {
	op := &derived{parent: t, filter: true, f: func(r *topology.Record) (codec.Value, error) {
		ok, err := test(r)
		if err != nil || ok == not {
			return codec.Value{}, err
		}
		return r.Value, nil
	}}
	// Old values that are there already save tombstones of keys that never passed.
	op.old = t.sendOld(false)
	return t.derive(op, "KTABLE-FILTER-", t.Value, m, n)
}

// MapValues is the table with a new value for every one that is not null; see Filter for the options.
func (t *Table) MapValues(f ValueMapper, m Materialized, n ...Named) *Table {
	return t.derive(&derived{parent: t, f: f}, "KTABLE-MAPVALUES-", nil, m, one(n))
}

// Transform is MapValues for a function that is asked about deleted keys too.
func (t *Table) Transform(f ValueMapper, m Materialized, n ...Named) *Table {
	return t.derive(&derived{parent: t, f: f, nulls: true}, "KTABLE-TRANSFORMVALUES-", nil, m, one(n))
}

func (t *Table) derive(op *derived, prefix string, value codec.Codec, m Materialized, n Named) *Table {
	out := *t
	out.op, out.store, out.old = op, "", false
	out.Key, out.Value = first(m.Key, t.Key), first(m.Value, value)
	if m.Store != "" {
		op.kept = t.b.keep(m, prefix, t.Key, value)
		out.Key, out.Value, out.store = op.kept.key, op.kept.value, m.Store
	}
	out.name = t.b.named(n, prefix)
	out.node = t.b.process(out.name, func() topology.Processor {
		return &derive{op: op, keeper: keeper{kept: op.kept, old: op.old}}
	}, t.node)
	out.node.onVersioned = func(v bool) { op.versioned = v }
	if op.kept != nil {
		out.node.versioned = op.kept.versioned()
		t.b.addStore(op.kept.spec, out.name)
	}
	return &out
}

// derived is a table computed entry by entry from another (KTableFilter,
// KTableMapValues, KTableTransformValues).
type derived struct {
	parent    *Table
	f         ValueMapper
	nulls     bool  // f is asked about null values too
	filter    bool  // nothing follows from an update of a key that was not and is not in the table
	kept      *kept // nil: no store of its own
	old       bool
	versioned bool // the input is
}

func (d *derived) sendOld(force bool) bool {
	d.old = d.kept != nil || d.parent.sendOld(force) || d.old
	return d.old
}

func (d *derived) view() view {
	if d.kept != nil {
		return d.kept.view()
	}
	above := d.parent.view()
	return view{stores: above.stores, make: func() getter { return &derivedGetter{getter: above.make(), op: d} }}
}

// compute is the entry for a record.
func (d *derived) compute(r *topology.Record) (codec.Value, error) {
	if r.Value.Null() && !d.nulls {
		return codec.Value{}, nil
	}
	return d.f(r)
}

type derivedGetter struct {
	getter
	op *derived
	r  topology.Record
}

func (g *derivedGetter) get(key *codec.Value) (codec.Value, int64, error) {
	v, ts, err := g.getter.get(key)
	return g.compute(key, v, ts, err)
}

func (g *derivedGetter) at(key *codec.Value, asOf int64) (codec.Value, int64, error) {
	v, ts, err := g.getter.at(key, asOf)
	return g.compute(key, v, ts, err)
}

func (g *derivedGetter) compute(key *codec.Value, v codec.Value, ts int64, err error) (codec.Value, int64, error) {
	if err != nil {
		return codec.Value{}, 0, err
	}
	g.r = topology.Record{Key: *key, Value: v, Timestamp: ts}
	v, err = g.op.compute(&g.r)
	return v, ts, err
}

type derive struct {
	op *derived
	keeper
	in topology.Record
}

func (p *derive) Init(ctx *topology.Context) error {
	p.ctx = ctx
	if p.op.kept == nil {
		return nil
	}
	return p.keeper.init(ctx)
}

func (p *derive) Process(r *topology.Record) error {
	fresh, err := p.op.compute(r)
	if err != nil {
		return err
	}
	var key []byte
	if p.op.kept != nil {
		if key, err = r.Key.Bytes(p.key); err != nil {
			return err
		}
	}
	var old codec.Value
	if p.op.old {
		if old, err = p.before(r, key); err != nil {
			return err
		}
	}
	if p.op.filter && !p.op.versioned && p.op.old && old.Null() && fresh.Null() {
		return nil
	}
	if p.op.kept != nil {
		return p.update(r, key, fresh, old, r.Timestamp)
	}
	p.out = *r
	p.out.Value, p.out.Old = fresh, old
	return p.ctx.Forward(&p.out)
}

// before is the entry that the update replaces.
func (p *derive) before(r *topology.Record, key []byte) (codec.Value, error) {
	if p.op.kept != nil {
		old, _, err := p.get(key)
		return old, err
	}
	p.in = *r
	p.in.Value, p.in.Old = r.Old, codec.Value{}
	return p.op.compute(&p.in)
}

package dsl

import (
	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// fold is how an aggregate is built up.
type fold struct {
	// init is the aggregate before the first record; nil takes the first
	// value as the aggregate (reduce).
	init Initializer
	add  Aggregator
	sub  Aggregator // takes a record back; tables only
	join Merger     // of two sessions
}

// start is the aggregate that a record without an earlier one is added to, and
// whether it is to be added at all.
func (f *fold) start(r *topology.Record) (agg codec.Value, add bool, err error) {
	if f.init == nil {
		return r.Value, false, nil
	}
	agg, err = f.init()
	return agg, true, err
}

// Aggregate folds the records of a key, beginning with init. Records without a
// key or a value are dropped.
func (g *Group) Aggregate(init Initializer, add Aggregator, m Materialized, n ...Named) *Table {
	return g.aggregate(&fold{init: init, add: add}, "KSTREAM-AGGREGATE-", nil, m, one(n))
}

// Reduce folds the values of a key, beginning with the first.
func (g *Group) Reduce(f Reducer, m Materialized, n ...Named) *Table {
	return g.aggregate(&fold{add: Aggregator(f)}, "KSTREAM-REDUCE-", g.Value, m, one(n))
}

func (g *Group) aggregate(f *fold, prefix string, value codec.Codec, m Materialized, n Named) *Table {
	k := g.b.keep(m, prefix, g.Key, value)
	name := g.b.named(n, prefix)
	parent, sources := g.place(k.spec.Name)
	op := &aggregated{kept: k}
	node := g.b.process(name, func() topology.Processor {
		return &aggregate{fold: f, keeper: keeper{kept: k, old: op.old}}
	}, parent)
	node.versioned = k.versioned()
	g.b.addStore(k.spec, name)
	return &Table{b: g.b, name: name, node: node, Key: k.key, Value: k.value, sources: sources, store: k.queryName(), op: op}
}

// aggregated is a table that always has a store.
type aggregated struct {
	*kept
	old bool
}

func (a *aggregated) sendOld(bool) bool {
	a.old = true
	return true
}

// aggregate is KStreamAggregate and KStreamReduce.
type aggregate struct {
	*fold
	keeper
}

func (p *aggregate) Init(ctx *topology.Context) error { return p.keeper.init(ctx) }

func (p *aggregate) Process(r *topology.Record) error {
	if r.Key.Null() || r.Value.Null() {
		p.ctx.Drop("null key or value")
		return nil
	}
	key, err := r.Key.Bytes(p.key)
	if err != nil {
		return err
	}
	old, ts, err := p.get(key)
	if err != nil {
		return err
	}
	agg, add := old, true
	if old.Null() {
		ts = r.Timestamp
		if agg, add, err = p.start(r); err != nil {
			return err
		}
		if p.fold.init != nil {
			old = agg // Kafka sends the initial aggregate as the old value
		}
	}
	if add {
		if agg, err = p.add(r, &agg); err != nil {
			return err
		}
	}
	return p.update(r, key, agg, old, max(ts, r.Timestamp))
}

package dsl

import (
	"kq/pkg/streams/topology"
)

// Aggregate folds the records of a key, beginning with init. Records without a
// key or a value are dropped.
func (g *Group) Aggregate(init Initializer, add Aggregator, m Materialized, n ...Named) *Table {
	return g.Fold(Fold{Init: init, Add: add}, m, n...)
}

// Reduce folds the values of a key, beginning with the first.
func (g *Group) Reduce(f Reducer, m Materialized, n ...Named) *Table {
	return g.Fold(Fold{Add: Aggregator(f)}, m, n...)
}

// Count counts the records of a key; its values are longs.
func (g *Group) Count(m Materialized, n ...Named) *Table { return g.Fold(Counting(), m, n...) }

// Fold builds an aggregate of every key.
func (g *Group) Fold(f Fold, m Materialized, n ...Named) *Table {
	k := g.b.keep(m, f.prefix(), g.Key, first(f.Value, f.reduced(g.Value)))
	name := g.b.named(one(n), f.prefix())
	parent, sources := g.place(k.spec.Name)
	op := &aggregated{kept: k}
	node := g.b.process(name, func() topology.Processor {
		return &aggregate{Fold: &f, keeper: keeper{kept: k, old: op.old}}
	}, parent)
	node.versioned = k.versioned()
	g.b.addStore(k.spec, name)
	t := &Table{b: g.b, name: name, node: node, Key: k.key, Value: k.value, sources: sources, store: k.queryName(), op: op}
	return f.finish(t)
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
	*Fold
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
		if add {
			old = agg // Kafka sends the initial aggregate as the old value
		}
	}
	if add {
		if agg, err = p.Add(r, &agg); err != nil {
			return err
		}
	}
	return p.update(r, key, agg, old, max(ts, r.Timestamp))
}

var _ tableOp = (*aggregated)(nil)

package dsl

import (
	"bytes"
	"fmt"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// TableGroup is a table whose entries are brought together by another key (Kafka's KGroupedTable).
type TableGroup struct {
	// Key and Value are the codecs of the new keys and values.
	Key, Value codec.Codec

	b       *Builder
	node    *node
	repart  Named
	shared  *node
	changes codec.Codec
}

// GroupBy groups a table by new keys and values; every update goes through a
// repartition topic as a Change, so that it is taken out of its old group and added to its new one.
func (t *Table) GroupBy(f KeyValueMapper, o Grouped) *TableGroup {
	b := t.b
	key, value := b.keyCodec(o.Key), b.valueCodec(o.Value)
	name := b.named(o.Name, "KTABLE-SELECT-")
	versioned := new(bool)
	n := b.process(name, func() topology.Processor { return &regroup{f: f, key: key, latestOnly: versioned} }, t.node)
	n.onVersioned = func(v bool) { *versioned = v }
	t.sendOld(true)
	return &TableGroup{Key: key, Value: value, b: b, node: n, repart: o.Name, changes: ChangeOf{Inner: value}}
}

// regroup is KTableRepartitionMap.
type regroup struct {
	stateless
	f          KeyValueMapper
	key        codec.Codec
	latestOnly *bool
	in, out    topology.Record
}

func (p *regroup) Process(r *topology.Record) error {
	if r.Key.Null() {
		return fmt.Errorf("%w: group table: null key", ErrUsage)
	}
	if *p.latestOnly && r.Stale {
		return nil
	}
	key, fresh, err := p.pick(r, r.Value)
	if err != nil {
		return err
	}
	oldKey, old, err := p.pick(r, r.Old)
	if err != nil {
		return err
	}
	if !fresh.Null() && !old.Null() {
		same, err := p.same(&key, &oldKey)
		if err != nil {
			return err
		}
		if same {
			return p.emit(r, key, Change{New: fresh, Old: old})
		}
	}
	if !old.Null() {
		if err := p.emit(r, oldKey, Change{Old: old}); err != nil {
			return err
		}
	}
	if fresh.Null() {
		return nil
	}
	return p.emit(r, key, Change{New: fresh})
}

// pick is the group and the value of one side of an update; the value is null where there is nothing to send.
func (p *regroup) pick(r *topology.Record, side codec.Value) (key, value codec.Value, err error) {
	if side.Null() {
		return key, value, nil
	}
	p.in = *r
	p.in.Value, p.in.Old = side, codec.Value{}
	if key, value, err = p.f(&p.in); err != nil || key.Null() {
		return codec.Value{}, codec.Value{}, err
	}
	return key, value, nil
}

func (p *regroup) same(a, b *codec.Value) (bool, error) {
	x, err := a.Bytes(p.key)
	if err != nil {
		return false, err
	}
	y, err := b.Bytes(p.key)
	return bytes.Equal(x, y), err
}

func (p *regroup) emit(r *topology.Record, key codec.Value, c Change) error {
	p.out = *r
	p.out.Key, p.out.Value, p.out.Old = key, codec.Of(c), codec.Value{}
	return p.ctx.Forward(&p.out)
}

// Count counts the entries of a group; a group that nothing is left of stays at 0.
func (g *TableGroup) Count(m Materialized, n ...Named) *Table { return g.Fold(Counting(), m, n...) }

// Aggregate folds the entries of a group: sub takes an entry out before add puts the new one in.
func (g *TableGroup) Aggregate(init Initializer, add, sub Aggregator, m Materialized, n ...Named) *Table {
	return g.Fold(Fold{Init: init, Add: add, Sub: sub}, m, n...)
}

// Reduce folds the values of a group, beginning with the first.
func (g *TableGroup) Reduce(add, sub Reducer, m Materialized, n ...Named) *Table {
	return g.Fold(Fold{Add: Aggregator(add), Sub: Aggregator(sub)}, m, n...)
}

// Fold builds an aggregate of every group; the fold must be able to take values back.
func (g *TableGroup) Fold(f Fold, m Materialized, n ...Named) *Table {
	b := g.b
	if f.Sub == nil {
		b.fail("the aggregate of a grouped table has no way to take values back")
	}
	k := b.keep(m, "KTABLE-AGGREGATE-", g.Key, first(f.Value, f.reduced(g.Value)))
	prefix := "KTABLE-AGGREGATE-"
	if f.Init == nil && !f.starts {
		prefix = "KTABLE-REDUCE-"
	}
	sink := b.suffixed(one(n), "-sink", "KSTREAM-SINK-")
	source := b.suffixed(one(n), "-source", "KSTREAM-SOURCE-")
	name := b.named(one(n), prefix)
	parent := g.place(k.spec.Name, sink, source)
	op := &aggregated{kept: k}
	node := b.process(name, func() topology.Processor {
		return &tableAggregate{Fold: &f, keeper: keeper{kept: k, old: op.old}}
	}, parent)
	node.versioned = k.versioned()
	b.addStore(k.spec, name)
	t := &Table{b: b, name: name, node: node, Key: k.key, Value: k.value, sources: []string{parent.name}, store: k.queryName(), op: op}
	return f.finish(t)
}

func (g *TableGroup) place(prefix, sink, source string) *node {
	if g.shared != nil {
		return g.shared
	}
	if g.repart != "" {
		prefix = string(g.repart)
	}
	g.b.internalTopic(prefix+repartitionSuffix, sink, source, g.node.name, Repartitioned{Key: g.Key, Value: g.changes})
	n := g.b.addNode(source, g.node)
	if g.repart != "" {
		g.shared = n
	}
	return n
}

// tableAggregate is KTableAggregate and KTableReduce.
type tableAggregate struct {
	*Fold
	keeper
	in topology.Record
}

func (p *tableAggregate) Init(ctx *topology.Context) error { return p.keeper.init(ctx) }

func (p *tableAggregate) Process(r *topology.Record) error {
	if r.Key.Null() {
		return fmt.Errorf("%w: aggregate table: null key", ErrUsage)
	}
	v, err := r.Value.Any()
	if err != nil {
		return err
	}
	change, ok := v.(Change)
	if !ok {
		return fmt.Errorf("%w: aggregate table: %T is no change", ErrUsage, v)
	}
	key, err := r.Key.Bytes(p.key)
	if err != nil {
		return err
	}
	old, ts, err := p.get(key)
	if err != nil {
		return err
	}
	agg, stamp := old, r.Timestamp
	p.in = *r
	if !change.Old.Null() && !old.Null() {
		p.in.Value = change.Old
		if agg, err = p.Sub(&p.in, &agg); err != nil {
			return err
		}
		stamp = max(stamp, ts)
	}
	if !change.New.Null() {
		p.in.Value = change.New
		if agg, err = p.into(&p.in, agg); err != nil {
			return err
		}
		if !old.Null() {
			stamp = max(r.Timestamp, ts)
		}
	}
	return p.update(r, key, agg, old, stamp)
}

package dsl

import (
	"strconv"

	"kq/pkg/streams/topology"
)

// Cogroup folds the records of several grouped streams into one aggregate
// (Kafka's CogroupedKStream).
type Cogroup struct {
	b      *Builder
	groups []*Group
	adds   []Aggregator
}

// Cogroup begins with the records of this group.
func (g *Group) Cogroup(add Aggregator) *Cogroup {
	return (&Cogroup{b: g.b}).And(g, add)
}

// And adds the records of another group.
func (c *Cogroup) And(g *Group, add Aggregator) *Cogroup {
	if g.b != c.b {
		c.b.fail("cogroup of streams of two builders")
	}
	c.groups, c.adds = append(c.groups, g), append(c.adds, add)
	return c
}

const cogroupPrefix = "COGROUPKSTREAM-AGGREGATE-"

// Aggregate folds all records of a key, beginning with init.
func (c *Cogroup) Aggregate(init Initializer, m Materialized, n ...Named) *Table {
	k := c.b.keep(m, cogroupPrefix, c.groups[0].Key, nil)
	op := &aggregated{kept: k}
	t := c.build(op, k.spec.Name, one(n), func(add Aggregator) func() topology.Processor {
		f := &Fold{Init: init, Add: add}
		return func() topology.Processor { return &aggregate{Fold: f, keeper: keeper{kept: k, old: op.old}} }
	})
	for _, p := range t.node.parents {
		p.versioned = k.versioned()
		c.b.addStore(k.spec, p.name)
	}
	t.Key, t.Value, t.store = k.key, k.value, k.queryName()
	return t
}

// WindowedBy cuts all groups into windows of fixed size.
func (c *Cogroup) WindowedBy(w Windows) *Windowed { return c.windowed(c.groups[0].WindowedBy(w)) }

// WindowedBySliding cuts all groups into sliding windows.
func (c *Cogroup) WindowedBySliding(w SlidingWindows) *Windowed {
	return c.windowed(c.groups[0].WindowedBySliding(w))
}

// WindowedBySession cuts all groups into sessions.
func (c *Cogroup) WindowedBySession(w SessionWindows) *Windowed {
	return c.windowed(c.groups[0].WindowedBySession(w))
}

func (c *Cogroup) windowed(w *Windowed) *Windowed {
	w.co = c
	return w
}

// fold builds the windowed aggregate; the groups say how their records are added.
func (c *Cogroup) fold(w *Windowed, f Fold, m Materialized, n Named) *Table {
	op := w.op(&f, cogroupPrefix, c.groups[0].Key, nil, m)
	t := c.build(op, op.spec.Name, n, func(add Aggregator) func() topology.Processor {
		return op.processor(&Fold{Init: f.Init, Add: add, Join: f.Join})
	})
	for _, p := range t.node.parents {
		op.finish(p)
		c.b.addStore(op.spec, p.name)
	}
	t.Key, t.Value, t.store = op.windowed, op.value, op.queryName()
	return t
}

// build adds the parents of all groups, then one processor each, then the node
// that brings their results together (CogroupedStreamAggregateBuilder).
func (c *Cogroup) build(op tableOp, store string, n Named, processor func(Aggregator) func() topology.Processor) *Table {
	b := c.b
	var parents, nodes []*node
	var sources []string
	for _, g := range c.groups {
		p, s := g.place(store)
		parents = append(parents, p)
		sources = union(sources, s)
	}
	if len(sources) > 1 {
		b.top.Copartition(sources...)
	}
	for i, add := range c.adds {
		name := b.suffixed(n, "-cogroup-agg-"+strconv.Itoa(i), cogroupPrefix)
		nodes = append(nodes, b.process(name, processor(add), parents[i]))
	}
	name := b.suffixed(n, "-cogroup-merge", "COGROUPKSTREAM-MERGE-")
	merge := b.process(name, func() topology.Processor { return &passThrough{} }, nodes...)
	return &Table{b: b, name: name, node: merge, sources: sources, op: op}
}

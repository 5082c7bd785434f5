package spec

import (
	"fmt"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/expr"
)

// fold is an aggregate that is being compiled.
type fold struct {
	dsl.Fold
	w     *Where
	store *StoreRef
	emit  *Emit
	value codec.Codec // of the store
	shown codec.Codec // of the table, nil: that of the store
	with  []*Cogrouped
	add   *bound // of a cogroup's own group
}

// aggregate compiles the aggregates: of groups, of windows, of grouped tables.
func (c *compiler) aggregate(p *place, s *Step, f *flow) *flow {
	if !c.takes(s, f, "a group", "a windowed group", "a grouped table") {
		return nil
	}
	a := c.fold(s, f)
	name := p.name + "-" + s.op
	if p.aggregates++; p.aggregates > 1 && (a.store == nil || a.store.Name == "") {
		name += fmt.Sprint("-", p.aggregates)
		c.f.wrong(s.keyNode(s.op), "store: NAME; names that are counted would change with the order of steps", "the second aggregate of a pipeline needs a store with a name")
	}
	out := *f
	out.group, out.rows, out.window = nil, nil, nil
	out.value = a.value
	m := c.materialized(a.w, a.store, name, &out)
	if f.window != nil {
		m.Retention = f.window.Retention
	}
	t := c.folded(s, f, a, m)
	if t == nil {
		return nil
	}
	if a.shown != nil {
		out.setValue(a.shown)
	} else {
		out.setValue(a.value)
	}
	if f.window != nil {
		out.window, out.key = f.window, t.Key
	}
	return out.asTable(t)
}

// folded builds the table of an aggregate.
func (c *compiler) folded(s *Step, f *flow, a *fold, m dsl.Materialized) *dsl.Table {
	if a.emit != nil && f.window == nil {
		c.f.wrong(a.w.keyNode("emit"), "put window: before it", "emit: is for windows")
		return nil
	}
	if f.rows != nil {
		if a.Sub == nil {
			c.f.wrong(s.keyNode(s.op), "give it subtract:, or put toStream: before the groupBy", "%s of a grouped table needs a way to take rows out", s.op)
			return nil
		}
		return f.rows.Fold(a.Fold, m)
	}
	if a.with != nil {
		return c.cogrouped(f, a, m)
	}
	if f.window == nil {
		return f.group.Fold(a.Fold, m)
	}
	return c.windowed(f.group, f.window).Emit(c.emit(a)).Fold(a.Fold, m)
}

func (c *compiler) emit(a *fold) dsl.Emit {
	if a.emit == nil {
		return dsl.Emit{}
	}
	if a.emit.Idle > 0 && a.emit.On != "close" {
		c.f.wrong(a.emit.keyNode("idle"), "write {on: close, idle: …}", "idle: closes windows, and results do not wait for that here")
	}
	return dsl.Emit{OnClose: a.emit.On == "close", Idle: a.emit.Idle}
}

// cogrouped builds the aggregate of several groups.
func (c *compiler) cogrouped(f *flow, a *fold, m dsl.Materialized) *dsl.Table {
	co := f.group.Cogroup(a.add.aggregator)
	for _, w := range a.with {
		other := c.flow(w.valueNode("stream"), w.Stream)
		if other == nil {
			return nil
		}
		if other.stream == nil {
			c.f.wrong(w.valueNode("stream"), "put toStream: into a pipeline of its own", "cogroup takes streams, and %s is %s", w.Stream, other.kind())
			return nil
		}
		g := c.otherGroup(w, other, f)
		add := c.bind(&w.Where, "add", w.Add, recordScope(other, variable{"agg", typeOf(a.value)}), expr.Any)
		co = co.And(g, add.aggregator)
	}
	if f.window == nil {
		return co.Aggregate(a.Init, m)
	}
	return c.windowed(co, f.window).Emit(c.emit(a)).Aggregate(a.Init, a.Add, a.Join, m)
}

// otherGroup groups another stream of a cogroup, under keys of the same type.
func (c *compiler) otherGroup(w *Cogrouped, other, f *flow) *dsl.Group {
	c.through(&w.Where, "repartition", w.Repartition)
	o := dsl.Grouped{Name: dsl.Named(w.Repartition), Key: f.key, Value: other.value}
	if w.GroupBy != "" {
		return other.stream.GroupBy(c.bind(&w.Where, "groupBy", w.GroupBy, recordScope(other), expr.Any).mapper(), o)
	}
	if other.key != f.key {
		c.f.wrong(w.valueNode("stream"), "group it by a key of that type with groupBy:", "the keys of %s are %s, those of the group are %s", w.Stream, other.key.Name(), f.key.Name())
	}
	return other.stream.GroupByKey(o)
}

// fold compiles the expressions of an aggregate.
func (c *compiler) fold(s *Step, f *flow) *fold {
	switch s.op {
	case "count":
		return &fold{Fold: dsl.Counting(), w: &s.Count.Where, store: s.Count.Store, emit: s.Count.Emit, value: codec.Long{}}
	case "reduce":
		return c.reduce(s.Reduce, f)
	case "aggregate":
		a := s.Aggregate
		return c.general(f, &general{w: &a.Where, init: a.Init, add: a.Add, subtract: a.Subtract, merge: a.Merge, valueType: a.ValueType, store: a.Store, emit: a.Emit})
	case "cogroup":
		a := s.Cogroup
		if f.rows != nil {
			c.f.wrong(s.keyNode(s.op), "", "cogroup takes groups of streams, and here is a grouped table")
		}
		out := c.general(f, &general{w: &a.Where, init: a.Init, add: a.Add, merge: a.Merge, valueType: a.ValueType, store: a.Store, emit: a.Emit})
		out.with = a.With
		return out
	case "collect":
		a := s.Collect
		of := c.of(f, &a.Where, a.Of)
		return &fold{Fold: dsl.Collect(of.mapper(), a.Limit, a.Distinct), w: &a.Where, store: a.Store, emit: a.Emit, value: codec.JSON{}}
	case "topK":
		return c.topK(s.TopK, f)
	}
	return c.number(s, f)
}

func (c *compiler) topK(a *TopK, f *flow) *fold {
	of := c.of(f, &a.Where, a.Of)
	var by func(v any) (any, error)
	if a.By != "" {
		b := c.bind(&a.Where, "by", a.By, newScope(variable{"value", of.typ}), expr.Any)
		by = func(v any) (any, error) {
			x := b.take()
			x.vars.Set(b.value, v)
			return b.run(x)
		}
	}
	return &fold{Fold: dsl.TopK(of.mapper(), a.K, by), w: &a.Where, store: a.Store, emit: a.Emit, value: codec.JSON{}}
}

// of is the expression that an aggregate takes of each record, the value where it has none.
func (c *compiler) of(f *flow, w *Where, src Expr) *bound {
	sc := recordScope(f)
	if src == "" {
		return &bound{scope: sc, plain: "value", typ: f.valueType}
	}
	return c.bind(w, "of", src, sc, expr.Any)
}

// number compiles sum, min, max and avg.
func (c *compiler) number(s *Step, f *flow) *fold {
	a := map[string]*Of{"sum": s.Sum, "min": s.Min, "max": s.Max, "avg": s.Avg}[s.op]
	of := c.of(f, &a.Where, a.Of)
	value := codecOf(of.typ)
	if s.op == "sum" || s.op == "avg" {
		if of.typ != expr.Any && of.typ != expr.Int && of.typ != expr.Double {
			c.f.wrong(a.valueNode("of"), "", "%s takes numbers, and this gives %s", s.op, of.typ)
		}
		if _, ok := value.(codec.JSON); ok {
			value = codec.Double{}
		}
	}
	value = c.codec(a.ValueType, value, nil)
	out := &fold{w: &a.Where, store: a.Store, emit: a.Emit, value: value}
	switch s.op {
	case "sum":
		out.Fold = dsl.Sum(of.mapper(), value)
	case "min":
		out.Fold = dsl.Min(of.mapper(), value)
	case "max":
		out.Fold = dsl.Max(of.mapper(), value)
	case "avg":
		if a.ValueType != nil && value != (codec.Double{}) {
			c.f.wrong(a.valueNode("valueType"), "", "an average is a double")
		}
		out.Fold, out.value, out.shown = dsl.Avg(of.mapper()), dsl.Average{}, codec.Double{}
	}
	return out
}

func (c *compiler) reduce(a *Reduce, f *flow) *fold {
	out := &fold{w: &a.Where, store: a.Store, emit: a.Emit, value: f.value}
	sc := recordScope(f, variable{"agg", f.valueType})
	add := c.bind(&a.Where, "add", a.Add, sc, expr.Any)
	c.fits(a.valueNode("add"), "results", add.typ, f.value)
	out.Add = add.aggregator
	if a.Subtract != "" {
		out.Sub = c.bind(&a.Where, "subtract", a.Subtract, sc, expr.Any).aggregator
	}
	return out
}

// general is what aggregate and cogroup have in common.
type general struct {
	w                          *Where
	init, add, subtract, merge Expr
	valueType                  *Type
	store                      *StoreRef
	emit                       *Emit
}

func (c *compiler) general(f *flow, g *general) *fold {
	init := c.bind(g.w, "init", g.init, newScope(), expr.Any)
	value := c.codec(g.valueType, codecOf(init.typ), nil)
	out := &fold{w: g.w, store: g.store, emit: g.emit, value: value}
	agg := typeOf(value)
	sc := recordScope(f, variable{"agg", agg})
	out.add = c.bind(g.w, "add", g.add, sc, expr.Any)
	c.fits(g.w.valueNode("init"), "aggregates", init.typ, value)
	c.fits(g.w.valueNode("add"), "aggregates", out.add.typ, value)
	out.Init, out.Add, out.Value = init.constant, out.add.aggregator, value
	if g.subtract != "" {
		out.Sub = c.bind(g.w, "subtract", g.subtract, sc, expr.Any).aggregator
	}
	sessions := f.window != nil && f.window.Session > 0
	switch {
	case g.merge != "":
		vars := []variable{{"key", f.keyType}, {"a", agg}, {"b", agg}}
		out.Join = c.bind(g.w, "merge", g.merge, newScope(vars...), expr.Any).merger
		if !sessions {
			c.f.wrong(g.w.keyNode("merge"), "", "merge: is for session windows")
		}
	case sessions:
		c.f.wrong(g.w.node, "merge: an expression of a and b, two sessions that become one", "an aggregate in session windows needs merge:")
	}
	return out
}

package spec

import (
	"fmt"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/expr"
	"kq/pkg/streams/topology"
)

// join compiles join, leftJoin and outerJoin.
func (c *compiler) join(p *place, s *Step, f *flow) *flow {
	j := map[string]*Join{"join": s.Join, "leftJoin": s.LeftJoin, "outerJoin": s.OuterJoin}[s.op]
	if !c.takes(s, f, "a stream", "a table") {
		return nil
	}
	sides := 0
	for _, k := range []string{"stream", "table", "global"} {
		if j.Has(k) {
			sides++
		}
	}
	if sides != 1 {
		c.f.wrong(j.node, "", "%s names exactly one of stream:, table: and global:", s.op)
		return nil
	}
	if j.Global != "" {
		return c.joinGlobal(s, j, f)
	}
	name, key := j.Stream, "stream"
	if j.Table != "" {
		name, key = j.Table, "table"
	}
	right := c.flow(j.valueNode(key), name)
	switch {
	case right == nil:
		return nil
	case right.kind() != "a "+key:
		c.f.wrong(j.valueNode(key), "", "%s is %s, not a %s", name, right.kind(), key)
		return nil
	case f.table != nil && right.stream != nil:
		c.f.wrong(s.keyNode(s.op), "join the stream with the table instead, or put toStream: before it", "a table is joined with tables, and %s is a stream", name)
		return nil
	case f.stream != nil && right.table != nil && s.op == "outerJoin":
		c.f.wrong(s.keyNode(s.op), "use leftJoin", "a stream has no outer join with a table")
		return nil
	}
	c.options(s, j, f, right)
	if j.ForeignKey != "" {
		return c.joinForeign(p, s, j, f, right)
	}
	c.meet(j, key, name, f, right)
	switch {
	case right.stream != nil:
		return c.joinStream(p, s, j, f, right)
	case f.stream != nil:
		return c.joinTable(p, s, j, f, right)
	}
	return c.joinTables(p, s, j, f, right)
}

// options tells of options that a join of its kind has not.
func (c *compiler) options(s *Step, j *Join, f, right *flow) {
	streams, tables := right.stream != nil, f.table != nil
	for _, o := range []struct {
		key string
		ok  bool
		of  string
	}{
		{"within", streams, "joins of two streams"},
		{"before", streams, "joins of two streams"},
		{"after", streams, "joins of two streams"},
		{"grace", !tables, "joins of streams"},
		{"retrigger", !tables && !streams, "joins of a stream with a versioned table"},
		{"foreignKey", tables, "joins of two tables"},
		{"on", false, "joins with a global"},
		{"copartition", j.ForeignKey == "", "joins by key"},
	} {
		if j.Has(o.key) && !o.ok {
			c.f.wrong(j.keyNode(o.key), "", "%s: is for %s", o.key, o.of)
		}
	}
	if streams && !j.Has("within") && !j.Has("before") && !j.Has("after") {
		c.f.wrong(j.node, "within: 15m", "a join of two streams needs within:, or before: and after:")
	}
	if !streams && !tables {
		for _, k := range []string{"grace", "retrigger"} {
			if d := map[string]time.Duration{"grace": j.Grace, "retrigger": j.Retrigger}[k]; j.Has(k) && (right.history == 0 || d > right.history) {
				c.f.wrong(j.keyNode(k), fmt.Sprintf("give the table versioned: %s or more", show(d)), "%s: needs a table that keeps its history as long, and %s keeps %s", k, right.name, show(right.history))
			}
		}
	}
}

// meet checks that records of one key come to one task: keys of the same
// type, topics of the same number of partitions.
func (c *compiler) meet(j *Join, side, name string, f, right *flow) {
	if f.key != right.key {
		switch {
		case f.stream != nil && f.stream.Moved() && f.guessed && writes(right.key, f.keyType):
			f.setKey(right.key, false)
			*f = *f.asStream(f.stream)
		case right.stream != nil && right.stream.Moved() && right.guessed && writes(f.key, right.keyType):
			right.setKey(f.key, false)
			*right = *right.asStream(right.stream)
		default:
			c.f.wrong(j.valueNode(side), fmt.Sprintf("selectKey: {key: …, keyType: %s} makes them the same", right.key.Name()),
				"keys are %s here and %s in %s: they never meet", f.key.Name(), right.key.Name(), name)
		}
	}
	if j.Copartition == "auto" || c.o.Counts == nil {
		return
	}
	var all []topology.TopicCount
	differ := false
	for _, t := range append(c.counts(f), c.counts(right)...) {
		differ = differ || len(all) > 0 && all[0].Partitions != t.Partitions
		all = append(all, t)
	}
	if differ {
		e := &topology.CopartitionError{Topics: all}
		c.f.wrong(j.valueNode(side), e.Hint(), "%s", e.Error())
	}
}

// counts are the partitions of what a flow reads without a topic between that adapts.
func (c *compiler) counts(f *flow) []topology.TopicCount {
	if f.stream != nil && f.stream.Moved() {
		return nil
	}
	out := append([]topology.TopicCount(nil), f.fixed...)
	for _, t := range f.topics {
		if n := c.o.Counts(t); n > 0 {
			out = append(out, topology.TopicCount{Topic: t, Partitions: n})
		}
	}
	return out
}

// as is the expression of the result.
func (c *compiler) as(j *Join, f, right *flow) *bound {
	src := j.As
	if src == "" {
		src = `{"left": left, "right": right}`
	}
	vars := []variable{{"key", f.keyType}, {"left", f.valueType}, {"right", right.valueType}}
	if f.windowed() {
		vars = append(vars, windowVar())
	}
	sc := newScope(vars...)
	sc.windowed = f.windowed()
	return c.bind(&j.Where, "as", src, sc, expr.Any)
}

// joined gives the flow the type of the join's result.
func (c *compiler) joined(f *flow, j *Join, as *bound) *flow {
	out := *f
	out.setValue(c.codec(j.ValueType, codecOf(as.typ), nil))
	if _, ok := out.value.(codec.JSON); ok && out.valueType == expr.Any {
		out.valueType = as.typ
	}
	return &out
}

func (c *compiler) joinGlobal(s *Step, j *Join, f *flow) *flow {
	g := c.globals[j.Global]
	if g == nil {
		var names []string
		for _, t := range c.job.Globals {
			names = append(names, t.Name)
		}
		c.f.wrong(j.valueNode("global"), suggest(j.Global, names), "there is no global %q", j.Global)
		return nil
	}
	if f.stream == nil || s.op == "outerJoin" {
		c.f.wrong(s.keyNode(s.op), "", "only a stream is joined with a global, by join or leftJoin")
		return nil
	}
	for _, k := range []string{"within", "before", "after", "grace", "retrigger", "foreignKey", "copartition", "store", "repartition"} {
		if j.Has(k) {
			c.f.wrong(j.keyNode(k), "", "%s: is not for joins with a global", k)
		}
	}
	on := &bound{scope: recordScope(f), plain: "key", typ: f.keyType}
	if j.On != "" {
		on = c.bind(&j.Where, "on", j.On, recordScope(f), expr.Any)
	}
	c.fits(j.valueNode("on"), "keys to look up", on.typ, g.key)
	as := c.as(j, f, &flow{valueType: g.valueType})
	out := c.joined(f, j, as)
	if s.op == "leftJoin" {
		return out.asStream(f.stream.LeftJoinGlobal(g.table, on.mapper(), as.joiner))
	}
	return out.asStream(f.stream.JoinGlobal(g.table, on.mapper(), as.joiner))
}

func (c *compiler) joinStream(p *place, s *Step, j *Join, f, right *flow) *flow {
	as := c.as(j, f, right)
	o := c.named(&j.Where, j.Store, p.name+"-"+s.op)
	for _, x := range map[string][][2]any{
		"join":      {{"-this", f}, {"-other", right}},
		"leftJoin":  {{"-this", f}, {"-outer-other", right}},
		"outerJoin": {{"-outer-this", f}, {"-outer-other", right}},
	}[s.op] {
		side := x[1].(*flow)
		c.out.Stores[o.Name+x[0].(string)+"-join-store"] = Types{side.key, side.value}
	}
	c.through(&j.Where, "repartition", j.Repartition)
	name := j.Repartition
	if name == "" && (f.stream.Moved() || right.stream.Moved() || j.Copartition == "auto") {
		name = o.Name
	}
	with := dsl.StreamJoined{
		Name: dsl.Named(name), Store: o.Name, Key: f.key, Left: f.value, Right: right.value, Memory: o.In == "memory",
		Unlogged: o.Changelog != nil && !*o.Changelog, Config: o.Config, Copartition: copartition(j),
	}
	w := dsl.JoinWindows{Before: j.Within, After: j.Within, Grace: j.Grace}
	if j.Has("before") {
		w.Before = j.Before
	}
	if j.Has("after") {
		w.After = j.After
	}
	out := c.joined(f, j, as)
	out.topics = append(append([]string(nil), f.topics...), right.topics...)
	switch s.op {
	case "join":
		return out.asStream(f.stream.Join(right.stream, as.joiner, w, with))
	case "leftJoin":
		return out.asStream(f.stream.LeftJoin(right.stream, as.joiner, w, with))
	}
	return out.asStream(f.stream.OuterJoin(right.stream, as.joiner, w, with))
}

func copartition(j *Join) dsl.Copartition {
	if j.Copartition == "auto" {
		return dsl.CopartitionAuto
	}
	return dsl.CopartitionStrict
}

func (c *compiler) joinTable(p *place, s *Step, j *Join, f, right *flow) *flow {
	as := c.as(j, f, right)
	c.through(&j.Where, "repartition", j.Repartition)
	with := dsl.Joined{Key: f.key, Left: f.value, Retrigger: j.Retrigger, Copartition: copartition(j), Name: dsl.Named(j.Repartition)}
	if j.Store != nil && j.Store.Name != "" {
		with.Name = dsl.Named(j.Store.Name)
	}
	if with.Name == "" && (f.stream.Moved() || j.Has("grace") || j.Has("retrigger") || j.Copartition == "auto") {
		with.Name = dsl.Named(p.name + "-" + s.op)
	}
	if j.Has("grace") {
		with.Grace = &j.Grace
	}
	if j.Has("grace") || j.Has("retrigger") {
		o := c.named(&j.Where, j.Store, p.name+"-"+s.op)
		with.Memory, with.Unlogged, with.Config = o.In == "memory", o.Changelog != nil && !*o.Changelog, o.Config
	}
	out := c.joined(f, j, as)
	if s.op == "leftJoin" {
		return out.asStream(f.stream.LeftJoinTable(right.table, as.joiner, with))
	}
	return out.asStream(f.stream.JoinTable(right.table, as.joiner, with))
}

func (c *compiler) joinTables(p *place, s *Step, j *Join, f, right *flow) *flow {
	as := c.as(j, f, right)
	out := c.joined(f, j, as)
	m := c.materialized(&j.Where, j.Store, p.name+"-"+s.op, out)
	out.history = 0
	with := dsl.TableJoin{Copartition: copartition(j)}
	if j.Copartition == "auto" {
		with.Name = dsl.Named(j.Repartition)
	}
	switch s.op {
	case "join":
		return out.asTable(f.table.Join(right.table, as.joiner, m, with))
	case "leftJoin":
		return out.asTable(f.table.LeftJoin(right.table, as.joiner, m, with))
	}
	return out.asTable(f.table.OuterJoin(right.table, as.joiner, m, with))
}

func (c *compiler) joinForeign(p *place, s *Step, j *Join, f, right *flow) *flow {
	if s.op == "outerJoin" {
		c.f.wrong(s.keyNode(s.op), "use leftJoin", "a join by foreign key is join or leftJoin")
		return nil
	}
	on := c.bind(&j.Where, "foreignKey", j.ForeignKey, recordScope(f), expr.Any)
	c.fits(j.valueNode("foreignKey"), "foreign keys", on.typ, right.key)
	as := c.as(j, f, right)
	out := c.joined(f, j, as)
	out.history = 0
	c.through(&j.Where, "repartition", j.Repartition)
	name := j.Repartition
	if name == "" {
		name = p.name + "-" + s.op
	}
	m := c.materialized(&j.Where, j.Store, p.name+"-"+s.op, out)
	if s.op == "leftJoin" {
		return out.asTable(f.table.LeftJoinForeign(right.table, on.mapper(), as.joiner, dsl.TableJoined{Name: dsl.Named(name)}, m))
	}
	return out.asTable(f.table.JoinForeign(right.table, on.mapper(), as.joiner, dsl.TableJoined{Name: dsl.Named(name)}, m))
}

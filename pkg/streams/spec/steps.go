package spec

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/expr"
	"kq/pkg/streams/topology"
)

// steps applies steps to f and writes the result to the sinks; nil after a
// mistake that leaves nothing to go on with.
func (c *compiler) steps(p *place, steps []*Step, f *flow, w *Where, to []*Sink) *flow {
	ended := ""
	for _, s := range steps {
		if f == nil {
			return nil
		}
		if ended != "" {
			c.f.wrong(s.keyNode(s.op), "", "%s ends a pipeline, nothing comes after it", ended)
			return nil
		}
		if slices.Contains([]string{"branch", "foreach", "print"}, s.op) {
			ended = s.op
		}
		f = c.step(p, s, f)
	}
	if f == nil {
		return nil
	}
	if f.group != nil || f.rows != nil {
		c.f.wrong(lastOf(steps, w), "add an aggregate, such as count", "the pipeline ends with %s", f.kind())
		return nil
	}
	if ended != "" && len(to) > 0 {
		c.f.wrong(w.keyNode("to"), "", "%s ends the pipeline, nothing is left to write", ended)
		return nil
	}
	for _, sink := range to {
		c.sink(f, sink)
	}
	if ended != "" {
		return &flow{name: p.name, ended: ended}
	}
	return f
}

func lastOf(steps []*Step, w *Where) *yaml.Node {
	if len(steps) == 0 {
		return w.node
	}
	s := steps[len(steps)-1]
	return s.keyNode(s.op)
}

// takes says whether f is one of what a step takes, and notes a mistake else.
func (c *compiler) takes(s *Step, f *flow, kinds ...string) bool {
	if slices.Contains(kinds, f.kind()) {
		return true
	}
	hint := ""
	switch {
	case f.table != nil && slices.Contains(kinds, "a stream"):
		hint = "put toStream: before it"
	case f.stream != nil && slices.Contains(kinds, "a table"):
		hint = "put an aggregate or toTable: before it"
	case f.stream != nil && slices.Contains(kinds, "a group"):
		hint = "put groupByKey: or groupBy: before it"
	case f.window != nil && f.group != nil:
		hint = "a window is followed by its aggregate, such as count"
	case f.rows != nil && s.op == "window":
		hint = "only groups of streams have windows: put toStream: before groupBy"
	case f.group != nil || f.rows != nil:
		hint = "a group is followed by its aggregate, such as count"
	}
	what := kinds[0]
	for i, k := range kinds[1:] {
		if i == len(kinds)-2 {
			what += " or " + k
		} else {
			what += ", " + k
		}
	}
	c.f.wrong(s.keyNode(s.op), hint, "%s takes %s, and here is %s", s.op, what, f.kind())
	return false
}

// step applies one step.
func (c *compiler) step(p *place, s *Step, f *flow) *flow {
	switch s.op {
	case "filter", "filterNot", "mapValues", "flatMapValues", "map", "flatMap", "selectKey", "mapKey":
		return c.stateless(s, f)
	case "peek", "foreach", "print":
		return c.look(p, s, f)
	case "branch":
		return c.branch(p, s, f)
	case "merge":
		return c.mergeStep(s, f)
	case "repartition":
		return c.repartition(p, s, f)
	case "to":
		if c.takes(s, f, "a stream", "a table") {
			c.sink(f, s.To)
		}
		return f
	case "groupBy", "groupByKey":
		return c.groupStep(s, f)
	case "window":
		return c.window(s, f)
	case "toTable":
		return c.toTable(p, s, f)
	case "toStream":
		return c.toStream(s, f)
	case "join", "leftJoin", "outerJoin":
		return c.join(p, s, f)
	case "suppress":
		return c.suppress(p, s, f)
	case "dedupe":
		return c.dedupe(p, s, f)
	case "process":
		return c.process(p, s, f)
	}
	return c.aggregate(p, s, f)
}

// stateless compiles the operators that keep nothing.
func (c *compiler) stateless(s *Step, f *flow) *flow {
	if f.table != nil && (s.op == "filter" || s.op == "filterNot" || s.op == "mapValues") {
		return c.derive(s, f)
	}
	if !c.takes(s, f, "a stream") {
		return nil
	}
	sc := recordScope(f)
	located := recordScope(f, originVars()...)
	switch s.op {
	case "filter":
		return f.asStream(c.bind(&s.Filter.Where, "if", s.Filter.If, located, expr.Bool).filter(f.stream, true))
	case "filterNot":
		return f.asStream(c.bind(&s.FilterNot.Where, "if", s.FilterNot.If, located, expr.Bool).filter(f.stream, false))
	case "mapValues":
		b := c.bind(&s.MapValues.Where, "value", s.MapValues.Value, located, expr.Any)
		out := f.asStream(b.mapValues(f.stream))
		return c.typed(out, nil, nil, b, s.MapValues.ValueType)
	case "flatMapValues":
		b := c.bind(&s.FlatMapValues.Where, "value", s.FlatMapValues.Value, sc, expr.List)
		out := f.asStream(f.stream.FlatMapValues(b.values))
		out.setValue(c.codec(s.FlatMapValues.ValueType, c.elements(f, s.FlatMapValues.Value), nil))
		return out.asStream(out.stream.As(out.key, out.value))
	case "map":
		return c.mapStep(s.Map, f, sc)
	case "flatMap":
		b := c.bind(&s.FlatMap.Where, "records", s.FlatMap.Records, sc, expr.List)
		out := f.asStream(f.stream.FlatMap(b.records))
		if s.FlatMap.KeyType != nil {
			out.setKey(c.codec(s.FlatMap.KeyType, nil, f.key), false)
		}
		out.setValue(c.codec(s.FlatMap.ValueType, codec.JSON{}, nil))
		return out.asStream(out.stream)
	}
	k := s.SelectKey
	if s.op == "mapKey" {
		k = s.MapKey
	}
	b := c.bind(&k.Where, "key", k.Key, located, expr.Any)
	return c.typed(f.asStream(b.selectKey(f.stream)), b, k.KeyType, nil, nil)
}

func (c *compiler) mapStep(m *Map, f *flow, sc *scope) *flow {
	key, value := &bound{scope: sc, plain: "key", typ: f.keyType}, &bound{scope: sc, plain: "value", typ: f.valueType}
	if m.Key != "" {
		key = c.bind(&m.Where, "key", m.Key, sc, expr.Any)
	}
	if m.Value != "" {
		value = c.bind(&m.Where, "value", m.Value, sc, expr.Any)
	}
	if m.Key == "" && m.Value == "" {
		c.f.wrong(m.node, "", "map has neither key: nor value:")
	}
	out := f.asStream(f.stream.Map(pairOf(key.mapper(), value.mapper())))
	return c.typed(out, key, m.KeyType, value, m.ValueType)
}

// typed gives the flow the types of the expressions that made its keys and
// values, or those that were asked for; a nil expression changed nothing.
func (c *compiler) typed(f *flow, key *bound, keyType *Type, value *bound, valueType *Type) *flow {
	if key != nil && key.plain != "key" {
		f.setKey(c.codec(keyType, c.keyOf(key, f), f.key), keyType == nil)
		if keyType == nil && key.typ == expr.Any {
			f.keyType = expr.Any // a join may still say what it is
		}
	} else if keyType != nil {
		f.setKey(c.codec(keyType, nil, f.key), false)
	}
	if value != nil && value.plain != "value" {
		f.setValue(c.codec(valueType, codecOf(value.typ), nil))
		if _, ok := f.value.(codec.JSON); ok && f.valueType == expr.Any {
			f.valueType = value.typ
		}
	} else if valueType != nil {
		f.setValue(c.codec(valueType, nil, nil))
	}
	if f.table != nil {
		return f.asTable(f.table)
	}
	return f.asStream(f.stream)
}

// keyOf is the codec of the keys that an expression makes.
func (c *compiler) keyOf(b *bound, f *flow) codec.Codec {
	if b.plain == "value" {
		if _, ok := f.value.(codec.JSON); !ok {
			return f.value
		}
	}
	return keyCodecOf(b.typ)
}

// derive compiles the stateless operators of tables.
func (c *compiler) derive(s *Step, f *flow) *flow {
	sc := recordScope(f)
	switch s.op {
	case "filter":
		return f.asTable(f.table.Filter(c.bind(&s.Filter.Where, "if", s.Filter.If, sc, expr.Bool).predicate, dsl.Materialized{}))
	case "filterNot":
		return f.asTable(f.table.FilterNot(c.bind(&s.FilterNot.Where, "if", s.FilterNot.If, sc, expr.Bool).predicate, dsl.Materialized{}))
	}
	b := c.bind(&s.MapValues.Where, "value", s.MapValues.Value, sc, expr.Any)
	return c.typed(f.asTable(f.table.MapValues(b.mapper(), dsl.Materialized{})), nil, nil, b, s.MapValues.ValueType)
}

// look compiles peek, foreach and print.
func (c *compiler) look(p *place, s *Step, f *flow) *flow {
	if !c.takes(s, f, "a stream") {
		return nil
	}
	if s.op == "print" {
		label := s.Print.Label
		if label == "" {
			label = p.name
		}
		f.stream.Print(dsl.Printed{Label: label, To: c.o.Print})
		return f
	}
	peek := s.Peek
	if s.op == "foreach" {
		peek = s.Foreach
	}
	log := c.o.Logger.With("pipeline", p.name)
	do := logRecord(log)
	if peek.Text != "" {
		do = c.bind(&peek.Where, "text", peek.Text, recordScope(f), expr.Any).logged(log)
	}
	if s.op == "foreach" {
		f.stream.ForEach(do)
		return f
	}
	return f.asStream(f.stream.Peek(do))
}

// branch compiles a split; its branches can be read as PIPELINE.NAME.
func (c *compiler) branch(p *place, s *Step, f *flow) *flow {
	if !c.takes(s, f, "a stream") {
		return nil
	}
	split := f.stream.Split()
	names := map[string]bool{}
	for i, b := range s.Branch {
		if (b.When == "") == !b.Otherwise {
			c.f.wrong(b.node, "", "a branch has either when: or otherwise: true")
			continue
		}
		if b.Otherwise && i < len(s.Branch)-1 {
			c.f.wrong(b.keyNode("otherwise"), "", "otherwise: takes the rest and comes last")
			continue
		}
		if b.Name != "" && names[b.Name] {
			c.f.wrong(b.valueNode("name"), "", "two branches are called %s", b.Name)
		}
		names[b.Name] = true
		if b.Name == "" && len(b.To) == 0 && len(b.Steps) == 0 && !b.Drop {
			c.f.wrong(b.node, "give it to:, steps:, a name: that another pipeline reads, or drop: true", "the records of this branch go nowhere")
		}
		if b.Drop && (len(b.To) > 0 || len(b.Steps) > 0 || b.Name != "") {
			c.f.wrong(b.keyNode("drop"), "", "a branch that drops has no to:, steps: or name:")
		}
		out := *f
		if b.Otherwise {
			out.stream = split.Otherwise()
		} else {
			out.stream = split.When(c.bind(&b.Where, "when", b.When, recordScope(f), expr.Bool).predicate)
		}
		c.branched(p, i, b, &out)
	}
	return f
}

func (c *compiler) branched(p *place, i int, b *Branch, f *flow) {
	at := &place{name: fmt.Sprintf("%s-%d", p.name, i+1)}
	if b.Name != "" {
		at.name = p.name + "-" + b.Name
	}
	out := c.steps(at, b.Steps, f, &b.Where, b.To)
	if b.Name != "" {
		c.flows[p.name+"."+b.Name] = out
	}
}

func (c *compiler) mergeStep(s *Step, f *flow) *flow {
	if !c.takes(s, f, "a stream") {
		return nil
	}
	for i, name := range s.Merge {
		n := s.item("merge", i)
		if f = c.merge(n, f, c.flow(n, name)); f == nil {
			return nil
		}
	}
	return f
}

// merge is the stream of the records of both.
func (c *compiler) merge(n *yaml.Node, f, other *flow) *flow {
	if f == nil || other == nil {
		return nil
	}
	for _, x := range []*flow{f, other} {
		if x.stream == nil {
			c.f.wrong(n, "put toStream: into a pipeline of its own", "only streams are merged, and %s is %s", x.name, x.kind())
			return nil
		}
	}
	if f.key != other.key || f.value != other.value {
		c.f.wrong(n, "give both the same types, with keyType: and valueType:", "%s has %s and %s, %s has %s and %s: only records of the same types are merged",
			f.name, f.key.Name(), f.value.Name(), other.name, other.key.Name(), other.value.Name())
		return nil
	}
	out := f.asStream(f.stream.Merge(other.stream))
	out.topics = append(append([]string(nil), f.topics...), other.topics...)
	if out.valueType != other.valueType {
		out.valueType = typeOf(out.value)
	}
	return out
}

func (c *compiler) repartition(p *place, s *Step, f *flow) *flow {
	if !c.takes(s, f, "a stream") {
		return nil
	}
	r := s.Repartition
	name := r.Name
	if name == "" {
		name = p.name
	}
	c.through(&r.Where, "name", name)
	out := *f
	if r.KeyType != nil {
		out.setKey(c.codec(r.KeyType, nil, f.key), false)
	}
	if r.ValueType != nil {
		out.setValue(c.codec(r.ValueType, nil, nil))
	}
	o := dsl.Repartitioned{Name: dsl.Named(name), Key: out.key, Value: out.value, Partitions: int32(r.Partitions)}
	if r.Partition != "" {
		o.Partition = c.bind(&r.Where, "partition", r.Partition, recordScope(f, variable{"partitions", expr.Int}), expr.Int).partitioner
	}
	out.topics, out.fixed = nil, nil
	if r.Partitions > 0 {
		out.fixed = []topology.TopicCount{{Topic: name + "-repartition", Partitions: o.Partitions, Internal: true}}
	}
	return out.asStream(f.stream.Repartition(o))
}

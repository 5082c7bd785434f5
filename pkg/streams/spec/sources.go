package spec

import (
	"fmt"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/expr"
)

// sources builds streams, tables and globals in the order of the file.
func (c *compiler) sources() {
	for _, s := range c.job.Streams {
		c.flows[s.Name] = c.stream(s)
	}
	for _, t := range c.job.Tables {
		c.flows[t.Name] = c.table(t)
	}
	for _, t := range c.job.Globals {
		c.global(t)
	}
}

// declared is the flow of a topic: keys are strings and values JSON unless they say otherwise.
func (c *compiler) declared(w *Where, name string, key, value *Type, fields Fields, topics ...string) *flow {
	f := &flow{name: name, topics: topics}
	f.setKey(c.codec(key, codec.String{}, nil), false)
	f.setValue(c.codec(value, codec.JSON{}, nil))
	if len(fields) > 0 {
		if _, ok := f.value.(codec.JSON); ok {
			f.valueType = objectOf(fields)
		} else {
			c.f.wrong(w.keyNode("fields"), "only JSON values have fields", "fields of %s values", f.value.Name())
		}
	}
	for i, t := range topics {
		c.topic(w, i, t, f)
	}
	return f
}

// topic notes the types of a topic that is read. Read twice, a topic has one type.
func (c *compiler) topic(w *Where, i int, name string, f *flow) {
	if !legalTopic(name) {
		c.f.wrong(w.item("topic", i), "letters, digits, dots, underscores and dashes, at most 249", "%q is no name of a topic", clip(name))
	}
	if have, ok := c.out.Topics[name]; ok && have != (Types{f.key, f.value}) {
		c.f.wrong(w.item("topic", i), "give both the same key: and value:", "topic %s is read as %s and %s elsewhere, here as %s and %s", name, have.Key.Name(), have.Value.Name(), f.key.Name(), f.value.Name())
	}
	c.out.Topics[name] = Types{f.key, f.value}
}

// reader is what reads a topic.
type reader struct {
	kind  string // stream, table or global
	clock string
	line  int
}

// once checks that a topic is read in one way: streams share a source, and a
// table or a global has its topic for itself.
func (c *compiler) once(w *Where, kind, clock string, topics ...string) {
	for i, t := range topics {
		was, ok := c.readers[t]
		switch {
		case ok && (kind != "stream" || was.kind != "stream"):
			c.f.wrong(w.item("topic", i), "read it once, and go on from there: a table has toStream, a stream toTable", "topic %s is read as a %s here and as a %s on line %d", t, kind, was.kind, was.line)
		case ok && was.clock != clock:
			c.f.wrong(w.item("topic", i), "give both the same timestamp:, time: and offsetReset:", "topic %s has other times here than on line %d", t, was.line)
		case !ok:
			c.readers[t] = reader{kind, clock, w.node.Line}
		}
	}
}

// legalTopic is Kafka's rule (Topic.isInvalid).
func legalTopic(name string) bool {
	if name == "" || name == "." || name == ".." || len(name) > 249 {
		return false
	}
	for i := range len(name) {
		switch b := name[i]; {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '.', b == '_', b == '-':
		default:
			return false
		}
	}
	return true
}

func (c *compiler) stream(s *Stream) *flow {
	c.once(&s.Where, "stream", string(s.Timestamp)+" "+s.Time+" "+s.OffsetReset, s.Topic...)
	c.clock(&s.Where, s.Time, s.Create, s.Topic...)
	f := c.declared(&s.Where, s.Name, s.Key, s.Value, s.Fields, s.Topic...)
	f.stream = c.b.Stream(s.Topic, dsl.Consumed{
		Key: f.key, Value: f.value, OffsetReset: s.OffsetReset, Timestamp: c.extractor(&s.Where, f, s.Timestamp, s.Time), Processing: s.Time == "processing",
	})
	return f
}

func (c *compiler) table(t *Table) *flow {
	c.once(&t.Where, "table", "", t.Topic)
	c.clock(&t.Where, t.Time, t.Create, t.Topic)
	f := c.declared(&t.Where, t.Name, t.Key, t.Value, t.Fields, t.Topic)
	m := c.materialized(&t.Where, t.Store, t.Name, f)
	m.History, f.history = t.Versioned, t.Versioned
	f.table = c.b.Table(t.Topic, c.consumed(t, f), m)
	return f
}

func (c *compiler) consumed(t *Table, f *flow) dsl.Consumed {
	return dsl.Consumed{Key: f.key, Value: f.value, OffsetReset: t.OffsetReset, Timestamp: c.extractor(&t.Where, f, t.Timestamp, t.Time), Processing: t.Time == "processing"}
}

func (c *compiler) global(t *Table) {
	c.once(&t.Where, "global", "", t.Topic)
	c.clock(&t.Where, t.Time, t.Create, t.Topic)
	if t.Time == "processing" {
		c.f.wrong(t.keyNode("time"), "", "a global takes the times of its records")
	}
	f := c.declared(&t.Where, t.Name, t.Key, t.Value, t.Fields, t.Topic)
	if t.Has("versioned") {
		c.f.wrong(t.keyNode("versioned"), "read it as a table", "a global keeps no history")
	}
	c.globals[t.Name] = &global{
		table: c.b.GlobalTable(t.Topic, c.consumed(t, f), c.materialized(&t.Where, t.Store, t.Name, f)),
		key:   f.key, value: f.value, keyType: f.keyType, valueType: f.valueType,
	}
}

// extractor is the time of records, nil for their own.
func (c *compiler) extractor(w *Where, f *flow, src Expr, clock string) dsl.TimestampExtractor {
	if src == "" {
		return nil
	}
	if clock != "" && clock != "event" {
		c.f.wrong(w.keyNode("timestamp"), "", "timestamp: is the time of the event, time: %s is not", clock)
	}
	return c.bind(w, "timestamp", src, recordScope(f, originVars()...), expr.Any).time
}

// codec is the codec of a type. That of time windows has its size from the type
// or from the windows of the flow, like.
func (c *compiler) codec(t *Type, otherwise, like codec.Codec) codec.Codec {
	if t == nil {
		return otherwise
	}
	if t.Inner == nil {
		out, _ := codec.Named(t.Name)
		return out
	}
	inner, _ := codec.Named(t.Inner.Name)
	switch t.Name {
	case "sessionWindowed":
		return codec.SessionWindowed{Inner: inner}
	case "windowedJson":
		return codec.WindowedJSON{Inner: inner}
	}
	size := t.Size.Milliseconds()
	switch w := like.(type) {
	case codec.TimeWindowed:
		if size != 0 && size != w.Size && w.Size != 0 {
			c.f.wrong(t.node, "leave size: out", "windows have a size of %s here, not %s", show(time.Duration(w.Size)*time.Millisecond), show(t.Size))
		}
		return codec.TimeWindowed{Inner: inner, Size: w.Size}
	case codec.CalendarWindowed:
		if size != 0 {
			c.f.wrong(t.node, "leave size: out", "windows are calendar days here")
		}
		return codec.CalendarWindowed{Inner: inner, Calendar: w.Calendar}
	}
	if size == 0 && like == nil { // nothing says how long the windows are that are read
		c.f.wrong(t.node, fmt.Sprintf("write {timeWindowed: %s, size: 5m}, with the size of the windows that were written", t.Inner.Name), "the bytes of a time window's key have no end: its size is needed")
	}
	return codec.TimeWindowed{Inner: inner, Size: size}
}

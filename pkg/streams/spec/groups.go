package spec

import (
	"fmt"
	"strings"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/expr"
)

// elements is the codec of the values in an expression's list.
func (c *compiler) elements(f *flow, src Expr) codec.Codec {
	text := strings.TrimSpace(string(src))
	if strings.HasPrefix(text, "words(") || strings.HasPrefix(text, "split(") {
		return codec.String{}
	}
	if _, ok := f.value.(codec.JSON); ok {
		return codec.JSON{}
	}
	return codec.JSON{}
}

// groupStep compiles groupBy and groupByKey.
func (c *compiler) groupStep(s *Step, f *flow) *flow {
	if s.op == "groupByKey" {
		return c.groupByKey(s, f)
	}
	g := s.GroupBy
	if !c.takes(s, f, "a stream", "a table") {
		return nil
	}
	sc := recordScope(f)
	key := c.bind(&g.Where, "key", g.Key, sc, expr.Any)
	c.through(&g.Where, "repartition", g.Repartition)
	out := *f
	out.stream, out.table = nil, nil
	out.setKey(c.codec(g.KeyType, c.keyOf(key, f), f.key), g.KeyType == nil)
	if key.plain == "key" && g.KeyType == nil {
		out.setKey(f.key, f.guessed)
	}
	if f.stream != nil {
		if g.Value != "" {
			c.f.wrong(g.keyNode("value"), "put mapValues: before it", "groupBy takes a value on tables only")
		}
		if g.ValueType != nil {
			out.setValue(c.codec(g.ValueType, nil, nil))
		}
		out.group = f.stream.GroupBy(key.mapper(), dsl.Grouped{Name: dsl.Named(g.Repartition), Key: out.key, Value: out.value})
		return &out
	}
	value := &bound{scope: sc, plain: "value", typ: f.valueType}
	if g.Value != "" {
		value = c.bind(&g.Where, "value", g.Value, sc, expr.Any)
		out.setValue(codecOf(value.typ))
		if value.plain == "value" {
			out.value, out.valueType = f.value, f.valueType
		}
	}
	if g.ValueType != nil {
		out.setValue(c.codec(g.ValueType, nil, nil))
	}
	out.rows = f.table.GroupBy(pairOf(key.mapper(), value.mapper()), dsl.Grouped{Name: dsl.Named(g.Repartition), Key: out.key, Value: out.value})
	return &out
}

func (c *compiler) groupByKey(s *Step, f *flow) *flow {
	if f.table != nil {
		c.f.wrong(s.keyNode(s.op), "use groupBy: key, or put toStream: before it", "groupByKey takes a stream, and here is a table")
		return nil
	}
	if !c.takes(s, f, "a stream") {
		return nil
	}
	g := s.GroupByKey
	c.through(&g.Where, "repartition", g.Repartition)
	out := *f
	out.stream = nil
	if g.KeyType != nil {
		out.setKey(c.codec(g.KeyType, nil, f.key), false)
	}
	if g.ValueType != nil {
		out.setValue(c.codec(g.ValueType, nil, nil))
	}
	out.group = f.stream.GroupByKey(dsl.Grouped{Name: dsl.Named(g.Repartition), Key: out.key, Value: out.value})
	return &out
}

// window checks the window of the next aggregate.
func (c *compiler) window(s *Step, f *flow) *flow {
	if !c.takes(s, f, "a group") {
		return nil
	}
	w := s.Window
	kinds := 0
	for _, k := range windowKinds() {
		if w.Has(k) {
			kinds++
		}
	}
	if kinds != 1 {
		c.f.wrong(w.node, "it is one of "+strings.Join(windowKinds(), ", "), "a window is of exactly one kind")
		return nil
	}
	for key, d := range map[string]time.Duration{"tumbling": w.Tumbling, "hopping": w.Hopping, "every": w.Every, "session": w.Session, "sliding": w.Sliding} {
		if w.Has(key) && d <= 0 && key != "sliding" {
			c.f.wrong(w.valueNode(key), "", "%s: is 0, it takes at least a millisecond", key)
			return nil
		}
	}
	switch {
	case w.Has("hopping") != w.Has("every"):
		c.f.wrong(w.node, "window: {hopping: 10m, every: 2m}", "hopping: and every: go together")
		return nil
	case w.Every > w.Hopping:
		c.f.wrong(w.valueNode("every"), "", "windows that begin every %s leave gaps between windows of %s", show(w.Every), show(w.Hopping))
		return nil
	case w.Has("tz") && !w.Has("day"):
		c.f.wrong(w.keyNode("tz"), "", "only windows of days have a time zone")
	}
	if least := longest(w) + w.Grace; w.Retention > 0 && w.Retention < least {
		c.f.wrong(w.valueNode("retention"), "", "retention: %s is less than the %s of the window and its grace", show(w.Retention), show(least))
		return nil
	}
	out := *f
	out.window = w
	return &out
}

// longest is the size of a window, an hour more for days of 25 hours.
func longest(w *Window) time.Duration {
	if w.Day > 0 {
		return time.Duration(w.Day)*24*time.Hour + time.Hour
	}
	return max(w.Tumbling, w.Hopping, w.Sliding, w.Session)
}

// windowed cuts a group by a window step.
func (c *compiler) windowed(g interface {
	WindowedBy(w dsl.Windows) *dsl.Windowed
	WindowedBySliding(w dsl.SlidingWindows) *dsl.Windowed
	WindowedBySession(w dsl.SessionWindows) *dsl.Windowed
}, w *Window,
) *dsl.Windowed {
	switch {
	case w.Session > 0:
		return g.WindowedBySession(dsl.SessionWindows{Gap: w.Session, Grace: w.Grace})
	case w.Has("sliding"):
		return g.WindowedBySliding(dsl.SlidingWindows{Difference: w.Sliding, Grace: w.Grace})
	case w.Hopping > 0:
		return g.WindowedBy(dsl.Hopping(w.Hopping, w.Every, w.Grace))
	case w.Day > 0:
		zone := time.UTC
		if w.TZ != "" {
			z, err := time.LoadLocation(w.TZ)
			if err != nil {
				c.f.wrong(w.valueNode("tz"), "as Europe/Amsterdam or UTC", "there is no time zone %q", clip(w.TZ))
			} else {
				zone = z
			}
		}
		return g.WindowedBy(dsl.Days(w.Day, zone, w.Grace))
	}
	return g.WindowedBy(dsl.Tumbling(w.Tumbling, w.Grace))
}

// show writes a duration as a job file has it.
func show(d time.Duration) string {
	out := ""
	for _, u := range []struct {
		name string
		is   time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}} {
		if n := d / u.is; n > 0 {
			out += fmt.Sprint(int64(n)) + u.name
			d -= n * u.is
		}
	}
	if out == "" {
		return "0s"
	}
	return out
}

// through notes the name of a repartition topic: no two have one.
func (c *compiler) through(w *Where, key, name string) {
	if name == "" {
		return
	}
	n := w.valueNode(key)
	if was := c.between[name]; was != nil {
		c.f.wrong(n, fmt.Sprintf("the first is on line %d", was.Line), "two repartition topics are called %s", name)
		return
	}
	c.between[name] = n
}

func (c *compiler) toTable(p *place, s *Step, f *flow) *flow {
	if !c.takes(s, f, "a stream") {
		return nil
	}
	m := c.materialized(&s.Where, s.ToTable.Store, p.name+"-toTable", f)
	m.History = s.ToTable.Versioned
	var name []dsl.Named
	if f.stream.Moved() {
		name = append(name, dsl.Named(p.name+"-toTable"))
	}
	out := f.asTable(f.stream.ToTable(m, name...))
	out.history = m.History
	return out
}

func (c *compiler) toStream(s *Step, f *flow) *flow {
	if !c.takes(s, f, "a table") {
		return nil
	}
	out := f.asStream(f.table.ToStream())
	if s.ToStream.Key == "" {
		return out
	}
	b := c.bind(&s.ToStream.Where, "key", s.ToStream.Key, recordScope(f), expr.Any)
	return c.typed(out.asStream(out.stream.SelectKey(b.mapper())), b, s.ToStream.KeyType, nil, nil)
}

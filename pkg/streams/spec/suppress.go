package spec

import (
	"strings"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/expr"
)

// suppress compiles the step that holds updates of a table back.
func (c *compiler) suppress(p *place, s *Step, f *flow) *flow {
	if !c.takes(s, f, "a table") {
		return nil
	}
	x := s.Suppress
	switch {
	case x.Until.WindowClose && !f.windowed():
		c.f.wrong(x.valueNode("until"), "until: 10s waits for a time", "windowClose is for tables with windows, and the keys here have none")
		return nil
	case f.history > 0:
		c.f.wrong(s.keyNode(s.op), "", "a versioned table cannot be held back")
		return nil
	}
	o := c.suppressed(p, x, f)
	if b := x.Buffer; b != nil {
		o.Records, o.Bytes, o.Stop = b.Records, int64(b.Bytes), b.WhenFull == "stop"
		if x.Until.WindowClose {
			o.Stop = true
			if b.WhenFull == "emit" {
				c.f.wrong(b.valueNode("whenFull"), "until: 10s may emit early", "until windows close nothing is emitted early")
			}
		}
	}
	return f.asTable(f.table.Suppress(o))
}

// suppressed names the buffer's store, which always ends in -store.
func (c *compiler) suppressed(p *place, x *Suppress, f *flow) dsl.Suppressed {
	name := p.name + "-suppress"
	if x.Store != nil && x.Store.Name != "" {
		name = strings.TrimSuffix(x.Store.Name, "-store")
	}
	ref := &StoreRef{}
	if x.Store != nil {
		*ref = *x.Store
	}
	ref.Name = name + "-store"
	o := c.named(&x.Where, ref, ref.Name)
	c.out.Stores[o.Name] = Types{f.key, f.value}
	return dsl.Suppressed{
		Name: dsl.Named(name), WindowClose: x.Until.WindowClose, Wait: x.Until.After,
		Memory: o.In == "memory", Unlogged: o.Changelog != nil && !*o.Changelog, Config: o.Config,
	}
}

// dedupe compiles the step that passes the first record of each id.
func (c *compiler) dedupe(p *place, s *Step, f *flow) *flow {
	if !c.takes(s, f, "a stream") {
		return nil
	}
	d := s.Dedupe
	if d.Within < time.Millisecond {
		c.f.wrong(d.valueNode("within"), "", "within: is 0, it takes at least a millisecond")
		return nil
	}
	o := dsl.Deduped{Within: d.Within, Grace: d.Grace}
	if d.By != "" {
		b := c.bind(&d.Where, "by", d.By, recordScope(f), expr.Any)
		o.By, o.Codec = b.mapper(), c.keyOf(b, f)
	}
	id := *f
	id.value = codec.Bytes{}
	if o.Codec != nil {
		id.key = o.Codec
	}
	m := c.materialized(&d.Where, d.Store, p.name+"-dedupe", &id)
	m.Key = nil
	out := *f
	out.topics, out.fixed = nil, nil
	if !f.stream.Moved() {
		out.topics, out.fixed = f.topics, f.fixed
	}
	return out.asStream(f.stream.Dedupe(o, m))
}

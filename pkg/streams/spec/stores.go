package spec

import (
	"slices"

	"kq/pkg/streams/dsl"
)

// materialized describes the store of a step or table: named by it, or else by
// default; with the options of the job's stores of that name below its own.
func (c *compiler) materialized(w *Where, ref *StoreRef, name string, f *flow) dsl.Materialized {
	o := c.named(w, ref, name)
	m := dsl.Materialized{
		Store: o.Name, Key: f.key, Value: f.value, Memory: o.In == "memory", Unlogged: o.Changelog != nil && !*o.Changelog, Config: o.Config,
	}
	if c.job.Config.Cache > 0 {
		m.Cached, m.CacheBytes = true, int(c.job.Config.Cache)
	}
	key := f.key
	if inner, ok := innerOf(key); ok {
		key = inner
	}
	c.out.Stores[o.Name] = Types{key, f.value}
	return m
}

// named settles the name and the options of a store, and that no other has its name.
func (c *compiler) named(w *Where, ref *StoreRef, name string) StoreRef {
	o := StoreRef{Name: name}
	n := w.node
	if ref != nil {
		if o = *ref; o.Name == "" {
			o.Name = name
		}
		n = ref.valueNode("name")
	}
	if was := c.stores[o.Name]; was != nil {
		c.f.wrong(n, "give one of them another name with store:", "two stores are called %s; the first is on line %d", o.Name, was.Line)
	} else {
		c.stores[o.Name] = n
	}
	if s := c.declaredStore(o.Name); s != nil {
		if o.In == "" {
			o.In = s.In
		}
		if o.Changelog == nil {
			o.Changelog = s.Changelog
		}
		if o.Config == nil {
			o.Config = s.Config
		}
	}
	if o.In == "" {
		o.In = c.job.Config.Store
	}
	return o
}

// declaredStore is the store of that name under stores, nil for none.
func (c *compiler) declaredStore(name string) *Store {
	c.used[name] = true
	i := slices.IndexFunc(c.job.Stores, func(s *Store) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return c.job.Stores[i]
}

// unused tells of stores that nothing has.
func (c *compiler) unused() {
	var names []string
	for name := range c.stores {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, s := range c.job.Stores {
		if !c.used[s.Name] {
			c.f.wrong(s.node, suggest(s.Name, names), "no step has a store %q", s.Name)
		}
	}
	if q := c.job.Query; q != nil {
		for i, name := range q.Stores {
			if c.stores[name] == nil {
				c.f.wrong(q.item("stores", i), suggest(name, names), "there is no store %q", name)
			}
		}
	}
}

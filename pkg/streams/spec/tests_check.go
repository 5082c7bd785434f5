package spec

import (
	"maps"
	"slices"
)

// tests checks that the tests name inputs and stores that are there.
func (c *compiler) tests() {
	inputs := map[string]bool{}
	for _, s := range c.job.Streams {
		inputs[s.Name] = true
		for _, t := range s.Topic {
			inputs[t] = true
		}
	}
	for _, t := range slices.Concat(c.job.Tables, c.job.Globals) {
		inputs[t.Name], inputs[t.Topic] = true, true
	}
	stores := slices.Sorted(maps.Keys(c.stores))
	for _, t := range c.job.Tests {
		for _, g := range t.Given {
			if g.Source != "" && !inputs[g.Source] {
				c.f.wrong(g.keyNode(g.Source), suggest(g.Source, slices.Sorted(maps.Keys(inputs))), "there is no stream, table or topic %q to give records to", g.Source)
			}
		}
		for _, s := range t.Stores {
			if c.stores[s.Name] == nil {
				c.f.wrong(s.node, suggest(s.Name, stores), "there is no store %q", s.Name)
			}
		}
	}
}

package spec

import (
	"maps"
	"slices"
	"strings"
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
		for _, e := range t.Expect {
			if !c.writes(e.Name) {
				c.f.wrong(e.node, suggest(e.Name, slices.Sorted(maps.Keys(c.out.Topics))), "no pipeline writes topic %q", e.Name)
			}
		}
		for _, s := range t.Stores {
			if c.stores[s.Name] == nil {
				c.f.wrong(s.node, suggest(s.Name, stores), "there is no store %q", s.Name)
			}
		}
	}
}

// writes says whether the job may write a topic: its sinks, its internal
// topics and, where one is chosen by record, any.
func (c *compiler) writes(topic string) bool {
	if c.dynamic || strings.HasSuffix(topic, "-repartition") || strings.HasSuffix(topic, "-changelog") || strings.HasSuffix(topic, "-topic") {
		return true
	}
	if d := c.job.Config.DLQ; d != nil && d.Topic == topic {
		return true
	}
	_, ok := c.out.Topics[topic]
	return ok
}

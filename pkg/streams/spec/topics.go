package spec

import (
	"slices"

	"kq/pkg/streams/topology"
)

// Created are the topics that the job makes where they are missing, by name.
func (j *Job) Created() map[string]*Create {
	out := map[string]*Create{}
	note := func(c *Create, topics ...string) {
		for _, t := range topics {
			if c != nil && t != "" {
				out[t] = c
			}
		}
	}
	for _, s := range j.Streams {
		note(s.Create, s.Topic...)
	}
	for _, t := range slices.Concat(j.Tables, j.Globals) {
		note(t.Create, t.Topic)
	}
	if j.Config.DLQ != nil {
		note(j.Config.DLQ.Create, j.Config.DLQ.Topic)
	}
	for _, p := range j.Pipelines {
		p.sinks(func(s *Sink) { note(s.Create, s.Topic) })
	}
	return out
}

// sinks calls f with every sink of the pipeline.
func (p *Pipeline) sinks(f func(*Sink)) { eachSink(p.Steps, p.To, f) }

func eachSink(steps []*Step, to []*Sink, f func(*Sink)) {
	for _, s := range steps {
		if s.To != nil {
			f(s.To)
		}
		for _, b := range s.Branch {
			eachSink(b.Steps, b.To, f)
		}
	}
	for _, s := range to {
		f(s)
	}
}

// Inputs are the topics that the job reads from outside, sorted.
func (c *Compiled) Inputs() []string {
	var out []string
	add := func(n *topology.Node) {
		if !n.Source.Internal {
			out = append(out, n.Source.Topics...)
		}
	}
	for _, s := range c.Topology.Subs {
		for _, n := range s.Sources() {
			add(n)
		}
	}
	for _, g := range c.Topology.Globals {
		add(g.Source)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

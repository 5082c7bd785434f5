package spec

import (
	"fmt"
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

// Ingested are the topics that the job reads by the time of their ingestion:
// their message.timestamp.type has to be LogAppendTime. They are sorted.
func (j *Job) Ingested() []string {
	var out []string
	for _, s := range j.Streams {
		if s.Time == ingestion {
			out = append(out, s.Topic...)
		}
	}
	for _, t := range slices.Concat(j.Tables, j.Globals) {
		if t.Time == ingestion {
			out = append(out, t.Topic)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ingestion is time: of a source whose records have the time at which the broker got them.
const ingestion = "ingestion"

// appendTime is the message.timestamp.type of topics with the time of ingestion.
const appendTime = "LogAppendTime"

// clock checks that a source which is read by the time of ingestion has topics with it.
func (c *compiler) clock(w *Where, clock string, create *Create, topics ...string) {
	if clock != ingestion {
		return
	}
	if create != nil {
		if t, ok := create.Config["message.timestamp.type"]; ok && t != appendTime {
			c.f.wrong(create.keyNode("config"), "leave it out: the topic is made with "+appendTime, "message.timestamp.type is %s, and time: ingestion needs %s", clip(t), appendTime)
		}
	}
	if c.o.TimestampType == nil {
		return
	}
	for _, topic := range topics {
		if t := c.o.TimestampType(topic); t != "" && t != appendTime {
			c.f.wrong(w.valueNode("time"), fmt.Sprintf("kq config set topic/%s message.timestamp.type=%s, for the records that come from now on", topic, appendTime),
				"topic %s has message.timestamp.type=%s: its records do not have the time of their ingestion", topic, t)
		}
	}
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

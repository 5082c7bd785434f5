package spectest

import (
	"kq/pkg/streams/spec"
	"kq/pkg/streams/task"
)

// New is the plan of a compiled job; file names it in results.
func New(file string, job *spec.Job, c *spec.Compiled) *Plan {
	p := &Plan{File: file, App: job.App, Topology: c.Topology, Sources: map[string]Source{}, Topics: c.Topics, Stores: c.Stores}
	add := func(name string, topics ...string) {
		for _, topic := range topics {
			p.Sources[topic] = Source{Topic: topic, Types: c.Topics[topic]}
		}
		p.Sources[name] = Source{Topic: topics[0], Types: c.Topics[topics[0]]}
	}
	for _, s := range job.Streams {
		add(s.Name, s.Topic...)
	}
	for _, t := range job.Tables {
		add(t.Name, t.Topic)
	}
	for _, t := range job.Globals {
		add(t.Name, t.Topic)
	}
	on := job.Config.OnError
	p.OnError = func(phase task.Phase) string {
		switch phase {
		case task.Deserialize:
			return on.Deserialize
		case task.Produce:
			return on.Produce
		}
		return on.Process
	}
	if job.Config.DLQ != nil {
		p.DLQ = job.Config.DLQ.Topic
	}
	return p
}

package streams

import (
	"errors"
	"maps"
	"slices"

	"kq/pkg/streams/query"
	"kq/pkg/streams/run"
	"kq/pkg/streams/spec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// instance shows a runtime to queries.
type instance struct {
	app      string
	rt       *run.Runtime
	topology *topology.Topology
	types    map[string]spec.Types
}

// Stores are those that keys and values have types of.
func (i *instance) Stores() []query.Store {
	var out []query.Store
	add := func(s *state.Spec, global bool) {
		if t, ok := i.types[s.Name]; ok {
			out = append(out, query.Store{Name: s.Name, Kind: s.Kind, Key: t.Key, Value: t.Value, WindowSize: s.WindowSize, Global: global})
		}
	}
	for _, sub := range i.topology.Subs {
		for _, s := range sub.Stores {
			add(s, false)
		}
	}
	for _, g := range i.topology.Globals {
		add(g.Store, true)
	}
	return out
}

// Places are where the partitions of a store are.
func (i *instance) Places(store string) []query.Place {
	list := i.rt.Places(store)
	out := make([]query.Place, len(list))
	for n, l := range list {
		out[n] = query.Place{Active: l.Active, Standbys: l.Standbys}
	}
	return out
}

// Open views what this process has of a store, as of the last commit.
func (i *instance) Open(store string) (parts []query.Part, done func(), err error) {
	list, done, err := i.rt.Open(store)
	for _, p := range list {
		if p.Store != nil {
			parts = append(parts, query.Part(p))
		}
	}
	if errors.Is(err, state.ErrClosed) {
		err = nil // the task went away just now
	}
	return parts, done, err
}

// Status is what the runtime is doing, in Kafka's words.
func (i *instance) Status() query.Status {
	s := i.rt.Status()
	out := query.Status{App: i.app, State: stateOf(i.rt, &s), Topology: i.topology.Describe(), Metrics: metricsOf(&s)}
	for _, t := range s.Tasks {
		task := query.Task{ID: t.ID.String(), Role: "active", State: "running", StreamTime: t.StreamTime, Restores: t.Restores}
		switch t.Role {
		case run.Standby:
			task.Role = "standby"
		case run.Restoring:
			task.State = "restoring"
		}
		for _, in := range t.Inputs {
			task.Inputs = append(task.Inputs, query.Input{Topic: in.Topic, Partition: in.Partition, Offset: in.Committed, Committed: in.Committed, End: in.End})
		}
		for _, st := range t.Stores {
			task.Stores = append(task.Stores, query.TaskStore(st))
		}
		out.Tasks = append(out.Tasks, task)
	}
	return out
}

// Hosts are the processes of the group that answer queries.
func (i *instance) Hosts() []string { return slices.Collect(maps.Keys(i.rt.Hosts())) }

func stateOf(rt *run.Runtime, s *run.Status) string {
	switch s.State {
	case run.Created:
		return query.Created
	case run.Failed:
		return query.Failed
	case run.Stopping:
		return query.PendingShutdown
	case run.Stopped:
		return query.NotRunning
	case run.Starting:
		return query.Rebalancing
	}
	restoring := slices.ContainsFunc(s.Tasks, func(t run.TaskStatus) bool { return t.Role == run.Restoring })
	if restoring || rt.Hosts() == nil && len(s.Tasks) == 0 {
		return query.Rebalancing
	}
	return query.Running
}

func metricsOf(s *run.Status) []query.Metric {
	one := func(name, help string, n int64) query.Metric {
		return query.Metric{Name: name, Help: help, Type: "counter", Samples: []query.Sample{{Value: float64(n)}}}
	}
	out := []query.Metric{
		one("kq_streams_records_processed_total", "Input records that were processed.", s.Records),
		one("kq_streams_records_sent_total", "Records that brokers acknowledged, changelogs included.", s.Sent),
		one("kq_streams_commits_total", "Commits of threads.", s.Commits),
		one("kq_streams_records_failed_total", "Records that a handler of errors took out.", s.Failed),
		one("kq_streams_records_restored_total", "Changelog records that tasks read before they started.", s.Restored),
		one("kq_streams_restores_total", "How often a task read changelogs before it started.", s.Restores),
	}
	dropped := query.Metric{Name: "kq_streams_records_dropped_total", Help: "Records that an operator dropped, by operator and reason.", Type: "counter"}
	for _, reason := range sortedKeys(s.Drops) {
		dropped.Samples = append(dropped.Samples, query.Sample{Labels: []string{"reason", reason}, Value: float64(s.Drops[reason])})
	}
	tasks := query.Metric{Name: "kq_streams_tasks", Help: "Tasks of this process, by role.", Type: "gauge"}
	for _, role := range []run.Role{run.Active, run.Restoring, run.Standby} {
		n := 0
		for _, t := range s.Tasks {
			if t.Role == role {
				n++
			}
		}
		tasks.Samples = append(tasks.Samples, query.Sample{Labels: []string{"role", string(role)}, Value: float64(n)})
	}
	return append(out, dropped, tasks)
}

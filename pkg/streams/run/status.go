package run

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"kq/pkg/streams/run/assign"
	"kq/pkg/streams/run/fetcher"
)

// State is where an application is in its life.
type State string

// The states of a Runtime.
const (
	Created  State = "created"
	Starting State = "starting"
	// Running has joined or is joining its group.
	Running  State = "running"
	Stopping State = "stopping"
	Stopped  State = "stopped"
	Failed   State = "failed"
)

// Status is what an application does now.
type Status struct {
	State State
	// Waiting is since when members of another protocol (a JVM application that
	// was stopped) are waited for to leave the group, which they do when their
	// session times out; zero where nobody is waited for.
	Waiting time.Time
	// Records were processed since the start, Sent were acknowledged, changelogs included.
	Records, Sent int64
	// Commits counts those of threads; Failed and Dropped count records.
	Commits, Failed, Dropped int64
	// Restored counts the changelog records that tasks read before they started.
	Restored int64
	// Restores counts how often a task had to read changelogs before it could start.
	Restores int64
	// Drops counts dropped records by "node: reason".
	Drops map[string]int64
	// Lag is how many input records are not committed yet, as far as is known.
	Lag int64
	// Inputs are the positions of the partitions read here.
	Inputs []Input
	Tasks  []TaskStatus
}

// Input is a partition that is read.
type Input struct {
	Topic     string
	Partition int32
	// Committed is the position, End the end of the log as of the last read.
	Committed, End int64
}

// Role is what a process does with a task.
type Role string

// The roles of a task.
const (
	// Active is processing records.
	Active Role = "active"
	// Restoring will be active when its stores are filled.
	Restoring Role = "restoring"
	// Standby keeps a copy of the stores.
	Standby Role = "standby"
)

// TaskStatus is a task of this process.
type TaskStatus struct {
	ID     assign.TaskID
	Thread int
	Role   Role
	// StreamTime is in milliseconds since 1970, -1 before the first record.
	StreamTime int64
	// Restored of Restore records, while restoring.
	Restored, Restore int64
	// Restores is how often this process had to read changelogs before the task could run here.
	Restores int64
	Inputs   []Input
	Stores   []StoreStatus
}

// StoreStatus is how far a store with a changelog is.
type StoreStatus struct {
	Name string
	// Offset is the next one of the changelog to read or, of an active task, as
	// of the last commit; End is the end of its log when that was last asked for.
	Offset, End int64
}

// Lag is how many changelog records a standby or restoring store lacks.
func (t *TaskStatus) Lag(store string) int64 {
	for _, s := range t.Stores {
		if s.Name == store && t.Role != Active {
			return max(s.End-s.Offset, 0)
		}
	}
	return 0
}

// Status describes the application as of now. Any goroutine may call it.
func (rt *Runtime) Status() Status {
	rt.mu.Lock()
	s := Status{State: rt.state, Drops: map[string]int64{}}
	rt.mu.Unlock()
	for _, t := range rt.snapshot() {
		t.status(&s)
	}
	s.Restores = rt.restores.Load()
	slices.SortFunc(s.Tasks, func(a, b TaskStatus) int { return a.ID.Compare(b.ID) })
	slices.SortFunc(s.Inputs, func(a, b Input) int {
		return cmp.Or(strings.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	for _, in := range s.Inputs {
		s.Lag += max(in.End-in.Committed, 0)
	}
	return s
}

// Tasks are the tasks of this process.
func (rt *Runtime) Tasks() []TaskStatus { return rt.Status().Tasks }

func (rt *Runtime) snapshot() []*thread {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	return slices.Clone(rt.threads)
}

func (rt *Runtime) setState(s State) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	if rt.state != Failed {
		rt.state = s
	}
}

func (t *thread) status(s *Status) {
	s.Sent += t.s.Records()
	t.mu.Lock()
	defer t.mu.Unlock()
	s.Records += t.counts.records
	s.Commits += t.counts.commits
	s.Failed += t.counts.failed
	s.Dropped += t.counts.dropped
	s.Restored += t.counts.restored
	for k, n := range t.counts.drops {
		s.Drops[k] += n
	}
	if !t.waiting.IsZero() && (s.Waiting.IsZero() || t.waiting.Before(s.Waiting)) {
		s.Waiting = t.waiting
	}
	for k, at := range t.lags {
		s.Inputs = append(s.Inputs, Input{k.Topic, k.Partition, at[0], at[1]})
	}
	progress := t.progress()
	for _, x := range t.roles {
		if p, ok := progress[x.ID]; ok {
			x.Restored, x.Restore, x.Stores = p.done, p.total, p.stores
		}
		for k, at := range t.lags {
			if slices.Contains(t.parts[x.ID], k) {
				x.Inputs = append(x.Inputs, Input{k.Topic, k.Partition, at[0], at[1]})
			}
		}
		s.Tasks = append(s.Tasks, x)
	}
}

func (t *thread) progress() map[assign.TaskID]progress {
	if r := t.r.Load(); r != nil {
		return r.progress()
	}
	return nil
}

// publish notes the tasks of the thread for others to see.
func (t *thread) publish() {
	roles := make([]TaskStatus, 0, len(t.active)+len(t.restoring)+len(t.standby))
	parts := make(map[assign.TaskID][]fetcher.Key, len(t.active))
	for id, a := range t.active {
		x := TaskStatus{ID: id, Thread: t.n, Role: Active, StreamTime: a.t.StreamTime(), Restores: a.h.restores.Load()}
		for _, c := range a.h.changelogs {
			x.Stores = append(x.Stores, StoreStatus{c.spec.Name, c.at.Offset, max(c.at.Offset, c.end)})
		}
		roles = append(roles, x)
		parts[id] = a.parts
	}
	for id, h := range t.restoring {
		roles = append(roles, TaskStatus{ID: id, Thread: t.n, Role: Restoring, StreamTime: -1, Restores: h.restores.Load()})
	}
	for id, h := range t.standby {
		roles = append(roles, TaskStatus{ID: id, Thread: t.n, Role: Standby, StreamTime: -1, Restores: h.restores.Load()})
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.roles, t.parts = roles, parts
}

// settled says that nothing waits to be assigned or restored.
func (t *thread) settled() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.event == nil && t.lost == nil && t.met
}

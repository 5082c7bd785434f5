package run

import (
	"maps"
	"slices"
	"time"

	"kq/pkg/streams/run/assign"
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
	// Waiting is until when members of another protocol may stay in the group (a
	// JVM application that was stopped); zero where nobody is waited for.
	Waiting time.Time
	// Records were processed since the start, Sent were acknowledged, changelogs included.
	Records, Sent int64
	// Commits counts those of threads; Failed and Dropped count records.
	Commits, Failed, Dropped int64
	// Restored counts the changelog records that tasks read before they started.
	Restored int64
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

// TaskStatus is a task of this process.
type TaskStatus struct {
	ID     assign.TaskID
	Thread int
	// Role is active, restoring or standby.
	Role string
	// Restored of Restore records, while restoring.
	Restored, Restore int64
}

// Status describes the application as of now. Any goroutine may call it.
func (rt *Runtime) Status() Status {
	rt.mu.Lock()
	s := Status{State: rt.state, Drops: map[string]int64{}}
	rt.mu.Unlock()
	for _, t := range rt.snapshot() {
		t.status(&s)
	}
	slices.SortFunc(s.Tasks, func(a, b TaskStatus) int { return a.ID.Compare(b.ID) })
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
	if t.waiting.After(s.Waiting) {
		s.Waiting = t.waiting
	}
	for k, at := range t.lags {
		s.Inputs = append(s.Inputs, Input{k.Topic, k.Partition, at[0], at[1]})
	}
	s.Tasks = append(s.Tasks, t.roles...)
	for i := range s.Tasks {
		if p, ok := t.progress()[s.Tasks[i].ID]; ok && s.Tasks[i].Role != "active" {
			s.Tasks[i].Restored, s.Tasks[i].Restore = p[0], p[1]
		}
	}
}

func (t *thread) progress() map[assign.TaskID][2]int64 {
	if t.r == nil {
		return nil
	}
	return t.r.progress()
}

// publish notes the tasks of the thread for others to see.
func (t *thread) publish() {
	var roles []TaskStatus
	for _, id := range slices.SortedFunc(maps.Keys(t.active), assign.TaskID.Compare) {
		roles = append(roles, TaskStatus{ID: id, Thread: t.n, Role: "active"})
	}
	for id := range t.restoring {
		roles = append(roles, TaskStatus{ID: id, Thread: t.n, Role: "restoring"})
	}
	for id := range t.standby {
		roles = append(roles, TaskStatus{ID: id, Thread: t.n, Role: "standby"})
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.roles = roles
}

// settled says that nothing waits to be assigned or restored.
func (t *thread) settled() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.event == nil && t.lost == nil && t.met
}

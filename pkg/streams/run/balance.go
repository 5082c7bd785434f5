package run

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"kq/pkg/streams/run/assign"
	"kq/pkg/streams/run/fetcher"
	"kq/pkg/streams/run/member"
	"kq/pkg/streams/task"
)

// membership is how a thread is in the group.
func (t *thread) membership() member.Options {
	o := &t.rt.o
	return member.Options{
		Client: t.cl, Group: o.App, Protocol: assign.Protocol, Instance: t.instance(), Session: o.Session, Heartbeat: o.Heartbeat,
		Subscribe: t.subscribe, Balance: t.rt.balance, Assigned: t.onAssigned, Lost: t.onLost, Waiting: t.onWaiting,
	}
}

func (t *thread) instance() string {
	if t.rt.o.InstanceID == "" {
		return ""
	}
	return t.rt.o.InstanceID + "-" + strconv.Itoa(t.n+1)
}

// subscribe tells the group what this thread runs and what its process keeps.
func (t *thread) subscribe() ([]byte, error) {
	s := &assign.Subscription{
		Process: t.rt.dir.process, Thread: t.n, Endpoint: t.rt.o.Listen,
		Generation: t.m.Now().Number, Offsets: t.rt.holders.offsets(),
	}
	t.mu.Lock()
	for id := range t.claimed {
		s.Owned = append(s.Owned, id)
		s.Offsets[id] = assign.Latest
	}
	t.mu.Unlock()
	slices.SortFunc(s.Owned, assign.TaskID.Compare)
	return assign.EncodeSubscription(t.rt.l.inputTopics(t.rt.o.App), s)
}

// inputTopics are all topics that tasks read, on the broker.
func (l *layout) inputTopics(app string) []string {
	set := map[string]bool{}
	for _, s := range l.subs {
		for _, t := range task.InputTopics(app, s) {
			set[t] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// onAssigned notes an assignment for the thread. Tasks that it gets are claimed
// at once: the next join must not deny them.
func (t *thread) onAssigned(g member.Generation, b []byte) {
	_, a, err := assign.DecodeAssignment(b)
	if err != nil {
		a = &assign.Assignment{Error: err.Error()}
	}
	t.mu.Lock()
	t.event, t.waiting = &assignment{g, a}, time.Time{}
	for _, id := range a.Active {
		t.claimed[id] = true
	}
	t.mu.Unlock()
	t.nudge()
}

func (t *thread) onLost(err error) {
	t.mu.Lock()
	t.lost, t.event, t.claimed = err, nil, map[assign.TaskID]bool{}
	t.mu.Unlock()
	t.nudge()
}

func (t *thread) onWaiting(since time.Time) {
	t.mu.Lock()
	t.waiting = since
	t.mu.Unlock()
	t.rt.o.Logger.Info("waiting for the members of another protocol to leave the group", "group", t.rt.o.App, "seconds_waited", int(time.Since(since).Seconds()))
}

// balance plans the group.
func (rt *Runtime) balance(ctx context.Context, peers []member.Peer) (map[string][]byte, error) {
	req := &assign.Request{Standbys: rt.o.Standbys, Warmups: rt.o.Warmups, AcceptableLag: rt.o.AcceptableLag}
	for _, p := range peers {
		_, s, err := assign.DecodeSubscription(p.Metadata)
		if err != nil {
			return nil, fmt.Errorf("member %s: %w", p.ID, err)
		}
		req.Members = append(req.Members, assign.Member{ID: p.ID, Subscription: *s})
	}
	// What more partitions do not allow is told by watchInputs: the group goes on until then.
	if _, err := rt.grow(ctx); err != nil && !wrongCounts(err) {
		return nil, err
	}
	var err error
	if req.Tasks, err = rt.assignable(ctx); err != nil {
		return nil, err
	}
	plan := assign.Make(req)
	out := make(map[string][]byte, len(plan.Members))
	for id, a := range plan.Members {
		parts := map[string][]int32{}
		for _, x := range a.Active {
			for _, topic := range task.InputTopics(rt.o.App, rt.l.subs[x.Sub]) {
				if x.Partition < rt.l.partitions(topic) {
					parts[topic] = append(parts[topic], x.Partition)
				}
			}
		}
		if out[id], err = assign.EncodeAssignment(parts, a); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// assignable lists the tasks with the ends of their changelogs.
func (rt *Runtime) assignable(ctx context.Context) ([]assign.Task, error) {
	var tasks []assign.Task
	var parts []fetcher.Key
	for id := range rt.l.subs {
		for p := range rt.l.tasks(id) {
			t := assign.Task{ID: assign.TaskID{Sub: id, Partition: p}}
			for _, s := range rt.l.subs[id].Stores {
				if !s.Unlogged {
					t.Stateful = true
					parts = append(parts, fetcher.Key{Topic: task.ChangelogTopic(rt.o.App, s), Partition: p})
				}
			}
			tasks = append(tasks, t)
		}
	}
	ends, err := listOffsets(ctx, rt.cl, logEnd, rt.o.Guarantee == ExactlyOnce, parts)
	if err != nil {
		return nil, err
	}
	for i := range tasks {
		for _, s := range rt.l.subs[tasks[i].ID.Sub].Stores {
			if !s.Unlogged {
				tasks[i].End += ends[fetcher.Key{Topic: task.ChangelogTopic(rt.o.App, s), Partition: tasks[i].ID.Partition}]
			}
		}
	}
	slices.SortFunc(tasks, func(a, b assign.Task) int { return a.ID.Compare(b.ID) })
	return tasks, nil
}

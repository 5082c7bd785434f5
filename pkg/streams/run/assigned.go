package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"kq/pkg/streams/run/assign"
	"kq/pkg/streams/run/fetcher"
	"kq/pkg/streams/run/member"
	"kq/pkg/streams/run/sender"
	"kq/pkg/streams/state"
	"kq/pkg/streams/task"
	"kq/pkg/streams/topology"
)

// events handles what the group and the restorer said.
func (t *thread) events(ctx context.Context) error {
	t.mu.Lock()
	lost, event := t.lost, t.event
	t.lost, t.event = nil, nil
	t.mu.Unlock()
	if lost != nil {
		t.mu.Lock()
		t.event = event
		t.mu.Unlock()
		return lost
	}
	if event != nil && event.g == t.m.Now() { // else a later one comes
		if err := t.assigned(ctx, event); err != nil {
			return err
		}
	}
	for _, id := range t.wanted {
		if err := t.acquire(id, false); err != nil {
			return err
		}
	}
	for {
		select {
		case x := <-t.r.Load().done:
			if err := t.restored(ctx, x); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// assigned gives up what is not ours any more, after a commit of everything,
// and begins what is new. When something was given up the group meets again,
// so that another member can have it.
func (t *thread) assigned(ctx context.Context, e *assignment) error {
	if e.plan.Error != "" {
		return errors.New(e.plan.Error)
	}
	if err := t.rt.know(ctx, e.plan); err != nil {
		return err
	}
	ours := map[assign.TaskID]bool{}
	for _, id := range e.plan.Active {
		ours[id] = true
	}
	var revoked []assign.TaskID
	for id := range t.active {
		if !ours[id] {
			revoked = append(revoked, id)
		}
	}
	if len(revoked) > 0 {
		if err := t.commit(ctx); err != nil {
			t.mu.Lock()
			if t.event == nil {
				t.event = e // again, after what the failure asks for
			}
			t.mu.Unlock()
			return err
		}
	}
	again := len(revoked) > 0
	for _, id := range revoked {
		t.drop(id)
	}
	for id, h := range t.restoring {
		if !ours[id] {
			again = true
			t.r.Load().stop(id)
			t.rt.holders.release(h)
			delete(t.restoring, id)
		}
	}
	t.wanted = nil
	t.setStandbys(e.plan.Standby)
	for _, id := range e.plan.Active {
		if t.active[id] == nil && t.restoring[id] == nil {
			if err := t.acquire(id, false); err != nil {
				return err
			}
		}
	}
	for _, id := range e.plan.Standby {
		if t.standby[id] == nil {
			if err := t.acquire(id, true); err != nil {
				return err
			}
		}
	}
	t.claim(ours)
	t.rt.setHosts(e.plan.Hosts)
	t.rt.probe(t, e.plan.Probe)
	if again {
		t.m.Rejoin()
	}
	return nil
}

// claim notes which active tasks are ours, to be told at the next join.
func (t *thread) claim(ours map[assign.TaskID]bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.event == nil {
		t.claimed = ours
	}
	t.met = true
}

func (t *thread) setStandbys(ids []assign.TaskID) {
	for id, h := range t.standby {
		if !slices.Contains(ids, id) {
			t.r.Load().stop(id)
			t.rt.holders.release(h)
			delete(t.standby, id)
		}
	}
}

// acquire begins the restore of a task. One that another thread of the process
// still has is tried again.
func (t *thread) acquire(id assign.TaskID, standby bool) error {
	t.wanted = slices.DeleteFunc(t.wanted, func(x assign.TaskID) bool { return x == id })
	h, err := t.rt.holders.take(id)
	if errors.Is(err, errBusy) {
		if !standby {
			t.wanted = append(t.wanted, id)
		}
		return nil
	}
	if err != nil {
		return err
	}
	if err := h.load(); err != nil {
		return err
	}
	if standby {
		t.standby[id] = h
	} else {
		t.restoring[id] = h
	}
	t.r.Load().begin(h, standby)
	return nil
}

// drop closes a task whose work is committed, or void.
func (t *thread) drop(id assign.TaskID) {
	a := t.active[id]
	if a == nil {
		return
	}
	for _, p := range a.parts {
		t.f.Remove(p.Topic, p.Partition)
		t.mu.Lock()
		delete(t.lags, p)
		t.mu.Unlock()
	}
	if err := a.t.Close(); err != nil {
		t.rt.o.Logger.Warn("close task", "task", id.String(), "err", err)
	}
	a.h.db.Discard()
	a.h.feed.Discard()
	delete(t.active, id)
	t.reorder()
	t.rt.holders.release(a.h)
}

func (t *thread) reorder() {
	t.order = t.order[:0]
	for _, id := range slices.SortedFunc(maps.Keys(t.active), assign.TaskID.Compare) {
		t.order = append(t.order, t.active[id])
	}
}

// restored starts a task whose stores are full.
func (t *thread) restored(ctx context.Context, x *restoring) error {
	id := x.h.id
	if t.standby[id] == x.h {
		delete(t.standby, id)
		t.rt.holders.release(x.h)
		return t.startAgain(id, true, x.err)
	}
	if t.restoring[id] != x.h {
		return nil // given up meanwhile
	}
	delete(t.restoring, id)
	if x.err != nil {
		t.rt.holders.release(x.h)
		return t.startAgain(id, false, fmt.Errorf("start task %s: %w", id, x.err))
	}
	t.rt.o.Logger.Info("task starts", "task", id.String(), "restored", x.total)
	t.mu.Lock()
	t.counts.restored += x.total
	t.mu.Unlock()
	a := &active{h: x.h, committed: map[fetcher.Key]task.Position{}, paused: map[fetcher.Key]bool{}, epochs: map[fetcher.Key][]fetcher.Epoch{}}
	x.h.log = t.logger(x.h)
	var err error
	a.t, err = task.New(task.Config{
		ID: task.ID(id), Sub: x.h.sub, App: t.rt.o.App, Send: t.send, MaxIdle: t.rt.o.MaxIdle,
		Wall: t.rt.o.Clock().UnixMilli(), Store: t.rt.storeOf(x.h), Drop: t.dropped,
	})
	if err != nil {
		t.rt.holders.release(x.h)
		return err
	}
	t.active[id] = a
	t.reorder()
	return t.begin(ctx, a, x.inputs)
}

// startAgain makes the state of a task anew where its files turned out to be
// corrupt in its restore; other errors it gives back.
func (t *thread) startAgain(id assign.TaskID, standby bool, err error) error {
	var damaged *damage
	if !errors.As(damageOf(id, err), &damaged) {
		return err
	}
	if err := t.rt.holders.renew(damaged); err != nil {
		return err
	}
	return t.acquire(id, standby)
}

// begin reads the inputs of a task from where the group is.
func (t *thread) begin(ctx context.Context, a *active, from map[fetcher.Key]task.Position) error {
	for topic, parts := range a.t.Partitions() {
		for _, p := range parts {
			if p < t.rt.l.partitions(topic) {
				a.parts = append(a.parts, fetcher.Key{Topic: topic, Partition: p})
			} else {
				a.t.Fetched(topic, p, 0, 0) // a topic with fewer partitions
			}
		}
	}
	ends, err := listOffsets(ctx, t.cl, logEnd, t.rt.o.Guarantee == ExactlyOnce, a.parts)
	if err != nil {
		return err
	}
	for _, k := range a.parts {
		at, ok := from[k]
		if !ok {
			if at, err = t.reset(ctx, a, k); err != nil {
				return err
			}
		} else {
			a.committed[k] = at
		}
		a.t.Resume(at)
		a.t.Fetched(k.Topic, k.Partition, at.Next, ends[k])
		t.mu.Lock()
		t.lags[k] = [2]int64{at.Next, ends[k]}
		t.mu.Unlock()
		t.f.Add(k.Topic, k.Partition, at.Next)
	}
	return nil
}

// reset is where to begin without a position.
func (t *thread) reset(ctx context.Context, a *active, k fetcher.Key) (task.Position, error) {
	policy, place := t.rt.o.OffsetReset, logStart
	for _, n := range a.h.sub.Sources() {
		for _, topic := range n.Source.Topics {
			if task.TopicName(t.rt.o.App, topic, n.Source.Internal) == k.Topic {
				policy = resetOf(n.Source, policy)
			}
		}
	}
	switch policy {
	case "none":
		return task.Position{}, fmt.Errorf("%s-%d has no committed position and the offset reset is none", k.Topic, k.Partition)
	case "latest":
		place = logEnd
	}
	at, err := listOffsets(ctx, t.cl, place, t.rt.o.Guarantee == ExactlyOnce, []fetcher.Key{k})
	return task.Position{Topic: k.Topic, Partition: k.Partition, Next: at[k], Time: -1}, err
}

func resetOf(s *topology.Source, def string) string {
	if s.Internal {
		return "earliest"
	}
	return or(s.OffsetReset, def)
}

// logger sends the changelog records of a task's stores.
func (t *thread) logger(h *holder) state.Log {
	return func(s *state.Spec, key, value []byte, ts int64, headers []state.Header) {
		topic := t.names[s]
		if topic == "" {
			topic = task.ChangelogTopic(t.rt.o.App, s)
			t.names[s] = topic
		}
		r := sender.Record{Topic: topic, Partition: h.id.Partition, Key: key, Value: value, Timestamp: ts}
		for _, x := range headers {
			r.Headers = append(r.Headers, topology.Header{Key: x.Key, Value: x.Value})
		}
		if err := t.s.Send(t.rt.ctx, &r); err != nil && t.generic == nil {
			t.generic = err
		}
	}
}

func (t *thread) dropped(node, reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.dropped++
	t.counts.drops[node+": "+reason]++
}

// group is the member's name for commits.
func (t *thread) group(g member.Generation) sender.Group {
	out := sender.Group{ID: t.rt.o.App, Member: g.Member, Generation: g.Number}
	if id := t.instance(); id != "" {
		out.Instance = &id
	}
	return out
}

package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/streams/run/ask"
	"kq/pkg/streams/run/assign"
	"kq/pkg/streams/run/fetcher"
	"kq/pkg/streams/run/member"
	"kq/pkg/streams/run/sender"
	"kq/pkg/streams/state"
	"kq/pkg/streams/task"
)

// pendingChanges is how many changes of a store's entries force a commit.
const pendingChanges = 2_000_000

// stopTimeout bounds the last commit of a thread.
const stopTimeout = 15 * time.Second

// commitDue commits when it is time. With Once an idle thread commits at once.
func (t *thread) commitDue(ctx context.Context, idle bool) error {
	now := t.rt.o.Clock()
	every := t.rt.o.Commit
	if idle && t.rt.o.Once {
		every = min(every, 20*time.Millisecond)
	}
	if now.Sub(t.commitAt) < every && now.After(t.commitAt.Add(-every)) && !t.full() {
		return nil
	}
	if err := t.commit(ctx); err != nil {
		return err
	}
	t.purge(now)
	return nil
}

func (t *thread) full() bool {
	for _, a := range t.order {
		if a.h.db.Pending() > pendingChanges {
			return true
		}
	}
	return false
}

// done is a task with what a commit will make of it.
type done struct {
	a         *active
	positions []task.Position
}

// commit commits all tasks: outputs and changelogs are flushed, the positions
// go to the broker (in the transaction under ExactlyOnce), then the stores and
// what they belong to are written in one batch each.
func (t *thread) commit(ctx context.Context) error {
	defer func() { t.commitAt = t.rt.o.Clock() }()
	unlock := t.rt.globals.lock()
	for _, a := range t.order {
		if err := a.t.PrepareCommit(); err != nil {
			if err = t.handle(a, err); err != nil {
				unlock()
				return err
			}
		}
	}
	unlock()
	if err := t.flush(ctx); err != nil {
		return err
	}
	var all []done
	var offsets []sender.Offset
	for _, a := range t.order {
		d := done{a: a, positions: a.t.Positions()}
		all = append(all, d)
		for _, p := range d.positions {
			k := fetcher.Key{Topic: p.Topic, Partition: p.Partition}
			if have, ok := a.committed[k]; (ok && have.Next == p.Next) || p.Partition >= t.rt.l.partitions(p.Topic) {
				continue
			}
			offsets = append(offsets, sender.Offset{Topic: p.Topic, TopicID: t.rt.l.ids[p.Topic], Partition: p.Partition, Offset: p.Next, Metadata: p.Metadata()})
		}
	}
	if len(offsets) == 0 && !t.s.Open() {
		return nil
	}
	if err := t.commitOffsets(ctx, offsets); err != nil {
		return err
	}
	for _, d := range all {
		if err := t.save(d); err != nil {
			return damageOf(d.a.h.id, fmt.Errorf("commit the state of task %s: %w", d.a.h.id, err))
		}
	}
	t.mu.Lock()
	t.counts.commits++
	t.mu.Unlock()
	return nil
}

// flush waits until everything is acknowledged, and deals with what brokers refused.
func (t *thread) flush(ctx context.Context) error {
	for {
		if err := t.s.Flush(ctx); err != nil {
			return err
		}
		bad := t.s.Rejected()
		if len(bad) == 0 {
			return t.generic
		}
		for _, r := range bad {
			if err := t.rejected(ctx, r); err != nil {
				return err
			}
		}
	}
}

// commitOffsets commits under the generation of now; when the group has met
// meanwhile, under the next: the tasks are still ours then.
func (t *thread) commitOffsets(ctx context.Context, offsets []sender.Offset) error {
	g := t.m.Now()
	for {
		if g.Number < 0 {
			return member.ErrLost
		}
		err := t.s.Commit(ctx, t.group(g), offsets)
		if !errors.Is(err, kerr.IllegalGeneration) && !errors.Is(err, kerr.RebalanceInProgress) {
			return err
		}
		t.rt.o.Logger.Debug("commit again after the rebalance", "generation", g.Number, "err", err)
		next := g
		if errors.Is(err, kerr.RebalanceInProgress) {
			next.Number-- // the same generation will do when the group has synced
			if err := ask.Pause(ctx, 10*time.Millisecond); err != nil {
				return err
			}
		}
		if g, err = t.m.Next(ctx, next); err != nil {
			return err
		}
	}
}

// save writes a task's stores with the positions that belong to them.
func (t *thread) save(d done) error {
	c := state.Checkpoint{Changelogs: map[string]state.Position{}, Inputs: map[string]map[int32]int64{}, StreamTime: d.a.t.StreamTime()}
	for _, p := range d.positions {
		k := fetcher.Key{Topic: p.Topic, Partition: p.Partition}
		d.a.committed[k] = p
		if c.Inputs[p.Topic] == nil {
			c.Inputs[p.Topic] = map[int32]int64{}
		}
		c.Inputs[p.Topic][p.Partition] = p.Next
		t.mu.Lock()
		t.lags[k] = [2]int64{p.Next, t.lags[k][1]}
		t.mu.Unlock()
	}
	for _, l := range d.a.h.changelogs {
		if l.spec.SourceTopic != "" {
			k := fetcher.Key{Topic: l.topic, Partition: d.a.h.id.Partition}
			if p, ok := d.a.committed[k]; ok && p.Next != l.at.Offset {
				l.at.Offset, l.at.Epoch = p.Next, d.a.epochAt(k, p.Next-1)
			}
		} else if at := t.s.Acknowledged(l.topic, d.a.h.id.Partition); at.Next > l.at.Offset {
			l.at.Offset, l.at.Epoch = at.Next, at.Epoch
		}
		c.Changelogs[l.spec.Name] = l.at
	}
	if err := d.a.h.db.Commit(c); err != nil {
		return err
	}
	d.a.h.feed.Commit()
	return nil
}

// recover deals with the failure of a step. What another attempt can mend is
// mended: the work since the last commit is dropped and done again.
func (t *thread) recover(ctx context.Context, err error) error {
	var damaged *damage
	errors.As(err, &damaged)
	lost := errors.Is(err, member.ErrLost) || errors.Is(err, kerr.UnknownMemberID) || errors.Is(err, kerr.FencedInstanceID)
	fenced := errors.Is(err, sender.ErrFenced) || errors.Is(err, sender.ErrUnknownOutcome) || errors.Is(err, errAgain)
	if !lost && !fenced && damaged == nil {
		return err
	}
	if damaged == nil { // else renew says it
		t.rt.o.Logger.Warn("the work since the last commit is dropped", "thread", t.n, "err", err)
	}
	ids := t.letGo()
	t.generic = nil
	if t.s.Transactional() {
		if err := t.s.Abort(ctx); err != nil {
			return fmt.Errorf("abort the transaction: %w", err)
		}
	} else if e := t.s.Flush(ctx); e != nil {
		return e
	}
	_ = t.s.Rejected() // of work that is dropped
	if damaged != nil {
		if err := t.rt.holders.renew(damaged); err != nil {
			return err
		}
	}
	if lost {
		t.setStandbys(nil)
		t.claim(map[assign.TaskID]bool{})
		return nil // the next assignment says what is ours
	}
	for _, id := range ids {
		if err := t.acquire(id, false); err != nil {
			return err
		}
	}
	return nil
}

// letGo drops the tasks that run or are restored, with their work since the
// last commit, and says which they were.
func (t *thread) letGo() []assign.TaskID {
	var ids []assign.TaskID
	for id := range t.active {
		ids = append(ids, id)
	}
	for _, id := range ids {
		t.drop(id)
	}
	for id, h := range t.restoring {
		t.r.Load().stop(id)
		t.rt.holders.release(h)
		delete(t.restoring, id)
		ids = append(ids, id)
	}
	return ids
}

// stop commits what was done and lets go of everything.
func (t *thread) stop(failed error) error {
	var err error
	if failed == nil && t.rt.alive.Err() == nil {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		if err = t.commit(ctx); err != nil {
			err = fmt.Errorf("last commit: %w", err)
			if errors.Is(err, member.ErrLost) || errors.Is(err, kerr.UnknownMemberID) || errors.Is(err, sender.ErrFenced) {
				err = nil // others have the tasks
			}
		}
	}
	t.letGo()
	t.setStandbys(nil)
	return err
}

// purge deletes the records of repartition topics that are committed.
func (t *thread) purge(now time.Time) {
	if t.rt.o.Purge < 0 || now.Sub(t.purgeAt) < t.rt.o.Purge || !t.purging.CompareAndSwap(false, true) {
		return
	}
	t.purgeAt = now
	offsets := kadm.Offsets{}
	for _, a := range t.order {
		for k, p := range a.committed {
			if t.rt.l.repart[k.Topic] && p.Next > 0 {
				offsets.Add(kadm.Offset{Topic: k.Topic, Partition: k.Partition, At: p.Next})
			}
		}
	}
	go func() {
		defer t.purging.Store(false)
		if len(offsets) == 0 {
			return
		}
		if _, err := t.rt.adm.DeleteRecords(t.rt.ctx, offsets); err != nil {
			t.rt.o.Logger.Debug("purge repartition topics", "err", err)
		}
	}()
}

package run

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/streams/run/assign"
	"kq/pkg/streams/run/fetcher"
	"kq/pkg/streams/run/member"
	"kq/pkg/streams/run/sender"
	"kq/pkg/streams/state"
	"kq/pkg/streams/task"
)

// slice is how many records of a task are processed before others get a turn.
const slice = 512

// bufferedRecords is how many records of a partition wait before its reading
// is paused (buffered.records.per.partition).
const bufferedRecords = 1000

// thread runs tasks. What is not marked otherwise belongs to its goroutine.
type thread struct {
	rt   *Runtime
	n    int
	cl   *kgo.Client // reads, joins and sends
	rcl  *kgo.Client // restores
	f    *fetcher.Fetcher
	s    *sender.Sender
	m    *member.Member
	r    atomic.Pointer[restorer]
	wake chan struct{}

	active    map[assign.TaskID]*active
	order     []*active // by id
	restoring map[assign.TaskID]*holder
	standby   map[assign.TaskID]*holder
	wanted    []assign.TaskID // that another thread has not let go of yet
	generic   error           // of the changelog of a put, which cannot say so
	commitAt  time.Time       // when the last commit was
	purgeAt   time.Time
	shown     time.Time // when the tasks were published
	purging   atomic.Bool
	names     map[*state.Spec]string // changelog topics

	mu      sync.Mutex
	event   *assignment                     // guarded by mu; the latest that was not handled
	lost    error                           // guarded by mu; the group went on without us
	claimed map[assign.TaskID]bool          // guarded by mu; active tasks that are ours, or will be
	counts  counts                          // guarded by mu
	lags    map[fetcher.Key][2]int64        // guarded by mu; position and end of each input
	waiting time.Time                       // guarded by mu; members of another protocol are waited for
	roles   []TaskStatus                    // guarded by mu; the tasks, for others to see
	parts   map[assign.TaskID][]fetcher.Key // guarded by mu; the inputs of active tasks
	met     bool                            // guarded by mu; an assignment was handled
}

// assignment is what the group said.
type assignment struct {
	g    member.Generation
	plan *assign.Assignment
}

// counts of a thread.
type counts struct {
	records, dropped, failed, commits, restored int64
	drops                                       map[string]int64
}

// active is a task that runs.
type active struct {
	h         *holder
	t         *task.Task
	parts     []fetcher.Key
	committed map[fetcher.Key]task.Position
	paused    map[fetcher.Key]bool
	epochs    map[fetcher.Key][]fetcher.Epoch // of what was read and may not be committed yet
}

// read notes the leader epochs of a chunk.
func (a *active) read(c *fetcher.Chunk) {
	for _, e := range c.Epochs {
		if have := a.epochs[c.Key]; len(have) == 0 || have[len(have)-1].Epoch != e.Epoch {
			a.epochs[c.Key] = append(have, e)
		}
	}
}

// epochAt is the leader epoch of a record that was read, -1 where unknown. What
// is before it is forgotten.
func (a *active) epochAt(k fetcher.Key, offset int64) int32 {
	all := a.epochs[k]
	for len(all) > 1 && all[1].Offset <= offset {
		all = all[1:]
	}
	a.epochs[k] = all
	if len(all) == 0 || all[0].Offset > offset {
		return -1
	}
	return all[0].Epoch
}

func newThread(ctx context.Context, rt *Runtime, n int) (*thread, error) {
	t := &thread{
		rt: rt, n: n, wake: make(chan struct{}, 1), active: map[assign.TaskID]*active{}, restoring: map[assign.TaskID]*holder{},
		standby: map[assign.TaskID]*holder{}, claimed: map[assign.TaskID]bool{}, lags: map[fetcher.Key][2]int64{},
		names: map[*state.Spec]string{}, counts: counts{drops: map[string]int64{}},
	}
	now := rt.o.Clock()
	t.commitAt, t.purgeAt = now, now
	var err error
	var limits []kgo.Opt
	if rt.o.Guarantee == ExactlyOnce {
		limits = sender.ClientOpts(rt.version)
	}
	if t.cl, err = rt.client(limits...); err != nil {
		return nil, err
	}
	if t.rcl, err = rt.client(); err != nil {
		t.cl.Close()
		return nil, err
	}
	so := sender.Options{
		Client: t.cl, TransactionTimeout: rt.o.TransactionTimeout, Now: rt.o.Clock,
		Linger: rt.o.Linger, BatchBytes: int(rt.o.BatchBytes), Compressor: rt.o.compressor(),
	}
	if rt.o.Guarantee == ExactlyOnce {
		so.TransactionVersion = rt.version
		so.TransactionalID = fmt.Sprintf("%s-%s-%d", rt.o.App, rt.dir.process, n+1)
	}
	if t.s, err = sender.New(ctx, so); err != nil {
		t.cl.Close()
		t.rcl.Close()
		return nil, err
	}
	t.f = fetcher.New(fetcher.Options{Client: t.cl, Committed: rt.o.Guarantee == ExactlyOnce, Lazy: true, Hold: true})
	t.m, err = member.New(t.membership())
	return t, err
}

// run runs tasks until ctx ends, commits what was done and leaves the group.
func (t *thread) run(ctx context.Context) error {
	rctx, stopRestore := context.WithCancel(context.WithoutCancel(ctx))
	r := newRestorer(rctx, t.rcl, &t.rt.o, t.rt.l, &t.rt.restores)
	t.r.Store(r)
	mctx, leave := context.WithCancel(context.WithoutCancel(ctx))
	joined := make(chan error, 1)
	go func() { joined <- t.m.Run(mctx) }()

	// A stop does not cut off requests: a commit that is under way is to end.
	work, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(stopTimeout, cut) })()
	defer context.AfterFunc(t.rt.alive, cut)() // a closed client's errors are many, and some look as if asking again may help
	err := t.loop(ctx, work, joined)
	err = errors.Join(err, t.stop(err))
	leave()
	if e := <-joined; err == nil {
		err = e
	}
	stopRestore()
	r.close()
	t.f.Close()
	t.s.Close()
	t.rcl.Close()
	t.cl.Close()
	return err
}

// loop is the thread's work, until ctx ends. Requests are made under work. An
// end of the member stays in joined, where run waits for it.
func (t *thread) loop(ctx, work context.Context, joined chan error) error {
	for ctx.Err() == nil {
		select {
		case err := <-joined:
			joined <- err
			return errors.Join(errors.New("the member left its group"), err)
		default:
		}
		n, err := t.step(work)
		switch {
		case err != nil:
			if err = t.recover(work, err); err != nil {
				return err
			}
		case n == 0:
			t.rest(ctx)
		}
	}
	return nil
}

// step is one round: what the group said, what was restored and read, records,
// punctuations, and a commit when it is time. It says how many records it took.
func (t *thread) step(ctx context.Context) (int, error) {
	if err := t.events(ctx); err != nil {
		return 0, err
	}
	t.feed()
	if n := t.rt.o.Clock(); n.Sub(t.shown) > 20*time.Millisecond || n.Before(t.shown) {
		t.shown = n
		t.publish()
	}
	n, err := t.process()
	if err != nil {
		return n, err
	}
	if err := t.commitDue(ctx, n == 0); err != nil {
		return n, err
	}
	if n > 0 || t.rt.o.Linger > 0 {
		return n, t.s.Poke()
	}
	return 0, t.s.Push()
}

// rest waits for something to do.
func (t *thread) rest(ctx context.Context) {
	now := t.rt.o.Clock()
	d := min(100*time.Millisecond, t.commitAt.Add(t.rt.o.Commit).Sub(now))
	for _, a := range t.order {
		if at := a.t.NextPunctuation(); at >= 0 {
			d = min(d, time.UnixMilli(at).Sub(now))
		}
	}
	if left, ok := t.s.Lingers(); ok {
		d = min(d, left)
	}
	if len(t.wanted) > 0 {
		d = min(d, 5*time.Millisecond)
	}
	timer := time.NewTimer(max(d, time.Millisecond))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-t.f.Ready():
	case <-t.wake:
	case x := <-t.r.Load().done:
		t.r.Load().done <- x // for events; its buffer is large enough
	case <-timer.C:
	}
}

func (t *thread) nudge() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// feed gives the tasks what was read.
func (t *thread) feed() {
	chunks := t.f.Take()
	for i := range chunks {
		c := &chunks[i]
		a := t.ownerOf(c.Key)
		if a == nil {
			continue
		}
		if c.Err != nil {
			t.generic = errors.Join(t.generic, t.unreadable(a, c))
			continue
		}
		for _, b := range c.Batches {
			if err := a.t.AddBatch(c.Topic, c.Partition, b); err != nil {
				t.generic = errors.Join(t.generic, err)
			}
		}
		a.read(c)
		a.t.Fetched(c.Topic, c.Partition, c.Next, c.End)
		t.mu.Lock()
		t.lags[c.Key] = [2]int64{t.lags[c.Key][0], c.End}
		t.mu.Unlock()
		if a.t.Buffered(c.Topic, c.Partition) >= bufferedRecords {
			a.paused[c.Key] = true
		} else {
			t.f.Pause(c.Topic, c.Partition, false)
		}
	}
}

func (t *thread) ownerOf(k fetcher.Key) *active {
	for _, a := range t.order {
		for _, p := range a.parts {
			if p == k {
				return a
			}
		}
	}
	return nil
}

// process gives each task its turn.
func (t *thread) process() (int, error) {
	if t.generic != nil {
		err := t.generic
		t.generic = nil
		return 0, err
	}
	unlock := t.rt.globals.lock()
	defer unlock()
	total := 0
	for _, a := range t.order {
		wall := t.rt.o.Clock().UnixMilli()
		n := 0
		for n < slice {
			took, err := a.t.Process(wall)
			if err != nil {
				if err = t.handle(a, err); err != nil {
					return total, err
				}
			}
			if !took {
				break
			}
			n++
		}
		total += n
		if err := a.t.Punctuate(wall); err != nil {
			if err = t.handle(a, err); err != nil {
				return total, err
			}
		}
		for k := range a.paused {
			if a.t.Buffered(k.Topic, k.Partition) < bufferedRecords {
				delete(a.paused, k)
				t.f.Pause(k.Topic, k.Partition, false)
			}
		}
	}
	if total > 0 {
		t.mu.Lock()
		t.counts.records += int64(total)
		t.mu.Unlock()
	}
	return total, t.generic
}

// send takes a record of a task.
func (t *thread) send(o *task.Output) error {
	r := sender.Record{Topic: o.Topic, Partition: o.Partition, PartitionKey: o.PartitionKey, Key: o.Key, Value: o.Value, Timestamp: o.Timestamp, Headers: o.Headers}
	if o.Choose != nil {
		n, err := t.s.Partitions(t.rt.ctx, o.Topic)
		if err != nil {
			return err
		}
		if r.Partition, err = o.Choose(n); err != nil {
			return err
		}
	}
	return t.s.Send(t.rt.ctx, &r)
}

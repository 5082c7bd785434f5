package run

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/streams/run/ask"
	"kq/pkg/streams/run/assign"
	"kq/pkg/streams/run/fetcher"
	"kq/pkg/streams/state"
	"kq/pkg/streams/task"
)

// restoring is a task whose stores are being filled.
type restoring struct {
	h       *holder
	standby bool
	gone    bool                          // guarded by restorer.mu
	work    sync.Mutex                    // held while the stores are written
	counted bool                          // guarded by work; a record was restored
	left    int                           // guarded by restorer.mu; changelogs that are not at their end
	start   time.Time                     // when the restore began
	total   int64                         // guarded by restorer.mu; records at the start
	inputs  map[fetcher.Key]task.Position // of the group, for an active task
	err     error
}

// restorer fills the stores of one thread's tasks. It owns the state of a task
// from begin until it gives it to done, or until stop returns.
type restorer struct {
	cl   *kgo.Client
	f    *fetcher.Fetcher
	o    *Options
	l    *layout
	ctx  context.Context
	wg   sync.WaitGroup
	done chan *restoring // restored, or failed
	// count counts the restores of active tasks.
	count *atomic.Int64

	mu   sync.Mutex
	byID map[assign.TaskID]*restoring // guarded by mu
	logs map[fetcher.Key]*logOf       // guarded by mu
}

// bulkRecords is how many records are worth a table file of their own.
const bulkRecords = 10_000

// logOf is a changelog partition with the task that restores it.
type logOf struct {
	r       *restoring
	c       *changelog
	bulk    *state.Bulk  // guarded by r.work; while the store is filled from nothing
	change  state.Change // guarded by r.work, as what follows; used again and again
	changes []state.Change
}

func newRestorer(ctx context.Context, cl *kgo.Client, o *Options, l *layout, count *atomic.Int64) *restorer {
	r := &restorer{
		cl: cl, o: o, l: l, ctx: ctx, count: count, done: make(chan *restoring, 1024),
		f:    fetcher.New(fetcher.Options{Client: cl, Committed: o.Guarantee == ExactlyOnce, PartitionBytes: 4 << 20, Lazy: true}),
		byID: map[assign.TaskID]*restoring{}, logs: map[fetcher.Key]*logOf{},
	}
	r.wg.Go(r.loop)
	return r
}

func (r *restorer) close() {
	r.f.Close()
	r.wg.Wait()
}

// begin restores a task; a standby is kept up to date until it is stopped.
func (r *restorer) begin(h *holder, standby bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.launch(h, standby, 0)
}

// launch begins after a delay. r.mu is held.
func (r *restorer) launch(h *holder, standby bool, delay time.Duration) {
	x := &restoring{h: h, standby: standby, start: time.Now()}
	r.byID[h.id] = x
	r.wg.Go(func() {
		err := ask.Pause(r.ctx, delay)
		if err == nil {
			err = r.prepare(x)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		switch {
		case x.gone:
		case err != nil:
			x.err = err
			r.finish(x)
		case x.left == 0 && !standby:
			r.finish(x)
		}
	})
}

// finish hands a task over. r.mu is held.
func (r *restorer) finish(x *restoring) {
	r.forget(x)
	select {
	case r.done <- x:
	case <-r.ctx.Done():
	}
}

// forget stops reading for a task. r.mu is held.
func (r *restorer) forget(x *restoring) {
	x.gone = true
	delete(r.byID, x.h.id)
	for k, l := range r.logs {
		if l.r == x {
			delete(r.logs, k)
			r.f.Remove(k.Topic, k.Partition)
		}
	}
}

// stop takes a task's state away from the restorer, nil where it has not got it.
func (r *restorer) stop(id assign.TaskID) *holder {
	r.mu.Lock()
	x := r.byID[id]
	if x != nil {
		r.forget(x)
	}
	r.mu.Unlock()
	if x == nil {
		return nil
	}
	x.work.Lock() // what is being written is written
	defer x.work.Unlock()
	return x.h
}

// prepare finds where a restore begins and ends, and drops state that no
// longer fits its changelog.
func (r *restorer) prepare(x *restoring) error {
	var err error
	if !x.standby {
		if x.inputs, err = committedOffsets(r.ctx, r.cl, r.o.App, r.inputsOf(x.h)); err != nil {
			return err
		}
	}
	var parts []fetcher.Key
	for _, c := range x.h.changelogs {
		parts = append(parts, fetcher.Key{Topic: c.topic, Partition: x.h.id.Partition})
	}
	epochs := map[fetcher.Key]int32{}
	for i, c := range x.h.changelogs {
		if c.at.Offset > 0 && c.at.Epoch >= 0 {
			epochs[parts[i]] = c.at.Epoch
		}
	}
	logs, err := changelogsNow(r.ctx, r.cl, r.o.Guarantee == ExactlyOnce, parts, epochs)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if x.gone {
		return nil
	}
	for i, c := range x.h.changelogs {
		k := parts[i]
		c.end = logs[k].End
		if c.spec.SourceTopic != "" && !x.standby { // what was not processed yet is input, not state
			c.end = min(c.end, x.inputs[k].Next)
		}
		if err := r.check(x, c, logs[k]); err != nil {
			return err
		}
		if c.at.Offset < c.end || x.standby {
			l := &logOf{r: x, c: c}
			if c.end-c.at.Offset >= bulkRecords {
				if l.bulk, err = x.h.db.Bulk(c.spec.Name, c.end-c.at.Offset); err != nil {
					return fmt.Errorf("restore task %s: %w", x.h.id, err)
				}
			}
			r.logs[k] = l
			r.f.Add(k.Topic, k.Partition, c.at.Offset)
			x.left++
			x.total += max(c.end-c.at.Offset, 0)
		}
	}
	return nil
}

// check binds the local state to its changelog: a topic made anew, or a log
// that does not reach the position, makes it worthless.
func (r *restorer) check(x *restoring, c *changelog, now state.Changelog) error {
	v, err := x.h.db.Reconcile(c.spec.Name, now)
	if err != nil {
		return fmt.Errorf("drop the state of task %s: %w", x.h.id, err)
	}
	if v.Reason != "" {
		r.o.Logger.Warn("local state is dropped and restored", "task", x.h.id.String(), "store", c.spec.Name, "reason", v.Reason)
	}
	epoch := c.at.Epoch
	if v.Wipe {
		epoch = -1
	}
	c.at = state.Position{TopicID: now.TopicID, Offset: v.From, Epoch: epoch}
	return nil
}

func (r *restorer) inputsOf(h *holder) []fetcher.Key {
	var out []fetcher.Key
	for _, t := range task.InputTopics(r.o.App, h.sub) {
		if h.id.Partition < r.l.partitions(t) {
			out = append(out, fetcher.Key{Topic: t, Partition: h.id.Partition})
		}
	}
	return out
}

// loop applies what is read, for each task beside the others.
func (r *restorer) loop() {
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-r.f.Ready():
		}
		chunks := r.f.Take()
		var tasks sync.WaitGroup
		for _, mine := range r.byTask(chunks) {
			tasks.Go(func() {
				for _, c := range mine {
					r.apply(c)
				}
			})
		}
		tasks.Wait()
	}
}

// byTask sorts chunks by the task that they are for.
func (r *restorer) byTask(chunks []fetcher.Chunk) map[*restoring][]*fetcher.Chunk {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[*restoring][]*fetcher.Chunk{}
	for i := range chunks {
		if l := r.logs[chunks[i].Key]; l != nil {
			out[l.r] = append(out[l.r], &chunks[i])
		}
	}
	return out
}

// apply puts a chunk into its store. r.mu is not held meanwhile: others look at
// the progress.
func (r *restorer) apply(c *fetcher.Chunk) {
	l, at, end := r.enter(c)
	if l == nil {
		return
	}
	defer l.r.work.Unlock()
	at, err := r.put(l, c, at, end)
	done := err == nil && at.Offset >= end
	if done && l.bulk != nil {
		err = l.bulk.Close()
		l.bulk = nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if l.r.gone {
		return
	}
	if err != nil {
		l.r.err = err
		r.finish(l.r)
		return
	}
	l.c.at = at
	if done && !l.r.standby {
		delete(r.logs, c.Key)
		r.f.Remove(c.Topic, c.Partition)
		if l.r.left--; l.r.left == 0 {
			r.finish(l.r)
		}
	}
}

// enter takes the state of a chunk's task for this goroutine, which must unlock
// its work then; nil where the chunk is not wanted any more.
func (r *restorer) enter(c *fetcher.Chunk) (l *logOf, at state.Position, end int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l = r.logs[c.Key]; l == nil {
		return nil, at, 0
	}
	if c.Err != nil {
		r.failed(l, c)
		return nil, at, 0
	}
	if l.r.standby {
		l.c.end = max(l.c.end, c.End)
	}
	l.r.work.Lock() // nobody who holds it waits for r.mu but apply, which is not running
	return l, l.c.at, l.c.end
}

// put applies the records below the end, from the position that it answers.
func (r *restorer) put(l *logOf, c *fetcher.Chunk, at state.Position, end int64) (state.Position, error) {
	at.Offset = c.Next
	if !l.r.standby {
		at.Offset = min(at.Offset, end)
	}
	changes, some := l.changes[:0], false
	var in task.Input
	for i := range c.Batches {
		for c.Batches[i].Next(&in) && (l.r.standby || in.Offset < end) {
			some = true
			l.change = state.Change{Key: in.Key, Value: in.Value, Timestamp: in.Timestamp, Headers: stateHeaders(&in)}
			if l.bulk == nil {
				changes = append(changes, l.change)
			} else if err := l.bulk.Add(&l.change); err != nil {
				return at, err
			}
		}
	}
	l.changes = changes
	if some && !l.r.standby && !l.r.counted { // what has only markers of transactions to read is none
		l.r.counted = true
		r.count.Add(1)
		r.o.Logger.Info("restore begins", "task", l.r.h.id.String(), "restores", l.r.h.restores.Add(1))
	}
	if epoch := c.EpochAt(at.Offset - 1); epoch >= 0 {
		at.Epoch = epoch
	}
	if l.bulk != nil {
		return at, l.bulk.Reached(at)
	}
	return at, l.r.h.db.Restore(l.c.spec.Name, changes, at)
}

func stateHeaders(in *task.Input) []state.Header {
	if len(in.Headers) == 0 {
		return nil
	}
	out := make([]state.Header, len(in.Headers))
	for i, h := range in.Headers {
		out[i] = state.Header{Key: h.Key, Value: h.Value}
	}
	return out
}

// failed starts the task's restore again where its changelog has changed
// under it, after dropping the store.
func (r *restorer) failed(l *logOf, c *fetcher.Chunk) {
	x := l.r
	if errors.Is(c.Err, kerr.OffsetOutOfRange) || errors.Is(c.Err, kerr.UnknownTopicID) {
		r.o.Logger.Warn("a changelog changed during the restore: again", "task", x.h.id.String(), "topic", c.Topic, "err", c.Err)
		h, standby := x.h, x.standby
		r.forget(x)
		if err := h.db.Wipe(l.c.spec.Name); err == nil {
			l.c.at = state.Position{}
			r.launch(h, standby, 100*time.Millisecond)
			return
		}
	}
	x.err = fmt.Errorf("restore task %s from %s-%d: %w", x.h.id, c.Topic, c.Partition, c.Err)
	r.finish(x)
}

// progress is how far the restore of a task is.
type progress struct {
	done, total int64 // records
	stores      []StoreStatus
}

// progress tells about all tasks that the restorer has.
func (r *restorer) progress() map[assign.TaskID]progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(map[assign.TaskID]progress, len(r.byID))
	for id, x := range r.byID {
		p := progress{total: x.total}
		var left int64
		for _, c := range x.h.changelogs {
			left += max(c.end-c.at.Offset, 0)
			p.stores = append(p.stores, StoreStatus{c.spec.Name, c.at.Offset, max(c.end, c.at.Offset)})
		}
		p.done = max(x.total-left, 0)
		out[id] = p
	}
	return out
}

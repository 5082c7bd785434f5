package group

import (
	"container/heap"
	"sync"
	"time"

	"kq/pkg/broker/internal/group/machine"
)

// timer is one timer of a group.
type timer struct {
	g   *group
	key machine.TimerKey

	at    time.Duration // guarded by timers.mu: when it is due, -1 when it is not set
	when  time.Duration // guarded by timers.mu: where it is in the heap, at or earlier
	index int           // guarded by timers.mu: in the heap, -1 outside
}

// timers holds the timers of all groups. Moving one to a later time, which is what
// a heartbeat does, costs nothing: it keeps its place until it gets there.
type timers struct {
	now  func() time.Duration // monotonic
	fire func(*timer)         // called without locks

	mu      sync.Mutex
	heap    timerHeap     // guarded by mu
	runtime *time.Timer   // guarded by mu
	wake    time.Duration // guarded by mu: when runtime goes off, -1 when it does not
	closed  bool          // guarded by mu
	rounds  []*time.Timer // guarded by mu
}

func newTimers(now func() time.Duration, fire func(*timer)) *timers {
	return &timers{now: now, fire: fire, wake: -1}
}

// set makes t due after d, also when it was set already.
func (ts *timers) set(t *timer, d time.Duration) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t.at = ts.now() + max(d, 0)
	switch {
	case t.index < 0:
		t.when = t.at
		heap.Push(&ts.heap, t)
	case t.at < t.when:
		t.when = t.at
		heap.Fix(&ts.heap, t.index)
	}
	ts.schedule()
}

// stop makes t due never.
func (ts *timers) stop(t *timer) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t.at = -1
	if t.index >= 0 {
		heap.Remove(&ts.heap, t.index)
	}
}

// armed says that t is set.
func (ts *timers) armed(t *timer) bool {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return t.at >= 0
}

// schedule makes the runtime timer go off for the first of the heap. Caller holds
// ts.mu.
func (ts *timers) schedule() {
	if ts.closed || len(ts.heap) == 0 {
		return
	}
	first := ts.heap[0].when
	if ts.wake >= 0 && ts.wake <= first {
		return
	}
	ts.wake = first
	d := max(first-ts.now(), 0)
	if ts.runtime == nil {
		ts.runtime = time.AfterFunc(d, ts.run)
		return
	}
	ts.runtime.Reset(d)
}

// run fires what is due.
func (ts *timers) run() {
	for {
		due := ts.due()
		if len(due) == 0 {
			return
		}
		for _, t := range due {
			ts.fire(t)
		}
	}
}

// due takes off the timers that are due. Without any it schedules the next run.
func (ts *timers) due() (out []*timer) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.closed {
		return nil
	}
	now := ts.now()
	for len(ts.heap) > 0 && ts.heap[0].when <= now {
		t := ts.heap[0]
		if t.at > now { // it was set to a later time
			t.when = t.at
			heap.Fix(&ts.heap, 0)
			continue
		}
		heap.Pop(&ts.heap)
		t.at = -1
		out = append(out, t)
	}
	ts.wake = -1
	if len(out) == 0 {
		ts.schedule()
	}
	return out
}

// every calls f again and again, until close.
func (ts *timers) every(d time.Duration, f func()) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	var round *time.Timer
	round = time.AfterFunc(d, func() {
		f()
		ts.mu.Lock()
		defer ts.mu.Unlock()
		if !ts.closed {
			round.Reset(d)
		}
	})
	ts.rounds = append(ts.rounds, round)
}

// close fires nothing any more.
func (ts *timers) close() {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.closed = true
	if ts.runtime != nil {
		ts.runtime.Stop()
	}
	for _, r := range ts.rounds {
		r.Stop()
	}
}

// timerHeap orders timers by when.
type timerHeap []*timer

func (h timerHeap) Len() int           { return len(h) }
func (h timerHeap) Less(i, j int) bool { return h[i].when < h[j].when }
func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *timerHeap) Push(x any) {
	t := x.(*timer)
	t.index = len(*h)
	*h = append(*h, t)
}

// Pop implements heap.Interface.
func (h *timerHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	t.index = -1
	return t
}

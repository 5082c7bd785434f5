package topic

import (
	"sync/atomic"
	"time"
)

// Isolation says which offset bounds what a reader of a partition sees.
type Isolation uint8

const (
	// HighWatermark: records that are replicated (read_uncommitted).
	HighWatermark Isolation = iota
	// LastStable: records whose transactions have ended (read_committed).
	LastStable
	// LogEnd: everything, which is what followers copy.
	LogEnd

	isolations
)

// The states of a Wait. Whoever moves it out of parked owns it from then on.
const (
	waitRunning int32 = iota
	waitParked
)

// Wait is a fetch that waits for records on several partitions.
//
// Its owner alternates between running, when it alone may use the methods
// below, and parked. Partitions count the bytes that become visible; when they
// reach the target, or something forces the wait, exactly one of them takes it
// out of parked and calls run, which is then the owner. Counting starts with
// Watch and never goes back, so records that arrive while the owner reads are
// counted too: at worst it looks once more for nothing, it never misses any.
type Wait struct {
	run    func()
	state  atomic.Int32
	credit atomic.Int64 // bytes that became visible since Watch
	target atomic.Int64 // credit at which the wait is due
	forced atomic.Bool  // complete with what there is

	// Used by the owner alone.
	timer   *time.Timer
	watches []watch
}

// watch is a Wait's place on the list of one partition.
type watch struct {
	w          *Wait
	p          *Partition
	isolation  Isolation
	room       int64  // guarded by p.mu: bytes that more records can add to the answer
	prev, next *watch // guarded by p.mu
}

// NewWait returns a running wait for up to n partitions. run is called, on any
// goroutine and without locks, each time the wait stops being parked.
func NewWait(n int, run func()) *Wait {
	return &Wait{run: run, watches: make([]watch, 0, n)}
}

// Mark returns the bytes counted so far. The owner takes it before it reads.
func (w *Wait) Mark() int64 { return w.credit.Load() }

// Forced says that the answer must leave now, however little it holds.
func (w *Wait) Forced() bool { return w.forced.Load() }

// ForceAfter forces the wait when d has passed.
func (w *Wait) ForceAfter(d time.Duration) { w.timer = time.AfterFunc(d, w.Force) }

// Watch begins to count the bytes that become visible on p beyond what the
// owner saw, up to room of them. It reports false when what the owner saw is out of date.
func (w *Wait) Watch(p *Partition, isolation Isolation, seen View, room int64) bool {
	w.watches = append(w.watches, watch{w: w, p: p, isolation: isolation, room: room})
	e := &w.watches[len(w.watches)-1]
	p.mu.Lock()
	defer p.mu.Unlock()
	if isolation == LastStable && p.watchers[isolation].head == nil {
		p.stable = seen.limit
	}
	p.watchers[isolation].add(e)
	if p.lead.Load().ended {
		w.forced.Store(true)
	}
	return p.viewIs(isolation, seen)
}

// Park gives the wait away until the count reaches target. It reports false
// when that is so already, or the wait is forced: the caller is still its owner.
func (w *Wait) Park(target int64) bool {
	w.target.Store(target)
	w.state.Store(waitParked)
	if w.forced.Load() || w.credit.Load() >= target {
		return !w.claim()
	}
	return true
}

// Force makes the wait complete with what there is. Anybody may call it, in any state.
func (w *Wait) Force() {
	w.forced.Store(true)
	if w.claim() {
		w.run()
	}
}

// Wake makes the wait look again, as if enough had become visible. Anybody may call
// it, in any state.
func (w *Wait) Wake() {
	w.credit.Add(1 << 32)
	if w.claim() {
		w.run()
	}
}

// claim takes a parked wait; the caller must call run, or be its owner anyway.
func (w *Wait) claim() bool { return w.state.CompareAndSwap(waitParked, waitRunning) }

// End takes the wait off all lists and stops its timer.
func (w *Wait) End() {
	if w.timer != nil {
		w.timer.Stop()
	}
	for i := range w.watches {
		e := &w.watches[i]
		e.p.mu.Lock()
		e.p.watchers[e.isolation].remove(e)
		e.p.mu.Unlock()
	}
	w.watches = w.watches[:0]
}

// watchList holds the waits of one partition at one isolation level. Its methods are
// called under the partition's lock.
type watchList struct{ head, tail *watch }

func (l *watchList) add(e *watch) {
	e.prev = l.tail
	if l.tail == nil {
		l.head = e
	} else {
		l.tail.next = e
	}
	l.tail = e
}

func (l *watchList) remove(e *watch) {
	if e.prev == nil {
		l.head = e.next
	} else {
		e.prev.next = e.next
	}
	if e.next == nil {
		l.tail = e.prev
	} else {
		e.next.prev = e.prev
	}
	e.prev, e.next = nil, nil
}

// grew counts n more visible bytes and appends the waits that became due to
// due; they are claimed.
func (l *watchList) grew(n int64, due []*Wait) []*Wait {
	for e := l.head; e != nil; e = e.next {
		more := min(n, e.room)
		if more <= 0 {
			continue
		}
		e.room -= more
		if e.w.credit.Add(more) >= e.w.target.Load() && e.w.claim() {
			due = append(due, e.w)
		}
	}
	return due
}

// poke makes all waits look again which this partition alone could satisfy: what
// became visible was not counted. Room stays as it is, since much or little of it
// may be taken.
func (l *watchList) poke(due []*Wait) []*Wait {
	const most = 1 << 32 // more than an answer holds
	for e := l.head; e != nil; e = e.next {
		if e.w.credit.Add(min(e.room, most)) >= e.w.target.Load() && e.w.claim() {
			due = append(due, e.w)
		}
	}
	return due
}

// force forces all waits and appends those that were parked to due; they are claimed.
func (l *watchList) force(due []*Wait) []*Wait {
	for e := l.head; e != nil; e = e.next {
		e.w.forced.Store(true)
		if e.w.claim() {
			due = append(due, e.w)
		}
	}
	return due
}

package txn

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/statelog"
	"kq/pkg/broker/internal/topic"
)

// shard has the ids of one partition of __transaction_state.
type shard struct {
	c         *Coordinator
	partition int32
	home      statelog.Home
	ready     chan struct{} // closed when the shard is loaded, or will not be
	state     atomic.Int32  // one of the shard states

	mu    sync.Mutex
	ids   map[string]*owner // guarded by mu
	due   deadlines         // guarded by mu
	timer *time.Timer       // guarded by mu: fires at armed
	armed time.Duration     // guarded by mu: since the coordinator began; negative: not set
}

// The states of a shard.
const (
	shardLoading int32 = iota
	shardLoaded
	shardGone // led by another broker, or its log cannot be read
)

func (c *Coordinator) newShard(partition int32, h statelog.Home) *shard {
	return &shard{c: c, partition: partition, home: h, ready: make(chan struct{}), ids: make(map[string]*owner), armed: -1}
}

// code is what requests are refused with, 0 when they are not.
func (sh *shard) code() int16 {
	switch sh.state.Load() {
	case shardLoaded:
		return 0
	case shardLoading:
		return kerr.CoordinatorLoadInProgress.Code
	}
	return kerr.NotCoordinator.Code
}

// work is what is done under the lock of a shard, and what is left to do when it
// is released.
type work struct {
	sh    *shard
	fired topic.Fired // what appends made due
	after []func()
}

// later lets f run without the lock.
func (w *work) later(f func()) { w.after = append(w.after, f) }

// answer gives a client its answer, without the lock.
func (w *work) answer(reply func(Answer), a Answer) {
	if reply != nil {
		w.later(func() { reply(a) })
	}
}

// do runs f under the lock, and then what it leaves to do.
func (sh *shard) do(f func(*work)) {
	w := work{sh: sh}
	sh.mu.Lock()
	f(&w)
	sh.arm()
	sh.mu.Unlock()
	w.fired.Fire()
	for _, f := range w.after {
		f()
	}
}

// arm sets the timer for what is due first. Caller holds sh.mu.
func (sh *shard) arm() {
	if len(sh.due) == 0 {
		return // a timer that is set finds nothing
	}
	first := sh.due[0].at
	if sh.armed >= 0 && sh.armed <= first {
		return
	}
	sh.armed = first
	wait := max(0, first-sh.c.elapsed())
	if sh.timer == nil {
		sh.timer = time.AfterFunc(wait, sh.ring)
		return
	}
	sh.timer.Reset(wait)
}

// ring does what is due.
func (sh *shard) ring() {
	sh.do(func(w *work) {
		sh.armed = -1
		for d := sh.due.next(sh.c.elapsed()); d != nil; d = sh.due.next(sh.c.elapsed()) {
			d.due(w)
		}
	})
}

// Unload forgets everything: another broker may lead by now, or none.
func (sh *shard) Unload() {
	sh.state.Store(shardGone)
	sh.do(func(w *work) {
		for _, o := range sh.ids {
			w.abandon(o)
		}
		sh.ids, sh.due = nil, nil
		if sh.timer != nil {
			sh.timer.Stop()
		}
	})
}

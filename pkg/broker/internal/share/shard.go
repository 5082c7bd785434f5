package share

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/statelog"
	"kq/pkg/broker/internal/topic"
)

// shard has the share partitions of one partition of __share_group_state.
type shard struct {
	c         *Coordinator
	partition int32

	mu      sync.Mutex
	loaded  bool                        // guarded by mu
	gone    bool                        // guarded by mu: led by another broker, or its log cannot be read
	waiting []func(w *work, code int16) // guarded by mu: for the end of the load
	states  map[Key]*kept               // guarded by mu
	pruned  int64                       // guarded by mu: records below were deleted
}

func (c *Coordinator) newShard(partition int32, _ statelog.Home) *shard {
	return &shard{c: c, partition: partition, states: make(map[Key]*kept)}
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

// do runs f under the lock, and then what it leaves to do.
func (sh *shard) do(f func(*work)) {
	w := work{sh: sh}
	sh.mu.Lock()
	f(&w)
	sh.mu.Unlock()
	w.fired.Fire()
	for _, f := range w.after {
		f()
	}
}

// visit lets f happen under the lock when the shard is loaded.
func (sh *shard) visit(f func(w *work, code int16)) {
	sh.do(func(w *work) {
		switch {
		case sh.gone:
			w.later(func() { f(nil, kerr.NotCoordinator.Code) })
		case !sh.loaded:
			sh.waiting = append(sh.waiting, f)
		default:
			f(w, 0)
		}
	})
}

// ready ends the load.
func (sh *shard) ready() {
	sh.do(func(w *work) {
		if sh.gone {
			return
		}
		sh.loaded = true
		for _, f := range sh.waiting {
			f(w, 0)
		}
		sh.waiting = nil
	})
}

// Unload forgets everything: another broker may lead by now, or none.
func (sh *shard) Unload() {
	sh.do(func(w *work) {
		sh.gone, sh.states = true, nil
		for _, f := range sh.waiting {
			w.later(func() { f(nil, kerr.NotCoordinator.Code) })
		}
		sh.waiting = nil
	})
}

// append writes a record. apply takes it over, at once and with its offset; done
// is called without the lock when it is committed, or with the code of why not.
func (w *work) append(rec statelog.Record, apply func(offset int64), done func(code int16)) {
	sh, offset := w.sh, int64(-1)
	pending, err := sh.c.o.Log.Append(sh.partition, []statelog.Record{rec}, statelog.AppendOptions{
		Fired: &w.fired, Base: &offset,
		Done: func(err error) {
			if err == nil {
				done(0)
				return
			}
			sh.c.o.Logger.Warn("a share group state was not committed", "partition", sh.partition, "err", err)
			sh.c.shards.Drop(sh.partition, sh) // its memory is ahead of its log
			done(statelog.AppendError(err).Code)
		},
	})
	if err != nil {
		sh.c.o.Logger.Warn("cannot write a share group state", "partition", sh.partition, "err", err)
		w.later(func() { done(statelog.AppendError(err).Code) })
		return
	}
	apply(offset)
	if !pending {
		w.later(func() { done(0) })
	}
}

// forget writes tombstones for the share partitions that are to go.
func (w *work) forget(gone func(Key) bool) {
	for k := range w.sh.states {
		if gone(k) {
			w.append(tombstone(k), func(int64) { delete(w.sh.states, k) }, func(int16) {})
		}
	}
}

func tombstone(k Key) statelog.Record {
	return statelog.Record{Key: k.record(staterec.ShareSnapshot)}
}

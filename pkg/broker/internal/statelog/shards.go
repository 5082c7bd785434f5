package statelog

import (
	"context"
	"sync"
	"time"

	"kq/pkg/broker/internal/meta"
)

// Home is who leads a partition, in which epoch, of which incarnation of the
// topic: a shard is valid in one home.
type Home struct {
	Topic       meta.ID // zero while there is no such partition
	Node, Epoch int32
}

// Shard is what a coordinator keeps of one partition.
type Shard interface {
	comparable
	// Load reads the partition back. It runs once, on a goroutine of its own.
	Load()
	// Unload forgets everything: another broker may lead by now, or none. It may
	// come before Load ends, or begins.
	Unload()
}

// ShardsOptions of Shards. All are needed.
type ShardsOptions[S Shard] struct {
	NodeID int32
	// Home says who leads a partition: [Log.Home].
	Home func(partition int32) (topic meta.ID, node, epoch int32)
	// New makes a shard that is not loaded. It is called with a lock held and must
	// not call back.
	New func(partition int32, h Home) S
}

// Shards are those of the partitions that a broker leads, each for as long as it
// leads it. It is safe for concurrent use.
type Shards[S Shard] struct {
	o      ShardsOptions[S]
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup // loads, and what Go started

	mu     sync.RWMutex
	led    map[int32]led[S] // guarded by mu
	chore  *time.Timer      // guarded by mu
	closed bool             // guarded by mu
}

type led[S Shard] struct {
	shard S
	home  Home
}

// NewShards returns a set that has none yet: they are made when they are asked for.
func NewShards[S Shard](o ShardsOptions[S]) *Shards[S] {
	s := &Shards[S]{o: o, led: make(map[int32]led[S])}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Context ends with Close.
func (s *Shards[S]) Context() context.Context { return s.ctx }

// Close unloads all shards, and returns when the loads and what Go started have
// ended. There are none afterwards.
func (s *Shards[S]) Close() {
	s.mu.Lock()
	s.closed = true
	if s.chore != nil {
		s.chore.Stop()
	}
	all := s.led
	s.led = nil
	s.mu.Unlock()
	s.cancel()
	for _, l := range all {
		l.shard.Unload()
	}
	s.work.Wait()
}

// Wait returns when the loads and what Go started until now have ended.
func (s *Shards[S]) Wait() { s.work.Wait() }

// Go runs f on a goroutine that Close waits for; false after Close.
func (s *Shards[S]) Go(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.work.Go(f)
	return true
}

// Every calls f an interval after now, and after each call, until Close. There is
// one such chore.
func (s *Shards[S]) Every(interval time.Duration, f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.chore = time.AfterFunc(interval, func() {
		f()
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.closed {
			s.chore.Reset(interval)
		}
	})
}

func (s *Shards[S]) home(partition int32) Home {
	id, node, epoch := s.o.Home(partition)
	return Home{id, node, epoch}
}

// Of returns the shard of a partition, which begins to load if this broker has
// come to lead it; the zero value when this broker does not.
func (s *Shards[S]) Of(partition int32) S {
	h := s.home(partition)
	s.mu.RLock()
	l, ok := s.led[partition]
	s.mu.RUnlock()
	if ok && l.home == h {
		return l.shard
	}
	return s.move(partition, h)
}

// move makes the shard of a partition the one of its new home.
func (s *Shards[S]) move(partition int32, h Home) (now S) {
	s.mu.Lock()
	old, had := s.led[partition]
	if s.closed || had && old.home == h {
		s.mu.Unlock()
		return old.shard
	}
	delete(s.led, partition)
	if h.Node == s.o.NodeID {
		now = s.o.New(partition, h)
		s.led[partition] = led[S]{now, h}
		s.work.Go(now.Load)
	}
	s.mu.Unlock()
	if had {
		old.shard.Unload()
	}
	return now
}

// Drop unloads a shard of a partition, so that the next who asks has it read again.
func (s *Shards[S]) Drop(partition int32, of S) {
	s.mu.Lock()
	if s.led[partition].shard == of {
		delete(s.led, partition)
	}
	s.mu.Unlock()
	of.Unload()
}

// All returns the shards of all partitions that this broker leads; those that it
// did not have begin to load.
func (s *Shards[S]) All() (all []S) {
	var none S
	for p := int32(0); s.home(p).Topic != (meta.ID{}); p++ {
		if sh := s.Of(p); sh != none {
			all = append(all, sh)
		}
	}
	return all
}

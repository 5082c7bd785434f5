package wire

import (
	"sync"
	"time"
)

// The size classes that Spares keeps: from 128 KiB to 32 MiB.
const (
	minSpareBits = 17
	maxSpareBits = 25
	spareClasses = maxSpareBits - minSpareBits + 1
)

// spareFor is how long a buffer is kept that nobody takes, at most twice.
const spareFor = 5 * time.Second

// Spares keeps the large buffers of one server. The one that came back last is
// handed out first, whichever processor asks: memory that a sync.Pool would hold
// once a processor, and lose to the garbage collector, is touched for the first
// time over and over, which costs more than what is then done with it. What has
// not been needed for a while goes. A nil *Spares keeps nothing of its own.
type Spares struct {
	mu    sync.Mutex
	free  [spareClasses][]*Buf // guarded by mu
	least [spareClasses]int    // guarded by mu: how short free was since the last sweep
	armed bool                 // guarded by mu: a sweep is to come
}

// NewBuf is NewBuf, but for buffers of more than 64 KiB and up to 32 MiB, which
// come from s.
func (s *Spares) NewBuf(n int) *Buf {
	i := bitsOf(n) - minSpareBits
	if s == nil || i < 0 || i >= spareClasses {
		return NewBuf(n)
	}
	b := s.take(i)
	if b == nil {
		b = &Buf{data: make([]byte, 1<<(minSpareBits+i)), class: i, home: s}
	}
	b.data = b.data[:n]
	b.refs.Store(1)
	return b
}

func (s *Spares) take(i int) *Buf {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.free[i]) - 1
	if last < 0 {
		return nil
	}
	b := s.free[i][last]
	s.free[i][last] = nil
	s.free[i] = s.free[i][:last]
	s.least[i] = min(s.least[i], last)
	return b
}

func (s *Spares) put(b *Buf) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free[b.class] = append(s.free[b.class], b)
	if !s.armed {
		s.armed = true
		time.AfterFunc(spareFor, s.sweep)
	}
}

// sweep drops the buffers that were there all the time since the last sweep:
// those that came back first.
func (s *Spares) sweep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := 0
	for i, free := range s.free {
		n := copy(free, free[s.least[i]:])
		clear(free[n:])
		s.free[i], s.least[i] = free[:n], n
		kept += n
	}
	if s.armed = kept > 0; s.armed {
		time.AfterFunc(spareFor, s.sweep)
	}
}

package logstore

import (
	"fmt"
	"math"

	"kq/pkg/broker/vfs"
)

// Memory mode: when an in-memory file system reaches Options.MaxMemory, the
// oldest segments of cleanup.policy=delete topics make room, whatever their
// retention says. Compacted and internal topics are never touched.

const (
	// memorySlack is what an append takes beyond its records: the chunk its end
	// lies in, index files.
	memorySlack = 128 << 10
	// A log in memory is cut into at least this many segments of the whole, so
	// that there are old ones to evict.
	memorySegments   = 32
	minMemorySegment = 1 << 20
)

func (s *Store) bounded() bool { return s.memory != nil && s.opts.MaxMemory > 0 }

// segmentBytes is the size at which a log rolls.
func (s *Store) segmentBytes(c *Config) int64 {
	if !s.bounded() {
		return int64(c.SegmentBytes)
	}
	return min(int64(c.SegmentBytes), max(minMemorySegment, s.opts.MaxMemory/memorySegments))
}

// makeRoom sees to it that an append of n bytes fits, before any lock is taken.
func (s *Store) makeRoom(l *Log, n int) error {
	if !s.bounded() || s.memory.Used()+int64(n)+memorySlack <= s.opts.MaxMemory {
		return nil
	}
	s.freeMemory(n)
	if used := s.memory.Used(); used+int64(n) > s.opts.MaxMemory {
		return storageError("append to "+l.tp.String(),
			fmt.Errorf("%w: %d of %d bytes are used, and nothing can be evicted", vfs.ErrNoSpace, used, s.opts.MaxMemory))
	}
	return nil
}

// freeMemory evicts segments until n bytes fit. It reports whether it evicted
// any. No lock of a log may be held.
func (s *Store) freeMemory(n int) (freed bool) {
	if !s.bounded() {
		return false
	}
	s.evictMu.Lock()
	defer s.evictMu.Unlock()
	for s.memory.Used()+int64(n)+memorySlack > s.opts.MaxMemory {
		l, base := s.victim()
		if l == nil {
			break
		}
		if err := l.deleteOldest(base, true); err != nil {
			s.logger().Warn("cannot evict a segment", "partition", l.tp.String(), "err", err)
			break
		}
		freed = true
	}
	return freed
}

// victim is the segment with the oldest records, of those that may go: sealed
// ones first, an active one if there is nothing else.
func (s *Store) victim() (victim *Log, base int64) {
	oldest, sealed := int64(math.MaxInt64), false
	for _, l := range s.Logs() {
		c := l.config.Load()
		v := l.view.Load()
		if v == nil || l.Err() != nil || !c.Delete || c.Compact || c.Internal || v.endOf(0) > l.hw.Load() {
			continue
		}
		isSealed := len(v.segs) > 1
		if sealed && !isSealed || !isSealed && v.size == 0 {
			continue
		}
		m, err := v.maxTimestamp(0)
		if err != nil {
			continue
		}
		if ts := v.segs[0].largestTimestamp(m); victim == nil || isSealed && !sealed || ts < oldest {
			victim, base, oldest, sealed = l, v.segs[0].base, ts, isSealed
		}
	}
	return victim, base
}

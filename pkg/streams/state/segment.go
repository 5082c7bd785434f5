package state

import (
	"encoding/binary"
	"math"
)

// The keys of window and session stores start with the area.
const (
	dataArea  = 0 // area, segment, then the key as the changelog has it
	indexArea = 1 // area, times, key: of stores that are TimeOrdered
)

// prefixLen is the length of what stands before the changelog's key: area and segment.
const prefixLen = 1 + 8

// segments cuts time into the parts that expire as one, as Kafka's
// AbstractSegments does. Times and lengths are in milliseconds.
type segments struct {
	retention, interval int64
	memory              bool
}

// newSegments takes the interval that Kafka's Stores gives: half of the retention, at least a minute.
func newSegments(s *Spec) segments {
	r := s.Retention.Milliseconds()
	return segments{retention: r, interval: max(r/2, 60_000), memory: s.Memory}
}

func (g *segments) of(time int64) int64 { return time / g.interval }

// first is the first live segment at a stream time.
func (g *segments) first(stream int64) int64 { return max(0, g.of(stream-g.retention)) }

// live says that a put of that time is kept. Persistent stores keep what lies
// in a live segment, Kafka's stores in memory what is not expired itself.
func (g *segments) live(time, stream int64) bool {
	if g.memory {
		return time > stream-g.retention
	}
	return g.of(time) >= g.first(stream)
}

// from is the first time that reads show: what is older has expired, even
// where its segment is still there (Kafka's getActualFrom).
func (g *segments) from(time, stream int64) int64 {
	return max(0, time, stream-g.retention+1)
}

// see moves the stream time of a store and has expired segments removed at the
// next commit. In segmented stores that are TimeOrdered index entries go with them.
func (g *segments) see(c *core, time int64) {
	if time <= c.now.time {
		return
	}
	c.now.time = time
	first := g.first(time)
	if first <= c.now.expired {
		return
	}
	c.now.expired = first
	c.table.cuts = append(c.table.cuts[:0], expired(first, g.interval)...)
	if !c.spec.TimeOrdered {
		c.table.cuts = c.table.cuts[:1]
	}
}

// expired are the ranges of keys that lie before a segment.
func expired(first, interval int64) []cut {
	return []cut{
		{[]byte{dataArea}, area(nil, dataArea, first)},
		{[]byte{indexArea}, area(nil, indexArea, first*interval)},
	}
}

// area starts a key: the area and a segment or a time.
func area(dst []byte, a byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, a), uint64(n))
}

// walk gives the live segments that hold times from..to, in order or in reverse.
func (g *segments) walk(from, to int64, reverse bool, f func(segment int64) (more bool, err error)) error {
	if from > to {
		return nil
	}
	lo, hi := g.of(from), g.of(to)
	for i := lo; i <= hi; i++ {
		s := i
		if reverse {
			s = hi - (i - lo)
		}
		if more, err := f(s); err != nil || !more {
			return err
		}
	}
	return nil
}

// maxSeq is the highest sequence number of a window's key.
const maxSeq = math.MaxInt32

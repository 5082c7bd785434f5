package logstore

import (
	"encoding/binary"
	"sort"
)

// TimestampOffset is an offset and the timestamp, in ms, of what is there.
type TimestampOffset struct {
	Timestamp   int64
	Offset      int64
	LeaderEpoch int32 // of the batch; -1 where it was not looked up
}

// timeIndex is the contents of a .timeindex file: the largest timestamp so far
// and the relative last offset of the batch that has it, both ascending
// (TimeIndex). Like offsetIndex it is only appended to.
type timeIndex []byte

func (x timeIndex) entries() int { return len(x) / timeIndexEntrySize }

func (x timeIndex) ts(i int) int64 {
	return int64(binary.BigEndian.Uint64(x[i*timeIndexEntrySize:]))
}

func (x timeIndex) rel(i int) uint32 {
	return binary.BigEndian.Uint32(x[i*timeIndexEntrySize+8:])
}

// add appends an entry if its timestamp is news (TimeIndex.maybeAppend).
func (x timeIndex) add(ts int64, rel uint32) timeIndex {
	last := int64(noTimestamp)
	if n := x.entries(); n > 0 {
		last = x.ts(n - 1)
		if rel < x.rel(n-1) {
			return x
		}
	}
	if ts <= last {
		return x
	}
	x = binary.BigEndian.AppendUint64(x, uint64(ts))
	return binary.BigEndian.AppendUint32(x, rel)
}

// lookup gives the relative offset of the last entry with a timestamp below
// ts: the first record with a timestamp of at least ts lies there or later.
func (x timeIndex) lookup(ts int64) int64 {
	i := sort.Search(x.entries(), func(i int) bool { return x.ts(i) >= ts })
	if i == 0 {
		return 0
	}
	return int64(x.rel(i - 1))
}

// last is the entry with the largest timestamp, of a segment at base.
func (x timeIndex) last(base int64) TimestampOffset {
	n := x.entries()
	if n == 0 {
		return TimestampOffset{Timestamp: noTimestamp, Offset: base, LeaderEpoch: noEpoch}
	}
	return TimestampOffset{Timestamp: x.ts(n - 1), Offset: base + int64(x.rel(n-1)), LeaderEpoch: noEpoch}
}

// cutAt copies the entries below an offset.
func (x timeIndex) cutAt(rel int64) timeIndex {
	n := sort.Search(x.entries(), func(i int) bool { return int64(x.rel(i)) >= rel })
	return append(timeIndex(nil), x[:n*timeIndexEntrySize]...)
}

// parseTimeIndex gives the leading entries that can be true; see
// parseOffsetIndex. Equal offsets are allowed, as Kafka allows them.
func parseTimeIndex(p []byte) (x timeIndex, whole bool) {
	x = timeIndex(p[:len(p)-len(p)%timeIndexEntrySize])
	for i := range x.entries() {
		bad := x.ts(i) < 0 || x.rel(i) > maxRelative
		if i == 0 { // pre-allocated, never written
			bad = bad || x.ts(i) == 0 && x.rel(i) == 0 && x.entries() > 1 && x.ts(1) == 0
		} else {
			bad = bad || x.ts(i) <= x.ts(i-1) || x.rel(i) < x.rel(i-1)
		}
		if bad {
			x = x[:i*timeIndexEntrySize]
			break
		}
	}
	return x[:len(x):len(x)], len(x) == len(p)
}

package logstore

import (
	"encoding/binary"
	"sort"
)

// offsetIndex is the contents of an .index file: for some batches of a segment,
// ascending, the relative last offset and the position (OffsetIndex). It is
// only ever appended to: who holds a shorter slice of the same memory keeps
// seeing what it saw. Cutting an index therefore means copying it.
type offsetIndex []byte

func (x offsetIndex) entries() int { return len(x) / indexEntrySize }

func (x offsetIndex) rel(i int) uint32 { return binary.BigEndian.Uint32(x[i*indexEntrySize:]) }

func (x offsetIndex) pos(i int) uint32 { return binary.BigEndian.Uint32(x[i*indexEntrySize+4:]) }

func (x offsetIndex) add(rel, pos uint32) offsetIndex {
	x = binary.BigEndian.AppendUint32(x, rel)
	return binary.BigEndian.AppendUint32(x, pos)
}

// lookup gives the position of the last entry whose offset is at most rel, 0
// without one. The batch that holds rel starts there or later.
func (x offsetIndex) lookup(rel int64) int64 {
	i := sort.Search(x.entries(), func(i int) bool { return int64(x.rel(i)) > rel })
	if i == 0 {
		return 0
	}
	return int64(x.pos(i - 1))
}

// floor gives the position of the last entry at or before pos, 0 without one.
func (x offsetIndex) floor(pos int64) int64 {
	i := sort.Search(x.entries(), func(i int) bool { return int64(x.pos(i)) > pos })
	if i == 0 {
		return 0
	}
	return int64(x.pos(i - 1))
}

// cutAt copies the entries that lie below both an offset and a position.
func (x offsetIndex) cutAt(rel, size int64) offsetIndex {
	n := sort.Search(x.entries(), func(i int) bool {
		return int64(x.rel(i)) >= rel || int64(x.pos(i)) >= size
	})
	return append(offsetIndex(nil), x[:n*indexEntrySize]...)
}

// parseOffsetIndex gives the leading entries of a file that can be true for a
// log of the given size: strictly ascending, inside the log, none at position 0
// (which needs no entry). What Kafka pre-allocates, zeros, and what a crash left
// behind is not among them. whole reports whether that was all of the file.
func parseOffsetIndex(p []byte, size int64) (x offsetIndex, whole bool) {
	x = offsetIndex(p[:len(p)-len(p)%indexEntrySize])
	for i := range x.entries() {
		bad := x.pos(i) == 0 || int64(x.pos(i)) >= size || x.rel(i) > maxRelative
		if i > 0 {
			bad = bad || x.rel(i) <= x.rel(i-1) || x.pos(i) <= x.pos(i-1)
		}
		if bad {
			x = x[:i*indexEntrySize]
			break
		}
	}
	return x[:len(x):len(x)], len(x) == len(p)
}

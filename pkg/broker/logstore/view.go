package logstore

import "sort"

// view is the published state of a log: what a reader sees without a lock. It is
// never changed; an append publishes another one.
type view struct {
	segs  []*segment // ascending; the last one is active. Never empty, never changed.
	start int64      // log start offset
	end   int64      // log end offset
	size  int64      // bytes of the active segment
	// Of the active segment, for its first size bytes. Appends write behind the
	// length of these slices, never below it.
	offsets offsetIndex
	times   timeIndex
	max     TimestampOffset
	tail    []tailBatch
}

// tailBatch is one of the last batches of a log.
type tailBatch struct {
	base, last int64
	pos        uint32
	size       uint32
}

const (
	tailMin = 16  // capacity of the first tail of a log
	tailMax = 256 // capacity that it grows to
	tailOld = 64  // how many batches move to a new one
)

// addTail appends to memory that older views may share.
func addTail(tail []tailBatch, b tailBatch) []tailBatch {
	if len(tail) == cap(tail) {
		kept := tail
		n := min(tailMax, max(tailMin, 2*cap(tail)))
		if len(tail) >= tailMax {
			kept = tail[len(tail)-tailOld:]
		}
		tail = append(make([]tailBatch, 0, n), kept...)
	}
	return append(tail, b)
}

func (v *view) active() *segment { return v.segs[len(v.segs)-1] }

// sizeOf is the length of segment i in bytes.
func (v *view) sizeOf(i int) int64 {
	if i == len(v.segs)-1 {
		return v.size
	}
	return v.segs[i].size
}

// endOf is the offset before which the records of segment i end.
func (v *view) endOf(i int) int64 {
	if i == len(v.segs)-1 {
		return v.end
	}
	return v.segs[i+1].base
}

// segmentOf finds the segment that holds offset, if any does.
func (v *view) segmentOf(offset int64) int {
	return max(0, sort.Search(len(v.segs), func(i int) bool { return v.segs[i].base > offset })-1)
}

func (v *view) offsetIndex(i int) (offsetIndex, error) {
	if i == len(v.segs)-1 {
		return v.offsets, nil
	}
	return v.segs[i].offsetIndex()
}

func (v *view) timeIndex(i int) (timeIndex, error) {
	if i == len(v.segs)-1 {
		return v.times, nil
	}
	return v.segs[i].timeIndex()
}

func (v *view) maxTimestamp(i int) (TimestampOffset, error) {
	if i == len(v.segs)-1 {
		return v.max, nil
	}
	return v.segs[i].maxTimestamp()
}

// inTail finds the batch of the active segment that holds offset or the next
// one after it, if it is among those remembered.
func (v *view) inTail(offset int64) (tailBatch, bool) {
	if len(v.tail) == 0 || offset < v.tail[0].base || offset >= v.end {
		return tailBatch{}, false
	}
	i := sort.Search(len(v.tail), func(i int) bool { return v.tail[i].last >= offset })
	return v.tail[i], i < len(v.tail)
}

// tailFloor gives the end of the last remembered batch that ends at or before
// position pos, which must not lie before the first one's.
func (v *view) tailFloor(pos int64) (int64, bool) {
	if len(v.tail) == 0 || pos < int64(v.tail[0].pos) {
		return 0, false
	}
	i := sort.Search(len(v.tail), func(i int) bool { return int64(v.tail[i].pos)+int64(v.tail[i].size) > pos })
	if i == 0 {
		return int64(v.tail[0].pos), true
	}
	return int64(v.tail[i-1].pos) + int64(v.tail[i-1].size), true
}

package batch

import "math"

// walked is what one pass over the lengths of the records of a batch tells.
type walked struct {
	minDelta, maxDelta int64 // of the timestamps; minDelta leaves out skipDelta
	nullKeys           bool  // some record has no key
	offsetsOff         bool  // some offset delta is not the index of its record
}

// walk checks the structure of count records that must fill p exactly, and
// reads lengths only. skipDelta is the timestamp delta that stands for no
// timestamp. It accepts what parser.next accepts, record by record: this is the
// pass that every produced record takes, that one explains what is wrong.
//
// Fields are read with p as their end, not the record: an index only grows, so
// that one beyond the record does not get past the last check.
func walk(p []byte, count int32, skipDelta int64) (w walked, ok bool) {
	w.minDelta, w.maxDelta = math.MaxInt64, math.MinInt64
	end := 0
	for i := range count {
		size, start := short(p, end)
		if start < 0 {
			size, start = varint32(p, end)
		}
		if start < 0 || size < 1 || int(size) > len(p)-start {
			return w, false
		}
		end = start + int(size)

		var delta int64
		d, at := short(p, start+1)
		if delta = int64(d); at < 0 {
			delta, at = varint64(p, start+1)
		}
		w.maxDelta = max(w.maxDelta, delta)
		if delta != skipDelta {
			w.minDelta = min(w.minDelta, delta)
		}

		offset, next := short(p, at)
		if next < 0 {
			offset, next = varint32(p, at)
		}
		w.offsetsOff = w.offsetsOff || offset != i

		keySize, at := short(p, next)
		if at < 0 {
			keySize, at = varint32(p, next)
		}
		if at < 0 || int(keySize) > end-at {
			return w, false
		}
		w.nullKeys = w.nullKeys || keySize < 0
		at += int(max(0, keySize))

		valueSize, next := short(p, at)
		if next < 0 {
			valueSize, next = varint32(p, at)
		}
		if next < 0 || int(valueSize) > end-next {
			return w, false
		}
		next += int(max(0, valueSize))

		noHeaders := next == end-1 && p[next] == 0
		if !noHeaders && !walkHeaders(p[:end], next) {
			return w, false
		}
	}
	return w, end == len(p)
}

// walkHeaders checks that the headers at rec[at:] fill the record.
func walkHeaders(rec []byte, at int) bool {
	n, at := varint32(rec, at)
	if at < 0 || n < 0 || int(n) > len(rec)-at {
		return false
	}
	for range n {
		var size int32
		size, at = varint32(rec, at)
		if at < 0 || size < 0 || int(size) > len(rec)-at {
			return false
		}
		size, at = varint32(rec, at+int(size))
		if at < 0 || int(size) > len(rec)-at {
			return false
		}
		at += int(max(0, size))
	}
	return at == len(rec)
}

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
func walk(p []byte, count int32, skipDelta int64) (w walked, ok bool) {
	w.minDelta, w.maxDelta = math.MaxInt64, math.MinInt64
	at := 0
	for i := range count {
		size, start := short(p, at)
		if start < 0 {
			size, start = varint32(p, at)
		}
		if start < 0 || size < 1 || int(size) > len(p)-start {
			return w, false
		}
		at = start + int(size)
		rec := p[:at]

		var delta int64
		d, next := short(rec, start+1)
		if delta = int64(d); next < 0 {
			delta, next = varint64(rec, start+1)
		}
		w.maxDelta = max(w.maxDelta, delta)
		if delta != skipDelta {
			w.minDelta = min(w.minDelta, delta)
		}

		offset, behind := short(rec, next)
		if behind < 0 {
			offset, behind = varint32(rec, next)
		}
		w.offsetsOff = w.offsetsOff || offset != i

		keySize, next := short(rec, behind)
		if next < 0 {
			keySize, next = varint32(rec, behind)
		}
		if next < 0 || int(keySize) > len(rec)-next {
			return w, false
		}
		w.nullKeys = w.nullKeys || keySize < 0
		next += int(max(0, keySize))

		valueSize, behind := short(rec, next)
		if behind < 0 {
			valueSize, behind = varint32(rec, next)
		}
		if behind < 0 || int(valueSize) > len(rec)-behind {
			return w, false
		}
		behind += int(max(0, valueSize))

		noHeaders := behind == len(rec)-1 && rec[behind] == 0
		if !noHeaders && !walkHeaders(rec, behind) {
			return w, false
		}
	}
	return w, at == len(p)
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

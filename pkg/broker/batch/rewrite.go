package batch

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Raw is a record as it lies in the uncompressed body of a batch, which it
// aliases, with what compaction asks of it.
type Raw struct {
	Bytes          []byte // all of it, the length first
	TimestampDelta int64
	OffsetDelta    int32
	Key            []byte // nil is null
	NullValue      bool
	rest           []byte // what comes after the timestamp delta
}

// CutRaw cuts the first record off the body of a batch. The error is
// ErrInvalidRecord, as for Records.
func CutRaw(p []byte) (r Raw, rest []byte, err error) {
	size, at := short(p, 0)
	if at < 0 {
		size, at = varint32(p, 0)
	}
	if at < 0 || size < 1 || int(size) > len(p)-at {
		return Raw{}, p, fmt.Errorf("%w: record of %d bytes where %d are left", ErrInvalidRecord, size, len(p))
	}
	end := at + int(size)
	r.Bytes, rest = p[:end:end], p[end:]
	bad := func() (Raw, []byte, error) {
		return Raw{}, p, fmt.Errorf("%w: found invalid record structure", ErrInvalidRecord)
	}
	q := r.Bytes
	if r.TimestampDelta, at = varint64(q, at+1); at < 0 {
		return bad()
	}
	r.rest = q[at:]
	if r.OffsetDelta, at = varint32(q, at); at < 0 {
		return bad()
	}
	keySize, at := varint32(q, at)
	if at < 0 || int(keySize) > len(q)-at {
		return bad()
	}
	if keySize >= 0 {
		r.Key = q[at : at+int(keySize) : at+int(keySize)]
		at += int(keySize)
	}
	valueSize, at := varint32(q, at)
	if at < 0 || int(valueSize) > len(q)-at {
		return bad()
	}
	r.NullValue = valueSize < 0
	if at += int(max(0, valueSize)); at == len(q)-1 && q[at] == 0 {
		return r, rest, nil
	}
	if !walkHeaders(q, at) {
		return bad()
	}
	return r, rest, nil
}

// Rewrite makes a batch of some of the records of another one, the way
// compaction does (MemoryRecords.buildRetainedRecordsInto): offsets, the first
// and last offset of the batch, its producer, sequence, leader epoch and codec
// stay; the base timestamp is that of the first record kept, or the delete
// horizon, and the largest timestamp that of the records kept.
type Rewrite struct {
	Batch Batch
	Kept  []Raw // at least one, of the records of Batch, in order
	// HorizonMs is the time from which tombstones and markers of the batch may
	// go, in ms since 1970; below 0 without one.
	HorizonMs int64
}

// Append appends the new batch to dst. scratch is memory for the records before
// they are compressed, and comes back to be used again.
func (w Rewrite) Append(dst []byte, c *Compressor, scratch []byte) (out, _ []byte, err error) {
	b := w.Batch
	first, maxTS := w.timestamp(w.Kept[0]), NoTimestamp
	baseTS := first
	if w.HorizonMs >= 0 {
		baseTS = w.HorizonMs
	}
	start := len(dst)
	dst = append(dst, b[:HeaderSize]...)
	plain := b.Codec() == CodecNone
	body := scratch[:0]
	if plain {
		body = dst
	}
	for i := range w.Kept {
		ts := w.timestamp(w.Kept[i])
		body = w.Kept[i].appendAt(body, ts-baseTS)
		maxTS = max(maxTS, ts)
	}
	if plain {
		dst = body
	} else {
		scratch = body
		if dst, err = c.Compress(dst, body, b.Codec(), 0); err != nil {
			return dst[:start], scratch, err
		}
	}
	if b.TimestampType() == LogAppendTime {
		maxTS = b.MaxTimestamp()
	}
	attrs := uint16(b.Attributes()) & attrKnown &^ attrDeleteHorizon
	if w.HorizonMs >= 0 {
		attrs |= attrDeleteHorizon
	}
	n := Batch(dst[start:])
	n.setFields(attrs, baseTS, maxTS, len(w.Kept))
	return dst, scratch, nil
}

func (w Rewrite) timestamp(r Raw) int64 {
	return w.Batch.Timestamp(Record{TimestampDelta: r.TimestampDelta})
}

// appendAt appends the record with another timestamp delta.
func (r *Raw) appendAt(dst []byte, delta int64) []byte {
	if delta == r.TimestampDelta {
		return append(dst, r.Bytes...)
	}
	dst = slices.Grow(dst, len(r.Bytes)+2*binary.MaxVarintLen64)
	dst = binary.AppendVarint(dst, int64(1+varintSize(delta)+len(r.rest)))
	dst = append(dst, 0)
	dst = binary.AppendVarint(dst, delta)
	return append(dst, r.rest...)
}

// setFields writes what differs from the original's header in a batch that is
// the whole of b.
func (b Batch) setFields(attrs uint16, baseTS, maxTS int64, count int) {
	be := binary.BigEndian
	be.PutUint32(b[offLength:], uint32(len(b)-Overhead))
	be.PutUint16(b[offAttributes:], attrs)
	be.PutUint64(b[offBaseTimestamp:], uint64(baseTS))
	be.PutUint64(b[offMaxTimestamp:], uint64(maxTS))
	be.PutUint32(b[offCount:], uint32(count))
	b.setCRC()
}

// AppendEmpty appends a batch without records that stands for b: its offsets,
// producer, sequence, leader epoch and largest timestamp
// (DefaultRecordBatch.writeEmptyHeader).
func AppendEmpty(dst []byte, b Batch) []byte {
	start := len(dst)
	dst = append(dst, b[:HeaderSize]...)
	attrs := uint16(b.Attributes()) & (attrLogAppendTime | attrTransactional | attrControl)
	Batch(dst[start:]).setFields(attrs, NoTimestamp, b.MaxTimestamp(), 0)
	return dst
}

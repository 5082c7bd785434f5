package batch

import (
	"encoding/binary"
	"fmt"
)

// BuilderOptions are the header fields of a new batch.
type BuilderOptions struct {
	Codec      Codec
	Level      int         // of the codec; 0 means its default
	Compressor *Compressor // shared state of the codecs; nil makes its own

	BaseOffset  int64
	LeaderEpoch int32

	// ProducerID, ProducerEpoch and BaseSequence are written if Idempotent is
	// set or ProducerID is above 0. Otherwise the batch has no producer, and
	// these fields are -1 whatever they are here: an id of 0 needs Idempotent.
	Idempotent    bool
	ProducerID    int64
	ProducerEpoch int16
	BaseSequence  int32

	Transactional bool
	Control       bool

	// LogAppendTime marks the records as stamped by the broker, at AppendTimeMs.
	LogAppendTime bool
	AppendTimeMs  int64
}

// Builder makes one batch, record by record. The zero Builder is not usable.
type Builder struct {
	opts    BuilderOptions
	buf     []byte // header, then records as they are before compression
	count   int32
	last    int32 // offset delta of the last record
	baseTS  int64
	maxTS   int64
	scratch Record
}

// NewBuilder starts an empty batch.
func NewBuilder(o BuilderOptions) *Builder {
	if !o.Idempotent && o.ProducerID <= 0 {
		o.ProducerID, o.ProducerEpoch, o.BaseSequence = NoProducerID, NoProducerEpoch, NoSequence
	}
	if o.Compressor == nil {
		o.Compressor = new(Compressor)
	}
	b := &Builder{opts: o}
	b.Reset()
	return b
}

// Reset empties the builder; it keeps its memory unless Build has given it away.
func (b *Builder) Reset() {
	if b.buf == nil {
		b.buf = make([]byte, HeaderSize, 512)
	}
	b.buf = b.buf[:HeaderSize]
	b.count, b.last = 0, -1
	b.baseTS, b.maxTS = NoTimestamp, NoTimestamp
}

// Count is the number of records added.
func (b *Builder) Count() int { return int(b.count) }

// Size is the length in bytes that the batch has before compression.
func (b *Builder) Size() int { return len(b.buf) }

// SizeWith is Size after one more record.
func (b *Builder) SizeWith(ts int64, key, value []byte, headers []Header) int {
	b.setScratch(b.last+1, ts, key, value, headers)
	n := bodySize(&b.scratch)
	b.scratch = Record{}
	return len(b.buf) + n + varintSize(int64(n))
}

// Add appends a record at the next offset. ts is in ms since 1970 or
// NoTimestamp; a nil key or value is null. Nothing is kept of the arguments.
func (b *Builder) Add(ts int64, key, value []byte, headers []Header) {
	b.AddAt(b.last+1, ts, key, value, headers)
}

// AddAt is Add with a chosen distance from the base offset, which must be above
// that of the record before: compaction leaves holes.
func (b *Builder) AddAt(offsetDelta int32, ts int64, key, value []byte, headers []Header) {
	if b.count == 0 {
		b.baseTS = ts
	}
	b.setScratch(offsetDelta, ts, key, value, headers)
	b.buf = appendRecord(b.buf, &b.scratch)
	b.scratch = Record{}
	b.count++
	b.last = offsetDelta
	b.maxTS = max(b.maxTS, ts)
}

func (b *Builder) setScratch(delta int32, ts int64, key, value []byte, headers []Header) {
	base := b.baseTS
	if b.count == 0 {
		base = ts
	}
	b.scratch = Record{TimestampDelta: ts - base, OffsetDelta: delta, Key: key, Value: value, Headers: headers}
}

// Build finishes the batch. The builder gives its memory away with it, and is
// empty again. If the codec cannot be used, the records stay uncompressed.
func (b *Builder) Build() Batch {
	out, codec := b.buf, CodecNone
	if b.opts.Codec != CodecNone {
		packed, err := b.compress()
		if err == nil {
			out, codec = packed, b.opts.Codec
		}
	} else {
		b.buf = nil
	}
	b.writeHeader(out, codec)
	b.Reset()
	return Batch(out)
}

// compress makes a new slice: a header to fill in, and the packed records.
func (b *Builder) compress() ([]byte, error) {
	dst := make([]byte, HeaderSize, HeaderSize+64+len(b.buf)/2)
	return b.opts.Compressor.Compress(dst, b.buf[HeaderSize:], b.opts.Codec, b.opts.Level)
}

func (b *Builder) writeHeader(out []byte, codec Codec) {
	attrs := uint16(codec) & attrCodec
	maxTS := b.maxTS
	if b.opts.LogAppendTime {
		attrs |= attrLogAppendTime
		maxTS = b.opts.AppendTimeMs
	}
	if b.opts.Transactional {
		attrs |= attrTransactional
	}
	if b.opts.Control {
		attrs |= attrControl
	}
	be := binary.BigEndian
	be.PutUint64(out[offBaseOffset:], uint64(b.opts.BaseOffset))
	be.PutUint32(out[offLength:], uint32(len(out)-Overhead))
	be.PutUint32(out[offLeaderEpoch:], uint32(b.opts.LeaderEpoch))
	out[offMagic] = 2
	be.PutUint16(out[offAttributes:], attrs)
	be.PutUint32(out[offLastOffsetDelta:], uint32(max(0, b.last)))
	be.PutUint64(out[offBaseTimestamp:], uint64(b.baseTS))
	be.PutUint64(out[offMaxTimestamp:], uint64(maxTS))
	be.PutUint64(out[offProducerID:], uint64(b.opts.ProducerID))
	be.PutUint16(out[offProducerEpoch:], uint16(b.opts.ProducerEpoch))
	be.PutUint32(out[offBaseSequence:], uint32(b.opts.BaseSequence))
	be.PutUint32(out[offCount:], uint32(b.count))
	Batch(out).setCRC()
}

// MarkerType is what a control record of a transaction says
// (org.apache.kafka.common.record.ControlRecordType).
type MarkerType int16

const (
	MarkerAbort  MarkerType = 0
	MarkerCommit MarkerType = 1
)

// MarkerOptions describe the end of a transaction.
type MarkerOptions struct {
	Type             MarkerType
	ProducerID       int64
	ProducerEpoch    int16
	CoordinatorEpoch int32
	TimestampMs      int64
	LeaderEpoch      int32
}

// EndTxnMarker makes the control batch that commits or aborts a transaction in
// a partition: a key of version and type, a value of version and coordinator
// epoch, both of version 0, and no sequence number.
func EndTxnMarker(o MarkerOptions) Batch {
	b := NewBuilder(BuilderOptions{
		Idempotent: true, ProducerID: o.ProducerID, ProducerEpoch: o.ProducerEpoch, BaseSequence: NoSequence,
		LeaderEpoch: o.LeaderEpoch, Transactional: true, Control: true,
	})
	key := [4]byte{2: byte(uint16(o.Type) >> 8), 3: byte(o.Type)}
	var value [6]byte
	binary.BigEndian.PutUint32(value[2:], uint32(o.CoordinatorEpoch))
	b.Add(o.TimestampMs, key[:], value[:], nil)
	return b.Build()
}

// ParseMarker reads the control record of a marker: its type and the
// coordinator epoch. Later versions may add fields, which are ignored.
func ParseMarker(r Record) (t MarkerType, coordinatorEpoch int32, err error) {
	if len(r.Key) < 4 || len(r.Value) < 6 {
		return 0, 0, fmt.Errorf("%w: a control record of %d and %d bytes", ErrInvalidRecord, len(r.Key), len(r.Value))
	}
	t = MarkerType(binary.BigEndian.Uint16(r.Key[2:]))
	return t, int32(binary.BigEndian.Uint32(r.Value[2:])), nil
}

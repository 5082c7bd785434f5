package batch

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Batch is exactly one record batch of magic 2, from its base offset to its
// last byte, or at least the header of one (see Peek). The accessors read in
// place and need HeaderSize bytes, which Split and Peek have checked.
type Batch []byte

// Split cuts the first batch off p. The error is ErrShort if p ends before the
// batch does, ErrCorrupt if the length cannot be one, and ErrMagic if it is not
// of magic 2. The CRC is not verified.
func Split(p []byte) (b Batch, rest []byte, err error) {
	n, err := size(p)
	if err != nil {
		return nil, p, err
	}
	if n > int64(len(p)) {
		return nil, p, fmt.Errorf("%w: have %d of %d bytes", ErrShort, len(p), n)
	}
	return Batch(p[:n:n]), p[n:], nil
}

// Peek is Split for a header whose records are elsewhere: p holds at least
// HeaderSize bytes, and Length of the result may exceed its len.
func Peek(p []byte) (Batch, error) {
	if _, err := size(p); err != nil {
		return nil, err
	}
	if len(p) < HeaderSize {
		return nil, fmt.Errorf("%w: have %d bytes of a header", ErrShort, len(p))
	}
	return Batch(p), nil
}

// size reads the whole length in bytes of the batch that starts p.
func size(p []byte) (int64, error) {
	if len(p) < Overhead {
		return 0, fmt.Errorf("%w: have %d bytes of a header", ErrShort, len(p))
	}
	length := int32(binary.BigEndian.Uint32(p[offLength:]))
	if length < minLegacySize {
		return 0, fmt.Errorf("%w: record size %d is less than the minimum record overhead (%d)",
			ErrCorrupt, length, minLegacySize)
	}
	if len(p) <= offMagic {
		return 0, fmt.Errorf("%w: have %d bytes of a header", ErrShort, len(p))
	}
	switch magic := int8(p[offMagic]); {
	case magic < 0 || magic > 2:
		return 0, fmt.Errorf("%w: invalid magic found in record: %d", ErrCorrupt, magic)
	case magic < 2:
		return 0, fmt.Errorf("%w but %d", ErrMagic, magic)
	case length < HeaderSize-Overhead:
		return 0, fmt.Errorf("%w: the size %d is smaller than the minimum allowed overhead %d",
			ErrCorrupt, int64(length)+Overhead, HeaderSize)
	}
	return int64(length) + Overhead, nil
}

// Length is the length of the whole batch in bytes, its first 12 included.
func (b Batch) Length() int {
	return Overhead + int(int32(binary.BigEndian.Uint32(b[offLength:])))
}

// BaseOffset is the offset of the first record (of the first that was ever
// there, where compaction removed it).
func (b Batch) BaseOffset() int64 { return b.int64(offBaseOffset) }

// LastOffset is the offset of the last record.
func (b Batch) LastOffset() int64 { return b.BaseOffset() + int64(b.LastOffsetDelta()) }

// LeaderEpoch is the epoch of the partition leader that appended the batch.
func (b Batch) LeaderEpoch() int32 { return b.int32(offLeaderEpoch) }

// Magic is the format version: 2.
func (b Batch) Magic() int8 { return int8(b[offMagic]) }

// CRC is the stored CRC-32C.
func (b Batch) CRC() uint32 { return binary.BigEndian.Uint32(b[offCRC:]) }

// Attributes are the flags of the batch.
func (b Batch) Attributes() int16 { return int16(binary.BigEndian.Uint16(b[offAttributes:])) }

// LastOffsetDelta is the distance from the first to the last offset.
func (b Batch) LastOffsetDelta() int32 { return b.int32(offLastOffsetDelta) }

// BaseTimestamp is what timestamp deltas add to, in ms since 1970; or, if
// HasDeleteHorizon, the time from which tombstones may go.
func (b Batch) BaseTimestamp() int64 { return b.int64(offBaseTimestamp) }

// MaxTimestamp is the largest time of a record in ms since 1970, or NoTimestamp.
func (b Batch) MaxTimestamp() int64 { return b.int64(offMaxTimestamp) }

// ProducerID is the idempotent producer's, or NoProducerID.
func (b Batch) ProducerID() int64 { return b.int64(offProducerID) }

// ProducerEpoch is the idempotent producer's, or NoProducerEpoch.
func (b Batch) ProducerEpoch() int16 { return int16(binary.BigEndian.Uint16(b[offProducerEpoch:])) }

// BaseSequence is the sequence number of the first record, or NoSequence.
func (b Batch) BaseSequence() int32 { return b.int32(offBaseSequence) }

// LastSequence is the sequence number of the last record, or NoSequence.
// Sequence numbers go from 2^31-1 back to 0.
func (b Batch) LastSequence() int32 {
	base := b.BaseSequence()
	if base == NoSequence {
		return NoSequence
	}
	return AddSequence(base, b.LastOffsetDelta())
}

// AddSequence gives the sequence number n >= 0 records after seq.
func AddSequence(seq, n int32) int32 {
	if seq > math.MaxInt32-n {
		return n - (math.MaxInt32 - seq) - 1
	}
	return seq + n
}

// Count is the number of records the header claims.
func (b Batch) Count() int32 { return b.int32(offCount) }

// Codec is how the records are compressed; it may be one that does not exist.
func (b Batch) Codec() Codec { return Codec(b.Attributes() & attrCodec) }

// IsTransactional says that the batch is part of a transaction.
func (b Batch) IsTransactional() bool { return b.Attributes()&attrTransactional != 0 }

// IsControl says that the records are control records, not data.
func (b Batch) IsControl() bool { return b.Attributes()&attrControl != 0 }

// HasDeleteHorizon says that BaseTimestamp is a delete horizon (KIP-534).
func (b Batch) HasDeleteHorizon() bool { return b.Attributes()&attrDeleteHorizon != 0 }

// TimestampType says who gave the records their time.
func (b Batch) TimestampType() TimestampType {
	if b.Attributes()&attrLogAppendTime != 0 {
		return LogAppendTime
	}
	return CreateTime
}

// HasProducerID says that an idempotent producer sent the batch.
func (b Batch) HasProducerID() bool { return b.ProducerID() > NoProducerID }

// SetBaseOffset assigns the offset of the first record. The CRC does not cover it.
func (b Batch) SetBaseOffset(offset int64) {
	binary.BigEndian.PutUint64(b[offBaseOffset:], uint64(offset))
}

// SetLeaderEpoch assigns the leader epoch. The CRC does not cover it.
func (b Batch) SetLeaderEpoch(epoch int32) {
	binary.BigEndian.PutUint32(b[offLeaderEpoch:], uint32(epoch))
}

// setMaxTimestamp is DefaultRecordBatch.setMaxTimestamp: it rewrites type and
// maximum, and the CRC, only where one of them changes; then unknown
// attributes go, too.
func (b Batch) setMaxTimestamp(t TimestampType, ms int64) (changed bool) {
	if b.TimestampType() == t && b.MaxTimestamp() == ms {
		return false
	}
	attrs := uint16(b.Attributes()) & attrKnown &^ attrLogAppendTime
	if t == LogAppendTime {
		attrs |= attrLogAppendTime
	}
	binary.BigEndian.PutUint16(b[offAttributes:], attrs)
	binary.BigEndian.PutUint64(b[offMaxTimestamp:], uint64(ms))
	b.setCRC()
	return true
}

func (b Batch) setCRC() { binary.BigEndian.PutUint32(b[offCRC:], b.checksum()) }

// checksum is the CRC-32C of byte 21 to the end. MakeTable gives the shared
// table of that polynomial, for which crc32 uses the processor's instruction.
func (b Batch) checksum() uint32 {
	return checksum(b[offAttributes:])
}

// VerifyCRC computes the CRC of the whole batch; ErrCorrupt if it differs.
func (b Batch) VerifyCRC() error {
	if got := b.checksum(); got != b.CRC() {
		return fmt.Errorf("%w: stored crc = %d, computed crc = %d", ErrCorrupt, b.CRC(), got)
	}
	return nil
}

// Body is the records of the batch, as they are: compressed by Codec.
func (b Batch) Body() []byte { return b[HeaderSize:] }

func (b Batch) int64(at int) int64 { return int64(binary.BigEndian.Uint64(b[at:])) }
func (b Batch) int32(at int) int32 { return int32(binary.BigEndian.Uint32(b[at:])) }

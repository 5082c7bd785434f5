package transfer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// errBatch is bytes that are no batch of records.
var errBatch = errors.New("not a record batch")

// A batch of magic 2 (org.apache.kafka.common.record.DefaultRecordBatch), big endian:
//
//	0 base offset 8 | 8 length of what follows 4 | 12 leader epoch 4 | 16 magic 1 | 17 CRC-32C of what follows 4
//	21 attributes 2 | 23 last offset delta 4 | 27 base timestamp 8 | 35 max timestamp 8
//	43 producer id 8 | 51 producer epoch 2 | 53 base sequence 4 | 57 records 4 | 61 the records
const (
	lengthAt    = 8
	epochAt     = 12
	magicAt     = 16
	crcAt       = 17
	attrsAt     = 21
	lastDeltaAt = 23
	baseTimeAt  = 27
	maxTimeAt   = 35
	producerAt  = 43
	pidEpochAt  = 51
	sequenceAt  = 53
	countAt     = 57
	recordsAt   = 61
)

// Attributes of a batch.
const (
	codecMask      = 0x07
	logAppendTime  = 0x08
	transactional  = 0x10
	control        = 0x20
	deleteHorizon  = 0x40 // the base timestamp is not that of a record (KIP-534)
	attributesKept = codecMask
)

// batch is one whole batch of magic 2, header included.
type batch []byte

func (b batch) base() int64        { return int64(binary.BigEndian.Uint64(b)) }
func (b batch) last() int64        { return b.base() + int64(b.lastDelta()) }
func (b batch) lastDelta() int32   { return int32(binary.BigEndian.Uint32(b[lastDeltaAt:])) }
func (b batch) attrs() int16       { return int16(binary.BigEndian.Uint16(b[attrsAt:])) }
func (b batch) codec() int8        { return int8(b.attrs() & codecMask) }
func (b batch) baseTime() int64    { return int64(binary.BigEndian.Uint64(b[baseTimeAt:])) }
func (b batch) maxTime() int64     { return int64(binary.BigEndian.Uint64(b[maxTimeAt:])) }
func (b batch) producer() int64    { return int64(binary.BigEndian.Uint64(b[producerAt:])) }
func (b batch) count() int32       { return int32(binary.BigEndian.Uint32(b[countAt:])) }
func (b batch) is(attr int16) bool { return b.attrs()&attr != 0 }

// dense tells that no offset inside the batch is without its record: brokers
// take no other batches from producers.
func (b batch) dense() bool { return b.count() > 0 && b.lastDelta() == b.count()-1 }

// checksum tells that the CRC of the batch is right.
func (b batch) checksum() bool {
	return binary.BigEndian.Uint32(b[crcAt:]) == crc32.Checksum(b[attrsAt:], castagnoli())
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) } // made once, by the package

// nextBatch takes the first batch off b. A batch that was cut off, as brokers cut
// the last of an answer, is nil without an error.
func nextBatch(b []byte) (batch, []byte, error) {
	if len(b) <= magicAt {
		return nil, nil, nil
	}
	size := int64(int32(binary.BigEndian.Uint32(b[lengthAt:]))) + epochAt
	switch {
	case size <= magicAt:
		return nil, nil, fmt.Errorf("%w: its length is %d", errBatch, size)
	case size > int64(len(b)):
		return nil, nil, nil
	case b[magicAt] != 2:
		return nil, nil, fmt.Errorf("%w: it is of magic %d, of before Kafka 0.11", errBatch, b[magicAt])
	case size < recordsAt:
		return nil, nil, fmt.Errorf("%w: its length is %d", errBatch, size)
	}
	one := batch(b[:size:size])
	if one.lastDelta() < 0 || one.count() < 0 {
		return nil, nil, fmt.Errorf("%w: it has %d records, and its last offset is %d from the first", errBatch, one.count(), one.lastDelta())
	}
	return one, b[size:], nil
}

// producerState is what a batch is stamped with.
type producerState struct {
	id            int64
	epoch         int16
	transactional bool
}

// stamp makes b a batch as a producer sends it, and sets its CRC.
func (b batch) stamp(p producerState, sequence int32) {
	attrs := b.attrs() & attributesKept
	if p.transactional {
		attrs |= transactional
	}
	binary.BigEndian.PutUint64(b, 0)
	binary.BigEndian.PutUint32(b[epochAt:], 0xffffffff)
	binary.BigEndian.PutUint16(b[attrsAt:], uint16(attrs))
	binary.BigEndian.PutUint64(b[producerAt:], uint64(p.id))
	binary.BigEndian.PutUint16(b[pidEpochAt:], uint16(p.epoch))
	binary.BigEndian.PutUint32(b[sequenceAt:], uint32(sequence))
	binary.BigEndian.PutUint32(b[crcAt:], crc32.Checksum(b[attrsAt:], castagnoli()))
}

// A record: varint length, then attributes 1, varint timestamp delta, varint
// offset delta, varint key length and key, varint value length and value, headers.

// record is one record of a batch, its bytes those of the batch.
type record struct {
	timeDelta   int64
	offsetDelta int64
	key         []byte // nil for null
	rest        []byte // from the length of the key to the end
	data        int    // bytes of key and value
}

// nextRecord takes the first record off b.
func nextRecord(b []byte) (r record, after []byte, err error) {
	n, used := binary.Varint(b)
	if used <= 0 || n < 1 || n > int64(len(b)-used) {
		return r, nil, fmt.Errorf("%w: the length of a record", errBatch)
	}
	body, after := b[used+1:used+int(n)], b[used+int(n):]
	if r.timeDelta, used = binary.Varint(body); used <= 0 {
		return r, nil, fmt.Errorf("%w: the time of a record", errBatch)
	}
	body = body[used:]
	if r.offsetDelta, used = binary.Varint(body); used <= 0 {
		return r, nil, fmt.Errorf("%w: the offset of a record", errBatch)
	}
	r.rest = body[used:]
	key, body, err := nextBytes(r.rest)
	if err != nil {
		return r, nil, err
	}
	value, _, err := nextBytes(body)
	if err != nil {
		return r, nil, err
	}
	r.key, r.data = key, len(key)+len(value)
	return r, after, nil
}

// nextBytes takes a length, -1 for null, and so many bytes off b.
func nextBytes(b []byte) (taken, after []byte, err error) {
	n, used := binary.Varint(b)
	if used <= 0 || n < -1 || n > int64(len(b)-used) {
		return nil, nil, fmt.Errorf("%w: the length of a key or a value", errBatch)
	}
	if n < 0 {
		return nil, b[used:], nil
	}
	return b[used : used+int(n) : used+int(n)], b[used+int(n):], nil
}

package batch

// A record batch of magic 2 (KIP-98; org.apache.kafka.common.record.DefaultRecordBatch):
//
//	0        8        12      16  17    21    23       27        35
//	+--------+--------+-------+---+-----+-----+--------+---------+---
//	| base   | length | leader| 2 | crc | at- | last   | base    | ...
//	| offset | (rest) | epoch |   |     | tri-| offset | time-   |
//	|        |        |       |   |     | bu- | delta  | stamp   |
//	|        |        |       |   |     | tes |        |         |
//	+--------+--------+-------+---+-----+-----+--------+---------+---
//	35       43         51      53       57     61
//	+--------+----------+-------+--------+------+--------------------
//	| max    | producer | prod. | base   | num. | records, together
//	| time-  | id       | epoch | se-    | of   | compressed by the
//	| stamp  |          |       | quence | rec. | codec in attributes
//	+--------+----------+-------+--------+------+--------------------
//
// The length counts from byte 12 on. The CRC-32C covers byte 21 to the end, so
// that base offset and leader epoch can be assigned without touching it.
//
// Attributes: bits 0-2 codec, 3 timestamp type (1 = log append time), 4
// transactional, 5 control, 6 delete horizon in base timestamp (KIP-534).
//
// A record is: varint length of the rest, int8 attributes (unused), varlong
// timestamp delta, varint offset delta, varint key length (-1 = null), key,
// varint value length, value, varint number of headers, and for each header
// varint key length (never null), key, varint value length, value. Varints are
// zigzag.
const (
	// HeaderSize is the length of a batch without records.
	HeaderSize = 61
	// Overhead is what the length field of a batch does not count: itself and
	// the base offset.
	Overhead = 12

	offBaseOffset      = 0
	offLength          = 8
	offLeaderEpoch     = 12
	offMagic           = 16
	offCRC             = 17
	offAttributes      = 21
	offLastOffsetDelta = 23
	offBaseTimestamp   = 27
	offMaxTimestamp    = 35
	offProducerID      = 43
	offProducerEpoch   = 51
	offBaseSequence    = 53
	offCount           = 57

	attrCodec         = 0x07
	attrLogAppendTime = 0x08
	attrTransactional = 0x10
	attrControl       = 0x20
	attrDeleteHorizon = 0x40
	attrKnown         = 0x7f

	// minLegacySize is the least length field of any batch or message: that of
	// a message of magic 0 with null key and value.
	minLegacySize = 14
)

// Values of fields that are not set.
const (
	NoTimestamp     = int64(-1)
	NoProducerID    = int64(-1)
	NoProducerEpoch = int16(-1)
	NoSequence      = int32(-1)
	NoLeaderEpoch   = int32(-1)
)

// TimestampType says who gave a record its time.
type TimestampType int8

const (
	CreateTime    TimestampType = 0 // the producer
	LogAppendTime TimestampType = 1 // the broker; all records have the batch's maximum
)

func (t TimestampType) String() string {
	if t == LogAppendTime {
		return "LogAppendTime"
	}
	return "CreateTime"
}

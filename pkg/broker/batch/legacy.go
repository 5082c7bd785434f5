package batch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// A message of magic 0 or 1 (org.apache.kafka.common.record.LegacyRecord), all
// big-endian:
//
//	offset int64 | length int32 | crc int32 | magic int8 | attributes int8 |
//	timestamp int64 (magic 1) | key length int32, key | value length int32, value
//
// The CRC-32 (IEEE) covers the magic to the end. Lengths of -1 are null.
// Attributes: bits 0-2 codec, bit 3 timestamp type. A message with a codec is a
// wrapper: its value is a message set, compressed.
const (
	legacyCRC        = 12
	legacyMagic      = 16
	legacyAttributes = 17
	legacyTimestamp  = 18
	legacyKeyV0      = 18
	legacyKeyV1      = 26
)

// message is one parsed message of magic 0 or 1.
type message struct {
	raw        []byte // from the offset on
	offset     int64
	magic      int8
	attributes int8
	timestamp  int64
	key, value []byte
}

func (m *message) codec() Codec { return Codec(m.attributes & attrCodec) }

func (m *message) timestampType() TimestampType {
	if m.magic > 0 && m.attributes&attrLogAppendTime != 0 {
		return LogAppendTime
	}
	return CreateTime
}

func (m *message) crc() uint32 { return binary.BigEndian.Uint32(m.raw[legacyCRC:]) }

func (m *message) verifyCRC() error {
	if got := crc32.ChecksumIEEE(m.raw[legacyMagic:]); got != m.crc() {
		return fmt.Errorf("%w: stored crc = %d, computed crc = %d", ErrCorrupt, m.crc(), got)
	}
	return nil
}

// show is how Kafka prints a message; ts is its time as its wrapper has it.
func (m *message) show(offset, ts int64, t TimestampType) string {
	stamp := ""
	if m.magic > 0 {
		stamp = fmt.Sprintf(" %s=%d,", t, ts)
	}
	return fmt.Sprintf("LegacyRecordBatch(offset=%d, Record(magic=%d, attributes=%d, compression=%s, crc=%d,%s key=%d bytes, value=%d bytes))",
		offset, m.magic, m.attributes, m.codec(), m.crc(), stamp, len(m.key), len(m.value))
}

// cutMessage cuts the first message off p. The error is ErrShort if p ends
// before it does, ErrMagic if it is a batch of magic 2, else ErrCorrupt.
func cutMessage(p []byte) (m message, rest []byte, err error) {
	n, err := size(p)
	if err == nil {
		return m, p, fmt.Errorf("%w: magic 2 in a message set", ErrMagic)
	}
	if !errors.Is(err, ErrMagic) {
		return m, p, err
	}
	n = Overhead + int64(int32(binary.BigEndian.Uint32(p[offLength:])))
	if n > int64(len(p)) {
		return m, p, fmt.Errorf("%w: have %d of %d bytes", ErrShort, len(p), n)
	}
	m.raw, rest = p[:n:n], p[n:]
	m.offset = int64(binary.BigEndian.Uint64(m.raw))
	m.magic = int8(m.raw[legacyMagic])
	m.attributes = int8(m.raw[legacyAttributes])
	m.timestamp = NoTimestamp
	return m, rest, nil
}

// parseFields reads what follows the attributes.
func (m *message) parseFields() error {
	at := legacyKeyV0
	if m.magic > 0 {
		if at = legacyKeyV1; len(m.raw) < at {
			return fmt.Errorf("%w: message of magic 1 in %d bytes", ErrInvalidRecord, len(m.raw))
		}
		m.timestamp = int64(binary.BigEndian.Uint64(m.raw[legacyTimestamp:]))
	}
	var err error
	if m.key, at, err = sizeDelimited(m.raw, at); err != nil {
		return err
	}
	m.value, _, err = sizeDelimited(m.raw, at)
	return err
}

func sizeDelimited(p []byte, at int) (field []byte, next int, err error) {
	if len(p)-at < 4 {
		return nil, 0, fmt.Errorf("%w: message ends before its fields", ErrInvalidRecord)
	}
	n := int32(binary.BigEndian.Uint32(p[at:]))
	at += 4
	if n < 0 {
		return nil, at, nil
	}
	if int(n) > len(p)-at {
		return nil, 0, fmt.Errorf("%w: field of %d bytes where %d are left", ErrInvalidRecord, n, len(p)-at)
	}
	return p[at : at+int(n) : at+int(n)], at + int(n), nil
}

// ConvertLegacy makes one batch of magic 2 of a message set of magic 0 or 1, as
// Kafka did up to 3.9. A compressed set is one wrapper message, and keeps its
// codec unless the rules have another; an uncompressed one is any number of
// messages. Records of magic 0 have no timestamp. Whatever the rules, every
// message is read. An unfinished message at the end is dropped.
//
// The errors are those of Validate.
func ConvertLegacy(messageSet []byte, r Rules) (Batch, error) {
	c := conversion{rules: &r, magic: -1}
	set := messageSet
	for {
		m, rest, err := cutMessage(set)
		if errors.Is(err, ErrShort) {
			break
		}
		if errors.Is(err, ErrMagic) && c.magic < 0 {
			return nil, err
		}
		if errors.Is(err, ErrMagic) {
			return nil, fmt.Errorf("%w: batch magic 2 is not the same as the first batch's magic byte %d in topic partition %s",
				ErrInvalidRecord, c.magic, r.where())
		}
		if err != nil {
			return nil, err
		}
		if err := c.outer(m); err != nil {
			return nil, err
		}
		set = rest
	}
	return c.finish()
}

// conversion is the state of one ConvertLegacy.
type conversion struct {
	rules   *Rules
	magic   int8 // of the first message; -1 before it
	wrapped bool // a compressed message was seen, which must be the only one
	builder *Builder
	errs    recordErrors
}

func (c *conversion) outer(m message) error {
	if c.magic < 0 {
		c.magic = m.magic
	}
	if m.magic != c.magic {
		return fmt.Errorf("%w: batch magic %d is not the same as the first batch's magic byte %d in topic partition %s",
			ErrInvalidRecord, m.magic, c.magic, c.rules.where())
	}
	if err := c.rules.checkSize(len(m.raw)); err != nil {
		return err
	}
	if err := m.verifyCRC(); err != nil {
		return err
	}
	if err := m.parseFields(); err != nil {
		return err
	}
	codec := m.codec()
	if c.wrapped || codec != CodecNone && c.builder != nil {
		return fmt.Errorf("%w: compressed outer record has more than one batch", ErrInvalidRecord)
	}
	if codec == CodecZstd || codec > CodecZstd {
		return fmt.Errorf("%w: invalid wrapper compression type %s for magic %d", ErrInvalidRecord, codec, m.magic)
	}
	if c.builder == nil {
		target := c.rules.target(codec)
		c.builder = NewBuilder(BuilderOptions{
			Codec: target, Level: c.rules.Levels.Of(target), Compressor: c.rules.compressor(),
			LeaderEpoch:   c.rules.LeaderEpoch,
			LogAppendTime: c.rules.LogAppendTime, AppendTimeMs: c.rules.NowMs,
		})
	}
	if codec == CodecNone {
		if err := c.add(m, m.offset, m.timestamp, m.timestampType()); err != nil {
			return err
		}
		return c.errs.err()
	}
	c.wrapped = true
	return c.unwrap(m)
}

// unwrap reads the messages inside a wrapper
// (AbstractLegacyRecordBatch.DeepRecordsIterator).
func (c *conversion) unwrap(w message) error {
	if w.value == nil {
		return fmt.Errorf("%w: found invalid compressed record set with null value (magic = %d)", ErrInvalidRecord, w.magic)
	}
	d := c.rules.decompressor()
	buf := d.borrow()
	defer d.giveBack(buf)
	var err error
	if *buf, err = d.open(*buf, w.codec(), w.value, w.magic); err != nil {
		return err
	}
	last, count, err := lastInner(*buf)
	if err != nil {
		return err
	}
	if count == 0 {
		return fmt.Errorf("%w: found invalid compressed record set with no inner records", ErrInvalidRecord)
	}
	base := int64(0)
	if w.magic == 1 && w.offset != 0 { // 0 is what some librdkafka versions send
		if base = w.offset - last; w.offset < last {
			return fmt.Errorf("%w: found invalid wrapper offset in compressed v1 message set, wrapper offset '%d' is less than the last inner message offset '%d' and it is not zero",
				ErrInvalidRecord, w.offset, last)
		}
	}
	for set := *buf; count > 0; count-- {
		var m message
		if m, set, err = cutMessage(set); err != nil {
			return err
		}
		if err := c.inner(m, w, base+m.offset); err != nil {
			return err
		}
	}
	return nil
}

// lastInner counts the whole messages of a set and gives the last one's offset.
func lastInner(set []byte) (offset int64, count int, err error) {
	for {
		m, rest, err := cutMessage(set)
		if errors.Is(err, ErrShort) {
			return offset, count, nil
		}
		if errors.Is(err, ErrMagic) {
			err = fmt.Errorf("%w: %w", ErrInvalidRecord, err)
		}
		if err != nil {
			return 0, 0, err
		}
		offset, set = m.offset, rest
		count++
	}
}

func (c *conversion) inner(m, w message, offset int64) error {
	if m.codec() != CodecNone {
		return fmt.Errorf("%w: inner messages must not be compressed", ErrInvalidRecord)
	}
	if err := m.verifyCRC(); err != nil {
		return err
	}
	if err := m.parseFields(); err != nil {
		return err
	}
	ts := m.timestamp
	if m.magic == 1 && w.timestampType() == LogAppendTime {
		ts = w.timestamp
	}
	if m.magic != w.magic {
		c.errs.add(int32(c.builder.Count()), false, "Record %s's magic does not match outer magic %d in topic partition %s",
			m.show(offset, ts, w.timestampType()), w.magic, c.rules.where())
		return nil
	}
	return c.add(m, offset, ts, w.timestampType())
}

// add validates a record and appends it.
func (c *conversion) add(m message, offset, ts int64, t TimestampType) error {
	c.errs.checkRecord(c.rules, int32(c.builder.Count()), offset, ts, m.key != nil, t, func() string {
		return m.show(offset, ts, t)
	})
	if ts < NoTimestamp && c.errs.total == 0 {
		return fmt.Errorf("%w: negative timestamp %d", ErrInvalidTimestamp, ts)
	}
	c.builder.Add(ts, m.key, m.value, nil)
	return nil
}

func (c *conversion) finish() (Batch, error) {
	if c.builder == nil {
		return nil, fmt.Errorf("%w: no whole message in the set", ErrInvalidRecord)
	}
	if err := c.errs.err(); err != nil {
		return nil, err
	}
	b := c.builder.Build()
	return b, c.rules.checkSize(len(b))
}

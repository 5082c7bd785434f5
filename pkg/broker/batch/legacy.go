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

// timestampName is what Kafka calls the timestamp type of a message in m.
func (m *message) timestampName(inner *message) string {
	switch {
	case inner.magic == 1 && m.magic == 0:
		return "NoTimestampType"
	case inner.magic == 1:
		return m.timestampType().String()
	}
	return inner.timestampType().String()
}

func (m *message) crc() uint32 { return binary.BigEndian.Uint32(m.raw[legacyCRC:]) }

func (m *message) verifyCRC() error {
	if got := crc32.ChecksumIEEE(m.raw[legacyMagic:]); got != m.crc() {
		return fmt.Errorf("%w: stored crc = %d, computed crc = %d", ErrCorrupt, m.crc(), got)
	}
	return nil
}

// show is how Kafka prints a message; ts and t are its time as its wrapper has
// it.
func (m *message) show(offset, ts int64, t string) string {
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
	if len(p) > offMagic && p[offMagic] == 2 {
		return m, p, fmt.Errorf("%w: magic 2 in a message set", ErrMagic)
	}
	if _, err = size(p); !errors.Is(err, ErrMagic) { // which here means 0 or 1
		return m, p, err
	}
	return cutInner(p)
}

// cutInner is cutMessage for what a wrapper holds, where any magic may stand.
func cutInner(p []byte) (m message, rest []byte, err error) {
	if len(p) < Overhead {
		return m, p, fmt.Errorf("%w: have %d bytes of a header", ErrShort, len(p))
	}
	length := int32(binary.BigEndian.Uint32(p[offLength:]))
	if length < minLegacySize {
		return m, p, fmt.Errorf("%w: record size %d is less than the minimum record overhead (%d)",
			ErrCorrupt, length, minLegacySize)
	}
	n := Overhead + int64(length)
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
	if m.magic != 0 {
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
	source, count, err := checkSet(messageSet, &r)
	if err != nil {
		return nil, err
	}
	if count == 0 {
		return nil, fmt.Errorf("%w: no whole message in the set", ErrInvalidRecord)
	}
	if source != CodecNone && count > 1 {
		return nil, fmt.Errorf("%w: compressed outer record has more than one batch", ErrInvalidRecord)
	}
	if source >= CodecZstd {
		return nil, fmt.Errorf("%w: invalid wrapper compression type %s", ErrInvalidRecord, source)
	}
	target := r.target(source)
	c := conversion{rules: &r, builder: NewBuilder(BuilderOptions{
		Codec: target, Level: r.Levels.Of(target), Compressor: r.compressor(), LeaderEpoch: r.LeaderEpoch,
		LogAppendTime: r.LogAppendTime, AppendTimeMs: r.NowMs,
	})}
	for range count {
		var m message
		if m, messageSet, err = cutMessage(messageSet); err != nil {
			return nil, err
		}
		if err := c.outer(m); err != nil {
			return nil, err
		}
	}
	if c.negative {
		return nil, fmt.Errorf("%w: negative timestamp in a message for %s", ErrInvalidTimestamp, r.where())
	}
	b := c.builder.Build()
	return b, r.checkSize(len(b))
}

// checkSet looks at every message from outside: length, size and CRC. It gives
// the codec of the set and the number of whole messages.
func checkSet(set []byte, r *Rules) (source Codec, count int, err error) {
	for magic := int8(0); ; count++ {
		m, rest, err := cutMessage(set)
		if errors.Is(err, ErrShort) {
			return source, count, nil
		}
		if errors.Is(err, ErrMagic) && count > 0 {
			m.magic = 2
			err = nil
		}
		if err != nil {
			return 0, 0, err
		}
		if count == 0 {
			magic = m.magic
		}
		if m.magic != magic {
			return 0, 0, fmt.Errorf("%w: batch magic %d is not the same as the first batch's magic byte %d in topic partition %s",
				ErrInvalidRecord, m.magic, magic, r.where())
		}
		if err := r.checkSize(len(m.raw)); err != nil {
			return 0, 0, err
		}
		if err := m.verifyCRC(); err != nil {
			return 0, 0, err
		}
		if m.codec() != CodecNone {
			source = m.codec()
		}
		set = rest
	}
}

// conversion is the state of one ConvertLegacy.
type conversion struct {
	rules    *Rules
	builder  *Builder
	errs     recordErrors
	negative bool // a timestamp below NoTimestamp was seen
}

// outer takes a message of the set. Its errors are reported before the next.
func (c *conversion) outer(m message) error {
	if err := m.parseFields(); err != nil {
		return err
	}
	if m.codec() == CodecNone {
		c.add(0, m, m.offset, m.timestamp, m.timestampType())
	} else if err := c.unwrap(m); err != nil {
		return err
	}
	return c.errs.err()
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
			return fmt.Errorf("%w: found invalid wrapper offset in compressed v1 message set, "+
				"wrapper offset '%d' is less than the last inner message offset '%d' and it is not zero",
				ErrInvalidRecord, w.offset, last)
		}
	}
	set := *buf
	for i := range count {
		var m message
		if m, set, err = cutInner(set); err != nil {
			return err
		}
		if err := c.inner(int32(i), m, w, base+m.offset); err != nil {
			return err
		}
	}
	return nil
}

// lastInner counts the whole messages of a set and gives the last one's offset.
func lastInner(set []byte) (offset int64, count int, err error) {
	for {
		m, rest, err := cutInner(set)
		if errors.Is(err, ErrShort) {
			return offset, count, nil
		}
		if err != nil {
			return 0, 0, err
		}
		offset, set = m.offset, rest
		count++
	}
}

func (c *conversion) inner(index int32, m, w message, offset int64) error {
	if m.codec() != CodecNone {
		return fmt.Errorf("%w: inner messages must not be compressed", ErrInvalidRecord)
	}
	if m.magic == w.magic {
		if err := m.verifyCRC(); err != nil {
			return err
		}
	}
	if err := m.parseFields(); err != nil {
		return err
	}
	ts := m.timestamp
	if m.magic == 1 && w.timestampType() == LogAppendTime {
		ts = w.timestamp
	}
	if m.magic != w.magic {
		c.errs.add(index, false, "Record %s's magic does not match outer magic %d in topic partition %s",
			m.show(offset, ts, w.timestampName(&m)), w.magic, c.rules.where())
		return nil
	}
	c.add(index, m, offset, ts, w.timestampType())
	return nil
}

// add validates a record and appends it. The index is that in the wrapper; a
// message without one is a batch of its own, in which it is the first.
func (c *conversion) add(index int32, m message, offset, ts int64, t TimestampType) {
	c.errs.checkRecord(c.rules, index, offset, ts, m.key != nil, t, func() string {
		return m.show(offset, ts, t.String())
	})
	c.negative = c.negative || ts < NoTimestamp
	c.builder.Add(ts, m.key, m.value, nil)
}

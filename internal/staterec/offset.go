package staterec

import "fmt"

// OffsetValue is a committed offset (OffsetCommitValue, versions 0 to 4).
type OffsetValue struct {
	Offset      int64
	LeaderEpoch int32    // -1: not known
	Metadata    string   // the client's own words
	CommitMs    int64    // ms since the epoch
	ExpireMs    int64    // -1: by the group's retention, as every commit since 2.1 (a request could set it before)
	TopicID     [16]byte // zero: not known
}

func (v *OffsetValue) walk(c *coder, version int16) {
	v.LeaderEpoch, v.ExpireMs = defaultTo(c, v.LeaderEpoch), defaultTo(c, v.ExpireMs)
	c.version(&version, 4)
	c.flexible = version >= 4
	c.int64(&v.Offset)
	if version >= 3 {
		c.int32(&v.LeaderEpoch)
	}
	c.string(&v.Metadata)
	c.int64(&v.CommitMs)
	if version == 1 {
		c.int64(&v.ExpireMs)
	}
	c.tags(tag{v.TopicID != [16]byte{}, func(c *coder) { c.id(&v.TopicID) }})
}

// defaultTo is -1 for a field that may be missing from what is read.
func defaultTo[T ~int16 | ~int32 | ~int64](c *coder, v T) T {
	if c.decoding {
		return -1
	}
	return v
}

// Append adds the value's bytes to dst, as 4.3.1 does: version 4, or 1 (which
// has neither leader epoch nor topic id) where ExpireMs is set.
func (v OffsetValue) Append(dst []byte) []byte {
	c := coder{buf: dst}
	if v.ExpireMs == -1 {
		v.walk(&c, 4)
	} else {
		v.walk(&c, 1)
	}
	return c.buf
}

// ParseOffsetValue reads the value of an Offset or LegacyOffset key.
func ParseOffsetValue(b []byte) (OffsetValue, error) { return parseOffsetValue(b, false) }

// ViewOffsetValue is ParseOffsetValue without copies: Metadata points into b.
func ViewOffsetValue(b []byte) (OffsetValue, error) { return parseOffsetValue(b, true) }

func parseOffsetValue(b []byte, view bool) (OffsetValue, error) {
	var v OffsetValue
	c := coder{buf: b, decoding: true, view: view}
	v.walk(&c, 0)
	if c.err != nil {
		return OffsetValue{}, fmt.Errorf("parse committed offset: %w", c.err)
	}
	return v, nil
}

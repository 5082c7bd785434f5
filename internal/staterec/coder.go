package staterec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unsafe"
)

var (
	// ErrMalformed is wrapped where the bytes are not the record they say they are.
	ErrMalformed = errors.New("malformed state record")
	// ErrUnknownKind is wrapped where a key names a record this package does
	// not know. Kafka's coordinators skip such records with a warning.
	ErrUnknownKind = errors.New("unknown kind of state record")
	// ErrUnknownVersion is wrapped where a value is newer than Kafka 4.3.1's.
	ErrUnknownVersion = errors.New("unknown version of a state record")
)

// coder walks the fields of one key or value, writing them to buf or reading
// them from it.
type coder struct {
	buf      []byte // encoding: what is written so far; decoding: what is still unread
	decoding bool
	flexible bool // compact lengths and tagged fields (KIP-482)
	view     bool // decoded strings and bytes point into the input
	err      error
}

func (c *coder) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
	}
	c.buf = c.buf[:0]
}

// take returns the next n unread bytes, nil after a failure.
func (c *coder) take(n int) []byte {
	if c.err != nil {
		return nil
	}
	if n < 0 || n > len(c.buf) {
		c.fail("%d bytes wanted, %d left", n, len(c.buf))
		return nil
	}
	p := c.buf[:n:n]
	c.buf = c.buf[n:]
	return p
}

// version is the int16 that begins every value. One above newest is refused.
func (c *coder) version(v *int16, newest int16) {
	c.int16(v)
	if c.decoding && c.err == nil && (*v < 0 || *v > newest) {
		c.err = fmt.Errorf("%w: %d, known are 0 to %d", ErrUnknownVersion, *v, newest)
		c.buf = c.buf[:0]
	}
}

func (c *coder) int8(v *int8) {
	if !c.decoding {
		c.buf = append(c.buf, byte(*v))
	} else if p := c.take(1); p != nil {
		*v = int8(p[0])
	}
}

func (c *coder) int16(v *int16) {
	if !c.decoding {
		c.buf = binary.BigEndian.AppendUint16(c.buf, uint16(*v))
	} else if p := c.take(2); p != nil {
		*v = int16(binary.BigEndian.Uint16(p))
	}
}

func (c *coder) int32(v *int32) {
	if !c.decoding {
		c.buf = binary.BigEndian.AppendUint32(c.buf, uint32(*v))
	} else if p := c.take(4); p != nil {
		*v = int32(binary.BigEndian.Uint32(p))
	}
}

func (c *coder) int64(v *int64) {
	if !c.decoding {
		c.buf = binary.BigEndian.AppendUint64(c.buf, uint64(*v))
	} else if p := c.take(8); p != nil {
		*v = int64(binary.BigEndian.Uint64(p))
	}
}

func (c *coder) id(v *[16]byte) {
	if !c.decoding {
		c.buf = append(c.buf, v[:]...)
	} else if p := c.take(len(v)); p != nil {
		copy(v[:], p)
	}
}

func (c *coder) uvarint(v *uint32) {
	if !c.decoding {
		c.buf = binary.AppendUvarint(c.buf, uint64(*v))
		return
	}
	if c.err != nil {
		return
	}
	u, n := binary.Uvarint(c.buf)
	if n <= 0 || n > 5 || u > math.MaxUint32 {
		c.fail("bad varint")
		return
	}
	c.buf = c.buf[n:]
	*v = uint32(u)
}

// compactLength is n+1, 0 for null (-1 here), whether or not the record is flexible.
func (c *coder) compactLength(n int) int {
	u := uint32(n + 1)
	c.uvarint(&u)
	if c.decoding {
		n = int(u) - 1
	}
	return n
}

// wide says how a length is written in records that are not flexible: strings
// have an int16, bytes and arrays an int32.
type wide bool

// length walks the length of a string, bytes or an array, -1 for null. One
// that cannot fit the unread bytes at unit bytes an element is refused here.
func (c *coder) length(n, unit int, w wide) int {
	switch {
	case c.flexible:
		n = c.compactLength(n)
	case bool(w):
		l := int32(n)
		c.int32(&l)
		n = int(l)
	default:
		l := int16(n)
		c.int16(&l)
		n = int(l)
	}
	if !c.decoding {
		return n
	}
	if c.err != nil {
		return -1
	}
	if n < -1 || n > len(c.buf)/unit {
		c.fail("%d elements announced, %d bytes left", n, len(c.buf))
		return -1
	}
	return n
}

func (c *coder) text(p []byte) string {
	if c.view {
		return unsafe.String(unsafe.SliceData(p), len(p)) // the caller of View… keeps the bytes as they are
	}
	return string(p)
}

// string is a string that cannot be null.
func (c *coder) string(v *string) {
	n := c.length(len(*v), 1, false)
	switch {
	case !c.decoding:
		c.buf = append(c.buf, *v...)
	case n < 0:
		c.fail("null where a string must be")
	default:
		*v = c.text(c.take(n))
	}
}

func (c *coder) nullString(v **string) {
	n := -1
	if !c.decoding && *v != nil {
		n = len(**v)
	}
	n = c.length(n, 1, false)
	switch {
	case !c.decoding && *v != nil:
		c.buf = append(c.buf, **v...)
	case c.decoding && n >= 0:
		if p := c.take(n); c.err == nil {
			s := c.text(p)
			*v = &s
		}
	}
}

// bytes are bytes that cannot be null; none are read as nil.
func (c *coder) bytes(v *[]byte) {
	n := c.length(len(*v), 1, true)
	switch {
	case !c.decoding:
		c.buf = append(c.buf, *v...)
	case n < 0:
		c.fail("null where bytes must be")
	case n > 0:
		if p := c.take(n); c.view {
			*v = p
		} else {
			*v = append([]byte(nil), p...)
		}
	}
}

// array walks an array; none and null are both read as nil, and null is only
// taken where null is true. unit is the least number of bytes of an element.
func array[T any](c *coder, v *[]T, unit int, null bool, each func(*coder, *T)) {
	n := len(*v)
	if !c.decoding && null && *v == nil {
		n = -1
	}
	n = c.length(n, unit, true)
	if c.decoding {
		if c.err != nil {
			return
		}
		if n < 0 && !null {
			c.fail("null where an array must be")
		}
		if n <= 0 {
			return
		}
		*v = make([]T, n)
	}
	for i := range *v {
		each(c, &(*v)[i])
	}
}

func (c *coder) strings(v *[]string) {
	unit := 2
	if c.flexible {
		unit = 1
	}
	array(c, v, unit, false, func(c *coder, s *string) { c.string(s) })
}

func (c *coder) int32s(v *[]int32) {
	array(c, v, 4, false, func(c *coder, n *int32) { c.int32(n) })
}

// tag is one tagged field: set says whether it is written.
type tag struct {
	set  bool
	walk func(*coder)
}

// tags walks the tagged fields at the end of a flexible struct, fields[i]
// being tag i; nothing where the record is not flexible.
func (c *coder) tags(fields ...tag) {
	if !c.flexible {
		return
	}
	if c.decoding {
		c.readTags(fields)
		return
	}
	n := uint32(0)
	for _, f := range fields {
		if f.set {
			n++
		}
	}
	c.uvarint(&n)
	for i, f := range fields {
		if !f.set {
			continue
		}
		body := coder{flexible: true}
		f.walk(&body)
		number, size := uint32(i), uint32(len(body.buf))
		c.uvarint(&number)
		c.uvarint(&size)
		c.buf = append(c.buf, body.buf...)
	}
}

func (c *coder) readTags(fields []tag) {
	var n uint32
	for c.uvarint(&n); n > 0 && c.err == nil; n-- {
		var number, size uint32
		c.uvarint(&number)
		c.uvarint(&size)
		p := c.take(int(size))
		if c.err != nil || number >= uint32(len(fields)) {
			continue
		}
		body := coder{buf: p, decoding: true, flexible: true, view: c.view}
		fields[number].walk(&body)
		if body.err != nil {
			c.fail("tag %d: %v", number, body.err)
		}
	}
}

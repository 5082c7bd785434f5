package meta

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// ErrMalformed is wrapped by every decoding failure: the bytes are not a
// metadata record.
var ErrMalformed = errors.New("malformed metadata record")

// coder walks the fields of one record, either writing them to buf or reading
// them from it. One method per record type lists the fields for both
// directions, so the two cannot drift apart.
type coder struct {
	buf      []byte // encoding: what is written so far; decoding: what is still unread
	decoding bool
	err      error // the first failure; once set, all further steps do nothing
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
	p := c.buf[:n]
	c.buf = c.buf[n:]
	return p
}

func (c *coder) bool(v *bool) {
	var b int8
	if *v {
		b = 1
	}
	c.int8(&b)
	if c.decoding {
		*v = b != 0
	}
}

func (c *coder) int8(v *int8) {
	if !c.decoding {
		c.buf = append(c.buf, byte(*v))
	} else if p := c.take(1); p != nil {
		*v = int8(p[0])
	}
}

func (c *coder) uint16(v *uint16) {
	if !c.decoding {
		c.buf = binary.BigEndian.AppendUint16(c.buf, *v)
	} else if p := c.take(2); p != nil {
		*v = binary.BigEndian.Uint16(p)
	}
}

func (c *coder) int16(v *int16) {
	u := uint16(*v)
	c.uint16(&u)
	if c.decoding {
		*v = int16(u)
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

func (c *coder) float64(v *float64) {
	bits := int64(math.Float64bits(*v))
	c.int64(&bits)
	if c.decoding {
		*v = math.Float64frombits(uint64(bits))
	}
}

// bytes are compact bytes that cannot be null: nil is written as empty.
func (c *coder) bytes(v *[]byte) {
	n := c.length(len(*v), 1)
	switch {
	case !c.decoding:
		c.buf = append(c.buf, *v...)
	case n >= 0:
		*v = append([]byte{}, c.take(n)...)
	case c.err == nil:
		c.fail("null bytes")
	}
}

func (c *coder) id(v *ID) {
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

// length is a compact length: n+1, or 0 for null, which is -1 here. A length
// that cannot fit the unread bytes at unit bytes an element is refused before
// anything is allocated for it.
func (c *coder) length(n, unit int) int {
	u := uint32(n + 1)
	c.uvarint(&u)
	if !c.decoding {
		return n
	}
	if c.err != nil {
		return -1
	}
	n = int(u) - 1
	if n > 0 && n > len(c.buf)/unit {
		c.fail("%d elements announced, %d bytes left", n, len(c.buf))
		return -1
	}
	return n
}

// string is a compact string that cannot be null.
func (c *coder) string(v *string) {
	p := v
	c.nullString(&p)
	if c.decoding && c.err == nil {
		if p == nil {
			c.fail("null string")
			return
		}
		*v = *p
	}
}

// nullString is a compact string, nil for null.
func (c *coder) nullString(v **string) {
	n := -1
	if !c.decoding && *v != nil {
		n = len(**v)
	}
	n = c.length(n, 1)
	switch {
	case !c.decoding && n >= 0:
		c.buf = append(c.buf, **v...)
	case c.decoding && n >= 0:
		s := string(c.take(n))
		*v = &s
	case c.decoding:
		*v = nil
	}
}

// nullArray is a compact array, nil for null; each handles one element. An
// element takes at least unit bytes.
func nullArray[T any](c *coder, v *[]T, unit int, each func(*T)) {
	n := -1
	if !c.decoding && *v != nil {
		n = len(*v)
	}
	n = c.length(n, unit)
	if c.decoding {
		*v = nil
		if c.err != nil || n < 0 {
			return
		}
		*v = make([]T, n)
	}
	for i := range *v {
		each(&(*v)[i])
	}
}

// array is a compact array that cannot be null: nil is written as empty.
func array[T any](c *coder, v *[]T, unit int, each func(*T)) {
	list := *v
	if !c.decoding && list == nil {
		list = []T{}
	}
	nullArray(c, &list, unit, each)
	if c.decoding {
		*v = list
		if c.err == nil && list == nil {
			c.fail("null array")
		}
	}
}

func (c *coder) int32s(v *[]int32)     { array(c, v, 4, c.int32) }
func (c *coder) nullInt32s(v *[]int32) { nullArray(c, v, 4, c.int32) }
func (c *coder) ids(v *[]ID)           { array(c, v, 16, c.id) }
func (c *coder) nullIDs(v *[]ID)       { nullArray(c, v, 16, c.id) }

// tag is one tagged field: written when set, read when its number comes up.
type tag struct {
	number uint32
	set    bool
	field  func(*coder)
}

// RawTag is a tagged field this version of the package does not know; it is
// kept and written back.
type RawTag struct {
	Number uint32
	Value  []byte
}

// tags is the tagged-field section that ends every flexible structure. known
// is ordered by number; unknown receives (or supplies) the rest.
func (c *coder) tags(unknown *[]RawTag, known ...tag) {
	if c.decoding {
		c.readTags(unknown, known)
		return
	}
	count := uint32(len(*unknown))
	for _, t := range known {
		if t.set {
			count++
		}
	}
	c.uvarint(&count)
	rest := *unknown
	for _, t := range known {
		for len(rest) > 0 && rest[0].Number < t.number {
			c.writeTag(rest[0].Number, rest[0].Value)
			rest = rest[1:]
		}
		if t.set {
			body := coder{}
			t.field(&body)
			c.writeTag(t.number, body.buf)
		}
	}
	for _, t := range rest {
		c.writeTag(t.Number, t.Value)
	}
}

func (c *coder) writeTag(number uint32, value []byte) {
	c.uvarint(&number)
	size := uint32(len(value))
	c.uvarint(&size)
	c.buf = append(c.buf, value...)
}

func (c *coder) readTags(unknown *[]RawTag, known []tag) {
	*unknown = nil
	var count uint32
	c.uvarint(&count)
	last := int64(-1)
	for range count {
		var number, size uint32
		c.uvarint(&number)
		c.uvarint(&size)
		value := c.take(int(size))
		if c.err != nil {
			return
		}
		if int64(number) <= last {
			c.fail("tagged field %d after %d", number, last)
			return
		}
		last = int64(number)
		c.readTag(number, value, unknown, known)
	}
}

func (c *coder) readTag(number uint32, value []byte, unknown *[]RawTag, known []tag) {
	for _, t := range known {
		if t.number != number {
			continue
		}
		body := coder{buf: value, decoding: true}
		t.field(&body)
		if body.err == nil && len(body.buf) > 0 {
			body.fail("tagged field %d has %d bytes too many", number, len(body.buf))
		}
		if body.err != nil {
			c.err, c.buf = body.err, c.buf[:0]
		}
		return
	}
	*unknown = append(*unknown, RawTag{Number: number, Value: append([]byte(nil), value...)})
}

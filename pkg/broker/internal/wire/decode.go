package wire

import (
	"encoding/binary"
	"errors"
)

// ErrMalformed is returned for bytes that are not what the protocol says. No
// answer exists for such a request: the connection is closed.
var ErrMalformed = errors.New("malformed request")

// decoder reads the primitives of the protocol from p. The first failure sticks:
// all later reads return zero, so that callers check once, at the end.
type decoder struct {
	p   []byte
	bad bool
}

func (d *decoder) fail() {
	d.bad = true
	d.p = nil
}

func (d *decoder) err() error {
	if d.bad {
		return ErrMalformed
	}
	return nil
}

// take returns the next n bytes, without a copy.
func (d *decoder) take(n int) []byte {
	if n < 0 || n > len(d.p) {
		d.fail()
		return nil
	}
	v := d.p[:n:n]
	d.p = d.p[n:]
	return v
}

func (d *decoder) int8() int8 {
	if len(d.p) < 1 {
		d.fail()
		return 0
	}
	v := int8(d.p[0])
	d.p = d.p[1:]
	return v
}

func (d *decoder) int16() int16 {
	if len(d.p) < 2 {
		d.fail()
		return 0
	}
	v := int16(binary.BigEndian.Uint16(d.p))
	d.p = d.p[2:]
	return v
}

func (d *decoder) int32() int32 {
	if len(d.p) < 4 {
		d.fail()
		return 0
	}
	v := int32(binary.BigEndian.Uint32(d.p))
	d.p = d.p[4:]
	return v
}

func (d *decoder) int64() int64 {
	if len(d.p) < 8 {
		d.fail()
		return 0
	}
	v := int64(binary.BigEndian.Uint64(d.p))
	d.p = d.p[8:]
	return v
}

func (d *decoder) uuid() (id [16]byte) {
	copy(id[:], d.take(16))
	return id
}

// uvarint reads an unsigned varint of at most 32 bits in at most 5 bytes
// (ByteUtils.readUnsignedVarint).
func (d *decoder) uvarint() uint32 {
	var v uint32
	for i := range 5 {
		if i >= len(d.p) {
			break
		}
		c := d.p[i]
		v |= uint32(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.p = d.p[i+1:]
			return v
		}
	}
	d.fail()
	return 0
}

// length reads a length: a compact one (n+1, 0 is null) or one of the given
// width. Null is -1.
func (d *decoder) length(compact bool, width int) int {
	var n int
	switch {
	case compact:
		n = int(int64(d.uvarint()) - 1)
	case width == 2:
		n = int(d.int16())
	default:
		n = int(d.int32())
	}
	if n < -1 {
		d.fail()
	}
	return n
}

// str reads a string that must not be null; it aliases the input.
func (d *decoder) str(compact bool) []byte {
	n := d.length(compact, 2)
	if n > maxString {
		d.fail()
	}
	return d.take(n)
}

// nullStr reads a string, nil when it is null; it aliases the input.
func (d *decoder) nullStr(compact bool) []byte {
	n := d.length(compact, 2)
	if n < 0 {
		return nil
	}
	if n > maxString {
		d.fail()
	}
	return d.take(n)
}

// maxString is the longest string Kafka reads, also a compact one.
const maxString = 0x7fff

// nullBytes reads a byte slice, nil when it is null; it aliases the input.
func (d *decoder) nullBytes(compact bool) []byte {
	n := d.length(compact, 4)
	if n < 0 {
		return nil
	}
	return d.take(n)
}

// array reads the length of an array that must not be null. It refuses a length
// that the bytes at hand cannot hold, at minSize bytes an element.
func (d *decoder) array(compact bool, minSize int) int {
	n := d.length(compact, 4)
	if n < 0 || n > len(d.p)/minSize {
		d.fail()
		return 0
	}
	return n
}

// tags calls f for each tagged field. f reads a tag it knows from the decoder it
// is given, and others are skipped by their size. Kafka takes tags in any order,
// also twice, and so does this.
func (d *decoder) tags(f func(tag uint32, d *decoder)) {
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		tag := d.uvarint()
		size := d.uvarint()
		if int64(size) > int64(len(d.p)) {
			d.fail()
			return
		}
		field := decoder{p: d.take(int(size))}
		if f == nil {
			continue
		}
		if f(tag, &field); field.bad {
			d.fail()
		}
	}
}

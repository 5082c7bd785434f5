package dsl

import (
	"encoding/binary"
	"errors"
	"fmt"

	"kq/pkg/streams/topology"
)

// errBuffer is matched by bytes of a buffer of stream records that are not in its layout.
var errBuffer = errors.New("not an entry of a join's buffer")

// buffered is a stream record that waits in a buffer.
type buffered struct {
	ts      int64
	origin  topology.Origin
	headers []topology.Header
	value   []byte
}

// bufferKey is the key of a buffered record, in the store and in the
// changelog: 0x00, its time, its key, a sequence number that tells records of
// one key and time apart (PrefixedWindowKeySchemas.TimeFirstWindowKeySchema).
func bufferKey(dst []byte, ts int64, key []byte, seq uint32) []byte {
	dst = binary.BigEndian.AppendUint64(append(dst, 0), uint64(ts))
	return binary.BigEndian.AppendUint32(append(dst, key...), seq)
}

// splitBufferKey takes a bufferKey apart.
func splitBufferKey(b []byte) (ts int64, key []byte, seq uint32, err error) {
	if len(b) < 13 || b[0] != 0 {
		return 0, nil, 0, fmt.Errorf("%w: key %x", errBuffer, b)
	}
	n := len(b) - 4
	return int64(binary.BigEndian.Uint64(b[1:])), b[9:n:n], binary.BigEndian.Uint32(b[n:]), nil
}

// noBytes is the length of a null.
const noBytes = -1

// append writes the record as Kafka's BufferValue does with a buffer time of
// 0 behind it, as in the changelog: the record's context (time, offset, topic,
// partition, headers), no prior value, no old value, the value.
func (r *buffered) append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(r.ts))
	dst = binary.BigEndian.AppendUint64(dst, uint64(r.origin.Offset))
	dst = appendSized(dst, []byte(r.origin.Topic))
	dst = binary.BigEndian.AppendUint32(dst, uint32(r.origin.Partition))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(r.headers)))
	for _, h := range r.headers {
		dst = appendSized(dst, []byte(h.Key))
		if h.Value == nil {
			dst = appendLength(dst, noBytes)
			continue
		}
		dst = appendSized(dst, h.Value)
	}
	dst = appendLength(appendLength(dst, noBytes), noBytes)
	dst = appendSized(dst, r.value)
	return binary.BigEndian.AppendUint64(dst, 0)
}

func appendSized(dst, b []byte) []byte { return append(appendLength(dst, int32(len(b))), b...) }

func appendLength(dst []byte, n int32) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(n))
}

// decodeBuffered reads what append wrote. The result aliases b.
func decodeBuffered(b []byte) (*buffered, error) {
	d := bufferReader{b: b}
	r := &buffered{ts: d.long()}
	r.origin.Offset = d.long()
	r.origin.Topic = string(d.sized())
	r.origin.Partition = d.int()
	for n := d.int(); n > 0 && !d.bad; n-- {
		h := topology.Header{Key: string(d.sized())}
		h.Value = d.sized()
		r.headers = append(r.headers, h)
	}
	d.sized() // prior
	d.sized() // old
	r.value = d.sized()
	d.long() // buffer time
	if d.bad || len(d.b) > 0 {
		return nil, fmt.Errorf("%w: value %x", errBuffer, b)
	}
	return r, nil
}

// bufferReader reads fields until one is missing.
type bufferReader struct {
	b   []byte
	bad bool
}

func (d *bufferReader) take(n int) []byte {
	if d.bad || n > len(d.b) {
		d.bad = true
		return nil
	}
	out := d.b[:n:n]
	d.b = d.b[n:]
	return out
}

func (d *bufferReader) long() int64 {
	b := d.take(8)
	if b == nil {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b))
}

func (d *bufferReader) int() int32 {
	b := d.take(4)
	if b == nil {
		return 0
	}
	return int32(binary.BigEndian.Uint32(b))
}

// sized is a field with its length before it; a negative length is a null.
func (d *bufferReader) sized() []byte {
	n := d.int()
	if n < 0 || d.bad {
		return nil
	}
	return d.take(int(n))
}

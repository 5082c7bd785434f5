package sender

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/streams/topology"
)

// headerSize is that of a record batch of version 2.
const headerSize = 61

// batch is a record batch under way. The header is written when it is sent.
type batch struct {
	buf   []byte
	n     int32
	first int64 // timestamp of the first record
	max   int64
	tried int64 // when it was sent first, in milliseconds; 0 before
	// packed is what goes over the wire where the records were compressed, with codec.
	packed []byte
	codec  kgo.CompressionCodecType
}

// size is an upper bound of the bytes that a record takes.
func size(key, value []byte, headers []topology.Header) int {
	n := 40 + len(key) + len(value)
	for i := range headers {
		n += 10 + len(headers[i].Key) + len(headers[i].Value)
	}
	return n
}

// add appends a record (KIP-98's layout: varints, deltas to the batch).
func (b *batch) add(ts int64, key, value []byte, headers []topology.Header) {
	if b.n == 0 {
		b.buf = append(b.buf[:0], make([]byte, headerSize)...)
		b.first, b.max = ts, ts
	}
	b.max = max(b.max, ts)
	body := 1 + varintLen(ts-b.first) + varintLen(int64(b.n)) + bytesLen(key) + bytesLen(value) + varintLen(int64(len(headers)))
	for i := range headers {
		body += varintLen(int64(len(headers[i].Key))) + len(headers[i].Key) + bytesLen(headers[i].Value)
	}
	d := binary.AppendVarint(b.buf, int64(body))
	d = append(d, 0)
	d = binary.AppendVarint(d, ts-b.first)
	d = binary.AppendVarint(d, int64(b.n))
	d = appendBytes(d, key)
	d = appendBytes(d, value)
	d = binary.AppendVarint(d, int64(len(headers)))
	for i := range headers {
		d = binary.AppendVarint(d, int64(len(headers[i].Key)))
		d = append(d, headers[i].Key...)
		d = appendBytes(d, headers[i].Value)
	}
	b.buf = d
	b.n++
}

func varintLen(v int64) int {
	u := uint64(v<<1) ^ uint64(v>>63)
	n := 1
	for u >= 0x80 {
		u >>= 7
		n++
	}
	return n
}

func bytesLen(b []byte) int {
	if b == nil {
		return 1
	}
	return varintLen(int64(len(b))) + len(b)
}

func appendBytes(d, b []byte) []byte {
	if b == nil {
		return append(d, 1) // -1
	}
	d = binary.AppendVarint(d, int64(len(b)))
	return append(d, b...)
}

// castagnoli is the polynomial of record batches.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// pack compresses the records, once; what does not become smaller stays as it is.
func (b *batch) pack(c kgo.Compressor) {
	if c == nil || b.packed != nil {
		return
	}
	var to bytes.Buffer
	small, codec := c.Compress(&to, b.buf[headerSize:])
	if codec == kgo.CodecNone || len(small) >= len(b.buf)-headerSize {
		b.packed, b.codec = b.buf, kgo.CodecNone
		return
	}
	b.packed, b.codec = append(make([]byte, headerSize, headerSize+len(small)), small...), codec
}

// seal writes the header: the batch is ready for the wire.
func (b *batch) seal(id producerID, sequence int32, transactional bool) []byte {
	h := b.buf
	if b.packed != nil {
		h = b.packed
	}
	binary.BigEndian.PutUint64(h[0:], 0)
	binary.BigEndian.PutUint32(h[8:], uint32(len(h)-12))
	binary.BigEndian.PutUint32(h[12:], 0xffffffff) // leader epoch, for the broker to fill
	h[16] = 2
	attributes := uint16(b.codec)
	if transactional {
		attributes |= 0x10
	}
	binary.BigEndian.PutUint16(h[21:], attributes)
	binary.BigEndian.PutUint32(h[23:], uint32(b.n-1))
	binary.BigEndian.PutUint64(h[27:], uint64(b.first))
	binary.BigEndian.PutUint64(h[35:], uint64(b.max))
	binary.BigEndian.PutUint64(h[43:], uint64(id.id))
	binary.BigEndian.PutUint16(h[51:], uint16(id.epoch))
	binary.BigEndian.PutUint32(h[53:], uint32(sequence))
	binary.BigEndian.PutUint32(h[57:], uint32(b.n))
	binary.BigEndian.PutUint32(h[17:], crc32.Checksum(h[21:], castagnoli()))
	return h
}

// Record is a record that was or is to be sent.
type Record struct {
	Topic string
	// Partition is -1 for the one of PartitionKey (murmur2), and any for a nil key.
	Partition    int32
	PartitionKey []byte
	Key, Value   []byte
	// Timestamp is in milliseconds since 1970; -1 is now.
	Timestamp int64
	Headers   []topology.Header
}

// records reads a batch back, to split it or to report it.
func (b *batch) records() []Record {
	out := make([]Record, 0, b.n)
	d := b.buf[headerSize:]
	next := func() int64 {
		v, n := binary.Varint(d)
		d = d[n:]
		return v
	}
	field := func() []byte {
		n := next()
		if n < 0 {
			return nil
		}
		f := d[:n:n]
		d = d[n:]
		return f
	}
	for range b.n {
		next()
		d = d[1:]
		r := Record{Timestamp: b.first + next()}
		next()
		r.Key, r.Value = field(), field()
		for range next() {
			k := field()
			r.Headers = append(r.Headers, topology.Header{Key: string(k), Value: field()})
		}
		out = append(out, r)
	}
	return out
}

// halves splits a batch of two records or more.
func (b *batch) halves() (x, y *batch) {
	x, y = &batch{tried: b.tried}, &batch{tried: b.tried}
	for i, r := range b.records() {
		to := x
		if int32(i) >= b.n/2 {
			to = y
		}
		to.add(r.Timestamp, r.Key, r.Value, r.Headers)
	}
	return x, y
}

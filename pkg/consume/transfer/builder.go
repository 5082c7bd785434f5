package transfer

import "encoding/binary"

// builder makes a batch of records that come from others.
type builder struct {
	buf      []byte // header and records, not compressed
	n        int32
	codec    int8
	baseTime int64
	maxTime  int64
}

// add appends a record of a time in milliseconds; rest is that of a record.
func (b *builder) add(at int64, rest []byte) {
	if b.n == 0 {
		b.buf = append(b.buf[:0], make([]byte, recordsAt)...)
		b.baseTime, b.maxTime = at, at
	}
	b.maxTime = max(b.maxTime, at)
	delta, offset := at-b.baseTime, int64(b.n)
	b.buf = binary.AppendVarint(b.buf, int64(1+varintLen(delta)+varintLen(offset)+len(rest)))
	b.buf = append(b.buf, 0)
	b.buf = binary.AppendVarint(b.buf, delta)
	b.buf = binary.AppendVarint(b.buf, offset)
	b.buf = append(b.buf, rest...)
	b.n++
}

// What a record costs beside its rest.
const (
	mostOverhead  = 1 + 3*binary.MaxVarintLen64
	leastOverhead = 4
)

func varintLen(v int64) int {
	u, n := uint64(v)<<1^uint64(v>>63), 1
	for ; u >= 0x80; u >>= 7 {
		n++
	}
	return n
}

// finish returns the batch, to be stamped, and leaves b empty. The batch is in
// b's memory unless it was compressed.
func (b *builder) finish(c *codecs) (batch, error) {
	done := b.buf
	if b.codec != 0 {
		packed, err := c.compress(b.codec, b.buf[recordsAt:])
		if err != nil {
			return nil, err
		}
		done = append(append(make([]byte, 0, recordsAt+len(packed)), b.buf[:recordsAt]...), packed...)
	} else {
		b.buf = nil
	}
	binary.BigEndian.PutUint32(done[lengthAt:], uint32(len(done)-epochAt))
	done[magicAt] = 2
	binary.BigEndian.PutUint16(done[attrsAt:], uint16(b.codec))
	binary.BigEndian.PutUint32(done[lastDeltaAt:], uint32(b.n-1))
	binary.BigEndian.PutUint64(done[baseTimeAt:], uint64(b.baseTime))
	binary.BigEndian.PutUint64(done[maxTimeAt:], uint64(b.maxTime))
	binary.BigEndian.PutUint32(done[countAt:], uint32(b.n))
	b.n = 0
	return done, nil
}

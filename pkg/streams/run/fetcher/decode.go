package fetcher

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/streams/task"
	"kq/pkg/streams/topology"
)

// errCorrupt says that a batch does not hold what its header says.
var errCorrupt = errors.New("corrupt record batch")

const headerSize = 61

// decoder reads the batches of one partition's answer.
type decoder struct {
	decompress kgo.Decompressor
	committed  bool // drop records of aborted transactions
	table      *crc32.Table
}

// decode reads batches from the offset given into buf: the records, and the
// offset after the last batch. A batch that is cut off at the end is left out.
func (d *decoder) decode(buf []task.Input, b []byte, from int64, aborted []kmsg.FetchResponseTopicPartitionAbortedTransaction) (records []task.Input, next int64, err error) {
	records, next = buf, from
	aborted = slices.Clone(aborted)
	gone := map[int64]bool{} // producers whose transaction at this point was aborted
	for len(b) >= headerSize {
		length := int64(binary.BigEndian.Uint32(b[8:])) + 12
		if length > int64(len(b)) {
			break
		}
		if length < headerSize || b[16] != 2 {
			return records, next, fmt.Errorf("%w at offset %d: magic %d, %d bytes", errCorrupt, next, b[16], length)
		}
		h := b[:length]
		b = b[length:]
		base := int64(binary.BigEndian.Uint64(h))
		last := base + int64(int32(binary.BigEndian.Uint32(h[23:])))
		if last < next {
			continue
		}
		if crc32.Checksum(h[21:], d.table) != binary.BigEndian.Uint32(h[17:]) {
			return records, next, fmt.Errorf("%w at offset %d: wrong checksum", errCorrupt, base)
		}
		attributes := binary.BigEndian.Uint16(h[21:])
		producer := int64(binary.BigEndian.Uint64(h[43:]))
		control, txn := attributes&0x20 != 0, attributes&0x10 != 0
		for len(aborted) > 0 && aborted[0].FirstOffset <= base {
			gone[aborted[0].ProducerID] = true
			aborted = aborted[1:]
		}
		switch {
		case control:
			delete(gone, producer)
		case d.committed && txn && gone[producer]:
		default:
			if records, err = d.batch(h, base, next, records); err != nil {
				return records, next, err
			}
		}
		next = last + 1
	}
	return records, next, nil
}

// batch appends the records of a batch that are not below from.
func (d *decoder) batch(h []byte, base, from int64, out []task.Input) ([]task.Input, error) {
	attributes := binary.BigEndian.Uint16(h[21:])
	body := h[headerSize:]
	if codec := kgo.CompressionCodecType(attributes & 7); codec != kgo.CodecNone {
		var err error
		if body, err = d.decompress.Decompress(body, codec); err != nil {
			return out, fmt.Errorf("%w at offset %d: %w", errCorrupt, base, err)
		}
	}
	first, maxTime := int64(binary.BigEndian.Uint64(h[27:])), int64(binary.BigEndian.Uint64(h[35:]))
	n := int32(binary.BigEndian.Uint32(h[57:]))
	if int64(n) > int64(len(body)) { // a record has seven bytes or more
		return out, fmt.Errorf("%w at offset %d: %d records in %d bytes", errCorrupt, base, n, len(body))
	}
	out = slices.Grow(out, int(max(n, 0)))
	r := reader{b: body}
	for range n {
		rec := reader{b: r.bytes()}
		rec.skip(1)
		in := task.Input{Timestamp: first + rec.varint()}
		in.Offset = base + rec.varint()
		in.Key, in.Value = rec.bytes(), rec.bytes()
		if n := rec.varint(); n > 0 && n <= int64(len(rec.b)) {
			in.Headers = make([]topology.Header, 0, n)
			for range n {
				key := rec.bytes()
				in.Headers = append(in.Headers, topology.Header{Key: string(key), Value: rec.bytes()})
			}
		} else if n != 0 {
			rec.bad = true
		}
		if r.bad || rec.bad {
			return out, fmt.Errorf("%w at offset %d: a record is cut off", errCorrupt, base)
		}
		if attributes&8 != 0 { // the broker's clock
			in.Timestamp = maxTime
		}
		if in.Offset >= from {
			out = append(out, in)
		}
	}
	return out, nil
}

// reader reads fields; what is cut off sets bad.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) bytes() []byte {
	n := r.varint()
	if n < 0 {
		return nil
	}
	if n > int64(len(r.b)) {
		r.bad = true
		return nil
	}
	f := r.b[:n:n]
	r.b = r.b[n:]
	return f
}

func (r *reader) skip(n int) {
	if len(r.b) < n {
		r.bad = true
		return
	}
	r.b = r.b[n:]
}

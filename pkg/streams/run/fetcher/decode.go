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

// decode reads batches from the offset given: the records, and the offset after
// the last batch. A batch that is cut off at the end is left out.
func (d *decoder) decode(b []byte, from int64, aborted []kmsg.FetchResponseTopicPartitionAbortedTransaction) (records []task.Records, next int64, err error) {
	next = from
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
func (d *decoder) batch(h []byte, base, from int64, out []task.Records) ([]task.Records, error) {
	attributes := binary.BigEndian.Uint16(h[21:])
	body := h[headerSize:]
	if codec := kgo.CompressionCodecType(attributes & 7); codec != kgo.CodecNone {
		var err error
		if body, err = d.decompress.Decompress(body, codec); err != nil {
			return out, fmt.Errorf("%w at offset %d: %w", errCorrupt, base, err)
		}
	}
	records, err := task.Encoded(task.Batch{
		Body: body, Base: base, Time: int64(binary.BigEndian.Uint64(h[27:])), Max: int64(binary.BigEndian.Uint64(h[35:])),
		Clock: attributes&8 != 0, Count: int32(binary.BigEndian.Uint32(h[57:])), From: from,
	})
	if err != nil {
		return out, fmt.Errorf("%w at offset %d: %w", errCorrupt, base, err)
	}
	if records.Len() > 0 {
		out = append(out, records)
	}
	return out, nil
}

// inputs decodes records, into buf where it is large enough.
func inputs(buf []task.Input, batches []task.Records) []task.Input {
	n := 0
	for i := range batches {
		n += batches[i].Len()
	}
	buf = slices.Grow(buf, n)
	for i := range batches {
		for range batches[i].Len() {
			buf = buf[:len(buf)+1]
			batches[i].Next(&buf[len(buf)-1])
		}
	}
	return buf
}

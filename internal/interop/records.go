package interop

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// castagnoli is the polynomial of batch checksums.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// batchHeader is the length of a v2 batch before its records.
const batchHeader = 61

// Rec is one record of a BatchSpec.
type Rec struct {
	Key, Value  []byte
	Timestamp   int64 // delta to the batch's first timestamp
	OffsetDelta int32 // 0 = its position in the batch
	Headers     []kmsg.Header
}

// BatchSpec describes a v2 batch; the zero value of a field means what a plain
// producer would send. Edit may change the header before the checksum is taken.
type BatchSpec struct {
	FirstOffset    int64
	FirstTimestamp int64
	Attributes     int16 // compression in the low three bits is applied
	Recs           []Rec
	Producer       *Producer
	Edit           func(b *kmsg.RecordBatch)
	BreakCRC       bool
}

// Producer holds the idempotence fields of a batch.
type Producer struct {
	ID    int64
	Epoch int16
	Seq   int32
}

// Records makes one record a value, without keys, at timestamp 1000.
func Records(values ...string) BatchSpec {
	spec := BatchSpec{FirstTimestamp: 1000}
	for _, v := range values {
		spec.Recs = append(spec.Recs, Rec{Value: []byte(v)})
	}
	return spec
}

// Bytes encodes the batch.
func (s BatchSpec) Bytes() []byte {
	b := kmsg.NewRecordBatch()
	b.FirstOffset = s.FirstOffset
	b.PartitionLeaderEpoch = -1
	b.Magic = 2
	b.Attributes = s.Attributes
	b.FirstTimestamp, b.MaxTimestamp = s.FirstTimestamp, s.FirstTimestamp
	b.ProducerID, b.ProducerEpoch, b.FirstSequence = -1, -1, -1
	if p := s.Producer; p != nil {
		b.ProducerID, b.ProducerEpoch, b.FirstSequence = p.ID, p.Epoch, p.Seq
	}
	var raw []byte
	for i, r := range s.Recs {
		delta := r.OffsetDelta
		if delta == 0 {
			delta = int32(i)
		}
		k := kmsg.NewRecord()
		k.TimestampDelta64, k.OffsetDelta = r.Timestamp, delta
		k.Key, k.Value, k.Headers = r.Key, r.Value, r.Headers
		body := k.AppendTo(nil)[1:] // Length is still 0: one byte
		raw = append(binary.AppendVarint(raw, int64(len(body))), body...)
		b.MaxTimestamp = max(b.MaxTimestamp, s.FirstTimestamp+r.Timestamp)
		b.LastOffsetDelta = delta
	}
	b.NumRecords = int32(len(s.Recs))
	b.Records = compress(s.Attributes&7, raw)
	b.Length = int32(batchHeader - 12 + len(b.Records))
	if s.Edit != nil {
		s.Edit(&b)
	}
	p := b.AppendTo(nil)
	crc := crc32.Checksum(p[21:], castagnoli)
	if s.BreakCRC {
		crc++
	}
	binary.BigEndian.PutUint32(p[17:], crc)
	return p
}

func compress(codec int16, raw []byte) []byte {
	var out bytes.Buffer
	switch codec {
	case 1:
		w := gzip.NewWriter(&out)
		_, _ = w.Write(raw) // a bytes.Buffer takes everything
		_ = w.Close()
	case 2:
		return s2.EncodeSnappy(nil, raw)
	case 3:
		w := lz4.NewWriter(&out)
		_, _ = w.Write(raw)
		_ = w.Close()
	case 4:
		w, err := zstd.NewWriter(&out)
		if err != nil {
			return raw
		}
		_, _ = w.Write(raw)
		_ = w.Close()
	default:
		return raw
	}
	return out.Bytes()
}

func decompress(codec int16, p []byte) ([]byte, error) {
	switch codec {
	case 0:
		return p, nil
	case 1:
		r, err := gzip.NewReader(bytes.NewReader(p))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	case 2:
		return unsnappy(p)
	case 3:
		return io.ReadAll(lz4.NewReader(bytes.NewReader(p)))
	case 4:
		r, err := zstd.NewReader(bytes.NewReader(p))
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return io.ReadAll(r)
	}
	return nil, fmt.Errorf("decompress: codec %d", codec)
}

// unsnappy reads plain snappy and the blocks of the Java clients' framing.
func unsnappy(p []byte) ([]byte, error) {
	magic := []byte{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0}
	if !bytes.HasPrefix(p, magic) || len(p) < 16 {
		return s2.Decode(nil, p)
	}
	var out []byte
	for p = p[16:]; len(p) >= 4; {
		n := int(int32(binary.BigEndian.Uint32(p)))
		if n < 0 || len(p) < 4+n {
			return nil, io.ErrUnexpectedEOF
		}
		block, err := s2.Decode(nil, p[4:4+n])
		if err != nil {
			return nil, err
		}
		out, p = append(out, block...), p[4+n:]
	}
	return out, nil
}

// Message builds one legacy message set entry (magic 0 or 1) with its checksum.
func Message(magic, attributes int8, offset, timestamp int64, key, value []byte) []byte {
	body := []byte{byte(magic), byte(attributes)}
	if magic == 1 {
		body = binary.BigEndian.AppendUint64(body, uint64(timestamp))
	}
	for _, f := range [][]byte{key, value} {
		if f == nil {
			body = binary.BigEndian.AppendUint32(body, 0xffffffff)
			continue
		}
		body = append(binary.BigEndian.AppendUint32(body, uint32(len(f))), f...)
	}
	p := binary.BigEndian.AppendUint64(nil, uint64(offset))
	p = binary.BigEndian.AppendUint32(p, uint32(len(body)+4))
	p = binary.BigEndian.AppendUint32(p, crc32.ChecksumIEEE(body))
	return append(p, body...)
}

// describeRecords renders the batches of a fetch answer as a list of maps. A
// torn batch at the end, which a broker may send and clients skip, is left out
// unless there is nothing else.
func describeRecords(p []byte, m *masker) any {
	list := []any{}
	for len(p) > 0 {
		n := batchHeader
		if len(p) >= batchHeader {
			n = 12 + int(binary.BigEndian.Uint32(p[8:]))
		}
		if n > len(p) && len(list) > 0 {
			return list
		}
		if n > len(p) || n < batchHeader {
			return append(list, "bytes that are no batch")
		}
		list = append(list, describeBatch(p[:n], m))
		p = p[n:]
	}
	return list
}

func describeBatch(p []byte, m *masker) any {
	var b kmsg.RecordBatch
	if err := b.ReadFrom(p); err != nil {
		return fmt.Sprintf("bad batch: %v", err)
	}
	out := map[string]any{
		"FirstOffset": b.FirstOffset, "PartitionLeaderEpoch": b.PartitionLeaderEpoch, "Magic": b.Magic,
		"Attributes": b.Attributes, "LastOffsetDelta": b.LastOffsetDelta,
		"FirstTimestamp": m.number("Timestamp", b.FirstTimestamp), "MaxTimestamp": m.number("Timestamp", b.MaxTimestamp),
		"ProducerID": m.number("ProducerID", b.ProducerID), "ProducerEpoch": b.ProducerEpoch, "FirstSequence": b.FirstSequence,
		"NumRecords": b.NumRecords, "CRC": "right",
	}
	if crc32.Checksum(p[21:], castagnoli) != uint32(b.CRC) {
		out["CRC"] = "wrong"
	}
	raw, err := decompress(b.Attributes&7, b.Records)
	if err != nil {
		out["Records"] = fmt.Sprintf("bad compression: %v", err)
		return out
	}
	out["Records"] = describeEntries(raw, b.Attributes&0x20 != 0)
	return out
}

// describeEntries renders records one line each: delta, timestamp delta, key, value, headers.
func describeEntries(raw []byte, control bool) []any {
	lines := []any{}
	for len(raw) > 0 {
		n, w := binary.Varint(raw)
		if w <= 0 || n < 0 || int(n) > len(raw)-w {
			return append(lines, "torn record")
		}
		var r kmsg.Record
		if err := r.ReadFrom(raw[:w+int(n)]); err != nil {
			return append(lines, fmt.Sprintf("bad record: %v", err))
		}
		raw = raw[w+int(n):]
		line := fmt.Sprintf("+%d @+%d key=%s value=%s", r.OffsetDelta, r.TimestampDelta64, show(r.Key, control), show(r.Value, control))
		for _, h := range r.Headers {
			line += fmt.Sprintf(" %s=%s", h.Key, show(h.Value, false))
		}
		lines = append(lines, line)
	}
	return lines
}

func show(p []byte, hex bool) string {
	switch {
	case p == nil:
		return "null"
	case hex || len(p) > 100:
		return fmt.Sprintf("%d bytes %.40x", len(p), p)
	default:
		return fmt.Sprintf("%q", p)
	}
}

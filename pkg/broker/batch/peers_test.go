package batch_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/batch"
)

// sample are records of every shape.
func sample() []rec {
	out := []rec{
		{ts: now, key: []byte("key"), value: []byte("value")},
		{ts: now + 300, value: []byte("no key")},
		{ts: now - 300, key: []byte("no value")},
		{ts: now, key: []byte{}, value: []byte{}},
		{ts: now + 1<<40, key: []byte("k"), value: bytes.Repeat([]byte("long "), 20_000)},
		{ts: now, headers: []batch.Header{{Key: "a", Value: []byte("1")}, {Key: "", Value: nil}, {Key: "b", Value: []byte{}}}},
	}
	for i := range 200 {
		out = append(out, rec{ts: now + int64(i), key: fmt.Appendf(nil, "k%d", i), value: fmt.Appendf(nil, "value %d", i*i)})
	}
	return out
}

// TestEncodingIsKmsgs compares bytes with the encoders of franz-go.
func TestEncodingIsKmsgs(t *testing.T) {
	recs := sample()
	got := build(batch.BuilderOptions{
		BaseOffset: 5, LeaderEpoch: 6, ProducerID: 7, ProducerEpoch: 8, BaseSequence: 9, Transactional: true,
	}, recs...)
	want := kmsg.RecordBatch{
		FirstOffset: 5, Length: int32(len(got) - 12), PartitionLeaderEpoch: 6, Magic: 2, CRC: int32(got.CRC()), Attributes: 0x10,
		LastOffsetDelta: int32(len(recs) - 1), FirstTimestamp: now, MaxTimestamp: now + 1<<40,
		ProducerID: 7, ProducerEpoch: 8, FirstSequence: 9, NumRecords: int32(len(recs)),
	}
	for i, r := range recs {
		k := kmsg.Record{TimestampDelta64: r.ts - now, OffsetDelta: int32(i), Key: r.key, Value: r.value}
		for _, h := range r.headers {
			k.Headers = append(k.Headers, kmsg.Header{Key: h.Key, Value: h.Value})
		}
		k.Length = int32(len(k.AppendTo(nil)) - 1) // which wrote a length of 0
		want.Records = k.AppendTo(want.Records)
	}
	if !bytes.Equal(got, want.AppendTo(nil)) {
		t.Fatal("not the bytes of kmsg")
	}
	if err := got.VerifyCRC(); err != nil {
		t.Fatal(err)
	}
}

// consume reads a batch or a message set as franz-go's consumer does.
func consume(t *testing.T, p []byte) []*kgo.Record {
	t.Helper()
	fp, _ := kgo.ProcessFetchPartition(
		kgo.ProcessFetchPartitionOpts{Topic: "t", KeepControlRecords: true},
		&kmsg.FetchResponseTopicPartition{RecordBatches: p},
		kgo.DefaultDecompressor(), nil)
	if fp.Err != nil {
		t.Fatal(fp.Err)
	}
	return fp.Records
}

func sameRecord(k *kgo.Record, r rec, offset int64) bool {
	if k.Offset != offset || k.Timestamp.UnixMilli() != r.ts || len(k.Headers) != len(r.headers) ||
		!bytes.Equal(k.Key, r.key) || (k.Key == nil) != (r.key == nil) ||
		!bytes.Equal(k.Value, r.value) || (k.Value == nil) != (r.value == nil) {
		return false
	}
	for i, h := range k.Headers {
		if h.Key != r.headers[i].Key || !bytes.Equal(h.Value, r.headers[i].Value) || (h.Value == nil) != (r.headers[i].Value == nil) {
			return false
		}
	}
	return true
}

func TestFranzReadsOurs(t *testing.T) {
	recs := sample()
	for codec := batch.CodecNone; codec <= batch.CodecZstd; codec++ {
		for _, level := range []int{0, 1, 5, 9} {
			got := consume(t, build(batch.BuilderOptions{Codec: codec, Level: level, BaseOffset: 100}, recs...))
			if len(got) != len(recs) {
				t.Fatalf("%s: %d records of %d", codec, len(got), len(recs))
			}
			for i, r := range recs {
				if !sameRecord(got[i], r, 100+int64(i)) {
					t.Fatalf("%s: record %d is %+v, want %+v", codec, i, got[i], r)
				}
			}
		}
	}
}

func TestWeReadFranz(t *testing.T) {
	text := []byte(strings.Repeat("the same words again and again, ", 5000))
	var d batch.Decompressor
	for codec, c := range map[batch.Codec]kgo.CompressionCodec{
		batch.CodecGzip: kgo.GzipCompression(), batch.CodecSnappy: kgo.SnappyCompression(),
		batch.CodecLZ4: kgo.Lz4Compression(), batch.CodecZstd: kgo.ZstdCompression(),
	} {
		comp, err := kgo.DefaultCompressor(c)
		if err != nil {
			t.Fatal(err)
		}
		packed, _ := comp.Compress(new(bytes.Buffer), text)
		for range 2 { // the second time with the pooled reader
			got, err := d.Decompress([]byte("before "), rawBatch(codec, packed))
			if err != nil || string(got) != "before "+string(text) {
				t.Errorf("%s: %d bytes, %v", codec, len(got), err)
			}
		}
	}
}

// rawBatch is a header over any body.
func rawBatch(codec batch.Codec, body []byte) batch.Batch {
	return edit(append(make(batch.Batch, batch.HeaderSize), body...), func(b batch.Batch) {
		put32(b, 8, int32(len(b)-12))
		b[16], b[22] = 2, byte(codec)
	})
}

// TestLegacyReadsAlike converts sets that franz-go's consumer reads, too.
func TestLegacyReadsAlike(t *testing.T) {
	for magic := range int8(2) {
		for codec := batch.CodecNone; codec <= batch.CodecLZ4; codec++ {
			set := innerSet(magic)
			if codec != batch.CodecNone {
				body := pack(codec, 1, set) // a good LZ4 checksum: franz-go knows no other
				set = legacyMessage(magic, int8(codec), 2, now, nil, body)
			}
			rules := batch.DefaultRules(now)
			b, err := batch.ConvertLegacy(set, rules)
			if err != nil {
				t.Fatal(err)
			}
			if b.Codec() != codec || b.Magic() != 2 || b.Count() != 3 {
				t.Errorf("magic %d, %s: became %s of %d", magic, codec, b.Codec(), b.Count())
			}
			old, ours := consume(t, set), consume(t, b)
			if len(old) != 3 || len(ours) != 3 {
				t.Fatalf("magic %d, %s: %d and %d records", magic, codec, len(old), len(ours))
			}
			for i, o := range old {
				r := rec{ts: o.Timestamp.UnixMilli(), key: o.Key, value: o.Value}
				if magic == 0 {
					r.ts = -1
				}
				if !sameRecord(ours[i], r, int64(i)) {
					t.Errorf("magic %d, %s: %+v became %+v", magic, codec, o, ours[i])
				}
			}
		}
	}
}

func TestMarker(t *testing.T) {
	for _, typ := range []batch.MarkerType{batch.MarkerAbort, batch.MarkerCommit} {
		b := batch.EndTxnMarker(batch.MarkerOptions{
			Type: typ, ProducerID: 0, ProducerEpoch: 3, CoordinatorEpoch: 77, TimestampMs: now, LeaderEpoch: 2,
		})
		if !b.IsControl() || !b.IsTransactional() || b.ProducerID() != 0 || b.BaseSequence() != -1 || b.Count() != 1 || b.LeaderEpoch() != 2 {
			t.Errorf("marker %s", describe(b))
		}
		recs := consume(t, b)
		if len(recs) != 1 || !recs[0].Attrs.IsControl() {
			t.Fatalf("franz-go reads %v", recs)
		}
		for r, err := range b.Records(nil) {
			if err != nil {
				t.Fatal(err)
			}
			got, epoch, err := batch.ParseMarker(r)
			if got != typ || epoch != 77 || err != nil {
				t.Errorf("parsed %d, %d, %v", got, epoch, err)
			}
		}
		internal := batch.DefaultRules(now)
		internal.Internal = true
		if _, err := batch.Validate(b, false, internal); err != nil {
			t.Error(err)
		}
		if _, err := batch.Validate(b, false, batch.DefaultRules(now)); code(err) != 87 {
			t.Errorf("a client's marker: %v", err)
		}
	}
	if _, _, err := batch.ParseMarker(batch.Record{Key: []byte{0, 0, 0}}); err == nil {
		t.Error("short marker parsed")
	}
}

package batch

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

// cutAll cuts the records off a body.
func cutAll(b Batch, body []byte) (all []Raw, err error) {
	for range b.Count() {
		var r Raw
		if r, body, err = CutRaw(body); err != nil {
			return all, err
		}
		all = append(all, r)
	}
	if len(body) > 0 && b.Count() > 0 {
		return all, fmt.Errorf("%w: %d bytes are left", ErrInvalidRecord, len(body))
	}
	return all, nil
}

func rewriteCases() map[string]BuilderOptions {
	out := map[string]BuilderOptions{
		"producer": {Idempotent: true, ProducerID: 7, ProducerEpoch: 1, BaseSequence: 9, BaseOffset: 100, LeaderEpoch: 5},
		"txn":      {Idempotent: true, ProducerID: 7, Transactional: true, BaseOffset: 1 << 40},
		"stamped":  {LogAppendTime: true, AppendTimeMs: 77},
	}
	for c := range Codec(5) {
		out[c.String()] = BuilderOptions{Codec: c}
	}
	return out
}

func mixedBatch(o BuilderOptions) Batch {
	b := NewBuilder(o)
	b.Add(1000, []byte("a"), []byte("1"), nil)
	b.Add(900, []byte("b"), nil, []Header{{"h", []byte("v")}, {"", nil}})
	b.Add(5000, nil, bytes.Repeat([]byte("x"), 300), nil)
	b.Add(1000, []byte{}, []byte{}, nil)
	return b.Build()
}

// TestRewrite keeps some of the records of a batch: these are as they were, and
// so is what the header says of the batch as a whole.
func TestRewrite(t *testing.T) {
	for name, o := range rewriteCases() {
		for _, horizon := range []int64{-1, 123_456} {
			for mask := 1; mask < 16; mask++ {
				b := mixedBatch(o)
				body, err := new(Decompressor).Decompress(nil, b)
				if err != nil {
					t.Fatal(err)
				}
				all, err := cutAll(b, body)
				if err != nil {
					t.Fatal(err)
				}
				var kept []Raw
				var want []string
				i := 0
				for r := range b.Records(nil) {
					if mask&(1<<i) != 0 {
						kept = append(kept, all[i])
						want = append(want, fmt.Sprintf("%d %d %q %v %q %v %q", r.OffsetDelta, b.Timestamp(r), r.Key, r.Key == nil, r.Value, r.Value == nil, r.Headers))
					}
					i++
				}
				p, _, err := Rewrite{Batch: b, Kept: kept, HorizonMs: horizon}.Append([]byte("before"), new(Compressor), nil)
				if err != nil {
					t.Fatal(err)
				}
				n := Batch(p[len("before"):])
				if err := n.VerifyCRC(); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				var got []string
				maxTS := NoTimestamp
				for r, err := range n.Records(nil) {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, fmt.Sprintf("%d %d %q %v %q %v %q", r.OffsetDelta, n.Timestamp(r), r.Key, r.Key == nil, r.Value, r.Value == nil, r.Headers))
					maxTS = max(maxTS, n.Timestamp(r))
				}
				if !slices.Equal(got, want) {
					t.Fatalf("%s, %b: records are\n%q, want\n%q", name, mask, got, want)
				}
				if n.HasDeleteHorizon() != (horizon >= 0) || horizon >= 0 && n.BaseTimestamp() != horizon || n.MaxTimestamp() != maxTS || n.Codec() != b.Codec() {
					t.Fatalf("%s, %b: horizon %v, base %d, max %d", name, mask, n.HasDeleteHorizon(), n.BaseTimestamp(), n.MaxTimestamp())
				}
				sameStanding(t, n, b)
				if mask == 15 && horizon < 0 && b.Codec() == CodecNone && !o.LogAppendTime && !bytes.Equal(n, b) {
					t.Fatalf("%s: all records make\n%x of\n%x", name, n, b)
				}
			}
		}
	}
}

// sameStanding checks what a batch says of its place in the log.
func sameStanding(t *testing.T, n, b Batch) {
	t.Helper()
	if n.BaseOffset() != b.BaseOffset() || n.LastOffset() != b.LastOffset() || n.LeaderEpoch() != b.LeaderEpoch() ||
		n.ProducerID() != b.ProducerID() || n.ProducerEpoch() != b.ProducerEpoch() || n.BaseSequence() != b.BaseSequence() ||
		n.IsTransactional() != b.IsTransactional() || n.IsControl() != b.IsControl() || n.TimestampType() != b.TimestampType() {
		t.Fatalf("the header is\n%x, was\n%x", n[:HeaderSize], b[:HeaderSize])
	}
}

func TestAppendEmpty(t *testing.T) {
	for name, o := range rewriteCases() {
		b := mixedBatch(o)
		n := Batch(AppendEmpty(nil, b))
		if err := n.VerifyCRC(); err != nil || len(n) != HeaderSize || n.Count() != 0 || n.Codec() != CodecNone ||
			n.BaseTimestamp() != NoTimestamp || n.MaxTimestamp() != b.MaxTimestamp() || n.HasDeleteHorizon() {
			t.Errorf("%s: %x, %v", name, n, err)
		}
		sameStanding(t, n, b)
		if again := AppendEmpty(nil, n); !bytes.Equal(again, n) {
			t.Errorf("%s: emptied twice: %x", name, again)
		}
	}
}

// FuzzCutRaw holds CutRaw to what Records accepts, and finds.
func FuzzCutRaw(f *testing.F) {
	b := mixedBatch(BuilderOptions{})
	f.Add([]byte(b.Body()), uint8(b.Count()))
	f.Add([]byte{}, uint8(1))
	f.Add([]byte{2, 0, 0}, uint8(1))
	f.Fuzz(func(t *testing.T, body []byte, count uint8) {
		b := append(make(Batch, HeaderSize), body...)
		b[offMagic], b[offCount+3] = 2, count
		var want []Record
		var bad error
		for r, err := range b.Records(nil) {
			if err != nil {
				bad = err
				break
			}
			want = append(want, r)
		}
		got, err := cutAll(b, body)
		if (err != nil) != (bad != nil) {
			t.Fatalf("cut: %v, records: %v", err, bad)
		}
		for i, r := range got[:min(len(got), len(want))] {
			w := want[i]
			if r.OffsetDelta != w.OffsetDelta || r.TimestampDelta != w.TimestampDelta || !bytes.Equal(r.Key, w.Key) ||
				(r.Key == nil) != (w.Key == nil) || r.NullValue != (w.Value == nil) {
				t.Fatalf("record %d: %+v, want %+v", i, r, w)
			}
		}
	})
}

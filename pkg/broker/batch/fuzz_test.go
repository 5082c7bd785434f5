package batch_test

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"

	"kq/pkg/broker/batch"
)

func addSeeds(f *testing.F) {
	for _, c := range allCases() {
		if len(c.in) < 400 {
			f.Add(c.in)
		}
	}
}

func FuzzSplit(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, p []byte) {
		b, rest, err := batch.Split(p)
		peeked, peekErr := batch.Peek(p)
		if err != nil {
			if b != nil || len(rest) != len(p) {
				t.Fatal("an error, and a batch")
			}
			if errors.Is(err, batch.ErrShort) && peekErr == nil && peeked.Length() <= len(p) {
				t.Fatal("short, but all there")
			}
			return
		}
		if peekErr != nil || peeked.Length() != len(b) || len(b)+len(rest) != len(p) || len(b) < batch.HeaderSize {
			t.Fatalf("cut %d and %d of %d", len(b), len(rest), len(p))
		}
		if !bytes.Equal(p, slices.Concat(b, rest)) {
			t.Fatal("not the same bytes")
		}
		_ = b.LastSequence()
		_ = b.VerifyCRC()
	})
}

// FuzzRecords reads records, and if they are sound writes them again: the same
// bytes for a batch that was not compressed.
func FuzzRecords(f *testing.F) {
	for codec := batch.CodecNone; codec <= batch.CodecZstd; codec++ {
		f.Add([]byte(three(codec).Body()), byte(codec), int32(3))
	}
	d := batch.Decompressor{Max: 1 << 20}
	f.Fuzz(func(t *testing.T, body []byte, codec byte, count int32) {
		in := edit(rawBatch(batch.Codec(codec&7), body), func(b batch.Batch) { put32(b, 57, count) })
		b := batch.Batch(in)
		var recs []batch.Record
		for r, err := range b.Records(&d) {
			if err != nil {
				return
			}
			recs = append(recs, r)
		}
		if len(recs) == 0 || len(recs) != int(count) {
			return
		}
		nb := batch.NewBuilder(batch.BuilderOptions{})
		nb.Add(0, nil, nil, nil) // sets the base timestamp
		for _, r := range recs {
			nb.AddAt(r.OffsetDelta, r.TimestampDelta, r.Key, r.Value, r.Headers)
		}
		again := nb.Build()
		i := -1
		for r, err := range again.Records(&d) {
			if err != nil {
				t.Fatalf("built of sound records: %v", err)
			}
			if i >= 0 && !sameRaw(r, recs[i]) {
				t.Fatalf("record %d became %+v, was %+v", i, r, recs[i])
			}
			i++
		}
	})
}

func sameRaw(a, b batch.Record) bool {
	return a.OffsetDelta == b.OffsetDelta && a.TimestampDelta == b.TimestampDelta &&
		bytes.Equal(a.Key, b.Key) && (a.Key == nil) == (b.Key == nil) &&
		bytes.Equal(a.Value, b.Value) && (a.Value == nil) == (b.Value == nil) &&
		slices.EqualFunc(a.Headers, b.Headers, func(x, y batch.Header) bool {
			return x.Key == y.Key && bytes.Equal(x.Value, y.Value) && (x.Value == nil) == (y.Value == nil)
		})
}

// FuzzValidate checks that what is accepted is one sound batch, which is
// accepted again and then left as it is.
func FuzzValidate(f *testing.F) {
	addSeeds(f)
	r := rules(func(r *batch.Rules) {
		r.Decompressor = &batch.Decompressor{Max: 1 << 20}
		r.Compressor = new(batch.Compressor)
	})
	f.Fuzz(func(t *testing.T, p []byte) {
		for _, mend := range []bool{false, true} {
			in := slices.Clone(p)
			if b, _, err := batch.Split(in); mend && err == nil {
				copy(in, edit(b, func(batch.Batch) {}))
			}
			for _, compression := range []batch.Codec{batch.CodecProducer, batch.CodecNone, batch.CodecLZ4} {
				r.Compression = compression
				accepted(t, slices.Clone(in), r)
			}
		}
	})
}

func accepted(t *testing.T, in []byte, r batch.Rules) {
	t.Helper()
	if b, _, err := batch.Split(in); err == nil && b.TimestampType() == batch.LogAppendTime {
		return // as in Kafka the flag goes, and the records get times that nobody checked
	}
	v, err := batch.Validate(in, true, r)
	if err != nil {
		if code(err) < 0 {
			t.Fatalf("an error of no code: %v", err)
		}
		return
	}
	checkSound(t, v)
	again, err := batch.Validate(slices.Clone(v.Records), true, r)
	if err != nil {
		t.Fatalf("accepted, but not twice: %v", err)
	}
	if !bytes.Equal(again.Records, v.Records) || again.Rewritten || again.MaxTimestamp != v.MaxTimestamp {
		t.Fatal("accepted twice, but changed")
	}
	r.Full = false
	if _, err := batch.Validate(slices.Clone(v.Records), false, r); err != nil {
		t.Fatalf("refused when not opened: %v", err)
	}
}

func checkSound(t *testing.T, v batch.Validated) {
	t.Helper()
	b, rest, err := batch.Split(v.Records)
	if err != nil || len(rest) != 0 {
		t.Fatalf("accepted %d bytes behind: %v", len(rest), err)
	}
	if err := b.VerifyCRC(); err != nil {
		t.Fatal(err)
	}
	n, maxTS := int32(0), int64(math.MinInt64)
	for rec, err := range b.Records(nil) {
		if err != nil {
			t.Fatalf("accepted %v", err)
		}
		if rec.OffsetDelta != n {
			t.Fatalf("record %d has offset %d", n, rec.OffsetDelta)
		}
		n++
		maxTS = max(maxTS, b.Timestamp(rec))
	}
	if n != b.Count() || n != b.LastOffsetDelta()+1 || max(maxTS, -1) != b.MaxTimestamp() || v.MaxTimestamp != b.MaxTimestamp() {
		t.Fatalf("%d records up to %d: %s", n, maxTS, describe(b))
	}
}

func FuzzConvertLegacy(f *testing.F) {
	addSeeds(f)
	r := rules(func(r *batch.Rules) {
		r.Decompressor = &batch.Decompressor{Max: 1 << 20}
		r.Compressor = new(batch.Compressor)
	})
	f.Fuzz(func(t *testing.T, p []byte) {
		p = slices.Clone(p)
		for at := 0; len(p)-at >= 26; { // mend the CRCs, so that more than they are tested
			n := int(int32(uint32(p[at+8])<<24|uint32(p[at+9])<<16|uint32(p[at+10])<<8|uint32(p[at+11]))) + 12
			if n < 26 || n > len(p)-at {
				break
			}
			mendMessage(p[at : at+n])
			at += n
		}
		b, err := batch.ConvertLegacy(p, r)
		if err != nil {
			if code(err) < 0 {
				t.Fatalf("an error of no code: %v", err)
			}
			return
		}
		checkSound(t, batch.Validated{Records: b, MaxTimestamp: b.MaxTimestamp()})
	})
}

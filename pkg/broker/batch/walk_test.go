package batch

import (
	"math"
	"testing"
)

// FuzzWalk checks that the pass over lengths accepts what the parser accepts,
// and sees what it sees.
func FuzzWalk(f *testing.F) {
	f.Add([]byte(sampleBatch(3, 10, BuilderOptions{}).Body()), int32(3), int64(6))
	f.Add([]byte(sampleBatch(2, 300, BuilderOptions{}).Body()), int32(2), int64(0))
	b := NewBuilder(BuilderOptions{})
	b.Add(math.MinInt64, nil, nil, []Header{{Key: "k", Value: []byte("v")}, {}})
	b.AddAt(7, 5, nil, []byte("value"), nil)
	f.Add([]byte(b.Build().Body()), int32(2), int64(0))
	f.Fuzz(func(t *testing.T, p []byte, count int32, skip int64) {
		if count < 0 {
			return
		}
		got, ok := walk(p, count, skip)
		want, wantOK := walkByParser(p, count, skip)
		if ok != wantOK || ok && got != want {
			t.Fatalf("walk %+v %t, parser %+v %t", got, ok, want, wantOK)
		}
	})
}

func walkByParser(p []byte, count int32, skip int64) (w walked, ok bool) {
	w.minDelta, w.maxDelta = math.MaxInt64, math.MinInt64
	s := parser{p: p}
	for i := range count {
		r, err := s.next()
		if err != nil {
			return w, false
		}
		w.maxDelta = max(w.maxDelta, r.TimestampDelta)
		if r.TimestampDelta != skip {
			w.minDelta = min(w.minDelta, r.TimestampDelta)
		}
		w.nullKeys = w.nullKeys || r.Key == nil
		w.offsetsOff = w.offsetsOff || r.OffsetDelta != i
	}
	return w, s.at == len(p)
}

// TestValidateAllocatesNothing guards the path of every produce.
func TestValidateAllocatesNothing(t *testing.T) {
	r := DefaultRules(1_700_000_000_000)
	r.AfterMaxMs = math.MaxInt64
	r.Compressor, r.Decompressor = new(Compressor), new(Decompressor)
	for codec := CodecNone; codec <= CodecZstd; codec++ {
		b := sampleBatch(100, 50, BuilderOptions{Codec: codec})
		n := testing.AllocsPerRun(100, func() {
			if v, err := Validate(b, false, r); err != nil || v.Rewritten {
				t.Fatal(err)
			}
		})
		if n > 0 {
			t.Errorf("%s: %v allocations", codec, n)
		}
	}
}

func BenchmarkValidate(b *testing.B) {
	for codec := CodecNone; codec <= CodecZstd; codec++ {
		for _, full := range []bool{false, true} {
			name := codec.String()
			if full {
				name += " opened"
			}
			b.Run(name, func(b *testing.B) {
				const n = 10_000
				batch := sampleBatch(n, 80, BuilderOptions{Codec: codec})
				r := DefaultRules(1_700_000_000_000)
				r.AfterMaxMs = math.MaxInt64
				r.MaxMessageBytes = 0
				r.Full = full
				r.Compressor, r.Decompressor = new(Compressor), new(Decompressor)
				b.SetBytes(int64(len(batch)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Validate(batch, false, r); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
			})
		}
	}
}

func BenchmarkCompress(b *testing.B) {
	plain := sampleBatch(10_000, 80, BuilderOptions{})
	for codec := CodecGzip; codec <= CodecZstd; codec++ {
		b.Run(codec.String(), func(b *testing.B) {
			var c Compressor
			var dst []byte
			b.SetBytes(int64(len(plain)))
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if dst, err = c.Compress(dst[:0], plain.Body(), codec, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRecords(b *testing.B) {
	const n = 10_000
	batch := sampleBatch(n, 80, BuilderOptions{})
	b.SetBytes(int64(len(batch)))
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range batch.Records(nil) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
}

func BenchmarkBuilder(b *testing.B) {
	const n = 10_000
	key, value := []byte("some key"), make([]byte, 80)
	b.ReportAllocs()
	for b.Loop() {
		nb := NewBuilder(BuilderOptions{})
		for i := range n {
			nb.Add(int64(i), key, value, nil)
		}
		nb.Build()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
}

package batch_test

import (
	"math"
	"slices"
	"testing"

	"kq/pkg/broker/batch"
)

// TestCompressedStaysClosed gives compressed batches with a body that cannot be
// opened: they pass where nothing of the topic asks for their records, and do
// not where something does.
func TestCompressedStaysClosed(t *testing.T) {
	body := []byte("not a compressed body at all")
	closed := edit(rawBatch(batch.CodecLZ4, body), func(b batch.Batch) {
		put32(b, 23, 4)
		put32(b, 57, 5)
		copy(b[35:], []byte{0, 0, 1, 0x8b, 0xcf, 0xe5, 0x68, 0}) // max timestamp: now
		for i := 43; i < 57; i++ {
			b[i] = 0xff // no producer
		}
	})
	for _, row := range []struct {
		name   string
		change func(r *batch.Rules)
		opened bool
	}{
		{"default", func(*batch.Rules) {}, false},
		{"log append time", func(r *batch.Rules) { r.LogAppendTime = true }, false},
		{"the same codec", func(r *batch.Rules) { r.Compression = batch.CodecLZ4 }, false},
		{"an hour behind the clock", func(r *batch.Rules) { r.NowMs -= 3_600_000 }, false},
		{"more than an hour behind the clock", func(r *batch.Rules) { r.NowMs -= 3_600_001 }, true},
		{"an hour behind, log append time", func(r *batch.Rules) { r.NowMs -= 9_600_001; r.LogAppendTime = true }, false},
		{"full", func(r *batch.Rules) { r.Full = true }, true},
		{"compacted", func(r *batch.Rules) { r.Compacted = true }, true},
		{"bound behind", func(r *batch.Rules) { r.BeforeMaxMs = math.MaxInt64 - 1 }, true},
		{"another codec", func(r *batch.Rules) { r.Compression = batch.CodecZstd }, true},
		{"no codec", func(r *batch.Rules) { r.Compression = batch.CodecNone }, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := batch.DefaultRules(now)
			row.change(&r)
			v, err := batch.Validate(slices.Clone(closed), false, r)
			if row.opened {
				if code(err) != 2 {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := max(now, map[bool]int64{true: r.NowMs}[r.LogAppendTime]); !r.LogAppendTime && v.MaxTimestamp != want {
				t.Errorf("max timestamp %d, want %d", v.MaxTimestamp, want)
			}
			if r.LogAppendTime && (v.MaxTimestamp != r.NowMs || v.Records.TimestampType() != batch.LogAppendTime) {
				t.Errorf("not stamped: %d, %s", v.MaxTimestamp, v.Records.TimestampType())
			}
			if err := v.Records.VerifyCRC(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNoZstd(t *testing.T) {
	r := batch.DefaultRules(now)
	r.NoZstd = true
	if _, err := batch.Validate(three(batch.CodecZstd), false, r); code(err) != 76 {
		t.Errorf("zstd: %v", err)
	}
	if _, err := batch.Validate(three(batch.CodecLZ4), false, r); err != nil {
		t.Errorf("lz4: %v", err)
	}
}

// TestInternal checks that the broker's own batches may be what a client's may
// not.
func TestInternal(t *testing.T) {
	r := batch.DefaultRules(now)
	r.Internal, r.Full = true, true
	for name, in := range map[string][]byte{
		"control":     edit(three(batch.CodecNone), func(b batch.Batch) { b[22] |= 0x20 }),
		"base offset": edit(three(batch.CodecNone), func(b batch.Batch) { b.SetBaseOffset(9) }),
	} {
		if _, err := batch.Validate(slices.Clone(in), false, r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		client := r
		client.Internal = false
		if _, err := batch.Validate(slices.Clone(in), false, client); code(err) != 87 {
			t.Errorf("%s of a client: %v", name, err)
		}
	}
	r.Compression = batch.CodecGzip
	in := edit(three(batch.CodecNone), func(b batch.Batch) { b[22] |= 0x20 })
	if v, err := batch.Validate(in, false, r); err != nil || v.Records.Codec() != batch.CodecNone {
		t.Errorf("control records were compressed: %v", err)
	}
}

// TestManyRecordErrors checks that the list of errors has an end.
func TestManyRecordErrors(t *testing.T) {
	nb := batch.NewBuilder(batch.BuilderOptions{})
	for range 30_000 {
		nb.Add(now, nil, nil, nil)
	}
	r := batch.DefaultRules(now)
	r.Compacted, r.MaxMessageBytes = true, 0
	_, err := batch.Validate(nb.Build(), false, r)
	ve, ok := err.(*batch.ValidationError)
	if !ok || len(ve.Records) != 10_000 || code(err) != 87 {
		t.Fatalf("error %.80v", err)
	}
}

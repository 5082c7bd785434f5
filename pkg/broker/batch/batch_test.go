package batch_test

import (
	"errors"
	"testing"

	"kq/pkg/broker/batch"
)

func TestBuilderHeader(t *testing.T) {
	b := batch.NewBuilder(batch.BuilderOptions{
		BaseOffset: 7, LeaderEpoch: 3, ProducerID: 9, ProducerEpoch: 2, BaseSequence: 1<<31 - 2, Transactional: true,
	})
	b.Add(100, []byte("k"), nil, nil)
	b.Add(90, nil, []byte("v"), []batch.Header{{Key: "h", Value: []byte("x")}})
	b.Add(200, nil, nil, nil)
	got := b.Build()
	if err := got.VerifyCRC(); err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct {
		name      string
		got, want int64
	}{
		{"length", int64(got.Length()), int64(len(got))},
		{"base offset", got.BaseOffset(), 7},
		{"last offset", got.LastOffset(), 9},
		{"leader epoch", int64(got.LeaderEpoch()), 3},
		{"magic", int64(got.Magic()), 2},
		{"base timestamp", got.BaseTimestamp(), 100},
		{"max timestamp", got.MaxTimestamp(), 200},
		{"producer id", got.ProducerID(), 9},
		{"producer epoch", int64(got.ProducerEpoch()), 2},
		{"base sequence", int64(got.BaseSequence()), 1<<31 - 2},
		{"last sequence", int64(got.LastSequence()), 0},
		{"count", int64(got.Count()), 3},
	} {
		if f.got != f.want {
			t.Errorf("%s: %d, want %d", f.name, f.got, f.want)
		}
	}
	if !got.IsTransactional() || got.IsControl() || !got.HasProducerID() || got.TimestampType() != batch.CreateTime {
		t.Errorf("attributes %#x", got.Attributes())
	}
	got.SetBaseOffset(1 << 40)
	got.SetLeaderEpoch(5)
	if err := got.VerifyCRC(); err != nil {
		t.Errorf("offset and epoch are under the CRC: %v", err)
	}
	got[len(got)-1] ^= 1
	if err := got.VerifyCRC(); !errors.Is(err, batch.ErrCorrupt) {
		t.Errorf("flipped bit: %v", err)
	}
}

func TestBuilderSize(t *testing.T) {
	b := batch.NewBuilder(batch.BuilderOptions{})
	if b.Size() != batch.HeaderSize || b.Count() != 0 {
		t.Errorf("empty: %d bytes, %d records", b.Size(), b.Count())
	}
	for i := range int64(300) {
		headers := []batch.Header{{Key: "h", Value: []byte("x")}}[:i%2]
		want := b.SizeWith(i*i, []byte("k"), nil, headers)
		b.Add(i*i, []byte("k"), nil, headers)
		if b.Size() != want || b.Count() != int(i)+1 {
			t.Fatalf("record %d: %d bytes, want %d", i, b.Size(), want)
		}
	}
	want := b.Size()
	if got := b.Build(); len(got) != want || got.Count() != 300 {
		t.Errorf("built %d bytes of %d records, want %d bytes", len(got), got.Count(), want)
	}
	if b.Count() != 0 || b.Size() != batch.HeaderSize {
		t.Error("not empty after Build")
	}
}

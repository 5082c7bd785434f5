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

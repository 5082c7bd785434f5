package batch_test

import (
	"math"
	"testing"

	"kq/pkg/broker/batch"
)

const now = int64(1_700_000_000_000)

func TestValidateSound(t *testing.T) {
	for codec := batch.CodecNone; codec <= batch.CodecZstd; codec++ {
		t.Run(codec.String(), func(t *testing.T) {
			nb := batch.NewBuilder(batch.BuilderOptions{Codec: codec})
			for i := range int64(100) {
				nb.Add(now+i, []byte("key"), []byte("value"), nil)
			}
			b := nb.Build()
			rules := batch.DefaultRules(now)
			rules.LeaderEpoch = 4
			got, err := batch.Validate(b, false, rules)
			if err != nil {
				t.Fatal(err)
			}
			if &got.Records[0] != &b[0] || got.Rewritten || got.MaxTimestamp != now+99 || b.LeaderEpoch() != 4 {
				t.Errorf("%+v", got)
			}
			rules.BeforeMaxMs = math.MaxInt64 / 2
			if _, err := batch.Validate(b, false, rules); err != nil {
				t.Errorf("opened: %v", err)
			}
			n := 0
			for r, err := range b.Records(nil) {
				if err != nil {
					t.Fatal(err)
				}
				if string(r.Key) != "key" || string(r.Value) != "value" || int(r.OffsetDelta) != n || b.Timestamp(r) != now+int64(n) {
					t.Fatalf("record %d: %+v", n, r)
				}
				n++
			}
			if n != 100 {
				t.Errorf("%d records", n)
			}
		})
	}
}

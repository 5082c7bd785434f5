package ingest_test

import (
	"fmt"
	"testing"
	"time"

	"kq/pkg/broker/brokertest"
	"kq/pkg/broker/ingest"
)

// The keys topic is compacted: what is left of it tells the door the same.
func TestKeysAfterCompaction(t *testing.T) {
	b := brokertest.Start(t, brokertest.Set("log.cleaner.backoff.ms", "20"), brokertest.Topics("t",
		ingest.KeysTopic+":2::cleanup.policy=compact:segment.ms=1000:min.cleanable.dirty.ratio=0.01:delete.retention.ms=0"))
	var c manual
	c.ms.Store(1_700_000_000_000)
	o := ingest.Options{Window: time.Hour, Now: c.now, SweepInterval: 5 * time.Millisecond}
	d := open(t, b, o)
	post := func(from, to int) (answers []reply) {
		t.Helper()
		for i := from; i < to; i++ {
			r := d.keyed("t", fmt.Sprintf("key %d", i), fmt.Sprintf(`{"value":%d}`, i))
			if r.code != 200 {
				t.Fatalf("key %d: %+v", i, r)
			}
			answers = append(answers, r)
		}
		return answers
	}
	post(0, 10)
	c.ms.Add(2 * time.Hour.Milliseconds())
	known := post(10, 20) // rolls the segments of the first, which expire now
	for left := 1; left > 0; {
		// Each roll lets the cleaner at what was written meanwhile, tombstones too.
		c.ms.Add(2 * time.Second.Milliseconds())
		d.stop()
		d = open(t, b, o) // writes a mark to each partition
		left = 0
		for _, r := range consume(t, b, ingest.KeysTopic) {
			for i := range 10 {
				if string(r.Key) == fmt.Sprintf("key %d", i) {
					left++
				}
			}
		}
		if c.now().After(time.UnixMilli(1_700_000_000_000).Add(2*time.Hour + 50*time.Minute)) {
			t.Fatalf("%d records of keys that expired are still there", left)
		}
	}
	d.stop()
	d = open(t, b, o)
	for i, r := range post(10, 20) {
		if !r.replayed() || r.body != known[i].body {
			t.Errorf("key %d after compaction: %+v, first %s", 10+i, r, known[i].body)
		}
	}
	for i, r := range post(0, 10) {
		if r.replayed() {
			t.Errorf("key %d expired, and is known: %+v", i, r)
		}
	}
	if got := consume(t, b, "t"); len(got) != 30 {
		t.Errorf("%d records", len(got))
	}
}

package fetcher_test

import (
	"testing"
	"time"

	"kq/pkg/broker/brokertest"
	"kq/pkg/streams/run/fetcher"
	"kq/pkg/streams/task"
)

// TestLazyChunksAreHeld reads a partition only as it is asked to go on.
func TestLazyChunksAreHeld(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("in:2"))
	produce(t, client(t, b), "in", 0, 500)
	f := fetcher.New(fetcher.Options{Client: client(t, b), Lazy: true, Hold: true, PartitionBytes: 3000})
	defer f.Close()
	f.Add("in", 0, 0)
	f.Add("in", 1, 0)
	next := map[int32]int64{}
	ends := map[int32]int64{}
	records := 0
	until(t, f, func(c fetcher.Chunk) bool {
		if c.Records != nil {
			t.Fatal("a lazy fetcher decoded records")
		}
		var in task.Input
		for _, r := range c.Batches {
			for r.Next(&in) {
				if in.Offset != next[c.Partition] {
					t.Fatalf("offset %d comes after %d", in.Offset, next[c.Partition])
				}
				next[c.Partition]++
				records++
			}
		}
		if next[c.Partition] != c.Next {
			t.Fatalf("records to %d in a chunk to %d", next[c.Partition], c.Next)
		}
		ends[c.Partition] = c.End
		if next[c.Partition] < c.End { // at its end a request would wait there for what comes
			f.Pause("in", c.Partition, false)
		}
		return records == 500
	})
	// Both are on hold now, at their ends.
	f.Pause("in", 1, true)
	f.Pause("in", 0, true)
	produce(t, client(t, b), "in", 500, 520)
	select {
	case <-f.Ready():
		for _, c := range f.Take() {
			if c.Next > ends[c.Partition] {
				t.Fatalf("%+v was read of a partition on hold", c)
			}
		}
	case <-time.After(50 * time.Millisecond):
	}
	f.Pause("in", 0, false)
	f.Pause("in", 1, false)
	until(t, f, func(c fetcher.Chunk) bool {
		for _, r := range c.Batches {
			records += r.Len()
		}
		return records == 520
	})
}

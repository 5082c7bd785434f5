package fetcher_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
	"kq/pkg/streams/run/fetcher"
)

func client(t testing.TB, b *brokertest.Broker, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(b.Addr())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

// until takes chunks until done says that it has seen enough.
func until(t testing.TB, f *fetcher.Fetcher, done func(c fetcher.Chunk) bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case <-f.Ready():
		case <-deadline:
			t.Fatal("nothing more is read")
		}
		for _, c := range f.Take() {
			if done(c) {
				return
			}
		}
	}
}

func produce(t *testing.T, cl *kgo.Client, topic string, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		r := &kgo.Record{Topic: topic, Key: []byte(fmt.Sprint("k", i)), Value: []byte(fmt.Sprint("v", i)), Timestamp: time.UnixMilli(int64(i)), Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("x")}}}
		if i%10 == 0 {
			r.Value, r.Headers = nil, nil
		}
		cl.Produce(t.Context(), r, nil)
		if i%97 == 0 {
			if err := cl.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cl.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestReadsWhatWasWritten(t *testing.T) {
	for _, codec := range []kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()} {
		b := brokertest.Start(t, brokertest.Topics("in:1"))
		produce(t, client(t, b, kgo.ProducerBatchCompression(codec)), "in", 0, 500)
		f := fetcher.New(fetcher.Options{Client: client(t, b), PartitionBytes: 3000})
		f.Add("in", 0, 7)
		n := 7
		until(t, f, func(c fetcher.Chunk) bool {
			for _, r := range c.Records {
				if int(r.Offset) != n || string(r.Key) != fmt.Sprint("k", n) || r.Timestamp != int64(n) {
					t.Fatalf("offset %d: %v", n, r)
				}
				if tomb := n%10 == 0; tomb != (r.Value == nil) || tomb != (r.Headers == nil) {
					t.Fatalf("offset %d: %v", n, r)
				}
				n++
			}
			return n == 500 && c.Next == 500 && c.End == 500 && c.Start == 0
		})
		f.Close()
	}
}

func TestTransactionsAreReadWhenTheyEnd(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("in:1"))
	cl := client(t, b, kgo.TransactionalID("x"))
	txn := func(from, to int, how kgo.TransactionEndTry) {
		if err := cl.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		produce(t, cl, "in", from, to)
		if err := cl.EndTransaction(t.Context(), how); err != nil {
			t.Fatal(err)
		}
	}
	txn(0, 10, kgo.TryCommit)
	txn(10, 30, kgo.TryAbort)
	txn(30, 40, kgo.TryCommit)
	f := fetcher.New(fetcher.Options{Client: client(t, b), Committed: true})
	defer f.Close()
	f.Add("in", 0, 0)
	var seen []string
	until(t, f, func(c fetcher.Chunk) bool {
		for _, r := range c.Records {
			seen = append(seen, string(r.Key))
		}
		return c.Next == c.End && c.Next == 43 // with three markers
	})
	if len(seen) != 20 || seen[9] != "k9" || seen[10] != "k30" {
		t.Errorf("%v", seen)
	}
}

func TestPauseAndRemove(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("in:2"))
	cl := client(t, b, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	put := func(partition int32) {
		if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: "in", Partition: partition, Value: []byte("v")}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	f := fetcher.New(fetcher.Options{Client: client(t, b)})
	defer f.Close()
	f.Add("in", 0, 0)
	f.Add("in", 1, 0)
	f.Pause("in", 0, true)
	put(1)
	until(t, f, func(c fetcher.Chunk) bool { return c.Partition == 1 && c.Next == 1 })
	put(0)
	put(1)
	until(t, f, func(c fetcher.Chunk) bool {
		if c.Partition == 0 && c.Next > 0 {
			t.Fatal("a partition that is paused is read")
		}
		return c.Partition == 1 && c.Next == 2
	})
	f.Remove("in", 1)
	f.Pause("in", 0, false)
	put(1)
	until(t, f, func(c fetcher.Chunk) bool {
		if c.Partition == 1 {
			t.Fatal("a partition that was removed is read")
		}
		return c.Next == 1
	})
}

func TestOffsetsOutOfRangeAreTheCallers(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("in:1"))
	cl := client(t, b)
	produce(t, cl, "in", 0, 20)
	offsets := kadm.Offsets{}
	offsets.Add(kadm.Offset{Topic: "in", Partition: 0, At: 10})
	if _, err := kadm.NewClient(cl).DeleteRecords(t.Context(), offsets); err != nil {
		t.Fatal(err)
	}
	f := fetcher.New(fetcher.Options{Client: client(t, b)})
	defer f.Close()
	f.Add("in", 0, 3)
	until(t, f, func(c fetcher.Chunk) bool {
		if !errors.Is(c.Err, kerr.OffsetOutOfRange) {
			t.Fatalf("%+v", c)
		}
		return true
	})
	f.Add("in", 0, 10)
	until(t, f, func(c fetcher.Chunk) bool { return c.Next == 20 && c.Start == 10 && c.Err == nil })
	b.Crash()
	b.Restart()
	f.Add("in", 0, 0)
	until(t, f, func(c fetcher.Chunk) bool { return c.Err != nil || c.Next > 0 })
}

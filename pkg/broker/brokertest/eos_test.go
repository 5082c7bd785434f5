package brokertest_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"

	"kq/pkg/broker/brokertest"
)

// Members of a group copy a topic to another one in transactions, which carry
// their offsets too, while the broker is killed: every record is there once, in
// order. Both versions of the transaction protocol.
func TestExactlyOnce(t *testing.T) {
	for _, row := range []struct {
		name string
		opts []kgo.Opt
	}{
		{"version 2", nil},
		{"version 0", []kgo.Opt{kgo.MaxVersions(kversion.V3_9_0())}},
	} {
		t.Run(row.name, func(t *testing.T) {
			const records, partitions = 1500, 3
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
			defer cancel()
			b := brokertest.Start(t, brokertest.OnDisk(), brokertest.Topics("in:3", "out:3"))
			fill(ctx, t, b, "in", partitions, records)
			copying, stop := context.WithCancel(ctx)
			var wg sync.WaitGroup
			for i := range 2 {
				wg.Go(func() { copyInTransactions(copying, t, b, fmt.Sprint("copier", i), row.opts) })
			}
			for range 3 {
				select {
				case <-time.After(150 * time.Millisecond):
				case <-ctx.Done():
				}
				b.Crash()
				b.Restart()
			}
			got := readInts(ctx, t, b, "out", partitions, records)
			stop()
			wg.Wait()
			for p := range partitions {
				var want []int
				for i := p; i < records; i += partitions {
					want = append(want, i)
				}
				if !slices.Equal(got[p], want) {
					t.Errorf("partition %d: %d records, want %d: %v", p, len(got[p]), len(want), got[p])
				}
			}
		})
	}
}

// fill writes numbers to a topic, each to the partition of its remainder.
func fill(ctx context.Context, t *testing.T, b *brokertest.Broker, topic string, partitions int32, n int) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	var rs []*kgo.Record
	for i := range n {
		rs = append(rs, &kgo.Record{Topic: topic, Partition: int32(i) % partitions, Value: []byte(strconv.Itoa(i))})
	}
	if err := cl.ProduceSync(ctx, rs...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// copyInTransactions is one member of the group, which begins anew after an error.
func copyInTransactions(ctx context.Context, t *testing.T, b *brokertest.Broker, id string, opts []kgo.Opt) {
	for ctx.Err() == nil {
		s, err := kgo.NewGroupTransactSession(append([]kgo.Opt{
			kgo.SeedBrokers(b.Addr()), kgo.TransactionalID(id), kgo.ConsumerGroup("copiers"), kgo.ConsumeTopics("in"),
			kgo.FetchIsolationLevel(kgo.ReadCommitted()),
			kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
			kgo.FetchMaxWait(100 * time.Millisecond), kgo.MetadataMinAge(20 * time.Millisecond),
			kgo.RetryBackoffFn(func(int) time.Duration { return 20 * time.Millisecond }),
		}, opts...)...)
		if err != nil {
			t.Error(err)
			return
		}
		for ctx.Err() == nil {
			if err := copySome(ctx, s); err != nil {
				if ctx.Err() == nil {
					t.Logf("%s begins anew: %v", id, err)
				}
				break
			}
		}
		s.Close()
	}
}

// copySome copies what one poll gives.
func copySome(ctx context.Context, s *kgo.GroupTransactSession) error {
	fs := s.PollRecords(ctx, 5)
	if fs.IsClientClosed() || ctx.Err() != nil {
		return context.Canceled
	}
	if err := s.Begin(); err != nil {
		return err
	}
	var rs []*kgo.Record
	fs.EachRecord(func(r *kgo.Record) {
		rs = append(rs, &kgo.Record{Topic: "out", Partition: r.Partition, Value: r.Value})
	})
	end := kgo.TryCommit
	if err := s.ProduceSync(ctx, rs...).FirstErr(); err != nil {
		end = kgo.TryAbort
	}
	_, err := s.End(ctx, end)
	return err
}

// readInts reads n committed numbers of a topic, by partition.
func readInts(ctx context.Context, t *testing.T, b *brokertest.Broker, topic string, partitions, n int) [][]int {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxWait(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	got, count := make([][]int, partitions), 0
	for count < n && ctx.Err() == nil {
		cl.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			i, err := strconv.Atoi(string(r.Value))
			if err != nil {
				t.Error(err)
			}
			got[r.Partition] = append(got[r.Partition], i)
			count++
		})
	}
	return got
}

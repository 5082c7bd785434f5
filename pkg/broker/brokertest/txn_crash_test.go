package brokertest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
	"kq/pkg/broker/logstore"
)

// Producers write transactions while the broker is killed at random: all of a
// transaction is read or nothing of it, and what its producer was told is true.
func TestTransactionsWhileCrashing(t *testing.T) {
	for _, mode := range []logstore.SyncMode{logstore.SyncNone, logstore.SyncCommit} {
		t.Run(fmt.Sprint(mode), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
			defer cancel()
			b := brokertest.Start(t, brokertest.OnDisk(), brokertest.Sync(mode), brokertest.Topics("t:3"))
			ends := crashing{told: make(map[string]kgo.TransactionEndTry)}
			var wg sync.WaitGroup
			for i := range 3 {
				wg.Go(func() { ends.produce(ctx, t, b, fmt.Sprint("p", i)) })
			}
			for range 5 {
				select {
				case <-time.After(time.Duration(100+rand.IntN(300)) * time.Millisecond):
				case <-ctx.Done():
				}
				b.Crash()
				b.Restart()
			}
			ends.stop()
			wg.Wait()
			ends.check(ctx, t, b)
		})
	}
}

// crashing is what producers were told.
type crashing struct {
	mu      sync.Mutex
	told    map[string]kgo.TransactionEndTry // guarded by mu; by value
	stopped bool                             // guarded by mu
}

func (c *crashing) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
}

func (c *crashing) tell(value string, end kgo.TransactionEndTry) (stopped bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if value != "" {
		c.told[value] = end
	}
	return c.stopped
}

// produce writes one transaction after the other; every third is aborted.
func (c *crashing) produce(ctx context.Context, t *testing.T, b *brokertest.Broker, id string) {
	var cl *kgo.Client
	for i := 0; !c.tell("", false) && ctx.Err() == nil; i++ {
		if cl == nil {
			cl = txnProducer(t, b, id,
				kgo.RetryBackoffFn(func(int) time.Duration { return 20 * time.Millisecond }), kgo.MetadataMinAge(20*time.Millisecond))
		}
		value, end := fmt.Sprintf("%s %d", id, i), kgo.TransactionEndTry(i%3 != 2)
		if err := transact(ctx, cl, "t", 3, value, end); err == nil {
			c.tell(value, end)
			continue
		}
		// How it ended is not known: a client of the same id begins anew.
		cl.Close()
		cl = nil
	}
}

// check compares what consumers read with what producers were told.
func (c *crashing) check(ctx context.Context, t *testing.T, b *brokertest.Broker) {
	// One more transaction of each id ends what is open, and is the last to be read.
	for i := range 3 {
		if err := transact(ctx, txnProducer(t, b, fmt.Sprint("p", i)), "t", 3, fmt.Sprint("end ", i), kgo.TryCommit); err != nil {
			t.Fatal(err)
		}
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.ConsumeTopics("t"), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	read, lasts := make(map[string]int), 0
	for lasts < 9 && ctx.Err() == nil {
		cl.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			read[string(r.Value)] += 1 << (10 * r.Partition) // how often from each partition
			if strings.HasPrefix(string(r.Value), "end") {
				lasts++
			}
		})
	}
	const once = 1 | 1<<10 | 1<<20
	committed := 0
	for value, n := range read {
		if n != once {
			t.Errorf("%q was read from some partitions only: %b", value, n)
		}
	}
	for value, end := range c.told {
		if end == kgo.TryCommit {
			committed++
		}
		if (read[value] != 0) != bool(end) {
			t.Errorf("%q: told commit=%v, read: %v", value, end, read[value] != 0)
		}
	}
	t.Logf("%d transactions told, %d committed, %d read", len(c.told), committed, len(read))
	if committed == 0 {
		t.Error("nothing was committed")
	}
}

package newtopic_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/newtopic"
	"kq/pkg/broker/brokertest"
)

// client is one that stores a topic when it is between two updates.
type client struct {
	known   map[string]bool
	between chan struct{}
	asked   int
}

func (c *client) PartitionLeader(topic string, partition int32) (leader, leaderEpoch int32, err error) {
	if c.known[topic] && partition == 0 {
		return 1, 0, nil
	}
	return -1, -1, nil
}

func (c *client) PurgeTopicsFromProducing(topics ...string) {
	c.asked++
	<-c.between
	for _, topic := range topics {
		delete(c.known, topic)
	}
}

func TestWait(t *testing.T) {
	c := &client{known: map[string]bool{"a": true, "b": true}, between: make(chan struct{})}
	if err := newtopic.Wait(t.Context(), c, "a", "b"); err != nil || c.asked != 0 {
		t.Errorf("known topics: %v, asked %d times", err, c.asked)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := newtopic.Wait(ended, c, "a", "new"); !errors.Is(err, context.Canceled) {
		t.Errorf("when the context has ended: %v", err)
	}
	close(c.between)
	c = &client{known: c.known, between: c.between}
	if err := newtopic.Wait(t.Context(), c, "a", "new", "newer"); err != nil || c.asked != 1 || len(c.known) != 2 {
		t.Errorf("new topics: %v, asked %d times, known are %v", err, c.asked, c.known)
	}
}

// Two transactions in a topic that the client has not met before are both
// committed. (The interop suite runs this with a client that is slow to store topics:
// there it fails without Wait.)
func TestFirstTransactions(t *testing.T) {
	const clients, topics = 4, 10
	b := brokertest.Start(t)
	names := make([]string, topics)
	for i := range names {
		names[i] = fmt.Sprint("t", i)
		b.Topic(names[i], 1)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			if err := transactTwice(ctx, b.Addr(), fmt.Sprint("x", i), names); err != nil {
				t.Error(err)
				cancel()
			}
		})
	}
	all.Wait()
	reader, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.ConsumeTopics(names...), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	for got := 0; got < 2*clients*topics; {
		if got += reader.PollFetches(ctx).NumRecords(); ctx.Err() != nil {
			t.Fatalf("%d of %d records were committed", got, 2*clients*topics)
		}
	}
}

func transactTwice(ctx context.Context, addr, id string, topics []string) error {
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.TransactionalID(id), kgo.ProducerLinger(0))
	if err != nil {
		return err
	}
	defer cl.Close()
	for _, topic := range topics {
		for range 2 {
			if err := cl.BeginTransaction(); err != nil {
				return err
			}
			sent := make(chan error, 1)
			cl.Produce(ctx, &kgo.Record{Topic: topic, Value: []byte("v")}, func(_ *kgo.Record, err error) { sent <- err })
			if err := <-sent; err != nil {
				return fmt.Errorf("produce to %s: %w", topic, err)
			}
			if err := newtopic.Wait(ctx, cl, topic); err != nil {
				return err
			}
			if err := cl.EndTransaction(ctx, kgo.TryCommit); err != nil {
				return err
			}
		}
	}
	return nil
}

package brokertest_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker"
	"kq/pkg/broker/brokertest"
	"kq/pkg/broker/logstore"
)

// client returns a client of b that lives as long as the test.
func client(t *testing.T, b *brokertest.Broker, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(append(opts, kgo.SeedBrokers(b.Addr()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func produce(t *testing.T, c *kgo.Client, topic string, from, n int) {
	t.Helper()
	var records []*kgo.Record
	for i := range n {
		records = append(records, &kgo.Record{Topic: topic, Value: fmt.Appendf(nil, "record %d", from+i)})
	}
	if err := c.ProduceSync(deadline(t), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// consume reads n records of a topic with one partition, which must be those
// that produce wrote.
func consume(t *testing.T, b *brokertest.Broker, topic string, n int) {
	t.Helper()
	c := client(t, b, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}))
	ctx := deadline(t)
	for next := 0; next < n; {
		fetches := c.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatalf("after %d records: %v", next, err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if want := fmt.Sprintf("record %d", next); string(r.Value) != want || r.Offset != int64(next) {
				t.Fatalf("record %q at %d, want %q at %d", r.Value, r.Offset, want, next)
			}
			next++
		})
	}
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestProduceConsumeAcrossRestarts(t *testing.T) {
	for name, options := range map[string][]brokertest.Option{
		"memory":         nil,
		"disk":           {brokertest.OnDisk()},
		"disk, commit":   {brokertest.OnDisk(), brokertest.Sync(logstore.SyncCommit)},
		"disk, always":   {brokertest.OnDisk(), brokertest.Sync(logstore.SyncAlways)},
		"disk, interval": {brokertest.OnDisk(), brokertest.Sync(logstore.SyncInterval)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := brokertest.Start(t, append(options, brokertest.Topics("orders"), brokertest.Log(slog.LevelWarn))...)
			addr := b.Addr()
			c := client(t, b)
			produce(t, c, "orders", 0, 100)
			consume(t, b, "orders", 100)
			b.Crash()
			b.Restart()
			if b.Addr() != addr {
				t.Errorf("address %s after the restart, before %s", b.Addr(), addr)
			}
			consume(t, b, "orders", 100)
			produce(t, c, "orders", 100, 100)
			b.Restart()
			consume(t, b, "orders", 200)
		})
	}
}

func TestTopics(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("a:2:1:cleanup.policy=compact"), brokertest.Set("num.partitions", "3"))
	b.Topic("b", 4)
	b.Topic("b", 5) // exists
	b.CreateTopic(broker.TopicSpec{Name: "c"})
	c := client(t, b)
	q := kmsg.NewPtrMetadataRequest()
	resp, err := q.RequestWith(deadline(t), c)
	if err != nil {
		t.Fatal(err)
	}
	partitions := make(map[string]int)
	for _, topic := range resp.Topics {
		partitions[*topic.Topic] = len(topic.Partitions)
	}
	if partitions["a"] != 2 || partitions["b"] != 4 || partitions["c"] != 3 {
		t.Errorf("partitions = %v", partitions)
	}
	if err := b.Broker().CreateTopics(deadline(t), broker.TopicSpec{Name: "bad name"}); err == nil {
		t.Error("a topic with a bad name was created")
	}
}

func TestStopTwice(t *testing.T) {
	b := brokertest.Start(t)
	b.Stop()
	b.Stop()
	b.Crash()
	if b.Broker() != nil {
		t.Error("a stopped broker is up")
	}
	b.Restart()
	if host, port := b.HostPort(); host != "127.0.0.1" || port == "0" {
		t.Errorf("host %s, port %s", host, port)
	}
}

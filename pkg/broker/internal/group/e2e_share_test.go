package group_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/brokertest"
)

// sharer is a member of the share group s that accepts what it gets.
func sharer(t *testing.T, b *brokertest.Broker, got func(r *kgo.Record)) *kgo.Client {
	cl := client(t, b, kgo.ShareGroup("s"), kgo.ConsumeTopics("in"))
	go func() {
		for {
			fetches := cl.PollFetches(t.Context())
			if fetches.IsClientClosed() || t.Context().Err() != nil {
				return
			}
			fetches.EachRecord(func(r *kgo.Record) {
				got(r)
				r.Ack(kgo.AckAccept)
			})
		}
	}()
	return cl
}

// TestShareGroupRestart has two franz-go members of a share group, which outlive a
// kill of the broker: every record is somebody's, and in the end none is left.
func TestShareGroupRestart(t *testing.T) {
	b := brokertest.Start(t, brokertest.OnDisk(), brokertest.Topics("in:3"), brokertest.Set("group.share.assignment.interval.ms", "0"),
		brokertest.Set("group.share.min.heartbeat.interval.ms", "1000"), brokertest.Set("group.share.heartbeat.interval.ms", "1000"))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
	defer cancel()
	adm := client(t, b)
	set := kmsg.NewPtrIncrementalAlterConfigsRequest()
	value := "earliest"
	set.Resources = []kmsg.IncrementalAlterConfigsRequestResource{{
		ResourceType: kmsg.ConfigResourceTypeGroupConfig, ResourceName: "s",
		Configs: []kmsg.IncrementalAlterConfigsRequestResourceConfig{{Name: "share.auto.offset.reset", Value: &value}},
	}}
	if r, err := set.RequestWith(ctx, adm); err != nil || r.Resources[0].ErrorCode != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	const records = 300
	var mu sync.Mutex
	seen, changed := make(map[string]int), make(chan struct{}, 1)
	got := func(r *kgo.Record) {
		mu.Lock()
		seen[string(r.Value)]++
		mu.Unlock()
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	until := func(n int) {
		for {
			mu.Lock()
			have := len(seen)
			mu.Unlock()
			if have >= n {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				t.Fatalf("%d of %d records: %v", have, n, ctx.Err())
			}
		}
	}
	produce := func(from, to int) {
		for i := from; i < to; i++ {
			r := &kgo.Record{Topic: "in", Key: fmt.Appendf(nil, "%d", i), Value: fmt.Appendf(nil, "%d", i)}
			if err := adm.ProduceSync(ctx, r).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	one, two := sharer(t, b, got), sharer(t, b, got)
	produce(0, records/2)
	until(records / 2)
	b.Crash()
	b.Restart()
	produce(records/2, records)
	until(records)
	for _, cl := range []*kgo.Client{one, two} {
		if err := cl.FlushAcks(ctx); err != nil {
			t.Error(err)
		}
		if err := cl.LeaveGroupContext(ctx); err != nil {
			t.Error(err)
		}
	}
	ask := kmsg.NewPtrDescribeShareGroupOffsetsRequest()
	ask.Groups = []kmsg.DescribeShareGroupOffsetsRequestGroup{{GroupID: "s"}}
	r, err := ask.RequestWith(ctx, adm)
	if err != nil || len(r.Groups[0].Topics) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, p := range r.Groups[0].Topics[0].Partitions {
		if p.Lag != 0 && p.StartOffset != -1 { // -1: no record was in it
			t.Errorf("partition %d: start %d, lag %d, error %d", p.Partition, p.StartOffset, p.Lag, p.ErrorCode)
		}
	}
}

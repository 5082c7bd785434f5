package broker_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
)

// A client in the process needs no address, whatever the broker tells others.
func TestDial(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t:3"), brokertest.Set("advertised.listeners", "PLAINTEXT://nowhere.invalid:1"))
	cl, err := kgo.NewClient(kgo.SeedBrokers("broker"), kgo.Dialer(b.Broker().Dial), kgo.ConsumeTopics("t"))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	large := make([]byte, 900_000) // more than the connection holds at once
	if err := cl.ProduceSync(ctx, &kgo.Record{Topic: "t", Value: []byte("small")}, &kgo.Record{Topic: "t", Value: large}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	for sizes := map[int]bool{}; !sizes[5] || !sizes[len(large)]; {
		got := cl.PollFetches(ctx)
		if err := got.Err0(); err != nil {
			t.Fatal(err)
		}
		got.EachRecord(func(r *kgo.Record) { sizes[len(r.Value)] = true })
	}
}

func TestDialEnds(t *testing.T) {
	b := brokertest.Start(t, brokertest.Set("max.connections", "1"))
	broker := b.Broker()
	first, err := broker.Dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := broker.Dial(ctx, "", ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one connection too many: %v", err)
	}
	waits := make(chan error, 1)
	go func() {
		_, err := broker.Dial(context.Background(), "", "")
		waits <- err
	}()
	b.Stop()
	if err := <-waits; !errors.Is(err, net.ErrClosed) {
		t.Errorf("who waited when the broker stopped: %v", err)
	}
	if _, err := first.Read(make([]byte, 1)); err == nil {
		t.Error("the connection goes on without its broker")
	}
}

package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	tripsToWarm = 5000             // single records before those that count: a JVM compiles what runs often
	pause       = time.Millisecond // between records, so that the consumer's poll is parked again
)

// latency times single records on a warm server: until the answer, and until a
// consumer that polls has them.
func latency(ctx context.Context, b *bench, peer string) (sample, error) {
	s := sample{}
	return s, b.withServer(ctx, peer, false, func(srv *server) error {
		if err := createTopic(srv.addr, "single", 1, nil); err != nil {
			return err
		}
		cl, err := kgo.NewClient(
			kgo.SeedBrokers(srv.addr), kgo.DefaultProduceTopic("single"),
			kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.ProducerLinger(0),
		)
		if err != nil {
			return fmt.Errorf("client: %w", err)
		}
		defer cl.Close()
		warm := min(tripsToWarm, 2*b.trips)
		took, err := roundTrips(ctx, cl, warm+b.trips, b.recordSize)
		if err != nil {
			return fmt.Errorf("round trip: %w", err)
		}
		s["latency.trip-p50"], s["latency.trip-p99"] = percentiles(took[warm:])
		warm /= 5
		if took, err = throughConsumer(ctx, cl, srv.addr, warm+b.trips, b.recordSize); err != nil {
			return fmt.Errorf("produce to consume: %w", err)
		}
		s["latency.through-p50"], s["latency.through-p99"] = percentiles(took[warm:])
		return nil
	})
}

// percentiles are the 50th and the 99th, in ms.
func percentiles(took []time.Duration) (p50, p99 float64) {
	slices.Sort(took)
	return ms(took[len(took)/2]), ms(took[len(took)*99/100])
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// roundTrips sends n records, each after the answer to the one before.
func roundTrips(ctx context.Context, cl *kgo.Client, n, size int) ([]time.Duration, error) {
	value, took := make([]byte, size), make([]time.Duration, n)
	for i := range took {
		began := time.Now()
		if err := cl.ProduceSync(ctx, &kgo.Record{Value: value}).FirstErr(); err != nil {
			return nil, err
		}
		took[i] = time.Since(began)
	}
	return took, nil
}

// throughConsumer sends n records one by one, each when a consumer that had
// read everything has had the one before and a pause.
func throughConsumer(ctx context.Context, cl *kgo.Client, addr string, n, size int) ([]time.Duration, error) {
	if err := createTopic(addr, "through", 1, nil); err != nil {
		return nil, err
	}
	consumer, err := fromStart(addr, "through", 1)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	defer consumer.Close()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	failed := make(chan error, 1)
	value, took := make([]byte, size), make([]time.Duration, n)
	for i := range took {
		<-time.After(pause)
		began := time.Now()
		cl.Produce(ctx, &kgo.Record{Topic: "through", Value: value}, func(_ *kgo.Record, err error) { failed <- err })
		for got := 0; got == 0; {
			fetches := consumer.PollFetches(ctx)
			if err := fetches.Err(); err != nil {
				return nil, err
			}
			got = fetches.NumRecords()
		}
		took[i] = time.Since(began)
		if err := <-failed; err != nil {
			return nil, err
		}
	}
	return took, nil
}

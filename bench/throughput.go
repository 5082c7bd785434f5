package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// throughput writes and reads a topic with the franz-go client, then reads it
// raw, and looks at the server's CPU and memory.
func throughput(ctx context.Context, b *bench, peer string) (sample, error) {
	s := sample{}
	return s, b.withServer(ctx, peer, false, func(srv *server) error {
		s["server.memory-ready"] = residentMB(srv.pid)
		if b.warmup > 0 {
			if err := b.load(ctx, srv, "warm", b.warmup, rawWarm, sample{}); err != nil {
				return fmt.Errorf("warm up: %w", err)
			}
		}
		return b.load(ctx, srv, "bench", b.megabytes, rawTimes, s)
	})
}

// load moves megabytes through a topic: in, out, and out to the raw client some times.
func (b *bench) load(ctx context.Context, srv *server, topic string, megabytes, raw int, s sample) error {
	if err := createTopic(srv.addr, topic, b.partitions, nil); err != nil {
		return err
	}
	total := megabytes * 1_000_000 / b.recordSize
	timed := func(what string, megabytes int, f func() error) error {
		cpu, began := cpuSeconds(srv.pid), time.Now()
		if err := f(); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		s["server."+what] = float64(megabytes) / time.Since(began).Seconds()
		s["server."+what+"-cpu"] = (cpuSeconds(srv.pid) - cpu) / float64(megabytes) * 1000
		return nil
	}
	if err := timed("produce", megabytes, func() error { return produce(ctx, srv.addr, topic, total, b.recordSize) }); err != nil {
		return err
	}
	if err := timed("consume", megabytes, func() error { return consume(ctx, srv.addr, topic, b.partitions, total) }); err != nil {
		return err
	}
	s["server.memory"] = residentMB(srv.pid)
	return timed("raw", raw*megabytes, func() error {
		for range raw {
			if err := rawConsume(srv.addr, topic, b.partitions); err != nil {
				return err
			}
		}
		return nil
	})
}

// produce sends total records from one pool of random bytes and waits for all answers.
func produce(ctx context.Context, addr, topic string, total, size int) error {
	cl, err := kgo.NewClient(
		kgo.SeedBrokers(addr), kgo.DefaultProduceTopic(topic), kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.RecordPartitioner(kgo.RoundRobinPartitioner()),
		kgo.ProducerLinger(5*time.Millisecond), kgo.MaxBufferedRecords(20_000),
	)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	defer cl.Close()
	const span = 1 << 20
	pool := make([]byte, span+size)
	for i := range pool {
		pool[i] = byte(rand.Uint32())
	}
	var failed atomic.Pointer[error]
	for i := range total {
		at := (i * 7919) % span
		cl.Produce(ctx, &kgo.Record{Value: pool[at : at+size]}, func(_ *kgo.Record, err error) {
			if err != nil {
				failed.Store(&err)
			}
		})
	}
	if err := cl.Flush(ctx); err != nil {
		return err
	}
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// fromStart makes a client that reads a topic's partitions from their start.
func fromStart(addr, topic string, partitions int) (*kgo.Client, error) {
	from := map[int32]kgo.Offset{}
	for p := range int32(partitions) {
		from[p] = kgo.NewOffset().AtStart()
	}
	return kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}))
}

// consume reads every partition from its start until total records came.
func consume(ctx context.Context, addr, topic string, partitions, total int) error {
	cl, err := fromStart(addr, topic, partitions)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for got := 0; got < total; {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return fmt.Errorf("%d of %d records: %w", got, total, err)
		}
		got += fetches.NumRecords()
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const topic = "bench"

// result is one run of one peer.
type result struct {
	ready, readyAgain       time.Duration // on an empty directory; on the full one after a clean stop
	produceMBs, consumeMBs  float64
	produceCPU, consumeCPU  float64 // server CPU seconds a GB
	tripP50, tripP99        time.Duration
	memoryEmpty, memoryFull float64 // resident MB
}

func (r result) String() string {
	return fmt.Sprintf("ready %v, produce %.0f MB/s (%.2f CPU s/GB), consume %.0f MB/s (%.2f CPU s/GB), trip %v, %.0f MB",
		r.ready.Round(time.Millisecond/10), r.produceMBs, r.produceCPU, r.consumeMBs, r.consumeCPU, r.tripP50.Round(time.Microsecond), r.memoryFull)
}

// measure runs a peer through everything, on a fresh directory.
func measure(ctx context.Context, c config, start starter) (r result, err error) {
	base, err := os.MkdirTemp("", "kq-bench-")
	if err != nil {
		return r, fmt.Errorf("measure: %w", err)
	}
	defer os.RemoveAll(base)
	dir := filepath.Join(base, "data")
	s, err := launch(ctx, start, dir)
	if err != nil {
		return r, err
	}
	r.ready, r.memoryEmpty = s.ready, residentMB(s.cmd.Process.Pid)
	if err := work(ctx, c, s, &r); err != nil {
		return r, errors.Join(err, s.stop())
	}
	if err := s.stop(); err != nil {
		return r, err
	}
	s, err = launch(ctx, start, dir)
	if err != nil {
		return r, fmt.Errorf("second start: %w", err)
	}
	r.readyAgain = s.ready
	return r, s.stop()
}

// work creates the topic, writes, reads, and times single records.
func work(ctx context.Context, c config, s *server, r *result) error {
	cl, err := kgo.NewClient(
		kgo.SeedBrokers(s.addr), kgo.DefaultProduceTopic(topic), kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.RecordPartitioner(kgo.RoundRobinPartitioner()),
		kgo.ProducerLinger(5*time.Millisecond), kgo.MaxBufferedRecords(20_000),
	)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	defer cl.Close()
	created, err := kadm.NewClient(cl).CreateTopic(ctx, int32(c.partitions), 1, nil, topic)
	if err != nil || created.Err != nil {
		return fmt.Errorf("create topic: %w", errors.Join(err, created.Err))
	}
	total := c.megabytes * 1_000_000 / c.recordSize
	gb := float64(c.megabytes) / 1000
	pid := s.cmd.Process.Pid
	timed := func(f func() error) (mbs, cpu float64, err error) {
		before, began := cpuSeconds(pid), time.Now()
		err = f()
		return float64(c.megabytes) / time.Since(began).Seconds(), (cpuSeconds(pid) - before) / gb, err
	}
	if r.produceMBs, r.produceCPU, err = timed(func() error { return produce(ctx, cl, c, total) }); err != nil {
		return fmt.Errorf("produce: %w", err)
	}
	if r.consumeMBs, r.consumeCPU, err = timed(func() error { return consume(ctx, s.addr, c, total) }); err != nil {
		return fmt.Errorf("consume: %w", err)
	}
	r.memoryFull = residentMB(pid)
	return roundTrips(ctx, s.addr, c, r)
}

// produce sends total records from one pool of random bytes.
func produce(ctx context.Context, cl *kgo.Client, c config, total int) error {
	pool := make([]byte, 1<<20+c.recordSize)
	for i := range pool {
		pool[i] = byte(rand.Uint32())
	}
	var failed atomic.Pointer[error]
	for i := range total {
		at := (i * 7919) % (1 << 20)
		cl.Produce(ctx, &kgo.Record{Value: pool[at : at+c.recordSize]}, func(_ *kgo.Record, err error) {
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

// consume reads every partition from its start until total records came.
func consume(ctx context.Context, addr string, c config, total int) error {
	from := map[int32]kgo.Offset{}
	for p := range int32(c.partitions) {
		from[p] = kgo.NewOffset().AtStart()
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}))
	if err != nil {
		return err
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

// roundTrips sends records one by one, each after the answer to the last.
func roundTrips(ctx context.Context, addr string, c config, r *result) error {
	if c.roundTrips == 0 {
		return nil
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.DefaultProduceTopic(topic), kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.ProducerLinger(0))
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	defer cl.Close()
	const warm = 200
	value, took := make([]byte, c.recordSize), make([]time.Duration, 0, c.roundTrips)
	for i := range warm + c.roundTrips {
		began := time.Now()
		if err := cl.ProduceSync(ctx, &kgo.Record{Value: value}).FirstErr(); err != nil {
			return fmt.Errorf("round trip: %w", err)
		}
		if i >= warm {
			took = append(took, time.Since(began))
		}
	}
	slices.Sort(took)
	r.tripP50, r.tripP99 = took[len(took)/2], took[len(took)*99/100]
	return nil
}

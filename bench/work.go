package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// work is what every peer has to do.
type work struct {
	megabytes, recordBytes, partitions int
}

func (w work) records() int { return w.megabytes * 1_000_000 / w.recordBytes }

// figures are the results of one run.
type figures struct {
	readyMs                   float64
	produceMBs, consumeMBs    float64
	produceCPU, consumeCPU    float64 // server seconds a GB
	roundTripMs, roundTripP99 float64 // one record, acks=all
	residentMB                float64
}

func (f figures) String() string {
	return fmt.Sprintf("ready %.0f ms, produce %.0f MB/s %.2f s/GB, consume %.0f MB/s %.2f s/GB, round trip %.2f/%.2f ms, %.0f MB",
		f.readyMs, f.produceMBs, f.produceCPU, f.consumeMBs, f.consumeCPU, f.roundTripMs, f.roundTripP99, f.residentMB)
}

const topic = "bench"

func measure(ctx context.Context, p peer, w work, dir string) (f figures, err error) {
	s, err := start(ctx, p, dir)
	if err != nil {
		return f, err
	}
	defer s.stop()
	f.readyMs = float64(s.ready.Microseconds()) / 1000
	cl, err := kgo.NewClient(kgo.SeedBrokers(s.addr), kgo.DefaultProduceTopic(topic),
		kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.RecordPartitioner(kgo.RoundRobinPartitioner()),
		kgo.ProducerLinger(5*time.Millisecond), kgo.MaxBufferedRecords(20_000))
	if err != nil {
		return f, err
	}
	defer cl.Close()
	if _, err := kadm.NewClient(cl).CreateTopic(ctx, int32(w.partitions), 1, nil, topic); err != nil {
		return f, err
	}
	gb := float64(w.megabytes) / 1000
	seconds, cpu, err := s.timed(func() error { return produce(ctx, cl, w) })
	if err != nil {
		return f, fmt.Errorf("produce: %w", err)
	}
	f.produceMBs, f.produceCPU = float64(w.megabytes)/seconds, cpu/gb
	seconds, cpu, err = s.timed(func() error { return consume(ctx, s.addr, w) })
	if err != nil {
		return f, fmt.Errorf("consume: %w", err)
	}
	f.consumeMBs, f.consumeCPU = float64(w.megabytes)/seconds, cpu/gb
	if f.residentMB, err = s.resident(); err != nil {
		return f, err
	}
	f.roundTripMs, f.roundTripP99, err = roundTrips(ctx, s.addr, w.recordBytes)
	return f, err
}

// timed returns the wall seconds and the server's CPU seconds of do.
func (s *server) timed(do func() error) (seconds, cpu float64, err error) {
	before, err := s.cpu()
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if err := do(); err != nil {
		return 0, 0, err
	}
	seconds = time.Since(began).Seconds()
	after, err := s.cpu()
	return seconds, (after - before).Seconds(), err
}

func payload(n int) []byte {
	p := make([]byte, n)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

func produce(ctx context.Context, cl *kgo.Client, w work) error {
	value := payload(w.recordBytes)
	var failed atomic.Pointer[error]
	for range w.records() {
		cl.Produce(ctx, &kgo.Record{Value: value}, func(_ *kgo.Record, err error) {
			if err != nil {
				failed.CompareAndSwap(nil, &err)
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

func consume(ctx context.Context, addr string, w work) error {
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	defer cl.Close()
	for n := 0; n < w.records(); {
		fetches := cl.PollFetches(ctx)
		if errs := fetches.Errors(); len(errs) > 0 {
			return errs[0].Err
		}
		n += fetches.NumRecords()
	}
	return nil
}

// roundTrips sends records one at a time and gives the median and the 99th
// percentile in milliseconds.
func roundTrips(ctx context.Context, addr string, recordBytes int) (median, p99 float64, err error) {
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.DefaultProduceTopic(topic), kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.ProducerLinger(0))
	if err != nil {
		return 0, 0, err
	}
	defer cl.Close()
	value := payload(recordBytes)
	const warm, rounds = 200, 2000
	var took []float64
	for i := range warm + rounds {
		began := time.Now()
		if res := cl.ProduceSync(ctx, &kgo.Record{Value: value}); res.FirstErr() != nil {
			return 0, 0, errors.Join(errors.New("round trip"), res.FirstErr())
		}
		if i >= warm {
			took = append(took, float64(time.Since(began).Nanoseconds())/1e6)
		}
	}
	s := spreadOf(took)
	return s.median, s.at(0.99), nil
}

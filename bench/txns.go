package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// idleBursts is how often produce is measured with idle transactional ids and without.
const idleBursts = 24

// transactions commits transactions of one record with the franz-go client.
func transactions(ctx context.Context, b *bench, peer string) (sample, error) {
	s := sample{}
	err := b.withServer(ctx, peer, false, func(srv *server) error {
		if err := createTopic(srv.addr, "txn", b.partitions, nil); err != nil {
			return err
		}
		if err := coordinator(srv.addr, 1, "warm-0"); err != nil {
			return err
		}
		if _, err := commitTxns(ctx, srv.addr, "warm", 4, b.txnTime, b.recordSize); err != nil {
			return fmt.Errorf("warm up: %w", err)
		}
		for _, v := range []struct {
			key       string
			producers int
		}{{"txn.1", 1}, {"txn.16", 16}} {
			took, err := commitTxns(ctx, srv.addr, v.key, v.producers, b.txnTime, b.recordSize)
			if err != nil {
				return fmt.Errorf("%d producers: %w", v.producers, err)
			}
			s[v.key] = float64(len(took)) / b.txnTime.Seconds()
			s[v.key+"-p50"], s[v.key+"-p99"] = percentiles(took)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, b.idleTxns(ctx, peer, s)
}

// commitTxns lets producers commit transactions one after the other for d, and
// gives the time of each, from its begin.
func commitTxns(ctx context.Context, addr, prefix string, producers int, d time.Duration, size int) ([]time.Duration, error) {
	type result struct {
		took []time.Duration
		err  error
	}
	results := make(chan result, producers)
	for i := range producers {
		go func() {
			took, err := commitAlone(ctx, addr, fmt.Sprintf("%s-%d", prefix, i), d, size)
			results <- result{took, err}
		}()
	}
	var all []time.Duration
	var errs []error
	for range producers {
		r := <-results
		all, errs = append(all, r.took...), append(errs, r.err)
	}
	return all, errors.Join(errs...)
}

// commitAlone is one producer of commitTxns. Its first transaction, which makes
// its connections, does not count.
func commitAlone(ctx context.Context, addr, id string, d time.Duration, size int) (took []time.Duration, err error) {
	cl, err := kgo.NewClient(
		kgo.SeedBrokers(addr), kgo.DefaultProduceTopic("txn"), kgo.TransactionalID(id),
		kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.ProducerLinger(0),
	)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	defer cl.Close()
	value := make([]byte, size)
	var end time.Time
	for end.IsZero() || time.Now().Before(end) {
		began := time.Now()
		if err := cl.BeginTransaction(); err != nil {
			return nil, fmt.Errorf("begin: %w", err)
		}
		if err := cl.ProduceSync(ctx, &kgo.Record{Value: value}).FirstErr(); err != nil {
			return nil, fmt.Errorf("produce: %w", err)
		}
		if err := cl.EndTransaction(ctx, kgo.TryCommit); err != nil {
			return nil, fmt.Errorf("commit: %w", err)
		}
		if end.IsZero() {
			end = time.Now().Add(d)
			continue
		}
		took = append(took, time.Since(began))
	}
	if len(took) == 0 {
		took = []time.Duration{d}
	}
	return took, nil
}

// idleTxns compares produce on two servers, in turns: one of them has many
// transactional ids that do nothing. What those cost by themselves shows as the
// CPU of their server while nobody asks it anything.
func (b *bench) idleTxns(ctx context.Context, peer string, s sample) error {
	return b.withServer(ctx, peer, false, func(plain *server) error {
		base, err := b.fresh()
		if err != nil {
			return err
		}
		defer os.RemoveAll(base)
		full, err := launch(ctx, b.brokers[peer], target{dir: filepath.Join(base, "data")}, answersMetadata)
		if err != nil {
			return err
		}
		if err := b.compareIdle(ctx, plain, full, s); err != nil {
			return errors.Join(err, full.kill())
		}
		return full.stop()
	})
}

func (b *bench) compareIdle(ctx context.Context, plain, full *server, s sample) error {
	if err := initIDs(full.addr, b.idleIDs); err != nil {
		return fmt.Errorf("initialize %d ids: %w", b.idleIDs, err)
	}
	var ratios []float64 // of the two servers' speeds, round by round
	megabytes := max(1, b.megabytes/20)
	total := megabytes * 1_000_000 / b.recordSize
	for round := range idleBursts + 1 {
		order := []*server{plain, full}
		if round%2 == 1 {
			order = []*server{full, plain}
		}
		speeds := map[*server]float64{}
		for _, srv := range order {
			topic := fmt.Sprintf("burst-%d", round)
			if err := createTopic(srv.addr, topic, b.partitions, nil); err != nil {
				return err
			}
			settle()
			began := time.Now()
			if err := produce(ctx, srv.addr, topic, total, b.recordSize); err != nil {
				return err
			}
			speeds[srv] = float64(megabytes) / time.Since(began).Seconds()
		}
		if round > 0 { // the first warms up
			ratios = append(ratios, speeds[full]/speeds[plain])
		}
	}
	s["txn.idle-cost"] = 100 * (1 - spreadOf(ratios).mid)
	<-time.After(b.txnTime / 2) // until what produce left behind is done
	cpu, began := cpuSeconds(full.pid)-cpuSeconds(plain.pid), time.Now()
	<-time.After(b.txnTime)
	s["txn.idle-cpu"] = max(0, (cpuSeconds(full.pid)-cpuSeconds(plain.pid)-cpu)/time.Since(began).Seconds()*1000)
	return nil
}

// initIDs initializes n transactional ids.
func initIDs(addr string, n int) error {
	if err := coordinator(addr, 1, "idle-0"); err != nil {
		return err
	}
	c, err := dial(addr)
	if err != nil {
		return err
	}
	defer c.close()
	for i := 0; i < n; {
		id := fmt.Sprintf("idle-%d", i)
		req := kmsg.NewPtrInitProducerIDRequest()
		req.Version, req.TransactionalID, req.TransactionTimeoutMillis = 4, &id, 60_000
		raw, err := c.ask(req)
		if err != nil {
			return err
		}
		switch err := kerr.ErrorForCode(raw.(*kmsg.InitProducerIDResponse).ErrorCode); {
		case err == nil:
			i++
		case kerr.IsRetriable(err):
			<-time.After(10 * time.Millisecond) // the coordinator loads
		default:
			return err
		}
	}
	return nil
}

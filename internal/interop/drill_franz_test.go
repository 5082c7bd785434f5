//go:build interop

package interop

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// franz is franz-go's client of the drill: the verb etl of testdata/groups.py.
type franz struct {
	o       map[string]string
	opts    []kgo.Opt
	w       *worker
	changed watch
	rng     *rand.Rand
	batch   int
	abort   int
	n       int // attempts so far
}

type closer func()

func (c closer) Close() error { c(); return nil }

// startFranz runs the client in this process as a worker.
func startFranz(t *testing.T, changed watch, o map[string]string) *worker {
	t.Helper()
	f := &franz{o: o, changed: changed}
	seed, batch, abort := atoi(t, o["seed"]), atoi(t, o["batch"]), atoi(t, o["abort"])
	f.rng, f.batch, f.abort = rand.New(rand.NewPCG(uint64(seed), 1)), batch, abort
	f.opts = []kgo.Opt{
		kgo.SeedBrokers(o["bootstrap"]), kgo.ConsumerGroup(o["group"]), kgo.ConsumeTopics(o["from"]),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.AlwaysRetryEOF(),
	}
	if o["protocol"] == "consumer" {
		f.opts = append(f.opts, kgo.ServerSideBalancer())
	} else {
		f.opts = append(f.opts, kgo.Balancers(kgo.RangeBalancer()), kgo.SessionTimeout(6*time.Second), kgo.HeartbeatInterval(500*time.Millisecond))
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	f.w = &worker{name: o["id"], stdin: closer(cancel), done: make(chan struct{})}
	go func() {
		defer close(f.w.done)
		run := f.least
		if o["mode"] == "exactly" {
			run = f.exactly
		}
		for ctx.Err() == nil {
			if err := run(ctx); err != nil {
				f.w.mu.Lock()
				fmt.Fprintln(&f.w.errs, err)
				f.w.mu.Unlock()
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-f.w.done
		if t.Failed() {
			t.Logf("%s\n%s\nerrors: %s", f.w.name, f.w.brief(), f.w.errs.Bytes())
		}
	})
	return f.w
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (f *franz) say(o Outcome, attempt string, records int) {
	f.w.mu.Lock()
	f.w.lines = append(f.w.lines, fmt.Sprintf("%s %s %d", o, attempt, records))
	f.w.mu.Unlock()
	f.changed.tell()
}

// copies makes the output records of one attempt.
func (f *franz) copies(in []*kgo.Record) (attempt string, out []*kgo.Record) {
	f.n++
	attempt = fmt.Sprintf("%s-%d", f.o["id"], f.n)
	for _, r := range in {
		out = append(out, &kgo.Record{Topic: f.o["to"], Partition: r.Partition, Value: fmt.Appendf(nil, "%s|%s", r.Value, attempt)})
	}
	return attempt, out
}

// exactly runs one session; an error ends it, the next one settles what was open.
func (f *franz) exactly(ctx context.Context) error {
	s, err := kgo.NewGroupTransactSession(append(f.opts, kgo.TransactionalID(f.o["id"]), kgo.TransactionTimeout(20*time.Second))...)
	if err != nil {
		return err
	}
	defer s.Close()
	for {
		in := s.PollRecords(ctx, f.batch).Records()
		if ctx.Err() != nil {
			return nil
		}
		if len(in) == 0 {
			continue
		}
		attempt, out := f.copies(in)
		if err := s.Begin(); err != nil {
			f.say(Unknown, attempt, len(out))
			return fmt.Errorf("begin %s: %w", attempt, err)
		}
		how := kgo.TransactionEndTry(f.rng.IntN(100) >= f.abort)
		if err := s.ProduceSync(context.WithoutCancel(ctx), out...).FirstErr(); err != nil {
			how = kgo.TryAbort
		}
		committed, err := s.End(context.WithoutCancel(ctx), how)
		switch {
		case err != nil:
			f.say(Unknown, attempt, len(out))
			return fmt.Errorf("end %s: %w", attempt, err)
		case committed:
			f.say(Committed, attempt, len(out))
		default:
			f.say(Aborted, attempt, len(out))
		}
	}
}

// least copies, then commits what it read.
func (f *franz) least(ctx context.Context) error {
	cl, err := kgo.NewClient(append(f.opts, kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll())...)
	if err != nil {
		return err
	}
	defer cl.CloseAllowingRebalance()
	for {
		in := cl.PollRecords(ctx, f.batch).Records()
		if ctx.Err() != nil {
			return nil
		}
		if len(in) > 0 {
			attempt, out := f.copies(in)
			if err := cl.ProduceSync(context.WithoutCancel(ctx), out...).FirstErr(); err != nil {
				f.say(Unknown, attempt, len(out))
				return fmt.Errorf("produce %s: %w", attempt, err)
			}
			if err := cl.CommitRecords(context.WithoutCancel(ctx), in...); err != nil {
				f.say(Unknown, attempt, len(out))
				return fmt.Errorf("commit offsets of %s: %w", attempt, err)
			}
			f.say(Committed, attempt, len(out))
		}
		cl.AllowRebalance()
	}
}

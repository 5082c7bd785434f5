package run

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
	"kq/pkg/streams/codec"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/topology"
)

// wordCount counts the words of lines, which are split at blanks.
func wordCount(t testing.TB) *topology.Topology {
	t.Helper()
	b := dsl.NewBuilder()
	b.Stream([]string{"lines"}, dsl.Consumed{Key: codec.String{}, Value: codec.String{}}).
		FlatMapValues(func(r *topology.Record, emit func(codec.Value) error) error {
			v, err := r.Value.Any()
			if err != nil {
				return err
			}
			for w := range strings.FieldsSeq(v.(string)) {
				if w == "poison" {
					return errors.New("poison")
				}
				if err := emit(codec.Of(w)); err != nil {
					return err
				}
			}
			return nil
		}).As(nil, codec.String{}).
		GroupBy(func(r *topology.Record) (codec.Value, error) { return r.Value, nil }, dsl.Grouped{Name: "words", Key: codec.String{}}).
		Count(dsl.Materialized{Store: "counts"}).ToStream().
		To("counts", dsl.Produced{})
	top, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	return top
}

func broker(t testing.TB, topics ...string) *brokertest.Broker {
	t.Helper()
	return brokertest.Start(t, brokertest.Set("group.initial.rebalance.delay.ms", "0"), brokertest.Topics(topics...))
}

func client(t testing.TB, b *brokertest.Broker, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(b.Addr())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

// instance is a Runtime that runs.
type instance struct {
	*Runtime
	cancel context.CancelFunc
	done   chan error
}

// start runs an application; tune changes its options.
func start(t testing.TB, b *brokertest.Broker, top *topology.Topology, tune func(o *Options)) *instance {
	t.Helper()
	o := Options{App: "app", Opts: []kgo.Opt{kgo.SeedBrokers(b.Addr())}, Commit: 50 * time.Millisecond, Session: 6 * time.Second, Heartbeat: 50 * time.Millisecond}
	if testing.Verbose() {
		o.Logger = slog.New(slog.NewTextHandler(lines{t}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	if tune != nil {
		tune(&o)
	}
	rt, err := New(top, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	i := &instance{Runtime: rt, cancel: cancel, done: make(chan error, 1)}
	go func() { i.done <- rt.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-i.done
	})
	return i
}

// lines writes a log to that of a test.
type lines struct{ t testing.TB }

func (l lines) Write(p []byte) (int, error) {
	defer func() { _ = recover() }() // after the end of the test
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// stop stops an instance in good order.
func (i *instance) stop(t testing.TB) {
	t.Helper()
	i.cancel()
	err := <-i.done
	i.done <- err
	if err != nil {
		t.Fatal(err)
	}
}

// die stops an instance as kill -9 does.
func (i *instance) die() {
	i.kill()
	i.cancel()
	i.done <- <-i.done
}

// until waits for a condition.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		<-tick.C
	}
}

// running waits until an instance runs n tasks.
func (i *instance) running(t testing.TB, n int) {
	t.Helper()
	until(t, fmt.Sprintf("%d tasks run", n), func() bool {
		select {
		case err := <-i.done:
			i.done <- err
			t.Fatalf("the application ended: %v", err)
		default:
		}
		return i.active() == n
	})
}

func (i *instance) active() int {
	n := 0
	for _, t := range i.Tasks() {
		if t.Role == Active {
			n++
		}
	}
	return n
}

// table reads the latest value of every key of a topic, and the number of records.
type table struct {
	last  map[string]int64
	n     int
	order map[string][]int64
}

// read reads a topic until a condition holds.
func read(t testing.TB, b *brokertest.Broker, topic string, enough func(*table) bool) *table {
	t.Helper()
	cl := client(t, b, kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer cl.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	out := &table{last: map[string]int64{}, order: map[string][]int64{}}
	for !enough(out) {
		fs := cl.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("%s never holds what it should; it has %d records: %v", topic, out.n, out.last)
		}
		fs.EachRecord(func(r *kgo.Record) {
			out.n++
			if len(r.Value) == 8 {
				v := int64(binary.BigEndian.Uint64(r.Value))
				out.last[string(r.Key)] = v
				out.order[string(r.Key)] = append(out.order[string(r.Key)], v)
			}
		})
	}
	return out
}

// put produces lines, in turn to the partitions.
func put(t testing.TB, cl *kgo.Client, n int, line func(i int) string) {
	t.Helper()
	for i := range n {
		cl.Produce(t.Context(), &kgo.Record{Topic: "lines", Key: []byte(fmt.Sprint(i)), Value: []byte(line(i))}, func(_ *kgo.Record, err error) {
			if err != nil {
				t.Error(err)
			}
		})
	}
	if err := cl.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// words is a line of five words of a hundred.
func words(i int) string {
	return fmt.Sprintf("w%d w%d w%d w%d w%d", i%100, (i*7)%100, (i*13)%100, (i*31)%100, (i*57)%100)
}

// model counts the words of n lines.
func model(n int) map[string]int64 {
	out := map[string]int64{}
	for i := range n {
		for _, w := range strings.Fields(words(i)) {
			out[w]++
		}
	}
	return out
}

func same(a, b map[string]int64) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

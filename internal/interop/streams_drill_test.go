//go:build interop

package interop

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	streamDrillParts = 8
	streamDrillSize  = 10_000 // milliseconds of a window
)

// streamDrillJob counts words, counts them by window, and joins two tables.
func streamDrillJob(guarantee, state string) string {
	return fmt.Sprintf(`app: drill
config: {guarantee: %s, commit: 100ms, threads: 2, stateDir: %q, kafka: {sessionTimeout: 6s, transactionTimeout: 10s}}
streams:
  lines: {topic: lines, key: string, value: string}
tables:
  left: {topic: left, key: string, value: string, store: left}
  right: {topic: right, key: string, value: string, store: right}
pipelines:
  counts:
    from: lines
    steps:
      - flatMapValues: words(value)
      - groupBy: value
      - count: {store: counts}
    to: {topic: counts, key: string, value: long}
  windows:
    from: lines
    steps:
      - flatMapValues: words(value)
      - groupBy: value
      - window: {tumbling: 10s, grace: 1d}
      - count: {store: windows}
    to: {topic: windows, key: {timeWindowed: string}, value: long}
  joined:
    from: left
    steps:
      - outerJoin: {table: right, as: '(left ?? "none") + "|" + (right ?? "none")', valueType: string, store: joined}
    to: {topic: joined, key: string, value: string}
`, guarantee, state)
}

// streamModel is what came in, and what must come out of it.
type streamModel struct {
	mu          sync.Mutex
	counts      map[string]int    // guarded by mu
	windows     map[string]int    // by word@start; guarded by mu
	left, right map[string]string // guarded by mu
	total       int               // words; guarded by mu
}

// write sends records until the context ends; what was sent is in the model.
func (m *streamModel) write(ctx context.Context, t *testing.T, addr string, rng *rand.Rand) {
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)), kgo.ProducerLinger(5*time.Millisecond),
		kgo.ProduceRequestTimeout(2*time.Second), kgo.RetryTimeout(2*time.Minute), kgo.ConnIdleTimeout(10*time.Minute))
	if err != nil {
		t.Error(err)
		return
	}
	defer cl.Close()
	const begin = 1_700_000_000_000
	for i := 0; ctx.Err() == nil; i++ {
		ts := int64(begin + i*20 + rng.IntN(3000))
		m.mu.Lock()
		var line []string
		for range 4 {
			w := fmt.Sprintf("w%d", rng.IntN(60))
			line = append(line, w)
			m.counts[w]++
			m.windows[fmt.Sprintf("%s@%d", w, ts/streamDrillSize*streamDrillSize)]++
			m.total++
		}
		table, key, value := "left", fmt.Sprintf("k%d", rng.IntN(80)), fmt.Sprintf("v%d", i)
		if i%2 == 0 {
			table = "right"
			m.right[key] = value
		} else {
			m.left[key] = value
		}
		m.mu.Unlock()
		note := func(_ *kgo.Record, err error) {
			if err != nil {
				t.Errorf("a record was not written: %v", err)
			}
		}
		whole := context.WithoutCancel(ctx)
		cl.Produce(whole, &kgo.Record{Topic: "lines", Key: fmt.Appendf(nil, "%d", i), Value: []byte(strings.Join(line, " ")), Timestamp: time.UnixMilli(ts)}, note)
		cl.Produce(whole, &kgo.Record{Topic: table, Key: []byte(key), Value: []byte(value), Timestamp: time.UnixMilli(ts)}, note)
		select {
		case <-ctx.Done():
		case <-time.After(3 * time.Millisecond):
		}
	}
	if err := cl.Flush(context.WithoutCancel(ctx)); err != nil {
		t.Errorf("flush: %v", err)
	}
}

// streamOutput is what the job wrote, as read_committed shows it.
type streamOutput struct {
	counts, windows map[string][]uint64
	joined          map[string]string
	updates         int // of counts
	atWindows       int
}

// read takes records until done says that nothing is missing, or nothing more comes.
func (o *streamOutput) read(t *testing.T, cl *kgo.Client, limit time.Duration, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	for !done() && ctx.Err() == nil {
		fetches := cl.PollFetches(ctx)
		fetches.EachError(func(_ string, _ int32, err error) {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Logf("read the output: %v", err)
			}
		})
		fetches.EachRecord(o.take)
	}
}

func (o *streamOutput) take(r *kgo.Record) {
	switch r.Topic {
	case "counts":
		o.updates++
		o.counts[string(r.Key)] = append(o.counts[string(r.Key)], binary.BigEndian.Uint64(r.Value))
	case "windows":
		o.atWindows++
		n := len(r.Key) - 8
		at := fmt.Sprintf("%s@%d", r.Key[:n], binary.BigEndian.Uint64(r.Key[n:]))
		o.windows[at] = append(o.windows[at], binary.BigEndian.Uint64(r.Value))
	case "joined":
		o.joined[string(r.Key)] = string(r.Value)
	}
}

// TestStreamsDrill kills three instances of a job and its broker with -9 at
// random (KQ_STREAMS_KILLS times, 6 if unset): the tables are the model's at
// the end, and under exactly_once every update was written once.
// KQ_DRILL_SEED repeats a run's choices.
func TestStreamsDrill(t *testing.T) {
	together(t, []string{"exactly_once", "at_least_once"}, strings.Clone, func(t *testing.T, guarantee string) {
		seed, kills := variable(t, "KQ_DRILL_SEED", time.Now().UnixNano()), variable(t, "KQ_STREAMS_KILLS", 6)
		t.Logf("KQ_DRILL_SEED=%d KQ_STREAMS_KILLS=%d", seed, kills)
		rng := rand.New(rand.NewPCG(uint64(seed), 6))
		ports, err := freePorts(1)
		if err != nil {
			t.Fatal(err)
		}
		data, args := t.TempDir(), []string{"--listen", fmt.Sprintf("127.0.0.1:%d", ports[0])}
		s := startKQ(t, data, args...)
		for _, topic := range []string{"lines", "left", "right", "counts", "windows", "joined"} {
			createWith(t, s.addr, topic, streamDrillParts)
		}
		yamls := make([]string, 3)
		jobs := make([]*job, 3)
		for i := range jobs {
			yamls[i] = streamDrillJob(guarantee, t.TempDir())
			jobs[i] = startJob(t, s.addr, yamls[i])
		}
		m := &streamModel{counts: map[string]int{}, windows: map[string]int{}, left: map[string]string{}, right: map[string]string{}}
		writing, stopWriting := context.WithCancel(t.Context())
		written := make(chan struct{})
		go func() {
			defer close(written)
			m.write(writing, t, s.addr, rand.New(rand.NewPCG(uint64(seed), 7)))
		}()
		pause(t, 3000)
		for i := range kills {
			if n := rng.IntN(4); n < 3 {
				t.Logf("kill %d: instance %d", i+1, n)
				jobs[n].kill()
				pause(t, rng.IntN(1000))
				jobs[n] = startJob(t, s.addr, yamls[n])
			} else {
				t.Logf("kill %d: the broker", i+1)
				if err := s.kill(); err != nil {
					t.Fatal(err)
				}
				pause(t, rng.IntN(500))
				s = startKQ(t, data, args...)
			}
			pause(t, 500+rng.IntN(4000))
		}
		stopWriting()
		<-written
		m.check(t, s.addr, guarantee == "exactly_once")
		for _, j := range jobs {
			j.stop(t)
		}
	})
}

// check reads everything that the job wrote and compares.
func (m *streamModel) check(t *testing.T, addr string, exactly bool) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumeTopics("counts", "windows", "joined"), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	o := &streamOutput{counts: map[string][]uint64{}, windows: map[string][]uint64{}, joined: map[string]string{}}
	joined := m.joined()
	o.read(t, cl, 2*time.Minute, func() bool {
		return o.updates >= m.total && o.atWindows >= m.total && reached(o.counts, m.counts) && reached(o.windows, m.windows) && maps.Equal(o.joined, joined)
	})
	t.Logf("%d words in; %d updates of counts, %d of windows, %d rows joined", m.total, o.updates, o.atWindows, len(o.joined))
	if !exactly {
		if !reached(o.counts, m.counts) || !reached(o.windows, m.windows) {
			t.Error("counts are missing")
		}
	} else {
		o.read(t, cl, 2*time.Second, func() bool { return false }) // what should not come
		oneByOne(t, "counts", o.counts, m.counts)
		oneByOne(t, "windows", o.windows, m.windows)
	}
	for _, k := range slices.Sorted(maps.Keys(joined)) {
		if o.joined[k] != joined[k] {
			t.Errorf("joined %s: %q, want %q", k, o.joined[k], joined[k])
		}
	}
	if len(o.joined) != len(joined) {
		t.Errorf("%d rows joined, want %d", len(o.joined), len(joined))
	}
}

// joined is the outer join of the two tables.
func (m *streamModel) joined() map[string]string {
	text := func(s map[string]string, k string) string {
		if v, ok := s[k]; ok {
			return v
		}
		return "none"
	}
	out := map[string]string{}
	for _, side := range []map[string]string{m.left, m.right} {
		for k := range side {
			out[k] = text(m.left, k) + "|" + text(m.right, k)
		}
	}
	return out
}

// reached reports whether every last count is as high as it must be.
func reached(got map[string][]uint64, want map[string]int) bool {
	for k, n := range want {
		steps := got[k]
		if len(steps) == 0 || slices.Max(steps) < uint64(n) {
			return false
		}
	}
	return true
}

// oneByOne wants each key counted 1, 2, 3, … to its end.
func oneByOne(t *testing.T, topic string, got map[string][]uint64, want map[string]int) {
	t.Helper()
	for _, k := range slices.Sorted(maps.Keys(want)) {
		steps := got[k]
		for i, n := range steps {
			if n != uint64(i+1) {
				t.Errorf("%s: %s is %d at step %d", topic, k, n, i+1)
				break
			}
		}
		if len(steps) != want[k] {
			t.Errorf("%s: %s was counted %d times, want %d", topic, k, len(steps), want[k])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d keys, want %d", topic, len(got), len(want))
	}
}

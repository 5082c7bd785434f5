//go:build interop

package interop

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// drillParts is how many partitions each topic of the drill has.
const drillParts = 6

// lane is one input and one output topic with the clients that copy between them.
type lane struct {
	name      string
	exactly   bool
	protocol  string   // of the group
	libraries []string // one member each

	workers []*worker

	mu   sync.Mutex
	sent []int           // by partition; guarded by mu
	live []Read          // guarded by mu
	seen map[string]bool // the records, without their attempts; guarded by mu
}

// lanes: kafkajs knows only its own assignor and cannot tell the broker which
// generation its offsets are of, so it is alone in its groups.
func lanes() []*lane {
	four := []string{"franz-go", "java", "confluent-kafka", "kafka-python"}
	return []*lane{
		{name: "exactly-classic", exactly: true, protocol: "classic", libraries: four},
		{name: "exactly-consumer", exactly: true, protocol: "consumer", libraries: four[:3]},
		{name: "exactly-kafkajs", exactly: true, protocol: "classic", libraries: []string{"kafkajs"}},
		{name: "least-classic", protocol: "classic", libraries: four},
		{name: "least-kafkajs", protocol: "classic", libraries: []string{"kafkajs"}},
	}
}

// TestDrill lets clients of five libraries copy records in transactions, and
// at least once, while the broker is killed with -9 at random
// (KQ_DRILL_KILLS times, 5 if unset): what comes out is what went in.
// KQ_DRILL_SEED repeats a run's choices.
func TestDrill(t *testing.T) {
	seed, kills := variable(t, "KQ_DRILL_SEED", time.Now().UnixNano()), variable(t, "KQ_DRILL_KILLS", 5)
	t.Logf("KQ_DRILL_SEED=%d KQ_DRILL_KILLS=%d", seed, kills)
	rng := rand.New(rand.NewPCG(uint64(seed), 5))
	dir := t.TempDir()
	ports, err := freePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	// a member that is gone is noticed soon, as the classic groups' session timeout has it
	args := []string{
		"--listen", fmt.Sprintf("127.0.0.1:%d", ports[0]), "--set", "group.consumer.min.session.timeout.ms=6000", "--set", "group.consumer.session.timeout.ms=6000",
		"--set", "group.consumer.min.heartbeat.interval.ms=500", "--set", "group.consumer.heartbeat.interval.ms=500",
	}
	s := startServer(t, dir, args...)
	all, changed := lanes(), make(watch, 1)
	stopReading := readLive(t, s.addr, all, changed)
	for _, l := range all {
		for _, topic := range []string{l.from(), l.to()} {
			createWith(t, s.addr, topic, drillParts)
		}
		l.start(t, s.addr, seed, changed)
	}
	stopWriting := writeInput(t, s.addr, all)
	changed.until(t, 60*time.Second, "every client has copied something", func() bool { return everyoneWorks(all) })
	t.Log("every client works")
	for i := range kills {
		pause(t, 300+rng.IntN(2500))
		if err := s.kill(); err != nil {
			t.Fatal(err)
		}
		t.Logf("kill %d", i+1)
		pause(t, rng.IntN(500))
		s = startServer(t, dir, args...)
	}
	stopWriting()
	t.Log("all is written")
	arrived := changed.within(120*time.Second, func() bool { return allSeen(all) })
	t.Log("all is copied")
	for _, l := range all {
		for _, w := range l.workers {
			w.leave()
		}
	}
	for _, l := range all {
		for _, w := range l.workers {
			w.stop(t)
		}
	}
	stopReading()
	t.Log("all clients have left")
	for _, l := range all {
		t.Run(l.name, func(t *testing.T) { l.check(t, s.addr) })
	}
	if !arrived {
		t.Error("not all records were copied two minutes after the last kill")
	}
}

// variable reads a number from the environment.
func variable(t *testing.T, name string, otherwise int64) int64 {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// pause lets the drill go on for some milliseconds.
func pause(t *testing.T, ms int) {
	t.Helper()
	select {
	case <-time.After(time.Duration(ms) * time.Millisecond):
	case <-t.Context().Done():
	}
}

func (l *lane) from() string { return l.name + "-in" }
func (l *lane) to() string   { return l.name + "-out" }

// start starts the lane's clients.
func (l *lane) start(t *testing.T, addr string, seed int64, changed watch) {
	t.Helper()
	l.sent, l.seen = make([]int, drillParts), map[string]bool{}
	mode := map[bool]string{true: "exactly", false: "least"}[l.exactly]
	common := map[string]string{
		"bootstrap": addr, "from": l.from(), "to": l.to(), "group": l.name, "mode": mode, "protocol": l.protocol,
		"abort": "15", "batch": "50", "seed": strconv.FormatInt(seed%1_000_000, 10),
	}
	for _, name := range l.libraries {
		o := maps.Clone(common)
		o["id"] = l.name + "-" + name
		if name == "franz-go" {
			l.workers = append(l.workers, startFranz(t, changed, o))
		} else {
			l.workers = append(l.workers, libraryNamed(t, name).start(t, changed, o["id"], "etl", o))
		}
	}
}

// everyoneWorks tells whether each client has ended an attempt well.
func everyoneWorks(all []*lane) bool {
	for _, l := range all {
		for _, w := range l.workers {
			if !w.committed() {
				return false
			}
		}
	}
	return true
}

// committed tells whether the client has ended any attempt well.
func (w *worker) committed() bool {
	for _, a := range ParseAttempts(w.said()) {
		if a.Outcome == Committed {
			return true
		}
	}
	return false
}

// allSeen tells whether all that was sent was read behind the clients.
func allSeen(all []*lane) bool {
	for _, l := range all {
		l.mu.Lock()
		n := 0
		for _, s := range l.sent {
			n += s
		}
		done := len(l.seen) >= n
		l.mu.Unlock()
		if !done {
			return false
		}
	}
	return true
}

// writeInput writes to every lane, some records every few milliseconds, until
// the returned function is called.
func writeInput(t *testing.T, addr string, all []*lane) (stop func()) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			for _, l := range all {
				l.write(t, cl)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
		if err := cl.Flush(t.Context()); err != nil {
			t.Errorf("flush the input: %v", err)
		}
		cl.Close()
	}()
	return func() { cancel(); <-done }
}

// write sends two records to each input partition.
func (l *lane) write(t *testing.T, cl *kgo.Client) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.sent {
		for range 2 {
			r := &kgo.Record{Topic: l.from(), Partition: int32(p), Value: fmt.Appendf(nil, "%d-%d", p, l.sent[p])}
			l.sent[p]++
			cl.Produce(context.WithoutCancel(t.Context()), r, func(_ *kgo.Record, err error) {
				if err != nil {
					t.Errorf("write the input: %v", err)
				}
			})
		}
	}
}

//go:build interop

package interop

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// copyWay is one way to copy.
type copyWay struct {
	across, once bool
	kafka        bool // the destination is an Apache Kafka, which is not killed
}

func (w copyWay) String() string {
	return fmt.Sprintf("across=%v once=%v kafka=%v", w.across, w.once, w.kafka)
}

// copyDrill is the brokers and the copier of one way.
type copyDrill struct {
	way    copyWay
	src    *server
	dst    *server     // nil for an Apache Kafka
	addr   string      // of the destination
	args   [2][]string // of the brokers
	data   [2]string
	config string
	copier *job
}

// TestCopyDrill kills the copier and the brokers with -9 at random (KQ_COPY_KILLS
// times, 6 if unset): nothing is lost, and exactly once nothing comes twice or in
// another order. KQ_DRILL_SEED repeats a run's choices.
func TestCopyDrill(t *testing.T) {
	ways := []copyWay{{once: true}, {across: true, once: true}, {across: true, once: true, kafka: true}, {}, {across: true}}
	ports, err := freePorts(2 * len(ways))
	if err != nil {
		t.Fatal(err)
	}
	at := map[copyWay][]int{} // all at once, so that no two are the same
	for i, way := range ways {
		at[way] = ports[2*i:]
	}
	together(t, ways, copyWay.String, func(t *testing.T, way copyWay) {
		seed, kills := variable(t, "KQ_DRILL_SEED", time.Now().UnixNano()), variable(t, "KQ_COPY_KILLS", 6)
		t.Logf("KQ_DRILL_SEED=%d KQ_COPY_KILLS=%d", seed, kills)
		rng := rand.New(rand.NewPCG(uint64(seed), 9))
		d := newCopyDrill(t, way, at[way])
		l := &lane{name: "copy", sent: make([]int, drillParts)}
		createWith(t, d.src.addr, l.from(), drillParts)
		stopWriting := writeInput(t, d.src.addr, []*lane{l})
		d.start(t, "-F")
		for i := range kills {
			pause(t, 100+rng.IntN(1500))
			switch n := rng.IntN(6); {
			case n < 4 || way.kafka:
				t.Logf("kill %d: the copier", i+1)
				d.copier.kill()
			case n == 4:
				t.Logf("kill %d: the source's broker", i+1)
				d.restart(t, 0, rng.IntN(500))
			default:
				t.Logf("kill %d: the destination's broker", i+1)
				d.restart(t, 1, rng.IntN(500))
			}
			select {
			case <-d.copier.done:
				d.start(t, "-F")
			default:
			}
		}
		stopWriting()
		d.copier.kill()
		d.start(t)
		select {
		case <-d.copier.done:
		case <-time.After(2 * time.Minute):
			t.Fatal("the last copy does not end")
		}
		if d.copier.err != nil {
			t.Fatalf("the last copy: %v", d.copier.err)
		}
		h := &History{Sent: l.sent, Final: readAll(t, d.addr, l.to())}
		for i := range h.Final {
			h.Final[i].Value += "|copy"
		}
		v := h.Check()
		t.Logf("%d records read: %v", len(h.Final), v)
		if way.once && !v.Exact() || !v.NoLoss() {
			t.Error("the copy is not what was written")
		}
	})
}

func newCopyDrill(t *testing.T, way copyWay, ports []int) *copyDrill {
	t.Helper()
	d := &copyDrill{way: way, config: filepath.Join(t.TempDir(), "kq.yaml")}
	for i := range d.data {
		d.data[i], d.args[i] = t.TempDir(), []string{"--listen", fmt.Sprintf("127.0.0.1:%d", ports[i])}
	}
	d.src = startKQ(t, d.data[0], d.args[0]...)
	switch {
	case way.kafka:
		d.addr, _ = startKafka(t, nil)
	case way.across:
		d.dst = startKQ(t, d.data[1], d.args[1]...)
		d.addr = d.dst.addr
	default:
		d.dst, d.addr = d.src, d.src.addr
	}
	set := exec.CommandContext(t.Context(), installed.kq, "profile", "set", "source", "bootstrap="+d.src.addr)
	set.Env = append(os.Environ(), "KQ_CONFIG="+d.config)
	if out, err := set.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return d
}

// start starts the copier.
func (d *copyDrill) start(t *testing.T, args ...string) {
	t.Helper()
	from := "copy-in"
	if d.way.across {
		from = "source:copy-in"
	}
	args = append([]string{"copy", from, "copy-out", "--keep-partitions"}, args...)
	if d.way.once {
		args = append(args, "--exactly-once")
	}
	d.copier = startProcess(t, append(os.Environ(), "KQ_CONFIG="+d.config, "KQ_BOOTSTRAP="+d.addr), args...)
}

// restart kills a broker and starts it again after some milliseconds.
func (d *copyDrill) restart(t *testing.T, side, after int) {
	t.Helper()
	if !d.way.across {
		side = 0
	}
	s := d.src
	if side == 1 {
		s = d.dst
	}
	if err := s.kill(); err != nil {
		t.Fatal(err)
	}
	pause(t, after)
	s = startKQ(t, d.data[side], d.args[side]...)
	if side == 0 {
		d.src = s
	}
	if side == 1 || !d.way.across {
		d.dst = s
	}
}

package run

import (
	"math/rand/v2"
	"testing"
	"time"

	"kq/pkg/broker/brokertest"
)

// TestExactlyOnceDrill kills instances and the broker at random while words
// are counted: in the end every word was counted once. With -v it is longer.
func TestExactlyOnceDrill(t *testing.T) {
	kills := 3
	if testing.Verbose() {
		kills = 12
	}
	seed := rand.Uint64()
	t.Logf("seed %d, %d kills", seed, kills)
	r := rand.New(rand.NewPCG(seed, 1))
	b := brokertest.Start(t, brokertest.OnDisk(), brokertest.Set("group.initial.rebalance.delay.ms", "0"), brokertest.Topics("lines:8", "counts:1"))
	dirs := []string{t.TempDir(), t.TempDir(), ""}
	launch := func(n int) *instance {
		return start(t, b, wordCount(t), func(o *Options) {
			o.Guarantee, o.StateDir, o.Threads, o.Session, o.TransactionTimeout = ExactlyOnce, dirs[n], 1+n%2, 6*time.Second, 10*time.Second
			o.Standbys = 1
		})
	}
	group := []*instance{launch(0), launch(1), launch(2)}
	f := feed(t, b)
	pace := time.NewTicker(500 * time.Millisecond)
	defer pace.Stop()
	for k := range kills {
		for range 2 + r.IntN(4) {
			<-pace.C
		}
		if k%3 == 2 {
			b.Crash()
			b.Restart()
			continue
		}
		n := r.IntN(len(group))
		group[n].die()
		group[n] = launch(n)
	}
	n := f.end()
	until(t, "all tasks run", func() bool {
		for i, x := range group {
			select {
			case err := <-x.done:
				t.Fatalf("instance %d ended: %v", i, err)
			default:
			}
		}
		return group[0].active()+group[1].active()+group[2].active() == 16
	})
	checkModel(t, b, n, true)
	t.Logf("%d lines", n)
}

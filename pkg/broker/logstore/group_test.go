package logstore

import (
	"testing"
	"testing/synctest"
	"time"
)

// beginAfter begins a sync while appends join after the given times, and tells how
// long it waited for them.
func beginAfter(g *commitGroup, joins ...time.Duration) time.Duration {
	began := time.Now()
	for _, d := range joins {
		time.AfterFunc(d, g.join)
	}
	g.begin()
	return time.Since(began)
}

func TestCommitGroup(t *testing.T) {
	const sync, µs = time.Millisecond, time.Microsecond
	served := func(n int) *commitGroup { // n appends, and none came meanwhile
		g := &commitGroup{}
		for range n {
			g.join()
		}
		if waited := beginAfter(g); waited != 0 {
			t.Errorf("the first sync waited %v", waited)
		}
		<-time.After(sync) // in the bubble's time
		g.end()
		return g
	}
	synctest.Test(t, func(t *testing.T) {
		g := served(1)
		g.join()
		if waited := beginAfter(g); waited != 0 {
			t.Errorf("one appender waited %v for nobody", waited)
		}

		g = served(4)
		g.join()
		if waited := beginAfter(g, 100*µs, 200*µs, 300*µs, 400*µs); waited != 300*µs {
			t.Errorf("a group of 4 was complete after %v, want 300µs", waited)
		}

		g = served(2)
		time.Sleep(sync)
		g.join()
		if waited := beginAfter(g); waited != 0 {
			t.Errorf("an append long after the last sync waited %v", waited)
		}
		time.Sleep(sync)
	})
}

// TestCommitGroupGivesUp: where nobody comes back, few syncs wait.
func TestCommitGroupGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, waited, syncs := &commitGroup{}, time.Duration(0), 200
		for range syncs {
			g.join()
			waited += beginAfter(g)
			time.Sleep(time.Millisecond)
			g.join() // another one, in no rhythm: it makes the next group look larger
			g.end()
		}
		if limit := time.Duration(syncs) * time.Millisecond / 50; waited == 0 || waited > limit {
			t.Errorf("%d syncs of 1ms waited %v in all, at most %v is expected", syncs, waited, limit)
		}
	})
}

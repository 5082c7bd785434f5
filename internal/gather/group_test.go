package gather

import (
	"testing"
	"testing/synctest"
	"time"
)

// beginAfter begins a commit while calls join after the given times, and tells how
// long it waited for them.
func beginAfter(g *Group, joins ...time.Duration) time.Duration {
	began := time.Now()
	for _, d := range joins {
		time.AfterFunc(d, g.Join)
	}
	g.Begin()
	return time.Since(began)
}

func TestGroup(t *testing.T) {
	const commit, µs = time.Millisecond, time.Microsecond
	served := func(n int) *Group { // n calls, and none came meanwhile
		g := &Group{}
		for range n {
			g.Join()
		}
		if waited := beginAfter(g); waited != 0 {
			t.Errorf("the first commit waited %v", waited)
		}
		<-time.After(commit) // in the bubble's time
		g.End()
		return g
	}
	synctest.Test(t, func(t *testing.T) {
		g := served(1)
		g.Join()
		if waited := beginAfter(g); waited != 0 {
			t.Errorf("one caller waited %v for nobody", waited)
		}

		g = served(4)
		g.Join()
		if waited := beginAfter(g, 100*µs, 200*µs, 300*µs, 400*µs); waited != 300*µs {
			t.Errorf("a group of 4 was complete after %v, want 300µs", waited)
		}

		g = served(2)
		time.Sleep(commit)
		g.Join()
		if waited := beginAfter(g); waited != 0 {
			t.Errorf("a call long after the last commit waited %v", waited)
		}
		time.Sleep(commit)
	})
}

// TestGroupGivesUp: where nobody comes back, few commits wait.
func TestGroupGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, waited, commits := &Group{}, time.Duration(0), 200
		for range commits {
			g.Join()
			waited += beginAfter(g)
			time.Sleep(time.Millisecond)
			g.Join() // another one, in no rhythm: it makes the next group look larger
			g.End()
		}
		if limit := time.Duration(commits) * time.Millisecond / 50; waited == 0 || waited > limit {
			t.Errorf("%d commits of 1ms waited %v in all, at most %v is expected", commits, waited, limit)
		}
	})
}

package gather

import (
	"sync"
	"time"
)

// Group decides when a group is complete. Callers that wait for their answers come
// in turns: half of them are being served while the other half arrives, and each
// commit serves only half. So a commit that follows another waits, for a part of
// the time a commit takes, until as many calls have joined as the last one served
// and found waiting at its end. Where nobody comes back in time, it stops waiting
// for a while. The zero value is ready; it is safe for concurrent use.
type Group struct {
	// Patience is how long it waits at the most, in parts of what the last commit
	// took; 0 is a half.
	Patience float64

	mu     sync.Mutex
	joined int           // guarded by mu; calls since the last commit began
	want   int           // guarded by mu; joined that are waited for
	full   chan struct{} // guarded by mu; closed when they are there; nil when nobody waits
	last   lastCommit    // guarded by mu
	misses int           // guarded by mu; waits in a row that were for nothing
	skip   int           // guarded by mu; commits that do not wait
}

// lastCommit is what is known of the commit before.
type lastCommit struct {
	began, ended time.Time
	served       int // calls it was for
	found        int // calls that came meanwhile
}

// The longest wait for a group, and how many commits at most go without one.
const (
	maxGather = time.Millisecond
	maxSkip   = 64
)

// Join counts a call that will wait for the next commit.
func (g *Group) Join() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.joined++
	if g.full != nil && g.joined >= g.want {
		close(g.full)
		g.full = nil
	}
}

// Begin returns when the next commit should begin. One goroutine at a time calls
// Begin, and End after it.
func (g *Group) Begin() {
	if full, wait := g.expect(time.Now()); full != nil {
		timer := time.NewTimer(wait)
		select {
		case <-full:
		case <-timer.C:
		}
		timer.Stop()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.full != nil: // they did not come
		g.full = nil
		g.misses++
		g.skip = min(1<<min(g.misses, 10), maxSkip)
	case g.want > 0:
		g.misses = 0
	}
	g.want = 0
	g.last = lastCommit{began: time.Now(), served: g.joined}
	g.joined = 0
}

// expect says what to wait for; nil for nothing.
func (g *Group) expect(now time.Time) (full chan struct{}, wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	took := g.last.ended.Sub(g.last.began)
	want := g.last.served + g.last.found
	if g.joined >= want || now.Sub(g.last.ended) >= took {
		return nil, 0
	}
	if g.skip > 0 {
		g.skip--
		return nil, 0
	}
	g.want, g.full = want, make(chan struct{})
	part := g.Patience
	if part == 0 {
		part = 0.5
	}
	return g.full, min(time.Duration(part*float64(took)), maxGather)
}

// End notes that the commit is over.
func (g *Group) End() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last.ended, g.last.found = time.Now(), g.joined
}

package logstore

import (
	"sync"
	"time"
)

// commitGroup decides when a group commit is complete. Appenders that wait for
// their answers come in turns: half of them are being synced while the other
// half arrives, and each sync serves only half. So a sync that follows another
// waits, for a part of the time a sync takes, until as many appends have joined as
// the last one served and found waiting at its end. Where nobody comes back in
// time, it stops waiting for a while.
type commitGroup struct {
	mu     sync.Mutex
	joined int           // guarded by mu; appends since the last sync began
	want   int           // guarded by mu; joined that are waited for
	full   chan struct{} // guarded by mu; closed when they are there; nil when nobody waits
	last   lastCommit    // guarded by mu
	misses int           // guarded by mu; waits in a row that were for nothing
	skip   int           // guarded by mu; syncs that do not wait
}

// lastCommit is what is known of the sync before.
type lastCommit struct {
	began, ended time.Time
	served       int // appends it was for
	found        int // appends that came meanwhile
}

// The longest wait for a group, and how many syncs at most go without one.
const (
	maxGather = time.Millisecond
	maxSkip   = 64
)

// join counts an append that will wait for the next sync.
func (g *commitGroup) join() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.joined++
	if g.full != nil && g.joined >= g.want {
		close(g.full)
		g.full = nil
	}
}

// begin returns when the sync should begin.
func (g *commitGroup) begin() {
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
func (g *commitGroup) expect(now time.Time) (full chan struct{}, wait time.Duration) {
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
	return g.full, min(took/2, maxGather)
}

// end notes that the sync is over.
func (g *commitGroup) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last.ended, g.last.found = time.Now(), g.joined
}

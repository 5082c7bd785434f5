package logstore

import (
	"errors"
	"maps"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"kq/pkg/broker/vfs"
)

// CleanerOptions say how compacted logs are cleaned. They can be changed while
// the store is open (Store.SetCleaner).
type CleanerOptions struct {
	Threads        int           // log.cleaner.threads; 0 cleans nothing
	DedupeBytes    int64         // log.cleaner.dedupe.buffer.size, of all threads (default 128 MiB)
	LoadFactor     float64       // log.cleaner.io.buffer.load.factor (default 0.9)
	IOBytes        int           // log.cleaner.io.buffer.size, of all threads (default 512 KiB)
	BytesPerSecond float64       // log.cleaner.io.max.bytes.per.second, of all threads (default no limit)
	Backoff        time.Duration // log.cleaner.backoff.ms (default 15 s)
}

func (o CleanerOptions) withDefaults() CleanerOptions {
	setDefault(&o.DedupeBytes, 128<<20)
	setDefault(&o.LoadFactor, 0.9)
	setDefault(&o.IOBytes, 512<<10)
	setDefault(&o.BytesPerSecond, math.MaxFloat64)
	setDefault(&o.Backoff, 15*time.Second)
	return o
}

// cleaner chooses the dirtiest log that may be cleaned and cleans it, in as many
// goroutines as it has threads (LogCleaner, LogCleanerManager).
type cleaner struct {
	store    *Store
	throttle throttle
	wg       sync.WaitGroup

	mu        sync.Mutex              // nothing but logs' and the checkpoints' locks is taken while it is held
	o         CleanerOptions          // guarded by mu
	quits     []chan struct{}         // one a thread; closing it ends the thread; guarded by mu
	busy      map[*Log]bool           // being cleaned; guarded by mu
	retryAt   map[*Log]time.Time      // cleanings that failed and may be tried again; guarded by mu
	uncleaned map[TopicPartition]*Log // that have a corrupt batch; guarded by mu
	stats     CleanStats              // guarded by mu
	stopped   bool                    // guarded by mu
}

func newCleaner(s *Store) *cleaner {
	return &cleaner{store: s, busy: map[*Log]bool{}, retryAt: map[*Log]time.Time{}, uncleaned: map[TopicPartition]*Log{}}
}

// set changes the options, and the number of threads with them. A thread that
// ends leaves its cleaning undone.
func (c *cleaner) set(o CleanerOptions) {
	o = o.withDefaults()
	c.throttle.set(o.BytesPerSecond)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return
	}
	backoff := o.Backoff != c.o.Backoff
	c.o = o
	for n := len(c.quits); n > 0 && (n > o.Threads || backoff); n-- {
		close(c.quits[n-1])
		c.quits = c.quits[:n-1]
	}
	for len(c.quits) < o.Threads {
		quit := make(chan struct{})
		c.quits = append(c.quits, quit)
		c.wg.Go(func() { c.run(quit) })
	}
}

func (c *cleaner) options() CleanerOptions {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.o
}

// stop ends all threads and waits for them.
func (c *cleaner) stop() {
	c.mu.Lock()
	c.stopped = true
	for _, quit := range c.quits {
		close(quit)
	}
	c.quits = nil
	c.mu.Unlock()
	c.wg.Wait()
}

// run is one thread, of the system too: a goroutine among others that computes for
// seconds would hold up those that serve clients by turns of Go's scheduler.
func (c *cleaner) run(quit <-chan struct{}) {
	runtime.LockOSThread()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-quit:
			return
		case <-timer.C:
		}
		wait := time.Duration(0)
		if !c.once(quit) {
			wait = c.options().Backoff
		}
		timer.Reset(wait)
	}
}

// once cleans one log. It reports whether there was one.
func (c *cleaner) once(quit <-chan struct{}) bool {
	d, ok := c.grab()
	if !ok {
		return false
	}
	c.store.opts.Cleaning(true)
	defer c.store.opts.Cleaning(false)
	o := c.options()
	end, stats, err := d.clean(o, c.store.nowMs(), &c.throttle, quit)
	if err == nil {
		err = c.store.files.setCleaned(d.l.tp, end)
	}
	c.done(d, end, stats, err)
	return err == nil
}

// grab chooses the dirtiest of the logs that are due.
func (c *cleaner) grab() (best dirtyLog, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, logs := c.store.nowMs(), c.store.Logs()
	for l := range c.retryAt {
		if l.isClosed() {
			delete(c.retryAt, l)
		}
	}
	maps.DeleteFunc(c.uncleaned, func(_ TopicPartition, l *Log) bool { return l.isClosed() })
	for _, l := range logs {
		if c.busy[l] || c.uncleaned[l.tp] == l || time.Now().Before(c.retryAt[l]) {
			continue
		}
		d, dirty, err := l.dirtiness(now)
		if err != nil {
			c.store.logger().Debug("cannot tell how dirty a log is", "partition", l.tp.String(), "err", err)
			continue
		}
		if dirty && d.due() && (!ok || d.ratio > best.ratio) {
			best, ok = d, true
		}
	}
	if ok {
		c.busy[best.l] = true
	}
	return best, ok
}

// done notes what came of a cleaning.
func (c *cleaner) done(d dirtyLog, end int64, stats CleanStats, err error) {
	tp := d.l.tp.String()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.busy, d.l)
	delete(c.retryAt, d.l)
	c.stats.add(stats)
	retry := func() { c.retryAt[d.l] = time.Now().Add(c.o.Backoff) }
	switch {
	case err == nil:
		c.store.logger().Info("log was cleaned", "partition", tp, "from", d.from, "to", end,
			"bytes", stats.BytesRead, "left", stats.BytesWritten, "records", stats.RecordsRead, "kept", stats.RecordsKept, "took", stats.Elapsed)
	case errors.Is(err, errCleanStopped), errors.Is(err, errReplaced), errors.Is(err, ErrClosed), d.l.isClosed(), d.l.Err() != nil:
		c.store.logger().Debug("cleaning was stopped", "partition", tp, "err", err)
	case isCorrupt(err):
		c.uncleaned[d.l.tp] = d.l
		c.store.logger().Error("log cannot be cleaned and grows until it is repaired: kq log verify shows what is damaged", "partition", tp, "dir", d.l.place.dir, "err", err)
	default:
		retry()
		full := vfs.IsNoSpace(err)
		c.store.logger().Warn("cleaning has to wait", "partition", tp, "full", full, "err", err)
	}
}

// SetCleaner changes how compacted logs are cleaned.
func (s *Store) SetCleaner(o CleanerOptions) { s.cleaner.set(o) }

// CleanerStats tells what the cleaner has done since the store was opened.
func (s *Store) CleanerStats() CleanStats {
	s.cleaner.mu.Lock()
	defer s.cleaner.mu.Unlock()
	return s.cleaner.stats
}

// Uncleanable lists the logs that are not cleaned any more because a batch of
// theirs is corrupt, sorted. They are read and appended to as ever.
func (s *Store) Uncleanable() []TopicPartition {
	s.cleaner.mu.Lock()
	defer s.cleaner.mu.Unlock()
	return slices.SortedFunc(maps.Keys(s.cleaner.uncleaned), compareTP)
}

// throttle spreads bytes over time.
type throttle struct {
	mu   sync.Mutex
	rate float64   // bytes a second; guarded by mu
	free time.Time // when what was let through is paid for; guarded by mu
}

func (t *throttle) set(rate float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rate = rate
	t.free = time.Time{}
}

// throttleBurst is how far ahead of its rate a cleaner may get.
const throttleBurst = 300 * time.Millisecond

// take lets n bytes through and says how long to wait for it.
func (t *throttle) take(n int, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.free.Before(now) {
		t.free = now
	}
	cost := min(float64(n)/t.rate*float64(time.Second), float64(time.Hour))
	t.free = t.free.Add(time.Duration(cost))
	return max(0, t.free.Sub(now)-throttleBurst)
}

package ingest

import (
	"context"
	"encoding/binary"
	"net/http"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/gather"
)

// shard appends the requests of its keys, many in a transaction.
type shard struct {
	s      *Server
	n      int
	memory int64 // that its keys may take

	mu      sync.Mutex
	keys    *keys            // guarded by mu
	calls   map[string]*call // guarded by mu: by key, those that are not answered
	waiting []*call          // guarded by mu: those of calls that are in no transaction yet
	closed  bool             // guarded by mu: nobody takes calls any more
	wake    chan struct{}    // has one when waiting has some

	group gather.Group // of the calls that wait

	// Of the goroutine of run:
	cl       *kgo.Client // nil: to be opened
	position int64       // the entries before it are in keys
}

// call is a request with a key that is to be appended. Its result is there when
// done is closed.
type call struct {
	key     string
	body    sum
	t       *topic
	records []kgo.Record
	done    chan struct{}
	e       entry
	err     error

	failed error // of the goroutine of run: what the last attempt came to
	tries  int
}

func newShard(s *Server, n int, memory int64) *shard {
	return &shard{s: s, n: n, group: gather.Group{Patience: 1}, memory: memory, keys: newKeys(), calls: make(map[string]*call), wake: make(chan struct{}, 1)}
}

// shardOf is the shard of a key among n, and the partition of its entry.
func shardOf(key string, n int) int {
	of := keySum([]byte(key))
	return int(binary.BigEndian.Uint32(of[:]) % uint32(n))
}

// known returns the entry of a key, an error if it is of another request.
func (sh *shard) known(c *call) (entry, bool, error) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.lookup(c)
}

// lookup is known, with mu held.
func (sh *shard) lookup(c *call) (entry, bool, error) {
	value, ok := sh.keys.find(c.key)
	if !ok {
		return entry{}, false, nil
	}
	e, err := parseEntry(value)
	switch {
	case err != nil:
		return e, false, err
	case e.expired(sh.s.o.Now()):
		return e, false, nil
	case e.body != c.body:
		return e, false, refuse(http.StatusUnprocessableEntity, "send the same request again, or a new one with a key of its own",
			"the Idempotency-Key was used for another request, until %s", time.UnixMilli(e.expires()).UTC().Format(time.RFC3339))
	}
	return e, true, nil
}

// post appends c's records, unless they are there; known says so. A request with
// the key of one that is under way waits for that.
func (sh *shard) post(c *call) (e entry, known bool, err error) {
	for {
		wait, e, known, err := sh.enter(c)
		if err != nil || known {
			return e, known, err
		}
		if !sh.s.await(wait.done) {
			return e, false, refuse(http.StatusServiceUnavailable, again, "the cluster did not answer in time")
		}
		if wait == c {
			return c.e, false, c.err
		}
	}
}

// enter adds c to those that wait, or returns the call that has its key.
func (sh *shard) enter(c *call) (wait *call, e entry, known bool, err error) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if e, known, err = sh.lookup(c); err != nil || known {
		return nil, e, known, err
	}
	if first := sh.calls[c.key]; first != nil {
		return first, e, false, nil
	}
	if sh.closed {
		return nil, e, false, closing()
	}
	const usual = 256 // bytes of a key and its entry
	if sh.keys.bytes()+int64(len(sh.calls)+1)*usual > sh.memory {
		return nil, e, false, refuse(http.StatusServiceUnavailable, "wait until some expire, give the keys more memory or a shorter window, or send records without a key",
			"there are too many keys: they take %d bytes of memory", sh.s.o.KeyMemory)
	}
	sh.calls[c.key] = c
	sh.waiting = append(sh.waiting, c)
	sh.group.Join()
	if len(sh.waiting) == 1 {
		select {
		case sh.wake <- struct{}{}:
		default:
		}
	}
	return c, e, false, nil
}

func closing() error {
	return refuse(http.StatusServiceUnavailable, again, "the door closes")
}

// The most that goes into one transaction, beside a single request that has more.
const (
	groupRecords = 10_000
	groupBytes   = 16 << 20
)

// take returns those that wait, oldest first; none when it is time to sweep, or
// ctx has ended.
func (sh *shard) take(ctx context.Context, sweep <-chan time.Time) []*call {
	for {
		if sh.some() {
			sh.group.Begin()
		}
		sh.mu.Lock()
		records, bytes, n := 0, 0, 0
		for _, c := range sh.waiting {
			records += len(c.records)
			for i := range c.records {
				bytes += len(c.records[i].Value) + len(c.records[i].Key)
			}
			if n > 0 && (records > groupRecords || bytes > groupBytes) {
				break
			}
			n++
		}
		group := sh.waiting[:n:n]
		if sh.waiting = sh.waiting[n:]; len(sh.waiting) == 0 {
			sh.waiting = nil
		}
		sh.mu.Unlock()
		if n > 0 {
			return group
		}
		select {
		case <-sh.wake:
		case <-sweep:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// some says that there are calls that wait.
func (sh *shard) some() bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return len(sh.waiting) > 0
}

// run commits what comes until ctx ends. opened is called once, when calls are taken.
func (sh *shard) run(ctx context.Context, opened func()) {
	defer sh.close()
	sweep := time.NewTicker(sh.s.o.SweepInterval)
	defer sweep.Stop()
	var unsure []*call // their transaction may be there or not
	for pause := 50 * time.Millisecond; ctx.Err() == nil; {
		if sh.cl == nil {
			if err := sh.open(ctx); err != nil {
				sh.shut()
				sh.s.o.Logger.Warn("open the keys of the door", "shard", sh.n, "err", err)
				sh.giveUp()
				wait(ctx, pause)
				pause = min(2*pause, 2*time.Second)
				continue
			}
			pause = 50 * time.Millisecond
			if opened != nil {
				opened()
				opened = nil
			}
			sh.resolve(unsure)
			unsure = nil
		}
		group := sh.take(ctx, sweep.C)
		err := sh.commit(ctx, group)
		if len(group) > 0 {
			sh.group.End()
		}
		if err != nil {
			sh.s.o.Logger.Warn("append records with keys", "shard", sh.n, "err", err)
			sh.shut()
			unsure = group
		}
	}
	if opened != nil {
		opened()
	}
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// mostTries is how often a request is tried that the cluster takes no final
// answer to.
const mostTries = 3

// resolve is told the calls whose commit had no clear end, when the entries have
// been read again: what is not there now never will be.
func (sh *shard) resolve(unsure []*call) {
	var retry []*call
	for _, c := range unsure {
		if c.answered() {
			continue
		}
		sh.mu.Lock()
		e, ok, err := sh.lookup(c)
		sh.mu.Unlock()
		switch {
		case ok || err != nil:
			sh.finish(c, e, err)
		case c.tries >= mostTries:
			sh.finish(c, e, refuse(http.StatusServiceUnavailable, again, "the cluster does not take the records"))
		default:
			retry = append(retry, c)
		}
	}
	sh.mu.Lock()
	sh.waiting = append(retry, sh.waiting...)
	sh.mu.Unlock()
	if len(retry) > 0 {
		select {
		case sh.wake <- struct{}{}:
		default:
		}
	}
}

// giveUp answers the calls that wait when the cluster cannot be reached. Those
// whose commit had no clear end stay, so that no key is begun anew before that is known.
func (sh *shard) giveUp() {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for _, c := range sh.waiting {
		c.err = refuse(http.StatusServiceUnavailable, again, "the cluster cannot be reached")
		delete(sh.calls, c.key)
		close(c.done)
	}
	sh.waiting = nil
}

func (c *call) answered() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// finish answers one call.
func (sh *shard) finish(c *call, e entry, err error) {
	sh.mu.Lock()
	delete(sh.calls, c.key)
	sh.mu.Unlock()
	c.e, c.err = e, err
	close(c.done)
}

// shut ends the client, so that nothing it was asked for is done later. The
// broker ends its transaction when the next one asks for a producer id.
func (sh *shard) shut() {
	if sh.cl != nil {
		sh.cl.Close()
		sh.cl = nil
	}
}

// close answers all calls: the door closes.
func (sh *shard) close() {
	sh.shut()
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.closed = true
	for _, c := range sh.calls {
		if !c.answered() {
			c.err = closing()
			close(c.done)
		}
	}
	clear(sh.calls)
	sh.waiting = nil
}

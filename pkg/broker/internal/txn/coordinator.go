package txn

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/statelog"
	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/logstore"
)

// Coordinator runs the transactional ids whose partition of __transaction_state
// this broker leads. It is safe for concurrent use. Answers are given by
// callbacks, once, on any goroutine and without locks.
type Coordinator struct {
	o       Options
	begun   time.Time // of the durations in deadlines: they follow no wall clock
	begunMs int64     // the wall clock then, in ms since 1970

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	loads  sync.WaitGroup

	mu     sync.RWMutex
	shards map[int32]*shard // guarded by mu; by partition
	expiry *time.Timer      // guarded by mu
	closed bool             // guarded by mu
}

// New returns a coordinator. Start makes it one that works.
func New(o Options) (*Coordinator, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	c := &Coordinator{o: o.withDefaults(), begun: time.Now(), shards: make(map[int32]*shard)}
	c.begunMs = c.nowMs()
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c, nil
}

// Start begins to load what __transaction_state holds. Requests for ids that are
// not loaded yet get COORDINATOR_LOAD_IN_PROGRESS.
func (c *Coordinator) Start() {
	c.loadAll()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.expiry = time.AfterFunc(c.o.ExpiryInterval, c.expire)
	}
}

// Close ends the coordinator. Requests that wait get NOT_COORDINATOR, later ones
// too. What is decided and not done is done after the next Start.
func (c *Coordinator) Close() {
	c.mu.Lock()
	c.closed = true
	if c.expiry != nil {
		c.expiry.Stop()
	}
	shards := c.shards
	c.shards = nil
	c.mu.Unlock()
	c.cancel()
	for _, sh := range shards {
		sh.unload()
	}
	c.loads.Wait()
}

// Find returns the broker that coordinates an id (FindCoordinator), which is this
// one or -1. It creates __transaction_state if it is not there.
func (c *Coordinator) Find(ctx context.Context, id string) (node int32, err error) {
	if _, ok := c.o.Log.PartitionFor(id); !ok {
		if err := c.o.Log.Ensure(ctx); err != nil {
			return none, err
		}
		for _, sh := range c.loadAll() { // it is empty, so this takes no time
			select {
			case <-sh.ready:
			case <-ctx.Done():
				return none, fmt.Errorf("load %s: %w", Topic, ctx.Err())
			}
		}
	}
	p, ok := c.o.Log.PartitionFor(id)
	if !ok {
		return none, nil
	}
	_, node, _ = c.o.Log.Home(p)
	return node, nil
}

// home is who leads a partition, in which epoch, of which incarnation of the
// topic: a shard is valid in one home.
type home struct {
	topic       meta.ID
	node, epoch int32
}

func (c *Coordinator) homeOf(partition int32) home {
	id, node, epoch := c.o.Log.Home(partition)
	return home{id, node, epoch}
}

// shardOf returns the shard of an id, or Kafka's error code.
func (c *Coordinator) shardOf(id string) (*shard, int16) {
	partition, ok := c.o.Log.PartitionFor(id)
	if !ok {
		return nil, kerr.NotCoordinator.Code
	}
	sh := c.shard(partition)
	if sh == nil {
		return nil, kerr.NotCoordinator.Code
	}
	return sh, sh.code()
}

// shard returns the shard of a partition, which begins to load if this broker has
// come to lead it; nil when this broker does not.
func (c *Coordinator) shard(partition int32) *shard {
	h := c.homeOf(partition)
	c.mu.RLock()
	sh := c.shards[partition]
	c.mu.RUnlock()
	if sh != nil && sh.home == h {
		return sh
	}
	return c.move(partition, h)
}

// move makes the shard of a partition the one of its new home.
func (c *Coordinator) move(partition int32, h home) *shard {
	c.mu.Lock()
	old := c.shards[partition]
	if c.closed || old != nil && old.home == h {
		c.mu.Unlock()
		return old
	}
	delete(c.shards, partition)
	var sh *shard
	if h.node == c.o.NodeID {
		sh = newShard(c, partition, h)
		c.shards[partition] = sh
		c.loads.Go(sh.load)
	}
	c.mu.Unlock()
	if old != nil {
		old.unload()
	}
	return sh
}

// loadAll begins to load all partitions that this broker leads.
func (c *Coordinator) loadAll() (all []*shard) {
	for p := range c.partitions() {
		if sh := c.shard(p); sh != nil {
			all = append(all, sh)
		}
	}
	return all
}

// partitions is how many there are.
func (c *Coordinator) partitions() int32 {
	n := int32(0)
	for c.homeOf(n).topic != (meta.ID{}) {
		n++
	}
	return n
}

// elapsed is the time since the coordinator began.
func (c *Coordinator) elapsed() time.Duration { return time.Since(c.begun) }

func (c *Coordinator) nowMs() int64 { return c.o.Now().UnixMilli() }

// agedMs is the time that ages ids: the wall clock, unless it was set on.
func (c *Coordinator) agedMs() int64 { return min(c.nowMs(), c.begunMs+c.elapsed().Milliseconds()) }

// submit lets an event happen to an id. create says that the id need not be known;
// others have no producer.
func (c *Coordinator) submit(id string, e Event, create bool, reply func(Answer)) {
	sh, code := c.shardOf(id)
	if code != 0 {
		reply(refuse(code))
		return
	}
	sh.do(func(w *work) {
		w.request(&request{id: id, event: e, create: create, reply: reply})
	})
}

// expire forgets the ids that were not used for a long time, and comes again.
func (c *Coordinator) expire() {
	for _, sh := range c.loadAll() {
		if sh.code() == 0 {
			sh.do((*work).expire)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.expiry.Reset(c.o.ExpiryInterval)
	}
}

// appendCode is what a client is told when the state could not be written
// (TransactionStateManager.appendTransactionToLog).
func appendCode(err error) int16 {
	switch {
	case errors.Is(err, statelog.ErrTooLarge), errors.Is(err, logstore.ErrBatchTooLarge):
		return kerr.UnknownServerError.Code
	case errors.Is(err, topic.ErrUnknownPartition), errors.Is(err, topic.ErrTimedOut),
		errors.Is(err, topic.ErrNotEnoughReplicas), errors.Is(err, topic.ErrNotEnoughReplicasAfterAppend):
		return kerr.CoordinatorNotAvailable.Code
	case errors.Is(err, topic.ErrNotLeader), errors.Is(err, logstore.ErrStorage),
		errors.Is(err, logstore.ErrOffline), errors.Is(err, logstore.ErrClosed):
		return kerr.NotCoordinator.Code
	}
	return kerr.UnknownServerError.Code
}

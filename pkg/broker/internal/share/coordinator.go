package share

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

// Coordinator keeps the states of the share partitions whose partition of
// __share_group_state this broker leads (ShareCoordinatorService). It is safe for
// concurrent use. Its requests are Kafka's own; each is answered once, on any
// goroutine, perhaps before the method returns, without locks. A request creates
// the topic if it is not there, and waits while a shard is loaded.
type Coordinator struct {
	o CoordinatorOptions

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup // loads, and what waits for the topic

	mu      sync.RWMutex
	shards  map[int32]*shard // guarded by mu; by partition
	image   *meta.Image      // guarded by mu: what Follow saw last
	pruning *time.Timer      // guarded by mu
	closed  bool             // guarded by mu
}

// NewCoordinator returns a coordinator. Start makes it one that works.
func NewCoordinator(o CoordinatorOptions) (*Coordinator, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	c := &Coordinator{o: o.withDefaults(), shards: make(map[int32]*shard)}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c, nil
}

// Start begins to load what __share_group_state holds.
func (c *Coordinator) Start() {
	c.loadAll()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.pruning = time.AfterFunc(c.o.PruneInterval, c.prune)
	}
}

// Close ends the coordinator. Requests that wait get NOT_COORDINATOR, later ones too.
func (c *Coordinator) Close() {
	c.mu.Lock()
	c.closed = true
	if c.pruning != nil {
		c.pruning.Stop()
	}
	shards := c.shards
	c.shards = nil
	c.mu.Unlock()
	c.cancel()
	for _, sh := range shards {
		sh.unload()
	}
	c.work.Wait()
}

// Find returns the broker that coordinates a share partition (FindCoordinator),
// which is this one or -1. It creates __share_group_state if it is not there. A
// key that is not group:topic id:partition is INVALID_REQUEST.
func (c *Coordinator) Find(ctx context.Context, key string) (node int32, err error) {
	k, err := ParseKey(key)
	if err != nil {
		return -1, fmt.Errorf("%w: %w", kerr.InvalidRequest, err)
	}
	p, ok := c.o.Log.PartitionFor(k.String())
	if !ok {
		if err := c.o.Log.Ensure(ctx); err != nil {
			return -1, err
		}
		c.loadAll()
		p, ok = c.o.Log.PartitionFor(k.String())
	}
	if !ok {
		return -1, nil
	}
	_, node, _ = c.o.Log.Home(p)
	return node, nil
}

// visit lets f happen to a share partition, under the lock of its shard: at once,
// or when the topic is there and the shard is loaded. With an error code, for
// which w is nil, there is no shard and no lock.
func (c *Coordinator) visit(k Key, f func(w *work, code int16)) {
	if p, ok := c.o.Log.PartitionFor(k.String()); ok {
		c.visitShard(p, f)
		return
	}
	// It is created once in the life of a cluster, which takes a while. The caller
	// may hold the controller up.
	refused := !c.background(func() {
		if err := c.o.Log.Ensure(c.ctx); err != nil {
			c.o.Logger.Warn("cannot create the topic of share group states", "err", err)
			f(nil, kerr.CoordinatorNotAvailable.Code)
			return
		}
		p, ok := c.o.Log.PartitionFor(k.String())
		if !ok {
			f(nil, kerr.CoordinatorNotAvailable.Code)
			return
		}
		c.visitShard(p, f)
	})
	if refused {
		f(nil, kerr.NotCoordinator.Code)
	}
}

// background runs f on a goroutine that Close waits for; false after Close.
func (c *Coordinator) background(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.work.Go(f)
	return true
}

func (c *Coordinator) visitShard(partition int32, f func(w *work, code int16)) {
	sh := c.shard(partition)
	if sh == nil {
		f(nil, kerr.NotCoordinator.Code)
		return
	}
	sh.visit(f)
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
		c.work.Go(sh.load)
	}
	c.mu.Unlock()
	if old != nil {
		old.unload()
	}
	return sh
}

// reload lets a shard be read again whose memory may be ahead of its log.
func (c *Coordinator) reload(sh *shard) {
	c.mu.Lock()
	if c.shards[sh.partition] == sh {
		delete(c.shards, sh.partition)
	}
	c.mu.Unlock()
	sh.unload()
}

// loadAll begins to load all partitions that this broker leads.
func (c *Coordinator) loadAll() (all []*shard) {
	for p := int32(0); c.homeOf(p).topic != (meta.ID{}); p++ {
		if sh := c.shard(p); sh != nil {
			all = append(all, sh)
		}
	}
	return all
}

// Follow takes over the metadata that the catalog has applied: the states of
// share partitions of deleted topics are forgotten (ShareCoordinatorService.onTopicsDeleted).
func (c *Coordinator) Follow(img *meta.Image) {
	c.mu.Lock()
	old := c.image
	c.image = img
	c.mu.Unlock()
	if old == nil || old.Topic(Topic) == nil {
		return
	}
	deleted := make(map[meta.ID]bool)
	for _, ch := range meta.ChangedTopics(old, img) {
		if ch.Old != nil && (ch.New == nil || ch.New.ID != ch.Old.ID) {
			deleted[ch.Old.ID] = true
		}
	}
	if len(deleted) == 0 {
		return
	}
	c.background(func() {
		for _, sh := range c.loadAll() {
			sh.visit(func(w *work, code int16) {
				if code == 0 {
					w.forget(func(k Key) bool { return deleted[k.TopicID] })
				}
			})
		}
	})
}

// appendCode is what a client is told when a state could not be written
// (CoordinatorOperationExceptionHelper, CoordinatorRuntime).
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

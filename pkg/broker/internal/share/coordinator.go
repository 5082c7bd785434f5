package share

import (
	"context"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/statelog"
)

// Coordinator keeps the states of the share partitions whose partition of
// __share_group_state this broker leads (ShareCoordinatorService). It is safe for
// concurrent use. Its requests are Kafka's own; each is answered once, on any
// goroutine, perhaps before the method returns, without locks. A request creates
// the topic if it is not there, and waits while a shard is loaded.
type Coordinator struct {
	o CoordinatorOptions

	shards *statelog.Shards[*shard]

	mu    sync.Mutex
	image *meta.Image // guarded by mu: what Follow saw last
}

// NewCoordinator returns a coordinator. Start makes it one that works.
func NewCoordinator(o CoordinatorOptions) (*Coordinator, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	c := &Coordinator{o: o.withDefaults()}
	c.shards = statelog.NewShards(statelog.ShardsOptions[*shard]{NodeID: c.o.NodeID, Home: c.o.Log.Home, New: c.newShard})
	return c, nil
}

// Start begins to load what __share_group_state holds.
func (c *Coordinator) Start() {
	c.shards.All()
	c.shards.Every(c.o.PruneInterval, c.prune)
}

// Close ends the coordinator. Requests that wait get NOT_COORDINATOR, later ones too.
func (c *Coordinator) Close() { c.shards.Close() }

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
		c.shards.All()
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
	refused := !c.shards.Go(func() {
		if err := c.o.Log.Ensure(c.shards.Context()); err != nil {
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

func (c *Coordinator) visitShard(partition int32, f func(w *work, code int16)) {
	sh := c.shards.Of(partition)
	if sh == nil {
		f(nil, kerr.NotCoordinator.Code)
		return
	}
	sh.visit(f)
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
	c.shards.Go(func() {
		for _, sh := range c.shards.All() {
			sh.visit(func(w *work, code int16) {
				if code == 0 {
					w.forget(func(k Key) bool { return deleted[k.TopicID] })
				}
			})
		}
	})
}

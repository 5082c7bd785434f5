package group

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/group/classic"
	"kq/pkg/broker/internal/group/consumer"
	"kq/pkg/broker/internal/group/machine"
	"kq/pkg/broker/internal/group/share"
	"kq/pkg/broker/internal/meta"
)

// Coordinator coordinates the groups whose partitions of __consumer_offsets this
// broker leads. It is safe for concurrent use.
type Coordinator struct {
	o        Options
	classic  classic.Options
	consumer consumer.Options
	share    share.Options
	// consumerServed: members of the consumer protocol are served.
	consumerServed bool
	started        time.Time // with its monotonic reading
	startedMs      int64     // the wall clock then
	timers         *timers

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	work sync.WaitGroup // loads and clean-ups

	// seq numbers what is written of offsets, so that of two writes the later one
	// is known. Behind what was loaded.
	seq atomic.Int64

	mu     sync.Mutex               // held while shards change
	image  *meta.Image              // guarded by mu: what Follow has seen
	shards atomic.Pointer[[]*shard] // by partition, nil for those of others; never modified
	closed atomic.Bool
}

// New returns a coordinator that has no shards: Apply brings them.
func New(o Options) (*Coordinator, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	c := &Coordinator{o: o.withDefaults(), started: time.Now()}
	c.startedMs = c.o.Now().UnixMilli()
	c.classic = classic.Options{
		InitialRebalanceDelay: c.o.milliseconds("group.initial.rebalance.delay.ms"),
		MaxSize:               int(c.o.Number("group.max.size")),
	}
	c.consumer, c.consumerServed = c.consumerOptions(), c.listed("group.coordinator.rebalance.protocols", "consumer")
	c.share = c.shareOptions()
	c.timers = newTimers(func() time.Duration { return time.Since(c.started) }, c.fired)
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.shards.Store(&[]*shard{})
	c.timers.every(c.o.milliseconds("offsets.retention.check.interval.ms"), c.expireOffsets)
	return c, nil
}

// now is the time of a step.
func (c *Coordinator) now() machine.Now {
	return machine.Now{Mono: time.Since(c.started), UnixMs: c.o.Now().UnixMilli()}
}

// Close answers everything that waits with NOT_COORDINATOR and stops all timers.
// Nothing is written from then on.
func (c *Coordinator) Close() {
	c.mu.Lock()
	was := c.closed.Swap(true)
	c.mu.Unlock()
	if was {
		return
	}
	c.stop()
	c.timers.close()
	c.work.Wait()
	for _, s := range *c.shards.Load() {
		if s != nil {
			c.unload(s)
		}
	}
}

// PartitionFor is the partition of __consumer_offsets that a group belongs to,
// COORDINATOR_NOT_AVAILABLE while there is none.
func (c *Coordinator) PartitionFor(group string) (int32, error) {
	p, ok := c.o.Log.PartitionFor(group)
	if !ok {
		return -1, kerr.CoordinatorNotAvailable
	}
	return p, nil
}

// Ensure creates __consumer_offsets unless it is there.
func (c *Coordinator) Ensure(ctx context.Context) error { return c.o.Log.Ensure(ctx) }

// Find is the broker that coordinates a group, -1 for nobody. It creates
// __consumer_offsets unless it is there.
func (c *Coordinator) Find(ctx context.Context, group string) (node int32, err error) {
	if err := c.Ensure(ctx); err != nil {
		return -1, err
	}
	p, ok := c.o.Log.PartitionFor(group)
	if !ok {
		return -1, nil
	}
	node, _ = c.o.Log.Leader(p)
	return node, nil
}

// maxGroupID is how many bytes the name of a group may have: keys of records hold no
// more. Kafka does not read a request with a longer one.
const maxGroupID = math.MaxInt16

// shard returns the shard of a group: NOT_COORDINATOR when it is not here,
// COORDINATOR_LOAD_IN_PROGRESS while it is loading.
func (c *Coordinator) shard(group string) (*shard, *kerr.Error) {
	if c.closed.Load() {
		return nil, kerr.CoordinatorNotAvailable
	}
	if len(group) > maxGroupID {
		return nil, kerr.InvalidGroupID
	}
	p, ok := c.o.Log.PartitionFor(group)
	if !ok {
		return nil, kerr.NotCoordinator
	}
	return c.shardAt(p)
}

func (c *Coordinator) shardAt(partition int32) (*shard, *kerr.Error) {
	shards := *c.shards.Load()
	if partition < 0 || int(partition) >= len(shards) || shards[partition] == nil {
		return nil, kerr.NotCoordinator
	}
	s := shards[partition]
	switch s.state.Load() {
	case shardActive:
		return s, nil
	case shardLoading:
		return nil, kerr.CoordinatorLoadInProgress
	}
	return nil, kerr.NotCoordinator
}

// active lists the shards that are loaded. loading reports whether others are
// not yet.
func (c *Coordinator) active() (out []*shard, loading bool) {
	for _, s := range *c.shards.Load() {
		if s == nil {
			continue
		}
		switch s.state.Load() {
		case shardActive:
			out = append(out, s)
		case shardLoading:
			loading = true
		}
	}
	return out, loading
}

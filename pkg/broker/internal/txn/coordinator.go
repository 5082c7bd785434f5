package txn

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/statelog"
)

// Coordinator runs the transactional ids whose partition of __transaction_state
// this broker leads. It is safe for concurrent use. Answers are given by
// callbacks, once, on any goroutine and without locks.
type Coordinator struct {
	o       Options
	begun   time.Time // of the durations in deadlines: they follow no wall clock
	begunMs int64     // the wall clock then, in ms since 1970
	shards  *statelog.Shards[*shard]
}

// New returns a coordinator. Start makes it one that works.
func New(o Options) (*Coordinator, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	c := &Coordinator{o: o.withDefaults(), begun: time.Now()}
	c.begunMs = c.nowMs()
	c.shards = statelog.NewShards(statelog.ShardsOptions[*shard]{NodeID: c.o.NodeID, Home: c.o.Log.Home, New: c.newShard})
	return c, nil
}

// Start begins to load what __transaction_state holds. Requests for ids that are
// not loaded yet get COORDINATOR_LOAD_IN_PROGRESS.
func (c *Coordinator) Start() {
	c.shards.All()
	c.shards.Every(c.o.ExpiryInterval, c.expire)
}

// Close ends the coordinator. Requests that wait get NOT_COORDINATOR, later ones
// too. What is decided and not done is done after the next Start.
func (c *Coordinator) Close() { c.shards.Close() }

// Find returns the broker that coordinates an id (FindCoordinator), which is this
// one or -1. It creates __transaction_state if it is not there.
func (c *Coordinator) Find(ctx context.Context, id string) (node int32, err error) {
	if _, ok := c.o.Log.PartitionFor(id); !ok {
		if err := c.o.Log.Ensure(ctx); err != nil {
			return none, err
		}
		for _, sh := range c.shards.All() { // it is empty, so this takes no time
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

// shardOf returns the shard of an id, or Kafka's error code.
func (c *Coordinator) shardOf(id string) (*shard, int16) {
	partition, ok := c.o.Log.PartitionFor(id)
	if !ok {
		return nil, kerr.NotCoordinator.Code
	}
	sh := c.shards.Of(partition)
	if sh == nil {
		return nil, kerr.NotCoordinator.Code
	}
	return sh, sh.code()
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

// expire forgets the ids that were not used for a long time.
func (c *Coordinator) expire() {
	for _, sh := range c.shards.All() {
		if sh.code() == 0 {
			sh.do((*work).expire)
		}
	}
}

package group

import (
	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/meta"
)

// Follow takes over the metadata that the catalog has applied: which partitions of
// __consumer_offsets this broker leads, and which topics are no more. Shards of a
// topic that was there before are loaded in the background; those of one that was
// just created have nothing to load and can be used at once.
func (c *Coordinator) Follow(img *meta.Image) {
	for _, s := range c.follow(img) {
		c.unload(s)
	}
}

// follow returns the shards that are no more.
func (c *Coordinator) follow(img *meta.Image) (lost []*shard) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Load() || c.image != nil && img.Offset < c.image.Offset {
		return nil
	}
	old := c.image
	c.image = img
	lost = c.followShards(old, img)
	if old == nil {
		return lost
	}
	deleted := make(map[string]bool)
	for _, ch := range meta.ChangedTopics(old, img) {
		if ch.Old != nil && (ch.New == nil || ch.New.ID != ch.Old.ID) {
			deleted[ch.Name] = true
		}
	}
	if len(deleted) > 0 {
		shards, _ := c.active()
		c.background(func() {
			c.cleanDeleted(shards, deleted)
			c.cleanShares(shards)
		})
	}
	return lost
}

// background runs f, for which Close waits. Caller holds c.mu.
func (c *Coordinator) background(f func()) {
	c.work.Add(1)
	go func() {
		defer c.work.Done()
		f()
	}()
}

// followShards brings the shards up to date. It returns those that are no more,
// which take no more requests. Caller holds c.mu.
func (c *Coordinator) followShards(old, img *meta.Image) (lost []*shard) {
	t := img.Topic(Topic)
	have := *c.shards.Load()
	created := old != nil && old.Topic(Topic) == nil
	n := 0
	if t != nil {
		n = len(t.Partitions)
	}
	next := make([]*shard, n)
	changed := len(have) != n
	var loads []*shard
	for i := range max(n, len(have)) {
		var s *shard
		if i < len(have) {
			s = have[i]
		}
		mine := i < n && t.Partitions[i].Leader == c.o.NodeID
		same := s != nil && old != nil && t != nil && old.Topic(Topic) != nil && old.Topic(Topic).ID == t.ID
		switch {
		case mine && same && s.epoch == t.Partitions[i].LeaderEpoch:
			next[i] = s
			continue
		case mine:
			next[i] = newShard(int32(i), t.Partitions[i].LeaderEpoch)
			loads = append(loads, next[i])
		case s == nil:
			continue
		}
		changed = true
		if s != nil && s.state.Swap(shardGone) != shardLoading { // or else its load drops it
			lost = append(lost, s)
		}
	}
	if changed {
		c.shards.Store(&next)
		c.loadAll(loads, !created)
	}
	return lost
}

// loadAll loads shards, a few at a time. Caller holds c.mu.
func (c *Coordinator) loadAll(loads []*shard, background bool) {
	if !background {
		for _, s := range loads {
			c.load(s)
		}
		return
	}
	todo := make(chan *shard, len(loads))
	for _, s := range loads {
		todo <- s
	}
	close(todo)
	for range min(len(loads), loaders) {
		c.background(func() {
			for s := range todo {
				c.load(s)
			}
		})
	}
}

// loaders is how many shards are loaded at the same time.
const loaders = 4

// unload ends a shard: what waits is told to look for the coordinator again.
func (c *Coordinator) unload(s *shard) {
	if s.state.Swap(shardGone) == shardLoading {
		return // its load will notice
	}
	for _, g := range s.list() {
		t := turn{c: c, g: g}
		g.mu.Lock()
		if !g.gone {
			g.gone = true
			for call := range g.waiting {
				t.refuse(call, kerr.NotCoordinator)
			}
			for _, q := range g.queue {
				t.out = append(t.out, func() { q.send(kerr.NotCoordinator) })
			}
			g.queue = nil
			for _, timer := range g.timers {
				c.timers.stop(timer)
			}
		}
		g.mu.Unlock()
		t.leave()
	}
}

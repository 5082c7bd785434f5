package group

import (
	"time"

	"kq/pkg/broker/internal/group/machine"
)

// expireOffsets drops the offsets that are older than offsets.retention.minutes
// allows, and the groups that have nothing left (KIP-211,
// GroupCoordinatorShard.cleanupGroupMetadata).
func (c *Coordinator) expireOffsets() {
	retention := time.Duration(c.o.Number("offsets.retention.minutes")) * time.Minute
	shards, _ := c.active()
	now := c.retentionNow()
	for _, s := range shards {
		for _, g := range s.list() {
			if c.ctx.Err() != nil {
				return
			}
			c.turnOf(g, func(t *turn) { t.expire(now, retention.Milliseconds()) })
		}
	}
}

// retentionNow is the wall clock, unless that was set forward since the start: then
// it is what it would be without, so that nothing expires too early.
func (c *Coordinator) retentionNow() int64 {
	return min(c.o.Now().UnixMilli(), c.startedMs+time.Since(c.started).Milliseconds())
}

func (t *turn) expire(now, retention int64) {
	g := t.g
	info, rule := g.machine.Info(), g.machine.Expiry()
	if rule.Keep || rule.Never && len(g.offsets) > 0 {
		return
	}
	var due []place
	left := len(g.pending) > 0
	img := t.c.o.Image()
	for topic, to := range g.offsets {
		if info.Subscribed != nil && info.Subscribed(topic) {
			left = true
			continue
		}
		for partition, o := range to.parts {
			if !o.expired(rule, now, retention) || g.unstable(img, topic, partition) {
				left = true
				continue
			}
			due = append(due, place{topic, partition})
		}
	}
	if !left && info.Empty {
		if t.deleteGroup(&info) == nil {
			t.c.o.Logger.Info("group has expired", "group", g.id)
		}
		return
	}
	_ = t.removeOffsets(due) // or the next round tries again
}

func (o *committed) expired(rule machine.Expiry, now, retention int64) bool {
	switch {
	case o.expireMs >= 0:
		return now >= o.expireMs
	case rule.SinceMs >= 0:
		return now-rule.SinceMs >= retention
	}
	return now-o.commitMs >= retention
}

// cleanDeleted writes tombstones for the offsets of topics that are no more. Nobody
// sees those offsets anyway: they have the id of their topic, apart from offsets that
// an older Kafka has written, which go with the name that was just deleted.
func (c *Coordinator) cleanDeleted(shards []*shard, deleted map[string]bool) {
	img := c.o.Image()
	for _, s := range shards {
		for _, g := range s.list() {
			if c.ctx.Err() != nil {
				return
			}
			g.mu.Lock()
			stale := g.hasStale(img, deleted)
			g.mu.Unlock()
			if stale {
				c.turnOf(g, func(t *turn) { t.clean(deleted) })
			}
		}
	}
}

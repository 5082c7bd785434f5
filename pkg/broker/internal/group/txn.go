package group

import (
	"kq/pkg/broker/internal/meta"
)

// endedTxn is a transaction that has ended.
type endedTxn struct {
	producer  int64
	committed bool
}

// CompleteTxn ends a transaction that offsets were sent to, after its marker was
// written to a partition of __consumer_offsets: its offsets count now, or they are
// forgotten.
func (c *Coordinator) CompleteTxn(partition int32, producerID int64, _ int16, committed bool) {
	shards := *c.shards.Load()
	if partition < 0 || int(partition) >= len(shards) || shards[partition] == nil {
		return
	}
	s := shards[partition]
	s.mu.Lock()
	if s.state.Load() == shardLoading {
		// Whether the load reaches the marker or not, it counts once.
		s.late = append(s.late, endedTxn{producerID, committed})
		s.mu.Unlock()
		return
	}
	groups := s.txns[producerID]
	delete(s.txns, producerID)
	s.mu.Unlock()
	for g := range groups {
		c.turnOf(g, func(t *turn) { t.g.endTxn(producerID, committed, c.o.Image()) })
	}
}

// endTxn applies the end of a transaction. An offset that was committed after the
// transaction's own was written stays.
func (g *group) endTxn(producer int64, commit bool, img *meta.Image) {
	p := g.pending[producer]
	delete(g.pending, producer)
	if !commit {
		return
	}
	for name, t := range p {
		if t.stale(img, name) {
			continue
		}
		for partition, o := range t.parts {
			if have := g.committed(img, name, partition); have == nil || have.seq < o.seq {
				g.commit(name, t.id, partition, o)
			}
		}
	}
}

// await notes an offset of an open transaction. The caller tells the shard.
func (g *group) await(producer int64, topic string, id meta.ID, partition int32, o committed) {
	if g.pending == nil {
		g.pending = make(map[int64]pendingOffsets, 1)
	}
	if g.pending[producer] == nil {
		g.pending[producer] = make(pendingOffsets, 1)
	}
	put(g.pending[producer], topic, id, partition, o)
}

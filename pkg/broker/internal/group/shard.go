package group

import (
	"sync"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kerr"
)

// The states of a shard.
const (
	shardLoading int32 = iota
	shardActive
	shardGone // the broker does not lead the partition any more, or cannot write to it
)

// shard holds the groups of one partition of __consumer_offsets.
type shard struct {
	partition int32
	epoch     int32 // leader epoch
	state     atomic.Int32

	mu     sync.RWMutex
	groups map[string]*group // guarded by mu
	// txns are the groups with pending offsets of a producer's open transaction.
	txns map[int64]map[*group]struct{} // guarded by mu
	late []endedTxn                    // guarded by mu: markers that came while the shard was loading
}

func newShard(partition, epoch int32) *shard {
	return &shard{
		partition: partition, epoch: epoch,
		groups: make(map[string]*group), txns: make(map[int64]map[*group]struct{}),
	}
}

// group returns a group, nil when there is none.
func (s *shard) group(id string) *group {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.groups[id]
}

// list returns all groups, in no order.
func (s *shard) list() []*group {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]*group, 0, len(s.groups))
	for _, g := range s.groups {
		out = append(out, g)
	}
	return out
}

// forget takes a group out of the shard. Caller holds g.mu.
func (s *shard) forget(g *group) {
	g.gone = true
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.groups[g.id] == g {
		delete(s.groups, g.id)
	}
	for producer := range g.pending {
		s.leaveTxn(producer, g)
	}
}

// joinTxn notes that a producer has pending offsets in a group. Caller holds g.mu.
func (s *shard) joinTxn(producer int64, g *group) {
	s.mu.Lock()
	defer s.mu.Unlock()
	groups := s.txns[producer]
	if groups == nil {
		groups = make(map[*group]struct{}, 1)
		s.txns[producer] = groups
	}
	groups[g] = struct{}{}
}

// leaveTxn undoes joinTxn. Caller holds s.mu.
func (s *shard) leaveTxn(producer int64, g *group) {
	if groups := s.txns[producer]; groups != nil {
		if delete(groups, g); len(groups) == 0 {
			delete(s.txns, producer)
		}
	}
}

// turn runs f as a turn of a group. One that is not there is made by fresh or, when
// that is nil, not found. Errors are those of Coordinator.shard.
func (c *Coordinator) turn(id string, fresh func(g *group), f func(t *turn)) (found bool, err *kerr.Error) {
	s, err := c.shard(id)
	if err != nil {
		return false, err
	}
	for {
		g := s.group(id)
		if g == nil {
			if fresh == nil {
				return false, nil
			}
			g = s.add(c, id, fresh)
		}
		if c.turnOf(g, f) {
			return true, nil
		}
		if s.state.Load() != shardActive {
			return false, kerr.NotCoordinator
		}
	}
}

// add puts a group into the shard, unless somebody was faster.
func (s *shard) add(c *Coordinator, id string, fresh func(g *group)) *group {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.groups[id]; g != nil {
		return g
	}
	g := &group{id: id, c: c, s: s, isNew: true}
	fresh(g)
	s.groups[id] = g
	return g
}

// turnOf runs f as a turn of g; false when the group is gone, or its shard.
func (c *Coordinator) turnOf(g *group, f func(t *turn)) bool {
	t := turn{c: c, g: g}
	g.mu.Lock()
	if g.gone || g.s.state.Load() == shardGone {
		g.mu.Unlock()
		return false
	}
	f(&t)
	t.settle()
	g.mu.Unlock()
	t.leave()
	return true
}

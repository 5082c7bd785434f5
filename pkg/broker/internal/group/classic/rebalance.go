package classic

import (
	"github.com/twmb/franz-go/pkg/kerr"
)

// rebalance begins a rebalance, or goes on with the one that is under way.
func (g *Group) rebalance() {
	if g.state != PreparingRebalance {
		g.prepareRebalance()
		return
	}
	g.maybeCompleteJoin()
}

// prepareRebalance makes all members join again. The first member of an empty
// group waits for others, for the initial delay.
func (g *Group) prepareRebalance() {
	if g.state == CompletingRebalance {
		g.resetAssignments(kerr.RebalanceInProgress)
	}
	g.stopSync()
	initial := g.state == Empty
	g.transition(PreparingRebalance)
	switch delay := g.opts.InitialRebalanceDelay; {
	case initial && delay > 0:
		g.delay = initialDelay{running: true, delay: delay, remaining: max(g.rebalanceTimeout()-delay, 0)}
		g.fx.Set(joinKey, delay)
	case initial || g.allJoined():
		g.completeJoin()
	default:
		g.fx.Set(joinKey, g.rebalanceTimeout())
	}
}

// endJoin is the end of the time to join.
func (g *Group) endJoin() {
	if g.state != PreparingRebalance {
		return
	}
	d := &g.delay
	if !d.running || !d.newMember || d.remaining == 0 {
		g.completeJoin()
		return
	}
	d.newMember = false
	next := min(g.opts.InitialRebalanceDelay, d.remaining)
	d.remaining = max(d.remaining-d.delay, 0)
	d.delay = next
	g.fx.Set(joinKey, next)
}

// maybeCompleteJoin ends the join phase when nobody is waited for. The first
// rebalance of a group ends with its delay only.
func (g *Group) maybeCompleteJoin() {
	if g.state == PreparingRebalance && !g.delay.running && g.allJoined() {
		g.completeJoin()
	}
}

// completeJoin gives those that have joined the next generation. Dynamic members
// that have not are out; static ones keep their place until their session ends.
func (g *Group) completeJoin() {
	g.delay = initialDelay{}
	g.fx.Stop(joinKey)
	for i := 0; i < len(g.order); {
		m := g.order[i]
		if m.join != nil || m.instance != nil {
			i++
			continue
		}
		g.remove(m.id)
		g.fx.Stop(sessionKey(m.id))
	}
	if len(g.order) > 0 && !g.electJoined() {
		g.fx.Set(joinKey, g.rebalanceTimeout()) // only static members that are away
		return
	}
	g.generation++
	clear(g.unsynced)
	if len(g.order) == 0 {
		g.protocol, g.leader = nil, ""
		g.subscribed = g.subscriptions()
		g.transition(Empty)
		// Kafka goes on when this record cannot be written: read back, the group
		// has members whose sessions end.
		g.record(nil)
		return
	}
	protocol := g.selectProtocol()
	g.protocol = &protocol
	g.subscribed = g.subscriptions()
	g.transition(CompletingRebalance)
	for _, m := range g.order {
		g.answerJoin(m, g.joined(m, false))
		g.refresh(m)
		m.isNew = false
		g.unsynced[m.id] = true
	}
	g.fx.Set(syncKey, g.rebalanceTimeout())
}

// electJoined makes sure that the leader is somebody who has joined, if anybody.
func (g *Group) electJoined() bool {
	if l := g.members[g.leader]; l != nil && l.join != nil {
		return true
	}
	for _, m := range g.order {
		if m.join != nil {
			g.leader = m.id
			return true
		}
	}
	return false
}

// evictUnsynced removes the members that never asked for their assignment.
func (g *Group) evictUnsynced() {
	if g.state != CompletingRebalance && g.state != Stable || len(g.unsynced) == 0 {
		return
	}
	for i := 0; i < len(g.order); {
		m := g.order[i]
		if !g.unsynced[m.id] {
			i++
			continue
		}
		g.remove(m.id)
		g.fx.Stop(sessionKey(m.id))
	}
	g.prepareRebalance()
}

func (g *Group) stopSync() {
	clear(g.unsynced)
	g.fx.Stop(syncKey)
}

// synced notes a SyncGroup.
func (g *Group) synced(m *member) {
	delete(g.unsynced, m.id)
	if len(g.unsynced) == 0 {
		g.fx.Stop(syncKey)
	}
}

package classic

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/group/machine"
)

// The timers of a group.
const (
	sessionTimer uint8 = iota // of a member, pending ones included
	joinTimer                 // ends the join phase
	syncTimer                 // evicts those that have not sent SyncGroup
)

var (
	joinKey = machine.TimerKey{Kind: joinTimer}
	syncKey = machine.TimerKey{Kind: syncTimer}
)

func sessionKey(member string) machine.TimerKey {
	return machine.TimerKey{Kind: sessionTimer, Member: member}
}

// Step takes an event. Those that a classic group does not know do nothing.
func (g *Group) Step(now machine.Now, event any) machine.Effects {
	var fx machine.Effects
	g.now, g.fx = now, &fx
	switch e := event.(type) {
	case machine.Join:
		g.stepJoin(e)
	case machine.Sync:
		g.stepSync(e)
	case machine.Heartbeat:
		g.stepHeartbeat(e)
	case machine.Leave:
		g.stepLeave(e)
	case machine.Committed:
		g.stepCommitted(e)
	case machine.Fired:
		g.stepFired(e.Key)
	case machine.Loaded:
		g.stepLoaded()
	}
	g.fx = nil
	return fx
}

// done makes a step's second half, after the append, a step of its own.
func (g *Group) done(then func(err *kerr.Error)) {
	now := g.now
	g.fx.Done = func(err *kerr.Error) machine.Effects {
		var fx machine.Effects
		g.now, g.fx = now, &fx
		then(err)
		g.fx = nil
		return fx
	}
}

// stepCommitted refreshes the session of a member that commits.
func (g *Group) stepCommitted(e machine.Committed) {
	m := g.members[e.Member]
	if m != nil && (g.state == Stable || g.state == PreparingRebalance) {
		g.refresh(m)
	}
}

// refresh starts a member's session anew.
func (g *Group) refresh(m *member) { g.fx.Set(sessionKey(m.id), m.sessionTimeout) }

func (g *Group) stepFired(key machine.TimerKey) {
	switch key.Kind {
	case sessionTimer:
		g.expire(key.Member)
	case joinTimer:
		g.endJoin()
	case syncTimer:
		g.evictUnsynced()
	}
}

// expire ends the session of a member.
func (g *Group) expire(id string) {
	m := g.members[id]
	switch {
	case g.pending[id]:
		g.remove(id)
		if g.state == PreparingRebalance && g.allJoined() {
			g.completeJoin()
		}
	case m != nil && !m.alive():
		g.drop(m)
		switch {
		case g.state == Stable || g.state == CompletingRebalance:
			g.rebalance()
		case g.state == PreparingRebalance && g.allJoined():
			g.completeJoin()
		}
	}
}

// drop removes a member and tells a JoinGroup or SyncGroup of it that waits.
func (g *Group) drop(m *member) {
	g.answerJoin(m, joinError("", kerr.UnknownMemberID))
	g.answerSync(m, syncError(kerr.UnknownMemberID))
	g.remove(m.id)
	g.fx.Stop(sessionKey(m.id))
}

// stepLoaded arms the timers of a group that was read back.
func (g *Group) stepLoaded() {
	for _, m := range g.order {
		g.refresh(m)
	}
	if g.rebalances || len(g.order) > g.opts.MaxSize { // group.max.size is lower than it was
		g.rebalances = false
		g.prepareRebalance()
	}
}

// validate says whether a request comes from a member as it says.
func (g *Group) validate(id string, instance *string) *kerr.Error {
	if instance != nil {
		switch known, ok := g.static[*instance]; {
		case !ok:
			return kerr.UnknownMemberID
		case known != id:
			return kerr.FencedInstanceID
		}
	}
	if g.members[id] == nil {
		return kerr.UnknownMemberID
	}
	return nil
}

// String is for logs and test failures.
func (g *Group) String() string {
	return fmt.Sprintf("group %q %s generation %d, %d members (%d joining), %d pending",
		g.id, g.state, g.generation, len(g.members), g.awaiting, len(g.pending))
}

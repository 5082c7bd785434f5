package consumer

import (
	"time"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/machine"
)

// The timers of a group.
const (
	sessionTimer   uint8 = iota // fences a member that is not heard of
	rebalanceTimer              // fences a member that does not let go of partitions
	joinTimer                   // fences a classic member that does not join again
	syncTimer                   // fences a classic member that does not fetch its assignment
	regexTimer                  // resolves the patterns, at once
)

func timerOf(kind uint8, member string) machine.TimerKey {
	return machine.TimerKey{Kind: kind, Member: member}
}

// retryAfter is when a step that nobody waits for is taken again after its records
// could not be written (Kafka's timers retry too).
const retryAfter = 500 * time.Millisecond

// step is one event at work: it collects changes, and what follows once they are
// written.
type step struct {
	g       *Group
	now     machine.Now
	changes []change
	fx      machine.Effects // without records; timers count once the records are written
	after   []func()        // what is not on disk
	failed  func() machine.Effects
	extra   []machine.Record // of the group that this one becomes
	whole   *machine.Effects // instead of everything: of the group that this one becomes
}

func (s *step) change(c change) { s.changes = append(s.changes, c) }

// set adds a timer of a member, or of the group.
func (s *step) set(kind uint8, member string, after time.Duration) {
	s.fx.Set(timerOf(kind, member), after)
	if kind == joinTimer {
		s.later(func() { s.g.joining[member] = true })
	}
}

func (s *step) stop(kind uint8, member string) {
	s.fx.Stop(timerOf(kind, member))
	if kind == joinTimer {
		s.later(func() { delete(s.g.joining, member) })
	}
}

func (s *step) later(f func()) { s.after = append(s.after, f) }

// stopAll stops the timers of a member that is gone.
func (s *step) stopAll(member string) {
	for _, kind := range []uint8{sessionTimer, rebalanceTimer, joinTimer, syncTimer} {
		s.stop(kind, member)
	}
}

// effects ends a step.
func (s *step) effects() machine.Effects {
	if s.whole != nil {
		return *s.whole
	}
	if len(s.changes) == 0 {
		s.finish()
		return s.fx
	}
	return s.fx.Written(append(s.g.records(s.changes), s.extra...), s.finish, s.failed)
}

// finish takes over what the step came to. A group that goes on as another machine
// is left as it is.
func (s *step) finish() {
	if s.fx.Next != nil {
		return
	}
	for _, c := range s.changes {
		s.g.apply(c)
	}
	for _, f := range s.after {
		f()
	}
}

// Step takes an event. Those that a consumer group does not know do nothing.
func (g *Group) Step(now machine.Now, event any) machine.Effects {
	s := &step{g: g, now: now}
	switch e := event.(type) {
	case machine.ConsumerHeartbeat:
		g.stepConsumerHeartbeat(s, e)
	case machine.Join:
		g.stepJoin(s, e)
	case machine.Sync:
		g.stepSync(s, e)
	case machine.Heartbeat:
		g.stepHeartbeat(s, e)
	case machine.Leave:
		g.stepLeave(s, e)
	case machine.Committed:
		// Commits are no heartbeats of a consumer group's members.
	case machine.Fired:
		g.stepFired(s, e.Key)
	case machine.Loaded:
		g.stepLoaded(s)
	}
	return s.effects()
}

func (g *Group) stepFired(s *step, key machine.TimerKey) {
	s.failed = func() machine.Effects {
		return machine.Effects{Timers: []machine.Timer{{Key: key, After: retryAfter}}}
	}
	if key.Kind == regexTimer {
		g.resolve(s)
		return
	}
	if key.Kind == joinTimer {
		delete(g.joining, key.Member)
	}
	m := g.members[key.Member]
	if m == nil || key.Kind == rebalanceTimer && m.state != staterec.MemberUnrevokedPartitions {
		return
	}
	g.fence(s, []*member{m})
}

// stepLoaded arms the timers of a group that was read back, or that was another.
func (g *Group) stepLoaded(s *step) {
	for id, m := range g.members {
		s.set(sessionTimer, id, g.session(m))
		if m.state == staterec.MemberUnrevokedPartitions && m.classic == nil {
			s.set(rebalanceTimer, id, time.Duration(m.rebalanceTimeout)*time.Millisecond)
		}
	}
	if g.resolving {
		s.set(regexTimer, "", 0)
	}
}

// session is how long a member may be silent.
func (g *Group) session(m *member) time.Duration {
	if m.classic != nil {
		return time.Duration(m.classic.SessionTimeoutMs) * time.Millisecond
	}
	return g.o.Config(g.id).SessionTimeout
}

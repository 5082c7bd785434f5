package share

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/machine"
)

// sessionTimer is the only kind of timers: it fences a member that is not heard of.
const sessionTimer uint8 = 0

func sessionOf(member string) machine.TimerKey {
	return machine.TimerKey{Kind: sessionTimer, Member: member}
}

// retryAfter is when a step that nobody waits for is taken again after its records
// could not be written.
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
}

func (s *step) change(c change) { s.changes = append(s.changes, c) }
func (s *step) later(f func())  { s.after = append(s.after, f) }

// effects ends a step.
func (s *step) effects() machine.Effects {
	if len(s.changes) == 0 {
		s.finish()
		return s.fx
	}
	return s.fx.Written(s.g.records(s.changes), s.finish, s.failed)
}

// finish takes over what the step came to.
func (s *step) finish() {
	for _, c := range s.changes {
		s.g.apply(c, s.now.Mono)
	}
	for _, f := range s.after {
		f()
	}
}

// Step takes an event that is not one of share groups alone: those are methods.
// Requests of the classic protocol are refused as Kafka does.
func (g *Group) Step(now machine.Now, event any) machine.Effects {
	s := &step{g: g, now: now}
	switch e := event.(type) {
	case machine.Join:
		r := kmsg.NewPtrJoinGroupResponse()
		r.ErrorCode, r.Generation = kerr.InconsistentGroupProtocol.Code, -1
		s.fx.Reply(e.Call, r)
	case machine.Sync:
		r := kmsg.NewPtrSyncGroupResponse()
		r.ErrorCode = kerr.UnknownMemberID.Code
		s.fx.Reply(e.Call, r)
	case machine.Heartbeat:
		r := kmsg.NewPtrHeartbeatResponse()
		r.ErrorCode = kerr.UnknownMemberID.Code
		s.fx.Reply(e.Call, r)
	case machine.Leave:
		r := kmsg.NewPtrLeaveGroupResponse()
		for _, q := range e.Request.Members {
			m := kmsg.NewLeaveGroupResponseMember()
			m.MemberID, m.InstanceID, m.ErrorCode = q.MemberID, q.InstanceID, kerr.UnknownMemberID.Code
			r.Members = append(r.Members, m)
		}
		s.fx.Reply(e.Call, r)
	case machine.Fired:
		s.failed = func() machine.Effects {
			return machine.Effects{Timers: []machine.Timer{{Key: e.Key, After: retryAfter}}}
		}
		if m := g.members[e.Key.Member]; m != nil {
			g.fence(s, m)
		}
	case machine.Loaded:
		for id := range g.members {
			s.fx.Set(sessionOf(id), g.o.Config(g.id).SessionTimeout)
		}
	}
	return s.effects()
}

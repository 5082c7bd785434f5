package classic

import (
	"bytes"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/machine"
)

func syncError(err *kerr.Error) *kmsg.SyncGroupResponse {
	r := kmsg.NewPtrSyncGroupResponse()
	r.ErrorCode = err.Code
	return r
}

// assigned answers a member with its assignment.
func (g *Group) assigned(m *member) *kmsg.SyncGroupResponse {
	r := kmsg.NewPtrSyncGroupResponse()
	protocolType := g.protocolType
	r.ProtocolType, r.Protocol, r.MemberAssignment = &protocolType, g.protocol, m.assignment
	return r
}

// answerSync answers the SyncGroup of a member that waits, if one does.
func (g *Group) answerSync(m *member, resp *kmsg.SyncGroupResponse) bool {
	if m.sync == nil {
		return false
	}
	g.fx.Reply(m.sync, resp)
	m.sync = nil
	return true
}

func (g *Group) stepSync(e machine.Sync) {
	q := e.Request
	if err := g.checkSync(q); err != nil {
		g.fx.Reply(e.Call, syncError(err))
		return
	}
	m := g.members[q.MemberID]
	g.synced(m)
	if g.state == Stable {
		g.fx.Reply(e.Call, g.assigned(m))
		return
	}
	g.answerSync(m, syncError(kerr.RebalanceInProgress)) // one that its client gave up
	m.sync = e.Call
	if m.id == g.leader {
		g.assign(q)
	}
}

func (g *Group) checkSync(q *kmsg.SyncGroupRequest) *kerr.Error {
	if g.state == Empty {
		return kerr.UnknownMemberID
	}
	if err := g.validate(q.MemberID, q.InstanceID); err != nil {
		return err
	}
	switch {
	case q.Generation != g.generation:
		return kerr.IllegalGeneration
	case q.ProtocolType != nil && *q.ProtocolType != g.protocolType,
		q.Protocol != nil && g.protocol != nil && *q.Protocol != *g.protocol:
		return kerr.InconsistentGroupProtocol
	case g.state == PreparingRebalance:
		return kerr.RebalanceInProgress
	}
	return nil
}

// assign takes the leader's assignment. Members that it left out get an empty one.
// When it cannot be written all are told, and the group rebalances, as in Kafka.
func (g *Group) assign(q *kmsg.SyncGroupRequest) {
	assignments := make(map[string][]byte, len(q.GroupAssignment))
	for i := range q.GroupAssignment {
		a := &q.GroupAssignment[i]
		assignments[a.MemberID] = bytes.Clone(a.MemberAssignment)
	}
	g.record(func(m *member) *member {
		next := *m
		next.assignment = assignments[m.id]
		return &next
	})
	g.done(func(err *kerr.Error) {
		if err != nil {
			g.resetAssignments(err)
			g.rebalance()
			return
		}
		for _, m := range g.order {
			m.assignment = assignments[m.id]
			if g.answerSync(m, g.assigned(m)) {
				g.refresh(m)
			}
		}
		g.transition(Stable)
	})
}

// resetAssignments ends the wait for an assignment that will not come.
func (g *Group) resetAssignments(err *kerr.Error) {
	for _, m := range g.order {
		m.assignment = nil
		if g.answerSync(m, syncError(err)) {
			g.refresh(m)
		}
	}
}

package classic

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/machine"
)

// memberIDVersion is the first version of JoinGroup whose members get an id before
// they join (KIP-394), skipVersion the first that can tell a leader to leave the
// assignment as it is (KIP-814).
const (
	memberIDVersion = 4
	skipVersion     = 9
)

// joinError answers a join that did not work.
func joinError(member string, err *kerr.Error) *kmsg.JoinGroupResponse {
	r := kmsg.NewPtrJoinGroupResponse()
	r.ErrorCode, r.Generation, r.MemberID = err.Code, -1, member
	return r
}

// joined answers a member of the present generation. Only the leader learns who
// the others are.
func (g *Group) joined(m *member, skipAssignment bool) *kmsg.JoinGroupResponse {
	r := kmsg.NewPtrJoinGroupResponse()
	r.Generation, r.MemberID, r.LeaderID = g.generation, m.id, g.leader
	protocolType := g.protocolType
	r.ProtocolType, r.Protocol, r.SkipAssignment = &protocolType, g.protocol, skipAssignment
	if m.id != g.leader {
		return r
	}
	for _, o := range g.order {
		jm := kmsg.NewJoinGroupResponseMember()
		jm.MemberID, jm.InstanceID, jm.ProtocolMetadata = o.id, o.instance, o.metadata(g.Protocol())
		r.Members = append(r.Members, jm)
	}
	return r
}

// answerJoin answers the JoinGroup of a member that waits, if one does.
func (g *Group) answerJoin(m *member, resp *kmsg.JoinGroupResponse) {
	if m.join != nil {
		g.fx.Reply(m.join, resp)
		m.join = nil
		g.awaiting--
	}
}

func (g *Group) stepJoin(e machine.Join) {
	q := e.Request
	if !g.created {
		// A new group is written at once, so that it is there after a restart.
		g.created = true
		g.fx.Records = append(g.fx.Records, g.emptyRecord())
		g.done(func(err *kerr.Error) {
			if err == nil {
				return
			}
			for _, m := range g.order {
				g.answerJoin(m, joinError("", err))
			}
			fx := g.fx
			*g = *New(g.id, g.opts, g.stateMs) // as it was: nobody had ever joined
			g.fx = fx
		})
	}
	id := q.MemberID
	protocols := protocolsOf(q)
	switch {
	case !g.hasRoom(id):
		g.remove(id)
		g.fx.Stop(sessionKey(id))
		g.fx.Reply(e.Call, joinError("", kerr.GroupMaxSizeReached))
	case !g.accepts(q.ProtocolType, protocols):
		g.fx.Reply(e.Call, joinError(id, kerr.InconsistentGroupProtocol))
	case id == "" && q.InstanceID != nil:
		if old, ok := g.static[*q.InstanceID]; ok {
			g.replaceStatic(e, g.members[old], protocols)
			return
		}
		g.join(e, e.NewMemberID, protocols)
	case id == "" && q.Version >= memberIDVersion:
		_, session := timeoutsOf(q)
		g.pending[e.NewMemberID] = true
		g.fx.Set(sessionKey(e.NewMemberID), session)
		g.fx.Reply(e.Call, joinError(e.NewMemberID, kerr.MemberIDRequired))
	case id == "":
		g.join(e, e.NewMemberID, protocols)
	case g.pending[id] && q.InstanceID == nil:
		g.join(e, id, protocols)
	default:
		g.rejoin(e, protocols)
	}
}

// hasRoom applies group.max.size. While a group prepares a rebalance only those
// count that have joined.
func (g *Group) hasRoom(id string) bool {
	m := g.members[id]
	switch g.state {
	case Empty:
		return true
	case PreparingRebalance:
		return m != nil && m.join != nil || g.awaiting < g.opts.MaxSize
	default:
		return m != nil || len(g.members) < g.opts.MaxSize
	}
}

// join takes in a new member.
func (g *Group) join(e machine.Join, id string, protocols []Protocol) {
	q := e.Request
	m := &member{id: id, instance: q.InstanceID, client: e.Client, protocols: protocols, isNew: true}
	m.rebalanceTimeout, m.sessionTimeout = timeoutsOf(q)
	if len(g.members) == 0 {
		g.protocolType = q.ProtocolType
	}
	if g.delay.running {
		g.delay.newMember = true
	}
	g.add(m, e.Call)
	g.fx.Set(sessionKey(id), newMemberTimeout)
	g.rebalance()
}

// rejoin is the join of somebody who says that it is a member.
func (g *Group) rejoin(e machine.Join, protocols []Protocol) {
	q := e.Request
	if err := g.validate(q.MemberID, q.InstanceID); err != nil {
		g.fx.Reply(e.Call, joinError(q.MemberID, err))
		return
	}
	m := g.members[q.MemberID]
	same := m.matches(protocols)
	switch {
	case g.state == CompletingRebalance && same, g.state == Stable && same && m.id != g.leader:
		// It did not get its answer, or it asks for nothing new.
		g.fx.Reply(e.Call, g.joined(m, false))
	default:
		// A join that its client gave up is answered too, which Kafka does not: the
		// answers behind it on its connection wait.
		g.answerJoin(m, joinError(m.id, kerr.RebalanceInProgress))
		rebalance, session := timeoutsOf(q)
		g.update(m, protocols, rebalance, session, e.Call)
		g.rebalance()
	}
}

// replaceStatic gives the place of a static member to its next incarnation, which
// has no member id yet. The group does not rebalance when nothing changes for it.
func (g *Group) replaceStatic(e machine.Join, old *member, protocols []Protocol) {
	rebalance, session := timeoutsOf(e.Request)
	if g.state == Stable && g.protocolWith(old, protocols) == g.Protocol() {
		g.replaceStable(e, old, protocols)
		return
	}
	m := g.takePlace(old, e.NewMemberID)
	g.update(m, protocols, rebalance, session, e.Call)
	g.refresh(m)
	switch g.state {
	case Stable:
		g.rebalance()
	case CompletingRebalance:
		g.prepareRebalance()
	default:
		g.maybeCompleteJoin()
	}
}

// replaceStable is a replacement without a rebalance: it is written, and then it
// is so.
func (g *Group) replaceStable(e machine.Join, old *member, protocols []Protocol) {
	rebalance, session := timeoutsOf(e.Request)
	leader := g.leader
	next := *old
	next.id, next.protocols = e.NewMemberID, protocols
	next.rebalanceTimeout, next.sessionTimeout = rebalance, session
	g.record(func(m *member) *member {
		if m == old {
			return &next
		}
		return m
	})
	g.done(func(err *kerr.Error) {
		if err != nil {
			g.fx.Reply(e.Call, joinError("", err))
			return
		}
		m := g.takePlace(old, e.NewMemberID)
		g.update(m, protocols, rebalance, session, nil)
		g.refresh(m)
		resp := g.joined(m, e.Request.Version >= skipVersion && m.id == g.leader)
		if e.Request.Version < skipVersion {
			// It cannot be told to keep the assignment: it is given as a follower of
			// its former self.
			resp.LeaderID, resp.Members = leader, nil
		}
		g.fx.Reply(e.Call, resp)
	})
}

// protocolWith is what the group would select if a member spoke other protocols.
func (g *Group) protocolWith(m *member, protocols []Protocol) string {
	before := m.protocols
	g.count(m, -1)
	m.protocols = protocols
	g.count(m, 1)
	selected := g.selectProtocol()
	g.count(m, -1)
	m.protocols = before
	g.count(m, 1)
	return selected
}

// takePlace puts a member with a new id where old was, which is fenced.
func (g *Group) takePlace(old *member, id string) *member {
	g.answerJoin(old, joinError(old.id, kerr.FencedInstanceID))
	g.answerSync(old, syncError(kerr.FencedInstanceID))
	m := *old
	m.id, m.isNew = id, false
	delete(g.members, old.id)
	g.members[id] = &m
	for i := range g.order {
		if g.order[i] == old {
			g.order[i] = &m
		}
	}
	g.static[*m.instance] = id
	if g.leader == old.id {
		g.leader = id
	}
	if g.unsynced[old.id] {
		delete(g.unsynced, old.id)
		g.unsynced[id] = true
	}
	g.fx.Stop(sessionKey(old.id))
	return &m
}

package consumer

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/machine"
)

// leave is a heartbeat with a negative epoch: the member leaves, or a static one
// leaves for a while and keeps its partitions.
func (g *Group) leave(s *step, q *kmsg.ConsumerGroupHeartbeatRequest) (*kmsg.ConsumerGroupHeartbeatResponse, *machine.Failure) {
	resp := kmsg.NewPtrConsumerGroupHeartbeatResponse()
	id := q.MemberID
	resp.MemberID, resp.MemberEpoch = &id, q.MemberEpoch
	if q.InstanceID == nil {
		m := g.members[id]
		if m == nil {
			return nil, g.unknown(id)
		}
		g.fence(s, []*member{m})
		return resp, nil
	}
	m := g.members[g.static[*q.InstanceID]]
	if f := g.checkInstance(m, id, *q.InstanceID); f != nil {
		return nil, f
	}
	if q.MemberEpoch != epochLeaveStatic {
		g.fence(s, []*member{m})
		return resp, nil
	}
	away := *m
	away.epoch, away.pending = epochLeaveStatic, held{}
	away.assigned = heldAt(m.assigned.partitions(), 0)
	s.change(change{kind: staterec.ConsumerCurrent, member: id, value: away.current()})
	return resp, nil
}

// fence removes members, and with them what only they subscribed to. When the last
// member of the consumer protocol goes, the group may become a classic one.
func (g *Group) fence(s *step, gone []*member) {
	if len(gone) == 0 {
		return
	}
	left := make(map[string]bool, len(gone))
	for _, m := range gone {
		left[m.id] = true
	}
	if g.downgrades(left) {
		if g.downgrade(s, left) == nil {
			return
		}
	}
	for _, m := range gone {
		s.bury(m.id)
		s.stopAll(m.id)
	}
	var stay []*member
	for _, id := range g.memberIDs() {
		if !left[id] {
			stay = append(stay, g.members[id])
		}
	}
	g.forgetPatterns(s, gone, stay)
	s.epoch(g.epoch+1, assign.MetadataHash(g.topics(), g.subscribedNames(stay)))
}

// forgetPatterns deletes what the patterns came to that nobody has any more.
func (g *Group) forgetPatterns(s *step, gone, stay []*member) {
	kept := make(map[string]bool)
	for _, m := range stay {
		kept[m.regex] = true
	}
	for _, m := range gone {
		if m.regex != "" && !kept[m.regex] {
			kept[m.regex] = true
			s.change(change{kind: staterec.ConsumerRegex, regex: m.regex})
		}
	}
}

// fenced is for administrators and classic members: LeaveGroup removes members by
// their ids, or static ones by their instance ids.
func (g *Group) fenced(q *kmsg.LeaveGroupRequestMember) (*member, *kerr.Error) {
	if q.InstanceID == nil {
		if m := g.members[q.MemberID]; m != nil {
			return m, nil
		}
		return nil, kerr.UnknownMemberID
	}
	m := g.members[g.static[*q.InstanceID]]
	if m != nil && q.MemberID == "" {
		return m, nil
	}
	if f := g.checkInstance(m, q.MemberID, *q.InstanceID); f != nil {
		return nil, f.Err
	}
	return m, nil
}

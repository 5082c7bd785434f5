package share

import (
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/machine"
)

// Refused is an error answer to a heartbeat.
func Refused(err *kerr.Error, msg string) *kmsg.ShareGroupHeartbeatResponse {
	r := kmsg.NewPtrShareGroupHeartbeatResponse()
	r.ErrorCode = err.Code
	if msg != "" {
		r.ErrorMessage = &msg
	}
	return r
}

// maxMemberID is how long a member id may be, in UTF-16 units.
const maxMemberID = 36

// Check refuses a heartbeat that is wrong whatever the group is, nil if it is not
// (GroupCoordinatorService.throwIfShareGroupHeartbeatRequestIsInvalid).
func Check(q *kmsg.ShareGroupHeartbeatRequest) *kmsg.ShareGroupHeartbeatResponse {
	blank := func(s string) bool { return strings.TrimSpace(s) == "" }
	msg := ""
	switch {
	case q.MemberID == "" || len(utf16.Encode([]rune(q.MemberID))) > maxMemberID:
		// KafkaApis refuses it, without a message.
	case blank(q.MemberID):
		msg = "MemberId can't be empty."
	case blank(q.GroupID):
		msg = "GroupId can't be empty."
	case q.RackID != nil && blank(*q.RackID):
		msg = "RackId can't be empty."
	case q.MemberEpoch == 0 && len(q.SubscribedTopicNames) == 0:
		msg = "SubscribedTopicNames must be set in first request."
	case q.MemberEpoch < epochLeave:
		msg = "MemberEpoch is invalid."
	default:
		return nil
	}
	return Refused(kerr.InvalidRequest, msg)
}

// Heartbeat answers a heartbeat. What it returns beside effects is to be asked of the
// share coordinator once the answer has left, nil for nothing.
func (g *Group) Heartbeat(now machine.Now, e machine.ShareHeartbeat) (machine.Effects, *kmsg.InitializeShareGroupStateRequest) {
	s := &step{g: g, now: now}
	resp, q, f := g.heartbeat(s, e)
	if f != nil {
		s = &step{g: g, now: now}
		resp, q = Refused(f.Err, f.Message), nil
	}
	s.fx.Reply(e.Call, resp)
	return s.effects(), q
}

func (g *Group) heartbeat(s *step, e machine.ShareHeartbeat) (*kmsg.ShareGroupHeartbeatResponse, *kmsg.InitializeShareGroupStateRequest, *machine.Failure) {
	q := e.Request
	if q.MemberEpoch == epochLeave {
		resp, f := g.leave(s, q)
		return resp, nil, f
	}
	joins := q.MemberEpoch == 0
	if !g.created && !joins {
		return nil, nil, machine.Fail(kerr.GroupIDNotFound, "Share group %s not found.", g.id)
	}
	if len(g.members) >= g.o.MaxSize && g.members[q.MemberID] == nil {
		return nil, nil, machine.Fail(kerr.GroupMaxSizeReached, "The share group has reached its maximum capacity of %d members.", g.o.MaxSize)
	}
	old := g.members[q.MemberID]
	if old == nil {
		if !joins {
			return nil, nil, g.unknown(q.MemberID)
		}
		old = newMember(q.MemberID)
	}
	if f := old.checkEpoch(q.MemberEpoch); f != nil {
		return nil, nil, f
	}
	m := heardOf(old, q, e.Client)
	if g.members[m.id] == nil || !m.sameMetadata(old) {
		s.change(change{kind: staterec.ShareMember, member: m.id, value: m.metadata()})
	}
	v := g.noteSubscriptions(s, m, !slices.Equal(m.topics, old.topics))
	m = g.follow(s, v, m)
	missing := g.missing(s.now.Mono, v.names())
	g.initialize(s, missing)
	s.fx.Set(sessionOf(m.id), g.o.Config(g.id).SessionTimeout)
	return g.answer(q, old, m), g.initializeRequest(v.epoch, missing), nil
}

// answer tells a member where it is, and what it has when that has changed or it
// says what it subscribes to.
func (g *Group) answer(q *kmsg.ShareGroupHeartbeatRequest, old, m *member) *kmsg.ShareGroupHeartbeatResponse {
	resp := kmsg.NewPtrShareGroupHeartbeatResponse()
	resp.MemberID, resp.MemberEpoch = &m.id, m.epoch
	resp.HeartbeatIntervalMillis = int32(g.o.Config(g.id).HeartbeatInterval.Milliseconds())
	if q.MemberEpoch == 0 || q.SubscribedTopicNames != nil || !m.assigned.Equal(old.assigned) {
		a := kmsg.NewShareGroupHeartbeatResponseAssignment()
		for _, t := range m.assigned.Topics() {
			tp := kmsg.NewShareGroupHeartbeatResponseAssignmentTopicPartition()
			tp.TopicID, tp.Partitions = t, m.assigned[t]
			a.TopicPartitions = append(a.TopicPartitions, tp)
		}
		resp.Assignment = &a
	}
	return resp
}

func (g *Group) unknown(id string) *machine.Failure {
	return machine.Fail(kerr.UnknownMemberID, "Member %s is not a member of group %s.", id, g.id)
}

// checkEpoch refuses epochs that are not the member's. The one before is accepted:
// the answer may have been lost.
func (m *member) checkEpoch(epoch int32) *machine.Failure {
	const again = "The member must abandon all its partitions and rejoin."
	switch {
	case epoch == 0: // it joins again
	case epoch > m.epoch:
		return machine.Fail(kerr.FencedMemberEpoch, "The share group member has a greater member epoch (%d) than the one known by the group coordinator (%d). "+again, epoch, m.epoch)
	case epoch < m.epoch && epoch != m.previous:
		return machine.Fail(kerr.FencedMemberEpoch, "The share group member has a smaller member epoch (%d) than the one known by the group coordinator (%d), "+
			"and it does not match the previous member epoch (%d). "+again, epoch, m.epoch, m.previous)
	}
	return nil
}

// heardOf is a member with what a heartbeat says of it: what is null is as it was.
func heardOf(old *member, q *kmsg.ShareGroupHeartbeatRequest, client machine.Client) *member {
	m := *old
	m.clientID, m.host = client.ID, client.Host
	if q.RackID != nil {
		m.rack = *q.RackID
	}
	if q.SubscribedTopicNames != nil {
		m.topics = nameSet(q.SubscribedTopicNames)
	}
	return &m
}

func (g *Group) leave(s *step, q *kmsg.ShareGroupHeartbeatRequest) (*kmsg.ShareGroupHeartbeatResponse, *machine.Failure) {
	if !g.created {
		return nil, machine.Fail(kerr.GroupIDNotFound, "Group %s not found.", g.id)
	}
	m := g.members[q.MemberID]
	if m == nil {
		return nil, g.unknown(q.MemberID)
	}
	g.fence(s, m)
	resp := kmsg.NewPtrShareGroupHeartbeatResponse()
	resp.MemberID, resp.MemberEpoch = &q.MemberID, q.MemberEpoch
	return resp, nil
}

// fence takes a member out. Its partitions go to the others with the next heartbeat
// of one of them.
func (g *Group) fence(s *step, m *member) {
	for _, kind := range []staterec.Kind{staterec.ShareCurrent, staterec.ShareTargetMember, staterec.ShareMember} {
		s.change(change{kind: kind, member: m.id})
	}
	var stay []*member
	for id, o := range g.members {
		if id != m.id {
			stay = append(stay, o)
		}
	}
	s.epoch(g.epoch+1, assign.MetadataHash(g.topics(), subscribed(stay)))
	s.fx.Stop(sessionOf(m.id))
}

package consumer

import (
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/machine"
)

// Refused is an error answer to a heartbeat.
func Refused(err *kerr.Error, msg string) *kmsg.ConsumerGroupHeartbeatResponse {
	r := kmsg.NewPtrConsumerGroupHeartbeatResponse()
	r.ErrorCode = err.Code
	if msg != "" {
		r.ErrorMessage = &msg
	}
	return r
}

// Check refuses a heartbeat that is wrong whatever the group is, nil if it is not
// (GroupCoordinatorService.throwIfConsumerGroupHeartbeatRequestIsInvalid).
func Check(q *kmsg.ConsumerGroupHeartbeatRequest, assignors []string) *kmsg.ConsumerGroupHeartbeatResponse {
	blank := func(s *string) bool { return s != nil && strings.TrimSpace(*s) == "" }
	msg := ""
	switch {
	case (q.Version >= 1 || q.MemberEpoch > 0 || q.MemberEpoch == epochLeave) && blank(&q.MemberID):
		msg = "MemberId can't be empty."
	case blank(&q.Group):
		msg = "GroupId can't be empty."
	case blank(q.InstanceID):
		msg = "InstanceId can't be empty."
	case blank(q.RackID):
		msg = "RackId can't be empty."
	case q.MemberEpoch == 0 && q.RebalanceTimeoutMillis == -1:
		msg = "RebalanceTimeoutMs must be provided in first request."
	case q.MemberEpoch == 0 && (q.Topics == nil || len(q.Topics) > 0):
		msg = "TopicPartitions must be empty when (re-)joining."
	case q.MemberEpoch == 0 && q.SubscribedTopicNames == nil && q.SubscribedTopicRegex == nil:
		msg = "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining."
	case q.MemberEpoch == epochLeaveStatic && q.InstanceID == nil:
		msg = "InstanceId can't be null."
	case q.MemberEpoch < epochLeaveStatic:
		msg = "MemberEpoch is invalid."
	}
	if msg != "" {
		return Refused(kerr.InvalidRequest, msg)
	}
	if q.ServerAssignor != nil && !slices.Contains(assignors, *q.ServerAssignor) {
		return Refused(kerr.UnsupportedAssignor, "ServerAssignor "+*q.ServerAssignor+" is not supported. Supported assignors: "+
			strings.Join(assignors, ", ")+".")
	}
	return nil
}

func (g *Group) stepConsumerHeartbeat(s *step, e machine.ConsumerHeartbeat) {
	resp, f := g.consumerHeartbeat(s, e)
	if f != nil {
		*s = step{g: g, now: s.now}
		resp = Refused(f.Err, f.Message)
	}
	s.fx.Reply(e.Call, resp)
}

func (g *Group) consumerHeartbeat(s *step, e machine.ConsumerHeartbeat) (*kmsg.ConsumerGroupHeartbeatResponse, *machine.Failure) {
	q := e.Request
	joins := q.MemberEpoch == 0
	if !g.created && !joins {
		return nil, machine.Fail(kerr.GroupIDNotFound, "Consumer group %s not found.", g.id)
	}
	if q.MemberEpoch < 0 {
		return g.leave(s, q)
	}
	id := q.MemberID
	if f := g.full(id); f != nil {
		return nil, f
	}
	if id == "" {
		id = e.NewMemberID
	}
	has := ownedBy(q)
	var old *member
	var f *machine.Failure
	if q.InstanceID == nil {
		old, f = g.dynamicMember(id, q.MemberEpoch, has, joins)
	} else {
		old, f = g.staticMember(s, id, *q.InstanceID, q.MemberEpoch, has, joins)
	}
	if f != nil {
		return nil, f
	}
	m := heardOf(old, q, e.Client)
	renamed := g.noteMember(s, old, m)
	regex, f := g.noteRegex(s, old, m)
	if f != nil {
		return nil, f
	}
	v := g.noteSubscriptions(s, m, renamed || regex == regexKnown)
	if m, f = g.follow(s, v, m, renamed || regex != regexSame, has); f != nil {
		return nil, f
	}
	s.set(sessionTimer, m.id, g.session(m))
	if old.classic != nil {
		s.stop(joinTimer, m.id)
		s.stop(syncTimer, m.id)
	}
	return g.answer(q, old, m), nil
}

// answer tells a member where it is, and what it has when that has changed or it
// says all about itself.
func (g *Group) answer(q *kmsg.ConsumerGroupHeartbeatRequest, old, m *member) *kmsg.ConsumerGroupHeartbeatResponse {
	resp := kmsg.NewPtrConsumerGroupHeartbeatResponse()
	resp.MemberID, resp.MemberEpoch = &m.id, m.epoch
	resp.HeartbeatIntervalMillis = milliseconds(g.o.Config(g.id).HeartbeatInterval)
	full := q.RebalanceTimeoutMillis != -1 && (q.SubscribedTopicNames != nil || q.SubscribedTopicRegex != nil) && q.Topics != nil
	if q.MemberEpoch == 0 || full || !m.assigned.samePartitions(old.assigned) {
		a := kmsg.NewConsumerGroupHeartbeatResponseAssignment()
		ps := m.assigned.partitions()
		for _, t := range ps.Topics() {
			at := kmsg.NewConsumerGroupHeartbeatResponseAssignmentTopic()
			at.TopicID, at.Partitions = t, ps[t]
			a.Topics = append(a.Topics, at)
		}
		resp.Assignment = &a
	}
	return resp
}

// full applies group.consumer.max.size to who is not a member yet.
func (g *Group) full(id string) *machine.Failure {
	if len(g.members) >= g.o.MaxSize && g.members[id] == nil {
		return machine.Fail(kerr.GroupMaxSizeReached, "The consumer group has reached its maximum capacity of %d members.", g.o.MaxSize)
	}
	return nil
}

// ownedBy is what a heartbeat says its member has.
func ownedBy(q *kmsg.ConsumerGroupHeartbeatRequest) owned {
	if q.Topics == nil {
		return nil
	}
	has := make(owned)
	for i := range q.Topics {
		for _, p := range q.Topics[i].Partitions {
			has[topicPartition{q.Topics[i].TopicID, p}] = true
		}
	}
	return has
}

func (g *Group) unknown(id string) *machine.Failure {
	return machine.Fail(kerr.UnknownMemberID, "Member %s is not a member of group %s.", id, g.id)
}

// dynamicMember is the member that sends a heartbeat.
func (g *Group) dynamicMember(id string, epoch int32, has owned, joins bool) (*member, *machine.Failure) {
	m := g.members[id]
	if m == nil {
		if !joins {
			return nil, g.unknown(id)
		}
		return newMember(id), nil
	}
	return m, m.checkEpoch(epoch, has)
}

// checkEpoch refuses epochs that are not the member's. The one before is accepted
// when it has nothing that the present one has not: the answer may have been lost.
func (m *member) checkEpoch(epoch int32, has owned) *machine.Failure {
	const again = "The member must abandon all its partitions and rejoin."
	switch {
	case epoch == 0: // it joins again
	case epoch > m.epoch:
		return machine.Fail(kerr.FencedMemberEpoch, "The consumer group member has a greater member epoch (%d) than the one known by the group coordinator (%d). "+again, epoch, m.epoch)
	case epoch < m.epoch && (epoch != m.previous || !has.in(m.assigned)):
		return machine.Fail(kerr.FencedMemberEpoch, "The consumer group member has a smaller member epoch (%d) than the one known by the group coordinator (%d). "+again, epoch, m.epoch)
	}
	return nil
}

// staticMember is the member that sends a heartbeat with an instance id. One that
// joins takes the place of its predecessor, which must have left for a while.
func (g *Group) staticMember(s *step, id, instance string, epoch int32, has owned, joins bool) (*member, *machine.Failure) {
	old := g.members[g.static[instance]]
	if !joins {
		if f := g.checkInstance(old, id, instance); f != nil {
			return nil, f
		}
		return old, old.checkEpoch(epoch, has)
	}
	if old == nil {
		return g.memberOrNew(id), nil
	}
	if old.classic == nil && old.epoch != epochLeaveStatic {
		return nil, machine.Fail(kerr.UnreleasedInstanceID, "Static member %s with instance id %s cannot join the group because the instance id is owned by %s member.", id, instance, old.id)
	}
	return g.replace(s, old, id), nil
}

// checkInstance refuses who is not the member of an instance id.
func (g *Group) checkInstance(m *member, id, instance string) *machine.Failure {
	switch {
	case m == nil:
		return machine.Fail(kerr.UnknownMemberID, "Instance id %s is unknown.", instance)
	case m.id != id:
		return machine.Fail(kerr.FencedInstanceID, "Static member %s with instance id %s was fenced by member %s.", id, instance, m.id)
	}
	return nil
}

// replace gives a static member's place to a new member id.
func (g *Group) replace(s *step, old *member, id string) *member {
	m := *old
	m.id, m.epoch, m.previous = id, 0, 0
	s.bury(old.id)
	if old.id != id {
		s.stopAll(old.id)
	}
	s.change(change{kind: staterec.ConsumerMember, member: id, value: m.metadata()})
	s.target(id, g.target[old.id])
	s.change(change{kind: staterec.ConsumerCurrent, member: id, value: m.current()})
	return &m
}

// bury writes the tombstones of a member.
func (s *step) bury(id string) {
	for _, kind := range []staterec.Kind{staterec.ConsumerCurrent, staterec.ConsumerTargetMember, staterec.ConsumerMember} {
		s.change(change{kind: kind, member: id})
	}
}

// target writes a member's target assignment.
func (s *step) target(id string, a assign.Assignment) {
	v := &staterec.ConsumerGroupTargetAssignmentMember{}
	for _, t := range a.Topics() {
		v.Topics = append(v.Topics, staterec.TopicPartitions{TopicID: t, Partitions: a[t]})
	}
	s.change(change{kind: staterec.ConsumerTargetMember, member: id, value: v})
}

// heardOf is a member with what a heartbeat says of it: what is null is as it was.
func heardOf(old *member, q *kmsg.ConsumerGroupHeartbeatRequest, client machine.Client) *member {
	m := *old
	m.clientID, m.host, m.classic = client.ID, client.Host, nil
	if q.InstanceID != nil {
		m.instance = *q.InstanceID
	}
	if q.RackID != nil {
		m.rack = *q.RackID
	}
	if q.RebalanceTimeoutMillis != -1 {
		m.rebalanceTimeout = q.RebalanceTimeoutMillis
	}
	if q.ServerAssignor != nil {
		m.assignor = *q.ServerAssignor
	}
	if q.SubscribedTopicNames != nil {
		m.topics = nameSet(q.SubscribedTopicNames)
	}
	if q.SubscribedTopicRegex != nil {
		m.regex = *q.SubscribedTopicRegex
	}
	return &m
}

// noteMember writes a member that is new or has changed. It says whether the names
// that it subscribes to have.
func (g *Group) noteMember(s *step, old, m *member) (renamed bool) {
	if m.sameMetadata(old) {
		return false
	}
	s.change(change{kind: staterec.ConsumerMember, member: m.id, value: m.metadata()})
	return !slices.Equal(m.topics, old.topics)
}

// follow makes a new target assignment if one is due, and leads a member towards it.
func (g *Group) follow(s *step, v *view, m *member, resubscribed bool, has owned) (*member, *machine.Failure) {
	next, f := g.reconcile(m, g.retarget(s, v, m), resubscribed, has)
	if f != nil || next.sameAssignment(m) {
		return next, f
	}
	s.change(change{kind: staterec.ConsumerCurrent, member: next.id, value: next.current()})
	if next.classic == nil {
		if next.state == staterec.MemberUnrevokedPartitions {
			s.set(rebalanceTimer, next.id, time.Duration(next.rebalanceTimeout)*time.Millisecond)
		} else {
			s.stop(rebalanceTimer, next.id)
		}
	}
	return next, nil
}

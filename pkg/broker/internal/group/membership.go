package group

import (
	"crypto/rand"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/classic"
	"kq/pkg/broker/internal/group/machine"
)

// newClassic makes a group that nobody has joined.
func (c *Coordinator) newClassic(g *group) {
	g.machine = classic.New(g.id, &c.classic, c.o.Now().UnixMilli())
}

// uuid is a random UUID, which tells one member of a name from another.
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // does not fail
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func joinError(member string, err *kerr.Error) *kmsg.JoinGroupResponse {
	r := kmsg.NewPtrJoinGroupResponse()
	r.ErrorCode, r.Generation, r.MemberID = err.Code, -1, member
	return r
}

// JoinGroup answers JoinGroup, when the group is ready for its next generation. The
// bytes of q must stay as they are.
func (c *Coordinator) JoinGroup(client machine.Client, q *kmsg.JoinGroupRequest, reply func(*kmsg.JoinGroupResponse)) {
	if c.closed.Load() {
		reply(joinError(q.MemberID, kerr.CoordinatorNotAvailable))
		return
	}
	if q.Group == "" {
		reply(joinError(q.MemberID, kerr.InvalidGroupID))
		return
	}
	if ms := int64(q.SessionTimeoutMillis); ms < c.o.Number("group.min.session.timeout.ms") || ms > c.o.Number("group.max.session.timeout.ms") {
		reply(joinError(q.MemberID, kerr.InvalidSessionTimeout))
		return
	}
	event := machine.Join{Client: client, Request: q}
	fresh := c.newClassic
	switch {
	case q.MemberID != "":
		fresh = nil
	case q.InstanceID != nil:
		event.Name = *q.InstanceID + "-"
	default:
		event.Name = client.ID + "-"
	}
	if q.MemberID == "" {
		event.NewMemberID = event.Name + uuid()
	}
	found, err := c.turn(q.Group, fresh, func(t *turn) {
		event.Call = t.hold(func(resp kmsg.Response, err *kerr.Error) {
			if err != nil {
				reply(joinError("", err))
				return
			}
			reply(resp.(*kmsg.JoinGroupResponse))
		})
		t.step(event)
	})
	switch {
	case err != nil:
		reply(joinError("", err))
	case !found:
		reply(joinError(q.MemberID, kerr.UnknownMemberID))
	}
}

// SyncGroup answers SyncGroup, when the leader's assignment is there.
func (c *Coordinator) SyncGroup(q *kmsg.SyncGroupRequest, reply func(*kmsg.SyncGroupResponse)) {
	refuse := func(err *kerr.Error) {
		r := kmsg.NewPtrSyncGroupResponse()
		r.ErrorCode = err.Code
		reply(r)
	}
	forward(c, q.Group, func(call machine.Call) any { return machine.Sync{Request: q, Call: call} }, reply, refuse, func() {
		refuse(kerr.UnknownMemberID)
	})
}

// Heartbeat answers Heartbeat. While groups are loading nobody is told that
// something is amiss.
func (c *Coordinator) Heartbeat(q *kmsg.HeartbeatRequest, reply func(*kmsg.HeartbeatResponse)) {
	refuse := func(err *kerr.Error) {
		r := kmsg.NewPtrHeartbeatResponse()
		if err != kerr.CoordinatorLoadInProgress {
			r.ErrorCode = err.Code
		}
		reply(r)
	}
	forward(c, q.Group, func(call machine.Call) any { return machine.Heartbeat{Request: q, Call: call} }, reply, refuse, func() {
		refuse(kerr.UnknownMemberID)
	})
}

// LeaveGroup answers LeaveGroup, in the form of version 3 and later: a request that
// names one member in the form of older versions gets an answer with one.
func (c *Coordinator) LeaveGroup(q *kmsg.LeaveGroupRequest, reply func(*kmsg.LeaveGroupResponse)) {
	if q.Version < 3 {
		m := kmsg.NewLeaveGroupRequestMember()
		m.MemberID = q.MemberID
		q.Members = []kmsg.LeaveGroupRequestMember{m}
	}
	refuse := func(err *kerr.Error) {
		r := kmsg.NewPtrLeaveGroupResponse()
		r.ErrorCode = err.Code
		reply(r)
	}
	forward(c, q.Group, func(call machine.Call) any { return machine.Leave{Request: q, Call: call} }, reply, refuse, func() {
		r := kmsg.NewPtrLeaveGroupResponse()
		for i := range q.Members {
			m := kmsg.NewLeaveGroupResponseMember()
			m.MemberID, m.InstanceID, m.ErrorCode = q.Members[i].MemberID, q.Members[i].InstanceID, kerr.UnknownMemberID.Code
			r.Members = append(r.Members, m)
		}
		reply(r)
	})
}

// forward lets an event happen to a group that members ask about, and gives the
// answer to reply, or to refuse why there is none; missing answers for a group
// that does not exist.
func forward[R kmsg.Response](c *Coordinator, group string, event func(machine.Call) any, reply func(R), refuse func(*kerr.Error), missing func()) {
	if group == "" {
		refuse(kerr.InvalidGroupID)
		return
	}
	found, err := c.turn(group, nil, func(t *turn) {
		t.step(event(t.hold(func(resp kmsg.Response, err *kerr.Error) {
			if err != nil {
				refuse(err)
				return
			}
			reply(resp.(R))
		})))
	})
	switch {
	case err != nil:
		refuse(err)
	case !found:
		missing()
	}
}

package classic

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/machine"
)

// stepLeave removes members, each with an answer of its own.
func (g *Group) stepLeave(e machine.Leave) {
	resp := kmsg.NewPtrLeaveGroupResponse()
	left := false
	for i := range e.Request.Members {
		q := &e.Request.Members[i]
		m := kmsg.NewLeaveGroupResponseMember()
		m.MemberID, m.InstanceID = q.MemberID, q.InstanceID
		if err := g.leave(q); err != nil {
			m.ErrorCode = err.Code
		} else {
			left = true
		}
		resp.Members = append(resp.Members, m)
	}
	if left {
		switch g.state {
		case Stable, CompletingRebalance:
			g.rebalance()
		case PreparingRebalance:
			g.maybeCompleteJoin()
		}
	}
	g.fx.Reply(e.Call, resp)
}

// leave removes one member, by its id or, with none, by its instance id.
func (g *Group) leave(q *kmsg.LeaveGroupRequestMember) *kerr.Error {
	id := q.MemberID
	switch {
	case id == "" && q.InstanceID != nil:
		known, ok := g.static[*q.InstanceID]
		if !ok {
			return kerr.UnknownMemberID
		}
		id = known
	case id == "":
		return kerr.UnknownMemberID
	case g.pending[id]:
		g.remove(id)
		g.fx.Stop(sessionKey(id))
		return nil
	}
	if err := g.validate(id, q.InstanceID); err != nil {
		return err
	}
	g.drop(g.members[id])
	return nil
}

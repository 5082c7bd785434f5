package classic

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/machine"
)

// stepHeartbeat keeps a session alive, and tells of a rebalance that begins.
func (g *Group) stepHeartbeat(e machine.Heartbeat) {
	q := e.Request
	resp := kmsg.NewPtrHeartbeatResponse()
	if err := g.heartbeat(q); err != nil {
		resp.ErrorCode = err.Code
	}
	g.fx.Reply(e.Call, resp)
}

func (g *Group) heartbeat(q *kmsg.HeartbeatRequest) *kerr.Error {
	if err := g.validate(q.MemberID, q.InstanceID); err != nil {
		return err
	}
	if q.Generation != g.generation {
		return kerr.IllegalGeneration
	}
	g.refresh(g.members[q.MemberID])
	if g.state == PreparingRebalance {
		return kerr.RebalanceInProgress
	}
	return nil
}

package api

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleAddOffsetsToTxn answers AddOffsetsToTxn 0-4 (KIP-98). Clients of
// transaction.version 2 do not send it: TxnOffsetCommit adds the group by itself.
func handleAddOffsetsToTxn(s *Service, r *Request, q *kmsg.AddOffsetsToTxnRequest) kmsg.Response {
	if s.Txns == nil {
		resp := kmsg.NewPtrAddOffsetsToTxnResponse()
		resp.ErrorCode = kerr.NotCoordinator.Code
		return resp
	}
	s.Txns.AddOffsetsToTxn(q, func(resp *kmsg.AddOffsetsToTxnResponse) { s.reply(r, resp) })
	return nil
}

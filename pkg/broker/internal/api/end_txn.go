package api

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleEndTxn answers EndTxn 0-5 (KIP-98, KIP-890) when the decision is written;
// the markers follow.
func handleEndTxn(s *Service, r *Request, q *kmsg.EndTxnRequest) kmsg.Response {
	if s.Txns == nil {
		resp := kmsg.NewPtrEndTxnResponse()
		resp.ErrorCode = kerr.NotCoordinator.Code
		return resp
	}
	s.Txns.EndTxn(q, func(resp *kmsg.EndTxnResponse) { s.reply(r, resp) })
	return nil
}

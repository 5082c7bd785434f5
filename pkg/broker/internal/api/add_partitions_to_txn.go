package api

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleAddPartitionsToTxn answers AddPartitionsToTxn 0-5 (KIP-98, KIP-890).
// Versions 4 and later are for leaders of partitions.
func handleAddPartitionsToTxn(s *Service, r *Request, q *kmsg.AddPartitionsToTxnRequest) kmsg.Response {
	if s.Txns == nil {
		resp := kmsg.NewPtrAddPartitionsToTxnResponse()
		resp.ErrorCode = kerr.NotCoordinator.Code
		return resp
	}
	s.Txns.AddPartitionsToTxn(q, func(resp *kmsg.AddPartitionsToTxnResponse) { s.reply(r, resp) })
	return nil
}

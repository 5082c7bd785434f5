package api

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleListTransactions answers ListTransactions 0-2 (KIP-664, KIP-994,
// KIP-1152): those that this broker coordinates.
func handleListTransactions(s *Service, _ *Request, q *kmsg.ListTransactionsRequest) kmsg.Response {
	if s.TxnStates != nil {
		return s.TxnStates.ListTransactions(q)
	}
	resp := kmsg.NewPtrListTransactionsResponse()
	resp.ErrorCode = kerr.CoordinatorNotAvailable.Code
	return resp
}

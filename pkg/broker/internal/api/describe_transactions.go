package api

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleDescribeTransactions answers DescribeTransactions 0 (KIP-664).
func handleDescribeTransactions(s *Service, _ *Request, q *kmsg.DescribeTransactionsRequest) kmsg.Response {
	if s.TxnStates != nil {
		return s.TxnStates.DescribeTransactions(q)
	}
	resp := kmsg.NewPtrDescribeTransactionsResponse()
	for _, id := range q.TransactionalIDs {
		st := kmsg.NewDescribeTransactionsResponseTransactionState()
		st.TransactionalID, st.ErrorCode = id, kerr.NotCoordinator.Code
		resp.TransactionStates = append(resp.TransactionStates, st)
	}
	return resp
}

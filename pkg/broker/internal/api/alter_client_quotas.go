package api

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleAlterClientQuotas answers AlterClientQuotas 0-1 (KIP-546).
func handleAlterClientQuotas(s *Service, _ *Request, q *kmsg.AlterClientQuotasRequest) kmsg.Response {
	return s.Accounts.AlterClientQuotas(context.Background(), q)
}

package api

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleAlterUserSCRAMCredentials answers AlterUserScramCredentials 0 (KIP-554).
func handleAlterUserSCRAMCredentials(s *Service, _ *Request, q *kmsg.AlterUserSCRAMCredentialsRequest) kmsg.Response {
	return s.Accounts.AlterUserSCRAMCredentials(context.Background(), q)
}

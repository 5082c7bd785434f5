package api

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleCreatePartitions answers CreatePartitions 0-3 (KIP-195).
func handleCreatePartitions(s *Service, _ *Request, q *kmsg.CreatePartitionsRequest) kmsg.Response {
	return s.Controller.CreatePartitions(context.Background(), q)
}

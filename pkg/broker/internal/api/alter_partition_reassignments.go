package api

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleAlterPartitionAssignments answers AlterPartitionReassignments 0-1 (KIP-455).
func handleAlterPartitionAssignments(s *Service, _ *Request, q *kmsg.AlterPartitionAssignmentsRequest) kmsg.Response {
	return s.Cluster.AlterPartitionAssignments(context.Background(), q)
}

package api

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleElectLeaders answers ElectLeaders 0-2.
func handleElectLeaders(s *Service, _ *Request, q *kmsg.ElectLeadersRequest) kmsg.Response {
	return s.Cluster.ElectLeaders(context.Background(), q)
}

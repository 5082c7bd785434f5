package api

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleUpdateFeatures answers UpdateFeatures 0-2 (KIP-584).
func handleUpdateFeatures(s *Service, _ *Request, q *kmsg.UpdateFeaturesRequest) kmsg.Response {
	return s.Cluster.UpdateFeatures(context.Background(), q)
}

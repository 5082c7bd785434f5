package api

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleUnregisterBroker answers UnregisterBroker 0 (KIP-919).
func handleUnregisterBroker(s *Service, _ *Request, q *kmsg.UnregisterBrokerRequest) kmsg.Response {
	return s.Cluster.UnregisterBroker(context.Background(), q)
}

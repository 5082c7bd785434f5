package api

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleDeleteTopics answers DeleteTopics 1-6 (KIP-516: by id from version 6 on).
func handleDeleteTopics(s *Service, _ *Request, q *kmsg.DeleteTopicsRequest) kmsg.Response {
	return s.Controller.DeleteTopics(context.Background(), q)
}

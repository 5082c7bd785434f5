package api

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleCreateTopics answers CreateTopics 2-7. Every broker takes it and passes
// it to the controller; when the answer comes, the topics can be used.
func handleCreateTopics(s *Service, _ *Request, q *kmsg.CreateTopicsRequest) kmsg.Response {
	return s.Controller.CreateTopics(context.Background(), q)
}

package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleOffsetDelete answers OffsetDelete 0 (KIP-496).
func handleOffsetDelete(s *Service, r *Request, q *kmsg.OffsetDeleteRequest) kmsg.Response {
	s.Offsets.OffsetDelete(q, func(resp *kmsg.OffsetDeleteResponse) { s.reply(r, resp) })
	return nil
}

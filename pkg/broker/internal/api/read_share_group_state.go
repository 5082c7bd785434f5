package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleReadShareGroupState answers ReadShareGroupState (API 84).
func handleReadShareGroupState(s *Service, r *Request, q *kmsg.ReadShareGroupStateRequest) kmsg.Response {
	s.ShareStates.ReadShareGroupState(q, func(resp *kmsg.ReadShareGroupStateResponse) { s.reply(r, resp) })
	return nil
}

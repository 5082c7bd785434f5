package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleDeleteShareGroupState answers DeleteShareGroupState (API 86).
func handleDeleteShareGroupState(s *Service, r *Request, q *kmsg.DeleteShareGroupStateRequest) kmsg.Response {
	s.ShareStates.DeleteShareGroupState(q, func(resp *kmsg.DeleteShareGroupStateResponse) { s.reply(r, resp) })
	return nil
}

package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleWriteShareGroupState answers WriteShareGroupState (API 85).
func handleWriteShareGroupState(s *Service, r *Request, q *kmsg.WriteShareGroupStateRequest) kmsg.Response {
	s.ShareStates.WriteShareGroupState(q, func(resp *kmsg.WriteShareGroupStateResponse) { s.reply(r, resp) })
	return nil
}

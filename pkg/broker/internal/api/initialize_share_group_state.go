package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleInitializeShareGroupState answers InitializeShareGroupState (API 83).
func handleInitializeShareGroupState(s *Service, r *Request, q *kmsg.InitializeShareGroupStateRequest) kmsg.Response {
	s.ShareStates.InitializeShareGroupState(q, func(resp *kmsg.InitializeShareGroupStateResponse) { s.reply(r, resp) })
	return nil
}

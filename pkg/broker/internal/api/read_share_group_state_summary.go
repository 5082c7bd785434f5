package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleReadShareGroupStateSummary answers ReadShareGroupStateSummary (API 87).
func handleReadShareGroupStateSummary(s *Service, r *Request, q *kmsg.ReadShareGroupStateSummaryRequest) kmsg.Response {
	s.ShareStates.ReadShareGroupStateSummary(q, func(resp *kmsg.ReadShareGroupStateSummaryResponse) { s.reply(r, resp) })
	return nil
}

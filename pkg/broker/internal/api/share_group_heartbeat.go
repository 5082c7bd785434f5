package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleShareGroupHeartbeat answers ShareGroupHeartbeat 1 (KIP-932).
func handleShareGroupHeartbeat(s *Service, r *Request, q *kmsg.ShareGroupHeartbeatRequest) kmsg.Response {
	r.ReleaseBody()
	s.ShareGroups.ShareGroupHeartbeat(clientOf(r), q, func(resp *kmsg.ShareGroupHeartbeatResponse) { s.reply(r, resp) })
	return nil
}

package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleHeartbeat answers Heartbeat 0-4.
func handleHeartbeat(s *Service, r *Request, q *kmsg.HeartbeatRequest) kmsg.Response {
	s.Members.Heartbeat(q, func(resp *kmsg.HeartbeatResponse) { s.reply(r, resp) })
	return nil
}

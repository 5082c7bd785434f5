package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleConsumerGroupHeartbeat answers ConsumerGroupHeartbeat 0-1 (KIP-848).
func handleConsumerGroupHeartbeat(s *Service, r *Request, q *kmsg.ConsumerGroupHeartbeatRequest) kmsg.Response {
	r.ReleaseBody()
	s.ConsumerGroups.ConsumerGroupHeartbeat(clientOf(r), q, func(resp *kmsg.ConsumerGroupHeartbeatResponse) { s.reply(r, resp) })
	return nil
}

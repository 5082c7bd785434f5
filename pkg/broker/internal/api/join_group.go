package api

import (
	"bytes"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleJoinGroup answers JoinGroup 0-9 (KIP-134, KIP-345, KIP-394, KIP-814).
func handleJoinGroup(s *Service, r *Request, q *kmsg.JoinGroupRequest) kmsg.Response {
	for i := range q.Protocols {
		q.Protocols[i].Metadata = bytes.Clone(q.Protocols[i].Metadata)
	}
	r.ReleaseBody()
	s.Members.JoinGroup(clientOf(r), q, func(resp *kmsg.JoinGroupResponse) { s.reply(r, resp) })
	return nil
}

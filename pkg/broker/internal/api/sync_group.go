package api

import (
	"bytes"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleSyncGroup answers SyncGroup 0-5. From version 5 on a member has to say the
// protocol that it takes part in (KIP-559).
func handleSyncGroup(s *Service, r *Request, q *kmsg.SyncGroupRequest) kmsg.Response {
	if q.Version >= 5 && (q.ProtocolType == nil || q.Protocol == nil) {
		resp := kmsg.NewPtrSyncGroupResponse()
		resp.ErrorCode = kerr.InconsistentGroupProtocol.Code
		return resp
	}
	for i := range q.GroupAssignment {
		q.GroupAssignment[i].MemberAssignment = bytes.Clone(q.GroupAssignment[i].MemberAssignment)
	}
	r.ReleaseBody()
	s.Members.SyncGroup(q, func(resp *kmsg.SyncGroupResponse) { s.reply(r, resp) })
	return nil
}

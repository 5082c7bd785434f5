package api

import (
	"bytes"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleSyncGroup answers SyncGroup 0-5.
func handleSyncGroup(s *Service, r *Request, q *kmsg.SyncGroupRequest) kmsg.Response {
	for i := range q.GroupAssignment {
		q.GroupAssignment[i].MemberAssignment = bytes.Clone(q.GroupAssignment[i].MemberAssignment)
	}
	r.ReleaseBody()
	s.Members.SyncGroup(q, func(resp *kmsg.SyncGroupResponse) { s.reply(r, resp) })
	return nil
}

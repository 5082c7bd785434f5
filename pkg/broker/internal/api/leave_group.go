package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleLeaveGroup answers LeaveGroup 0-5. Before version 3 one member leaves, and
// the answer has one code.
func handleLeaveGroup(s *Service, r *Request, q *kmsg.LeaveGroupRequest) kmsg.Response {
	s.Members.LeaveGroup(q, func(resp *kmsg.LeaveGroupResponse) {
		if q.Version < 3 && resp.ErrorCode == 0 && len(resp.Members) == 1 {
			resp.ErrorCode, resp.Members = resp.Members[0].ErrorCode, nil
		}
		s.reply(r, resp)
	})
	return nil
}

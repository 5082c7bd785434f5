package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleDeleteGroups answers DeleteGroups 0-2 (KIP-229).
func handleDeleteGroups(s *Service, r *Request, q *kmsg.DeleteGroupsRequest) kmsg.Response {
	s.Groups.DeleteGroups(q, func(resp *kmsg.DeleteGroupsResponse) { s.reply(r, resp) })
	return nil
}

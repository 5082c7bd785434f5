package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleListGroups answers ListGroups 0-5 (KIP-518, KIP-848).
func handleListGroups(s *Service, _ *Request, q *kmsg.ListGroupsRequest) kmsg.Response {
	return s.Groups.ListGroups(q)
}

package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleDescribeGroups answers DescribeGroups 0-6 (KIP-430, KIP-1043).
func handleDescribeGroups(s *Service, _ *Request, q *kmsg.DescribeGroupsRequest) kmsg.Response {
	resp := s.Groups.DescribeGroups(q)
	if q.IncludeAuthorizedOperations {
		for i := range resp.Groups {
			if resp.Groups[i].ErrorCode == 0 {
				resp.Groups[i].AuthorizedOperations = groupOperations
			}
		}
	}
	return resp
}

package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleShareGroupDescribe answers ShareGroupDescribe 1 (KIP-932).
func handleShareGroupDescribe(s *Service, _ *Request, q *kmsg.ShareGroupDescribeRequest) kmsg.Response {
	resp := s.ShareGroups.ShareGroupDescribe(q)
	if q.IncludeAuthorizedOperations {
		for i := range resp.Groups {
			if resp.Groups[i].ErrorCode == 0 {
				resp.Groups[i].AuthorizedOperations = groupOperations
			}
		}
	}
	return resp
}

package api

import "github.com/twmb/franz-go/pkg/kmsg"

// handleConsumerGroupDescribe answers ConsumerGroupDescribe 0-1 (KIP-848, KIP-1043).
func handleConsumerGroupDescribe(s *Service, _ *Request, q *kmsg.ConsumerGroupDescribeRequest) kmsg.Response {
	resp := s.ConsumerGroups.ConsumerGroupDescribe(q)
	if q.IncludeAuthorizedOperations {
		for i := range resp.Groups {
			if resp.Groups[i].ErrorCode == 0 {
				resp.Groups[i].AuthorizedOperations = groupOperations
			}
		}
	}
	return resp
}

package api

import (
	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleOffsetForLeaderEpoch answers API 23 (ReplicaManager.lastOffsetForLeaderEpoch).
func handleOffsetForLeaderEpoch(s *Service, _ *Request, q *kmsg.OffsetForLeaderEpochRequest) kmsg.Response {
	resp := kmsg.NewPtrOffsetForLeaderEpochResponse()
	for i := range q.Topics {
		qt := &q.Topics[i]
		t := s.Topics.Topic([]byte(qt.Topic))
		rt := kmsg.NewOffsetForLeaderEpochResponseTopic()
		rt.Topic = qt.Topic
		for j := range qt.Partitions {
			qp := &qt.Partitions[j]
			out := kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
			out.Partition, out.LeaderEpoch, out.EndOffset = qp.Partition, -1, -1
			part, err := t.Partition(qp.Partition)
			if err == nil {
				end, endErr := part.EndOfEpoch(qp.LeaderEpoch, qp.CurrentLeaderEpoch)
				out.LeaderEpoch, out.EndOffset, err = end.Epoch, end.EndOffset, endErr
			}
			out.ErrorCode = codeOf(err)
			rt.Partitions = append(rt.Partitions, out)
		}
		resp.Topics = append(resp.Topics, rt)
	}
	return resp
}

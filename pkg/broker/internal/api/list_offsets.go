package api

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/topic"
)

// debuggingReplica is the replica id of a client that takes answers from followers.
const debuggingReplica int32 = -2

// handleListOffsets answers API 2 (ReplicaManager.fetchOffset).
func handleListOffsets(s *Service, r *Request, q *kmsg.ListOffsetsRequest) kmsg.Response {
	o := topic.ListOptions{Isolation: topic.LogEnd, AnyReplica: q.ReplicaID == debuggingReplica}
	if q.ReplicaID == consumerReplica {
		o.Isolation = topic.HighWatermark
		if q.IsolationLevel == 1 {
			o.Isolation = topic.LastStable
		}
	}
	badLevel := q.IsolationLevel != 0 && q.IsolationLevel != 1
	times := listOffsetsTimes(q)
	resp := kmsg.NewPtrListOffsetsResponse()
	at := map[string]int{}
	for i := range q.Topics {
		qt := &q.Topics[i]
		t := s.Topics.Topic([]byte(qt.Topic))
		for j := range qt.Partitions {
			qp := &qt.Partitions[j]
			n := times[partitionName{qt.Topic, qp.Partition}]
			if n == 0 {
				continue // a duplicate that was answered
			}
			times[partitionName{qt.Topic, qp.Partition}] = 0
			out := kmsg.NewListOffsetsResponseTopicPartition()
			out.Partition, out.Timestamp, out.Offset, out.LeaderEpoch = qp.Partition, -1, -1, -1
			switch {
			case badLevel:
				out.ErrorCode = kerr.UnknownServerError.Code // Kafka fails over the level
			case n > 1:
				out.ErrorCode = kerr.InvalidRequest.Code
			case !timestampServed(qp.Timestamp, q.Version):
				out.ErrorCode = kerr.UnsupportedVersion.Code
			default:
				o.LeaderEpoch = qp.CurrentLeaderEpoch
				listOffset(t, qp, o, q.Version, &out)
			}
			k, ok := at[qt.Topic]
			if !ok {
				k = len(resp.Topics)
				at[qt.Topic] = k
				rt := kmsg.NewListOffsetsResponseTopic()
				rt.Topic = qt.Topic
				resp.Topics = append(resp.Topics, rt)
			}
			resp.Topics[k].Partitions = append(resp.Topics[k].Partitions, out)
		}
	}
	return resp
}

// listOffset answers for one partition.
func listOffset(t *topic.Topic, qp *kmsg.ListOffsetsRequestTopicPartition, o topic.ListOptions, version int16, out *kmsg.ListOffsetsResponseTopicPartition) {
	part, err := t.Partition(qp.Partition)
	found := topic.NoOffset
	if err == nil {
		found, err = part.OffsetFor(qp.Timestamp, o)
	}
	if err != nil {
		if out.ErrorCode = codeOf(err); version < 5 && errors.Is(err, topic.ErrOffsetNotAvailable) {
			out.ErrorCode = kerr.LeaderNotAvailable.Code
		}
		return
	}
	out.Offset, out.Timestamp = found.Offset, found.Timestamp
	if version >= 4 {
		out.LeaderEpoch = found.LeaderEpoch
	}
}

// partitionName names a partition in a request.
type partitionName struct {
	topic string
	index int32
}

// listOffsetsTimes counts how often each partition is asked for.
func listOffsetsTimes(q *kmsg.ListOffsetsRequest) map[partitionName]int {
	times := make(map[partitionName]int)
	for i := range q.Topics {
		for j := range q.Topics[i].Partitions {
			times[partitionName{q.Topics[i].Topic, q.Topics[i].Partitions[j].Partition}]++
		}
	}
	return times
}

// timestampServed says that a version knows a special timestamp.
func timestampServed(ts int64, version int16) bool {
	switch ts {
	case topic.LatestTimestamp, topic.EarliestTimestamp:
		return true
	case topic.MaxTimestamp:
		return version >= 7
	case topic.EarliestLocalTimestamp:
		return version >= 8
	case topic.LatestTieredTimestamp:
		return version >= 9
	case topic.EarliestPendingUpload:
		return version >= 11
	}
	return ts >= 0
}

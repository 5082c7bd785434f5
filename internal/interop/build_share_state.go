package interop

import (
	"encoding/base64"
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// shareKey is the key of a share coordinator.
func shareKey(group string, topic [16]byte, partition int32) string {
	return fmt.Sprintf("%s:%s:%d", group, base64.RawURLEncoding.EncodeToString(topic[:]), partition)
}

func initShare(group string, topic [16]byte, partition, stateEpoch int32, start int64) *kmsg.InitializeShareGroupStateRequest {
	q := kmsg.NewPtrInitializeShareGroupStateRequest()
	q.GroupID = group
	t := kmsg.NewInitializeShareGroupStateRequestTopic()
	p := kmsg.NewInitializeShareGroupStateRequestTopicPartition()
	p.Partition, p.StateEpoch, p.StartOffset = partition, stateEpoch, start
	t.TopicID, t.Partitions = topic, append(t.Partitions, p)
	q.Topics = append(q.Topics, t)
	return q
}

func readShare(group string, topic [16]byte, partition, leaderEpoch int32) *kmsg.ReadShareGroupStateRequest {
	q := kmsg.NewPtrReadShareGroupStateRequest()
	q.GroupID = group
	t := kmsg.NewReadShareGroupStateRequestTopic()
	p := kmsg.NewReadShareGroupStateRequestTopicPartition()
	p.Partition, p.LeaderEpoch = partition, leaderEpoch
	t.TopicID, t.Partitions = topic, append(t.Partitions, p)
	q.Topics = append(q.Topics, t)
	return q
}

func summarizeShare(version int16, group string, topic [16]byte, partition int32) *kmsg.ReadShareGroupStateSummaryRequest {
	q := kmsg.NewPtrReadShareGroupStateSummaryRequest()
	q.Version, q.GroupID = version, group
	t := kmsg.NewReadShareGroupStateSummaryRequestTopic()
	p := kmsg.NewReadShareGroupStateSummaryRequestTopicPartition()
	p.Partition, p.LeaderEpoch = partition, -1
	t.TopicID, t.Partitions = topic, append(t.Partitions, p)
	q.Topics = append(q.Topics, t)
	return q
}

func deleteShare(group string, topic [16]byte, partition int32) *kmsg.DeleteShareGroupStateRequest {
	q := kmsg.NewPtrDeleteShareGroupStateRequest()
	q.GroupID = group
	t := kmsg.NewDeleteShareGroupStateRequestTopic()
	p := kmsg.NewDeleteShareGroupStateRequestTopicPartition()
	p.Partition = partition
	t.TopicID, t.Partitions = topic, append(t.Partitions, p)
	q.Topics = append(q.Topics, t)
	return q
}

// shareStates are the states of offsets: first, last, state, deliveries.
type shareStates [4]int64

func writeShare(version int16, group string, topic [16]byte, partition, leaderEpoch, stateEpoch int32, start int64, states ...shareStates) *kmsg.WriteShareGroupStateRequest {
	q := kmsg.NewPtrWriteShareGroupStateRequest()
	q.Version, q.GroupID = version, group
	t := kmsg.NewWriteShareGroupStateRequestTopic()
	p := kmsg.NewWriteShareGroupStateRequestTopicPartition()
	p.Partition, p.LeaderEpoch, p.StateEpoch, p.StartOffset, p.DeliveryCompleteCount = partition, leaderEpoch, stateEpoch, start, 2
	for _, s := range states {
		b := kmsg.NewWriteShareGroupStateRequestTopicPartitionStateBatch()
		b.FirstOffset, b.LastOffset, b.DeliveryState, b.DeliveryCount = s[0], s[1], int8(s[2]), int16(s[3])
		p.StateBatches = append(p.StateBatches, b)
	}
	t.TopicID, t.Partitions = topic, append(t.Partitions, p)
	q.Topics = append(q.Topics, t)
	return q
}

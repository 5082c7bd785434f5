package admin

import (
	"context"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The timestamps of a ListOffsets request that mean a place (Kafka's
// ListOffsetsRequest).
const (
	listStart int64 = -2
	listEnd   int64 = -1
)

// place is one answer of listOffsets.
type place struct {
	offset    int64 // -1 when no record is at or after the time
	timestamp int64 // of the record found by time, -1 otherwise
	err       *Error
}

// placeKey is a partition.
type placeKey struct {
	topic     string
	partition int32
}

// listOffsets asks for the same place in many partitions. A partition whose
// broker does not answer has an error of its own; when none does, that is the error.
func listOffsets(ctx context.Context, cl *kgo.Client, parts map[string][]int32, timestamp int64) (map[placeKey]place, error) {
	req := kmsg.NewPtrListOffsetsRequest()
	req.ReplicaID = -1
	for topic, numbers := range parts {
		t := kmsg.NewListOffsetsRequestTopic()
		t.Topic = topic
		for _, n := range numbers {
			p := kmsg.NewListOffsetsRequestTopicPartition()
			p.Partition, p.Timestamp = n, timestamp
			t.Partitions = append(t.Partitions, p)
		}
		req.Topics = append(req.Topics, t)
	}
	out := map[placeKey]place{}
	var failed error
	answers := 0
	for _, shard := range cl.RequestSharded(ctx, req) {
		if shard.Err != nil {
			failed = shard.Err
			asked, ok := shard.Req.(*kmsg.ListOffsetsRequest)
			for i := 0; ok && i < len(asked.Topics); i++ {
				for _, p := range asked.Topics[i].Partitions {
					out[placeKey{asked.Topics[i].Topic, p.Partition}] = place{offset: -1, timestamp: -1, err: itemError(shard.Err, "")}
				}
			}
			continue
		}
		answers++
		for _, t := range shard.Resp.(*kmsg.ListOffsetsResponse).Topics {
			for _, p := range t.Partitions {
				out[placeKey{t.Topic, p.Partition}] = place{p.Offset, p.Timestamp, codeError(p.ErrorCode, nil)}
			}
		}
	}
	if answers == 0 && failed != nil {
		return nil, failed
	}
	return out, nil
}

// partitionsOf returns the numbers of a topic's partitions: all, or those wanted,
// each with an error where the cluster has one.
func partitionsOf(d kadm.TopicDetail, wanted []int32) (have []int32, missing map[int32]*Error) {
	missing = map[int32]*Error{}
	if len(wanted) == 0 {
		return d.Partitions.Numbers(), missing
	}
	for _, n := range wanted {
		if _, ok := d.Partitions[n]; ok {
			have = append(have, n)
			continue
		}
		missing[n] = itemError(kerr.UnknownTopicOrPartition, fmt.Sprintf("there is no partition %d, the topic has %d", n, len(d.Partitions)))
	}
	slices.Sort(have)
	return slices.Compact(have), missing
}

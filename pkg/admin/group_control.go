package admin

import (
	"context"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Of a log's end that may hold no record: how many offsets are worth a look, how
// many bytes of each partition and of all, and how many groups at different
// offsets of one partition.
const (
	mostControl  = 1000
	controlBytes = 16 << 10
	controlAll   = 4 << 20
	mostRounds   = 8
)

// forgiveControl sets the lag to 0 where no record is left for the group. A
// client that commits the offset after the last record it got, and not its
// position, would otherwise be behind for ever by the marker that ends a
// transaction. What cannot be told, for lack of a right or of time, stays.
func forgiveControl(ctx context.Context, cl *kgo.Client, behind []*GroupPartition, details kadm.TopicDetails) {
	byLeader := map[int32][]*GroupPartition{}
	for _, p := range behind {
		if leader := details[p.Topic].Partitions[p.Number].Leader; *p.Lag <= mostControl && leader >= 0 {
			byLeader[leader] = append(byLeader[leader], p)
		}
	}
	decompress := kgo.DefaultDecompressor()
	for leader, list := range byLeader {
		for round := 0; len(list) > 0 && round < mostRounds; round++ {
			var now, later []*GroupPartition
			at := map[placeKey]int64{}
			for _, p := range list {
				k := placeKey{p.Topic, p.Number}
				if n, asked := at[k]; asked && n != p.next() { // another group, elsewhere in the partition
					later = append(later, p)
					continue
				}
				at[k] = p.next()
				now = append(now, p)
			}
			answers := fetchAt(ctx, cl, leader, at, details)
			for _, p := range now {
				if a := answers[placeKey{p.Topic, p.Number}]; a != nil && noRecord(p, a, decompress) {
					*p.Lag = 0
				}
			}
			list = later
		}
	}
}

// fetchAt fetches a little at an offset of each partition, without waiting.
func fetchAt(ctx context.Context, cl *kgo.Client, leader int32, at map[placeKey]int64, details kadm.TopicDetails) map[placeKey]*kmsg.FetchResponseTopicPartition {
	req := kmsg.NewPtrFetchRequest()
	req.MaxBytes, req.SessionEpoch, req.IsolationLevel = controlAll, -1, 1
	topics, names := map[string]int{}, map[[16]byte]string{}
	for k, offset := range at {
		n, ok := topics[k.topic]
		if !ok {
			t := kmsg.NewFetchRequestTopic()
			t.Topic, t.TopicID = k.topic, details[k.topic].ID
			names[t.TopicID] = k.topic
			n = len(req.Topics)
			topics[k.topic], req.Topics = n, append(req.Topics, t)
		}
		part := kmsg.NewFetchRequestTopicPartition()
		part.Partition, part.FetchOffset, part.PartitionMaxBytes = k.partition, offset, controlBytes
		req.Topics[n].Partitions = append(req.Topics[n].Partitions, part)
	}
	resp, err := req.RequestWith(ctx, cl.Broker(int(leader)))
	out := map[placeKey]*kmsg.FetchResponseTopicPartition{}
	if err != nil || kerr.ErrorForCode(resp.ErrorCode) != nil {
		return out
	}
	for i := range resp.Topics {
		t := &resp.Topics[i]
		name := t.Topic
		if name == "" {
			name = names[t.TopicID]
		}
		for j := range t.Partitions {
			if p := &t.Partitions[j]; p.ErrorCode == 0 {
				out[placeKey{name, p.Partition}] = p
			}
		}
	}
	return out
}

// noRecord tells that an answer reaches the end and holds no record for p.
func noRecord(p *GroupPartition, a *kmsg.FetchResponseTopicPartition, decompress kgo.Decompressor) bool {
	if a.LastStableOffset < *p.End {
		return false // what is not decided yet may become a record
	}
	got, next := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{
		Offset: p.next(), IsolationLevel: kgo.ReadCommitted(), Topic: p.Topic, Partition: p.Number,
	}, a, decompress, nil)
	return got.Err == nil && len(got.Records) == 0 && next >= *p.End
}

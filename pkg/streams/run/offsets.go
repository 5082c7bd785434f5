package run

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/streams/run/ask"
	"kq/pkg/streams/run/fetcher"
	"kq/pkg/streams/state"
	"kq/pkg/streams/task"
)

// committedOffsets reads a group's positions. Those that an open transaction
// may still change are waited for (KIP-447).
func committedOffsets(ctx context.Context, cl *kgo.Client, group string, parts []fetcher.Key) (map[fetcher.Key]task.Position, error) {
	req := kmsg.NewPtrOffsetFetchRequest()
	req.RequireStable = true
	g := kmsg.NewOffsetFetchRequestGroup()
	g.Group = group
	for topic, of := range ask.ByTopic(parts, topicOf) {
		t := kmsg.OffsetFetchRequestGroupTopic{Topic: topic}
		for _, p := range of {
			t.Partitions = append(t.Partitions, p.Partition)
		}
		g.Topics = append(g.Topics, t)
	}
	req.Groups = append(req.Groups, g)
	out := map[fetcher.Key]task.Position{}
	if len(parts) == 0 {
		return out, nil
	}
	err := ask.Again(ctx, func() error {
		clear(out)
		resp, err := req.RequestWith(ctx, cl)
		if err != nil {
			return err
		}
		for _, g := range resp.Groups {
			if err := kerr.ErrorForCode(g.ErrorCode); err != nil {
				return err
			}
			for _, t := range g.Topics {
				for _, p := range t.Partitions {
					if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
						return err
					}
					if p.Offset >= 0 {
						at := task.Position{Topic: t.Topic, Partition: p.Partition, Next: p.Offset, Time: -1}
						if p.Metadata != nil {
							at.SetMetadata(*p.Metadata)
						}
						out[fetcher.Key{Topic: t.Topic, Partition: p.Partition}] = at
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("fetch the offsets of group %s: %w", group, err)
	}
	return out, nil
}

func topicOf(k fetcher.Key) string { return k.Topic }

// The places of a log that listOffsets knows.
const (
	logStart = int64(-2)
	logEnd   = int64(-1)
)

// listOffsets asks for the start or the end of logs; committed ends before open transactions.
func listOffsets(ctx context.Context, cl *kgo.Client, place int64, committed bool, parts []fetcher.Key) (map[fetcher.Key]int64, error) {
	out := map[fetcher.Key]int64{}
	if len(parts) == 0 {
		return out, nil
	}
	req := kmsg.NewPtrListOffsetsRequest()
	req.ReplicaID = -1
	if committed {
		req.IsolationLevel = 1
	}
	for topic, of := range ask.ByTopic(parts, topicOf) {
		t := kmsg.NewListOffsetsRequestTopic()
		t.Topic = topic
		for _, p := range of {
			rp := kmsg.NewListOffsetsRequestTopicPartition()
			rp.Partition, rp.Timestamp = p.Partition, place
			t.Partitions = append(t.Partitions, rp)
		}
		req.Topics = append(req.Topics, t)
	}
	err := ask.Again(ctx, func() error {
		clear(out)
		resp, err := req.RequestWith(ctx, cl)
		if err != nil {
			return err
		}
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
					return err
				}
				out[fetcher.Key{Topic: t.Topic, Partition: p.Partition}] = p.Offset
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list offsets: %w", err)
	}
	return out, nil
}

// epochEnds asks where leader epochs end; a partition whose broker does not know is -1.
func epochEnds(ctx context.Context, cl *kgo.Client, epochs map[fetcher.Key]int32) (map[fetcher.Key]int64, error) {
	out := map[fetcher.Key]int64{}
	if len(epochs) == 0 {
		return out, nil
	}
	req := kmsg.NewPtrOffsetForLeaderEpochRequest()
	req.ReplicaID = -1
	for k, epoch := range epochs {
		p := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
		p.Partition, p.CurrentLeaderEpoch, p.LeaderEpoch = k.Partition, -1, epoch
		t := kmsg.NewOffsetForLeaderEpochRequestTopic()
		t.Topic, t.Partitions = k.Topic, append(t.Partitions, p)
		req.Topics = append(req.Topics, t) // a partition each: there are few
	}
	err := ask.Again(ctx, func() error {
		clear(out)
		resp, err := req.RequestWith(ctx, cl)
		if err != nil {
			return err
		}
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
					return err
				}
				out[fetcher.Key{Topic: t.Topic, Partition: p.Partition}] = p.EndOffset
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look up the ends of leader epochs: %w", err)
	}
	return out, nil
}

// changelogsNow asks what changelogs are now, and where the epochs end.
func changelogsNow(ctx context.Context, cl *kgo.Client, committed bool, parts []fetcher.Key, epochs map[fetcher.Key]int32) (map[fetcher.Key]state.Changelog, error) {
	starts, err := listOffsets(ctx, cl, logStart, false, parts)
	if err != nil {
		return nil, err
	}
	ends, err := listOffsets(ctx, cl, logEnd, committed, parts)
	if err != nil {
		return nil, err
	}
	ids, err := topicIDs(ctx, cl, parts)
	if err != nil {
		return nil, err
	}
	known, err := epochEnds(ctx, cl, epochs)
	if err != nil {
		return nil, err
	}
	out := map[fetcher.Key]state.Changelog{}
	for _, k := range parts {
		c := state.Changelog{TopicID: ids[k.Topic], Start: starts[k], End: ends[k], EpochEnd: -1}
		if end, ok := known[k]; ok {
			c.EpochEnd = end
		}
		out[k] = c
	}
	return out, nil
}

// topicIDs looks up the ids of topics.
func topicIDs(ctx context.Context, cl *kgo.Client, parts []fetcher.Key) (map[string][16]byte, error) {
	out := map[string][16]byte{}
	req := kmsg.NewPtrMetadataRequest()
	for _, p := range parts {
		if _, ok := out[p.Topic]; !ok {
			out[p.Topic] = [16]byte{}
			t := kmsg.NewMetadataRequestTopic()
			t.Topic = kmsg.StringPtr(p.Topic)
			req.Topics = append(req.Topics, t)
		}
	}
	if len(req.Topics) == 0 {
		return out, nil
	}
	err := ask.Again(ctx, func() error {
		resp, err := req.RequestWith(ctx, cl)
		if err != nil {
			return err
		}
		for _, t := range resp.Topics {
			if err := kerr.ErrorForCode(t.ErrorCode); err != nil {
				return err
			}
			if t.Topic != nil {
				out[*t.Topic] = t.TopicID
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look up topic ids: %w", err)
	}
	return out, nil
}

package transfer

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// commitOffsets makes the offsets of a group part of the transaction. The group
// has no members: the transactional id is what fences.
func (p *producer) commitOffsets(ctx context.Context, group string, topic *leaders, metadata string, at map[int32]int64) error {
	add := kmsg.NewPtrAddOffsetsToTxnRequest()
	add.TransactionalID, add.ProducerID, add.ProducerEpoch, add.Group = *p.name, p.state.id, p.state.epoch, group
	p.open = true // it may be, whatever the answer
	err := retry(ctx, p.patience, func() error {
		resp, err := add.RequestWith(ctx, p.cl)
		if err != nil {
			return err
		}
		return kerr.ErrorForCode(resp.ErrorCode)
	})
	if err != nil {
		return fmt.Errorf("add the offsets of group %q to the transaction: %w", group, err)
	}
	req := kmsg.NewPtrTxnOffsetCommitRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Group = *p.name, p.state.id, p.state.epoch, group
	req.Generation = -1
	t := kmsg.NewTxnOffsetCommitRequestTopic()
	t.Topic = topic.topic
	for partition, offset := range at {
		one := kmsg.NewTxnOffsetCommitRequestTopicPartition()
		one.Partition, one.Offset, one.LeaderEpoch, one.Metadata = partition, offset, -1, &metadata
		t.Partitions = append(t.Partitions, one)
	}
	req.Topics = append(req.Topics, t)
	return retryOn(ctx, topic, p.patience, func() error {
		resp, err := req.RequestWith(ctx, p.cl)
		if err != nil {
			return err
		}
		for _, t := range resp.Topics {
			for _, one := range t.Partitions {
				if err := kerr.ErrorForCode(one.ErrorCode); err != nil {
					return fmt.Errorf("commit the offset of %q partition %d: %w", t.Topic, one.Partition, err)
				}
			}
		}
		return nil
	})
}

// readAll gives the committed records of partition 0 of a topic, up to the end it
// has now. A transaction that is open below that end is waited for: a position
// may lie behind it that was committed before.
func readAll(ctx context.Context, topic *leaders, patience time.Duration, give func(*kgo.Record) error) error {
	unpack := kgo.DefaultDecompressor()
	end, moved := int64(-1), time.Now()
	for at := int64(0); end < 0 || at < end; {
		var p *kmsg.FetchResponseTopicPartition
		err := retryOn(ctx, topic, patience, func() (err error) {
			p, err = fetchOne(ctx, topic, at)
			return err
		})
		if err != nil {
			return fmt.Errorf("read topic %q: %w", topic.topic, err)
		}
		if end < 0 {
			end = p.HighWatermark
		}
		at = max(at, p.LogStartOffset)
		got, next := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{
			Offset: at, IsolationLevel: kgo.ReadCommitted(), Topic: topic.topic, Partition: 0,
		}, p, unpack, nil)
		if got.Err != nil {
			return fmt.Errorf("read topic %q at offset %d: %w", topic.topic, at, got.Err)
		}
		for _, r := range got.Records {
			if err := give(r); err != nil {
				return err
			}
		}
		switch {
		case next > at:
			at, moved = next, time.Now()
		case len(p.RecordBatches) == 0 && p.LastStableOffset >= end:
			at = end // compaction left nothing to the end
		case time.Since(moved) > patience:
			return fmt.Errorf("read topic %q: %w at offset %d", topic.topic, ErrOpen, p.LastStableOffset)
		case !rest(ctx, firstPause):
			return context.Cause(ctx)
		}
	}
	return nil
}

func fetchOne(ctx context.Context, topic *leaders, at int64) (*kmsg.FetchResponseTopicPartition, error) {
	req := kmsg.NewPtrFetchRequest()
	req.MaxBytes, req.SessionEpoch, req.MinBytes, req.IsolationLevel = mostFetch, -1, 0, 1
	t := kmsg.NewFetchRequestTopic()
	t.Topic, t.TopicID = topic.topic, topic.id
	one := kmsg.NewFetchRequestTopicPartition()
	one.FetchOffset, one.PartitionMaxBytes = at, mostFetch
	t.Partitions = append(t.Partitions, one)
	req.Topics = append(req.Topics, t)
	resp, err := req.RequestWith(ctx, topic.cl.Broker(int(topic.leader(0))))
	if err != nil {
		return nil, err
	}
	if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
		return nil, err
	}
	p := answer(resp, 0)
	if p == nil {
		return nil, kerr.UnknownTopicOrPartition
	}
	return p, kerr.ErrorForCode(p.ErrorCode)
}

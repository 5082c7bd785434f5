package consume

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// cursor is a place in a partition that is fetched from.
type cursor struct {
	p  *partition
	at int64
}

// fetch asks a broker for what lies at cursors, without waiting for more. It
// brings most bytes of each partition, and at least one batch of the first that
// has one. An answer is nil where the broker left its partition out.
func (r *reader) fetch(ctx context.Context, leader int32, cursors []*cursor, most, all int32) ([]*kmsg.FetchResponseTopicPartition, error) {
	req := kmsg.NewPtrFetchRequest()
	req.MaxBytes = all
	req.SessionEpoch = -1
	if !r.options.Uncommitted {
		req.IsolationLevel = 1
	}
	topics := map[string]int{} // where each is in req
	for _, c := range cursors {
		part := kmsg.NewFetchRequestTopicPartition()
		part.Partition, part.FetchOffset, part.PartitionMaxBytes = c.p.number, c.at, most
		n, ok := topics[c.p.topic]
		if !ok {
			topic := kmsg.NewFetchRequestTopic()
			topic.Topic, topic.TopicID = c.p.topic, c.p.id
			n = len(req.Topics)
			topics[c.p.topic], req.Topics = n, append(req.Topics, topic)
		}
		req.Topics[n].Partitions = append(req.Topics[n].Partitions, part)
	}
	resp, err := req.RequestWith(ctx, r.client.Broker(int(leader)))
	if err != nil {
		return nil, err
	}
	if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
		return nil, err
	}
	answers := make([]*kmsg.FetchResponseTopicPartition, len(cursors))
	for i, c := range cursors {
		answers[i] = answerFor(c.p, resp)
	}
	return answers, nil
}

// answerFor finds what a broker answered for p: by its topic's name or, in later
// versions, id.
func answerFor(p *partition, resp *kmsg.FetchResponse) *kmsg.FetchResponseTopicPartition {
	for i := range resp.Topics {
		t := &resp.Topics[i]
		if t.Topic != p.topic && (t.Topic != "" || t.TopicID != p.id) {
			continue
		}
		for j := range t.Partitions {
			if t.Partitions[j].Partition == p.number {
				return &t.Partitions[j]
			}
		}
	}
	return nil
}

// fetchOne asks the leader of p for what lies at an offset.
func (r *reader) fetchOne(ctx context.Context, p *partition, offset int64) (*kmsg.FetchResponseTopicPartition, error) {
	answers, err := r.fetch(ctx, p.leader, []*cursor{{p, offset}}, 1<<20, 1<<20)
	if err != nil {
		return nil, err
	}
	if answers[0] == nil {
		return nil, fmt.Errorf("fetch %s partition %d: the broker's answer leaves it out", p.topic, p.number)
	}
	return answers[0], nil
}

// readable is the end of what an answer says there is to read.
func (r *reader) readable(resp *kmsg.FetchResponseTopicPartition) int64 {
	if r.options.Uncommitted {
		return resp.HighWatermark
	}
	return resp.LastStableOffset
}

// decode takes the records from an answer that begins at offset, and returns the
// offset that comes after what it holds.
func (r *reader) decode(p *partition, offset int64, resp *kmsg.FetchResponseTopicPartition) (kgo.FetchPartition, int64) {
	return kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{
		Offset:         offset,
		IsolationLevel: r.options.isolation(),
		Topic:          p.topic,
		Partition:      p.number,
		Pools:          []kgo.Pool{&r.pool},
	}, resp, r.decompress, nil)
}

// recycle gives the memory of records back.
func recycle(records []*kgo.Record) {
	for _, rec := range records {
		rec.Recycle()
	}
}

// nextOffset is the offset after the last whole batch of what a broker sent, at
// when there is none. Nothing is decoded.
func nextOffset(batches []byte, at int64) int64 {
	const (
		overhead    = 12 // of a batch: base offset and length
		magicAt     = 16
		lastDeltaAt = 23
	)
	for len(batches) > magicAt {
		size := int64(int32(binary.BigEndian.Uint32(batches[8:]))) + overhead
		if size < overhead || size > int64(len(batches)) {
			break
		}
		last := int64(binary.BigEndian.Uint64(batches))
		if batches[magicAt] >= 2 && size >= lastDeltaAt+4 {
			last += int64(int32(binary.BigEndian.Uint32(batches[lastDeltaAt:])))
		}
		at = max(at, last+1)
		batches = batches[size:]
	}
	return at
}

package api

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// handleDescribeTopicPartitions answers DescribeTopicPartitions 0: topics by
// name, in pages of so many partitions (KIP-966).
func handleDescribeTopicPartitions(s *Service, r *Request, q *kmsg.DescribeTopicPartitionsRequest) kmsg.Response {
	names := make([]string, 0, len(q.Topics))
	for _, t := range q.Topics {
		names = append(names, t.Topic)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	all := len(names) == 0
	if c := q.Cursor; c != nil && (c.Partition < 0 || !all && !slices.Contains(names, c.Topic)) {
		return describeTopicsError(q, kerr.InvalidRequest.Code)
	}
	limit := min(s.brokerNumber("max.request.partition.size.limit"), int(q.ResponsePartitionLimit))
	d := &topicPages{img: s.Image(), conn: r.Conn, cursor: q.Cursor, left: max(1, limit), resp: kmsg.NewPtrDescribeTopicPartitionsResponse()}
	start := ""
	if q.Cursor != nil {
		start = q.Cursor.Topic
	}
	if all {
		d.img.TopicsFrom(start, func(t *meta.Topic) bool { return d.topic(t.Name, t) })
		return d.resp
	}
	for _, name := range names {
		if name >= start && !d.topic(name, d.img.Topic(name)) {
			break
		}
	}
	return d.resp
}

func describeTopicsError(q *kmsg.DescribeTopicPartitionsRequest, code int16) kmsg.Response {
	resp := kmsg.NewPtrDescribeTopicPartitionsResponse()
	for i := range q.Topics {
		e := kmsg.NewDescribeTopicPartitionsResponseTopic()
		e.Topic, e.ErrorCode = &q.Topics[i].Topic, code
		resp.Topics = append(resp.Topics, e)
	}
	return resp
}

// topicPages fills one page.
type topicPages struct {
	img    *meta.Image
	conn   *Conn
	cursor *kmsg.DescribeTopicPartitionsRequestCursor
	left   int // partitions that may still be told
	resp   *kmsg.DescribeTopicPartitionsResponse
}

// topic adds a topic, or what the page has room for; t is nil for one that does
// not exist. more is false when the page ends.
func (d *topicPages) topic(name string, t *meta.Topic) (more bool) {
	if d.left == 0 {
		d.next(name, 0)
		return false
	}
	e := kmsg.NewDescribeTopicPartitionsResponseTopic()
	e.Topic, e.AuthorizedOperations = &name, topicOperations
	if t == nil {
		e.ErrorCode, e.IsInternal = unknownTopicCode(name), meta.InternalTopic(name)
		d.resp.Topics = append(d.resp.Topics, e)
		return true
	}
	e.TopicID, e.IsInternal = t.ID, t.Internal
	from := 0
	if d.cursor != nil && d.cursor.Topic == name {
		from = min(int(d.cursor.Partition), len(t.Partitions))
	}
	to := min(from+d.left, len(t.Partitions))
	d.left -= to - from
	for i := from; i < to; i++ {
		e.Partitions = append(e.Partitions, d.partition(int32(i), &t.Partitions[i]))
	}
	d.resp.Topics = append(d.resp.Topics, e)
	if to < len(t.Partitions) {
		d.next(name, int32(to))
		return false
	}
	return true
}

// next says where the next page begins.
func (d *topicPages) next(topic string, partition int32) {
	c := kmsg.NewDescribeTopicPartitionsResponseNextCursor()
	c.Topic, c.Partition = topic, partition
	d.resp.NextCursor = &c
}

func (d *topicPages) partition(id int32, p *meta.Partition) kmsg.DescribeTopicPartitionsResponseTopicPartition {
	e := kmsg.NewDescribeTopicPartitionsResponseTopicPartition()
	e.Partition, e.LeaderEpoch, e.Replicas, e.ISR = id, p.LeaderEpoch, p.Replicas, p.ISR
	e.EligibleLeaderReplicas, e.LastKnownELR = append([]int32{}, p.ELR...), append([]int32{}, p.LastKnownELR...)
	e.OfflineReplicas = d.img.OfflineReplicas(p)
	e.LeaderID, e.ErrorCode = leader(d.img, d.conn, p, true)
	return e
}

package group

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/share"
)

// DescribeShareGroupOffsets tells where share groups are in their partitions. A group
// that nobody knows is nowhere; that is no error.
func (c *Coordinator) DescribeShareGroupOffsets(q *kmsg.DescribeShareGroupOffsetsRequest, reply func(*kmsg.DescribeShareGroupOffsetsResponse)) {
	resp := kmsg.NewPtrDescribeShareGroupOffsetsResponse()
	resp.Groups = make([]kmsg.DescribeShareGroupOffsetsResponseGroup, len(q.Groups))
	wait := newCountdown(len(q.Groups), func() { reply(resp) })
	for i := range q.Groups {
		c.describeShareOffsets(&q.Groups[i], &resp.Groups[i], wait.done)
	}
	wait.done()
}

func (c *Coordinator) describeShareOffsets(q *kmsg.DescribeShareGroupOffsetsRequestGroup, into *kmsg.DescribeShareGroupOffsetsResponseGroup, done func()) {
	into.GroupID = q.GroupID
	ask := kmsg.NewPtrReadShareGroupStateSummaryRequest()
	ask.GroupID, ask.Version = q.GroupID, 1
	add := func(id assign.TopicID, partitions []int32) {
		t := kmsg.NewReadShareGroupStateSummaryRequestTopic()
		t.TopicID = id
		for _, p := range partitions {
			tp := kmsg.NewReadShareGroupStateSummaryRequestTopicPartition()
			tp.Partition = p
			t.Partitions = append(t.Partitions, tp)
		}
		ask.Topics = append(ask.Topics, t)
	}
	topics := imageTopics{c.o.Image()}
	var unknown []kmsg.DescribeShareGroupOffsetsResponseGroupTopic
	switch {
	case !c.speaksShare():
		into.ErrorCode = kerr.UnsupportedVersion.Code
	case q.Topics == nil:
		partitions, err := c.sharePartitions(q.GroupID)
		if err != nil {
			text := err.Description
			into.ErrorCode, into.ErrorMessage = err.Code, &text
		}
		for _, id := range partitions.Topics() {
			if topics.TopicName(id) != "" {
				add(id, partitions[id])
			}
		}
	default:
		for i := range q.Topics {
			t := &q.Topics[i]
			if id, _, ok := topics.Topic(t.Topic); ok {
				add(id, t.Partitions)
				continue
			}
			unknown = append(unknown, nowhere(t))
		}
	}
	if len(ask.Topics) == 0 {
		into.Topics = unknown
		done()
		return
	}
	c.o.Share.ReadShareGroupStateSummary(ask, func(r *kmsg.ReadShareGroupStateSummaryResponse) {
		for i := range r.Topics {
			into.Topics = append(into.Topics, c.shareOffsets(topics, &r.Topics[i]))
		}
		into.Topics = append(into.Topics, unknown...)
		done()
	})
}

// sharePartitions are the partitions of a group that have a state.
func (c *Coordinator) sharePartitions(id string) (assign.Assignment, *kerr.Error) {
	var out assign.Assignment
	err, _ := c.shareTurn(id, func(_ *turn, g *share.Group) { out = g.Partitions() })
	if err == kerr.GroupIDNotFound {
		err = nil
	}
	return out, err
}

// nowhere answers for a topic that is not there.
func nowhere(q *kmsg.DescribeShareGroupOffsetsRequestGroupTopic) kmsg.DescribeShareGroupOffsetsResponseGroupTopic {
	t := kmsg.NewDescribeShareGroupOffsetsResponseGroupTopic()
	t.Topic = q.Topic
	for _, p := range q.Partitions {
		tp := kmsg.NewDescribeShareGroupOffsetsResponseGroupTopicPartition()
		tp.Partition, tp.StartOffset = p, -1
		t.Partitions = append(t.Partitions, tp)
	}
	return t
}

// shareOffsets answers for a topic: the lag are the records behind the start offset
// that are not done with.
func (c *Coordinator) shareOffsets(topics assign.Topics, r *kmsg.ReadShareGroupStateSummaryResponseTopic) kmsg.DescribeShareGroupOffsetsResponseGroupTopic {
	t := kmsg.NewDescribeShareGroupOffsetsResponseGroupTopic()
	t.TopicID, t.Topic = r.TopicID, topics.TopicName(r.TopicID)
	for _, p := range r.Partitions {
		tp := kmsg.NewDescribeShareGroupOffsetsResponseGroupTopicPartition()
		tp.Partition = p.Partition
		switch {
		case p.ErrorCode != 0:
			tp.StartOffset = -1
		case p.StartOffset == -1 || p.DeliveryCompleteCount == -1:
			tp.StartOffset, tp.LeaderEpoch = p.StartOffset, p.LeaderEpoch
		default:
			end, err := c.o.EndOffset(t.Topic, p.Partition)
			if err != nil {
				text := err.Description
				tp.ErrorCode, tp.ErrorMessage = err.Code, &text
				break
			}
			tp.StartOffset, tp.LeaderEpoch = p.StartOffset, p.LeaderEpoch
			tp.Lag = end - p.StartOffset - int64(p.DeliveryCompleteCount)
		}
		t.Partitions = append(t.Partitions, tp)
	}
	slices.SortFunc(t.Partitions, func(a, b kmsg.DescribeShareGroupOffsetsResponseGroupTopicPartition) int {
		return int(a.Partition - b.Partition)
	})
	return t
}

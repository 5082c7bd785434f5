package interop

import (
	"github.com/twmb/franz-go/pkg/kmsg"
)

// consumerJoin builds the first ConsumerGroupHeartbeat of a member that
// subscribes to topics and may take a minute over a rebalance.
func consumerJoin(version int16, group, member string, topics ...string) *kmsg.ConsumerGroupHeartbeatRequest {
	req := consumerBeat(version, group, member, 0)
	req.RebalanceTimeoutMillis, req.SubscribedTopicNames = 60000, topics
	if topics == nil {
		req.SubscribedTopicNames = []string{}
	}
	req.Topics = []kmsg.ConsumerGroupHeartbeatRequestTopic{}
	return req
}

// consumerBeat builds a ConsumerGroupHeartbeat in which nothing is new.
func consumerBeat(version int16, group, member string, epoch int32) *kmsg.ConsumerGroupHeartbeatRequest {
	req := kmsg.NewPtrConsumerGroupHeartbeatRequest()
	req.Version, req.Group, req.MemberID, req.MemberEpoch, req.RebalanceTimeoutMillis = version, group, member, epoch, -1
	return req
}

// owns sets the partitions of one topic that a heartbeat says the member owns; none at all without.
func owns(req *kmsg.ConsumerGroupHeartbeatRequest, topic [16]byte, partitions ...int32) *kmsg.ConsumerGroupHeartbeatRequest {
	req.Topics = []kmsg.ConsumerGroupHeartbeatRequestTopic{}
	if len(partitions) > 0 {
		t := kmsg.NewConsumerGroupHeartbeatRequestTopic()
		t.TopicID, t.Partitions = topic, partitions
		req.Topics = append(req.Topics, t)
	}
	return req
}

func consumerDescribe(version int16, groups ...string) *kmsg.ConsumerGroupDescribeRequest {
	req := kmsg.NewPtrConsumerGroupDescribeRequest()
	req.Version, req.Groups = version, groups
	return req
}

// Consumer is a member of a consumer group that does what it is told: it owns
// what it was last assigned.
type Consumer struct {
	*Session
	Group, ID string
	Epoch     int32
	Owned     []kmsg.ConsumerGroupHeartbeatRequestTopic
}

// NewConsumer joins group, unrecorded, and takes what it is assigned.
func (s *Session) NewConsumer(group, id string, topics ...string) *Consumer {
	s.TB.Helper()
	c := &Consumer{Session: s, Group: group, ID: id}
	c.take(s.Do(consumerJoin(1, group, id, topics...)))
	return c
}

// take follows an answer.
func (c *Consumer) take(resp kmsg.Response) {
	r := resp.(*kmsg.ConsumerGroupHeartbeatResponse)
	if r.ErrorCode != 0 {
		c.TB.Fatalf("heartbeat %s: error %d %s", c.Group, r.ErrorCode, deref(r.ErrorMessage))
	}
	c.Epoch = r.MemberEpoch
	if r.Assignment == nil {
		return
	}
	c.Owned = []kmsg.ConsumerGroupHeartbeatRequestTopic{}
	for _, t := range r.Assignment.Topics {
		o := kmsg.NewConsumerGroupHeartbeatRequestTopic()
		o.TopicID, o.Partitions = t.TopicID, t.Partitions
		c.Owned = append(c.Owned, o)
	}
}

// beat is a heartbeat that names what the member owns.
func (c *Consumer) beat() *kmsg.ConsumerGroupHeartbeatRequest {
	req := consumerBeat(1, c.Group, c.ID, c.Epoch)
	req.Topics = c.Owned
	return req
}

// Beat sends a heartbeat, recorded, and follows the answer.
func (c *Consumer) Beat() {
	c.TB.Helper()
	c.take(c.Send(c.beat()))
}

// Settle lets members beat, unrecorded, until the group is stable with so many.
func (s *Session) Settle(group string, members ...*Consumer) {
	s.TB.Helper()
	s.Until(consumerDescribe(1, group), func(r kmsg.Response) bool {
		for _, c := range members {
			c.take(s.Do(c.beat()))
		}
		g := r.(*kmsg.ConsumerGroupDescribeResponse).Groups[0]
		return g.State == "Stable" && len(g.Members) == len(members)
	})
}

// ConsumerState waits until a consumer group is in state.
func (s *Session) ConsumerState(group, state string) {
	s.TB.Helper()
	s.Until(consumerDescribe(1, group), func(r kmsg.Response) bool {
		return r.(*kmsg.ConsumerGroupDescribeResponse).Groups[0].State == state
	})
}

package admin

import (
	"cmp"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// GroupMember is a member of a group.
type GroupMember struct {
	ID           string            `json:"member"`
	Instance     *string           `json:"instance"` // of a static member (group.instance.id), else null
	Client       string            `json:"client"`   // client.id
	Host         string            `json:"host"`     // as the broker writes it, /127.0.0.1
	Rack         *string           `json:"rack"`
	Protocol     string            `json:"protocol"`     // classic or consumer: what it speaks, whatever the group
	Epoch        *int32            `json:"epoch"`        // null in classic groups
	Subscription []string          `json:"subscription"` // topics
	Regex        *string           `json:"regex"`        // of topics, which the group resolves (KIP-848)
	Assignment   []TopicPartitions `json:"assignment"`
	Target       []TopicPartitions `json:"target"` // what it is to have in the end; the assignment, in classic groups

	// What a member of the classic protocol sent and got, as it stands; nil for others.
	RawSubscription []byte `json:"-"`
	RawAssignment   []byte `json:"-"`
}

// Partitions is how many it has.
func (m *GroupMember) Partitions() int {
	n := 0
	for _, t := range m.Assignment {
		n += len(t.Partitions)
	}
	return n
}

// classicMember decodes what a member of the classic protocol has told the group,
// as far as it is a consumer and not, say, a worker of Kafka Connect.
func classicMember(m *kmsg.DescribeGroupsResponseGroupMember, protocolType string) GroupMember {
	out := GroupMember{
		ID: m.MemberID, Instance: m.InstanceID, Client: m.ClientID, Host: m.ClientHost, Protocol: ClassicGroup,
		Subscription: []string{}, Assignment: []TopicPartitions{}, Target: []TopicPartitions{},
	}
	if protocolType != "consumer" {
		return out
	}
	out.RawSubscription, out.RawAssignment = m.ProtocolMetadata, m.MemberAssignment
	// What cannot be decoded is a client's own affair: it is shown without.
	var subscription kmsg.ConsumerMemberMetadata
	if subscription.ReadFrom(m.ProtocolMetadata) == nil {
		out.Subscription = append(out.Subscription, subscription.Topics...)
		slices.Sort(out.Subscription)
	}
	var assignment kmsg.ConsumerMemberAssignment
	if assignment.ReadFrom(m.MemberAssignment) == nil {
		set := map[placeKey]bool{}
		for _, t := range assignment.Topics {
			for _, p := range t.Partitions {
				set[placeKey{t.Topic, p}] = true
			}
		}
		out.Assignment = topicPartitions(set)
		out.Target = out.Assignment
	}
	return out
}

// consumerMember is a member of a group of KIP-848, which may still speak the
// classic protocol (MemberType 0, from version 1 on).
func consumerMember(m *kmsg.ConsumerGroupDescribeResponseGroupMember) GroupMember {
	out := GroupMember{
		ID: m.MemberID, Instance: m.InstanceID, Client: m.ClientID, Host: m.ClientHost, Rack: m.RackID, Protocol: ConsumerGroup,
		Epoch: &m.MemberEpoch, Subscription: append([]string{}, m.SubscribedTopics...),
		Assignment: assigned(m.Assignment.TopicPartitions), Target: assigned(m.TargetAssignment.TopicPartitions),
	}
	if m.SubscribedTopicRegex != nil && *m.SubscribedTopicRegex != "" {
		out.Regex = m.SubscribedTopicRegex
	}
	if m.MemberType == 0 {
		out.Protocol = ClassicGroup
	}
	slices.Sort(out.Subscription)
	return out
}

func assigned(list []kmsg.AssignmentTopicPartition) []TopicPartitions {
	set := map[placeKey]bool{}
	for _, t := range list {
		for _, p := range t.Partitions {
			set[placeKey{t.Topic, p}] = true
		}
	}
	return topicPartitions(set)
}

func shareMember(m *kmsg.ShareGroupDescribeResponseGroupMember) GroupMember {
	out := GroupMember{
		ID: m.MemberID, Client: m.ClientID, Host: m.ClientHost, Rack: m.RackID, Protocol: ShareGroup,
		Epoch: &m.MemberEpoch, Subscription: append([]string{}, m.SubscribedTopicNames...),
	}
	set := map[placeKey]bool{}
	for _, t := range m.Assignment.TopicPartitions {
		for _, p := range t.Partitions {
			set[placeKey{t.Topic, p}] = true
		}
	}
	out.Assignment = topicPartitions(set)
	out.Target = out.Assignment
	slices.Sort(out.Subscription)
	return out
}

// streamsMember leaves tasks out: they are of subtopologies, not of topics.
func streamsMember(m *kmsg.StreamsGroupDescribeResponseGroupMember) GroupMember {
	return GroupMember{
		ID: m.MemberID, Instance: m.InstanceID, Client: m.ClientID, Host: m.ClientHost, Rack: m.RackID, Protocol: StreamsGroup,
		Epoch: &m.MemberEpoch, Subscription: []string{}, Assignment: []TopicPartitions{}, Target: []TopicPartitions{},
	}
}

func sortMembers(members []GroupMember) {
	slices.SortFunc(members, func(a, b GroupMember) int {
		return cmp.Or(cmp.Compare(a.Client, b.Client), cmp.Compare(a.ID, b.ID))
	})
}

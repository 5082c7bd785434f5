package share

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/assign"
)

// Describe is the group as ShareGroupDescribe tells it.
func (g *Group) Describe() kmsg.ShareGroupDescribeResponseGroup {
	d := kmsg.NewShareGroupDescribeResponseGroup()
	d.GroupID, d.GroupState, d.GroupEpoch, d.AssignmentEpoch, d.Assignor = g.id, g.State(), g.epoch, g.assignmentEpoch, Simple
	topics := g.topics()
	for _, id := range g.memberIDs() {
		m := g.members[id]
		dm := kmsg.NewShareGroupDescribeResponseGroupMember()
		dm.MemberID, dm.RackID, dm.MemberEpoch, dm.ClientID, dm.ClientHost = m.id, optional(m.rack), m.epoch, m.clientID, m.host
		dm.SubscribedTopicNames = slices.Clone(m.topics)
		assign.HashSetOrder(dm.SubscribedTopicNames, len(m.topics), assign.HashString)
		for _, t := range inOrder(m.assigned) {
			name := topics.TopicName(t)
			if name == "" {
				continue
			}
			tp := kmsg.NewShareGroupDescribeResponseGroupMemberAssignmentTopicPartition()
			tp.TopicID, tp.Topic, tp.Partitions = t, name, m.assigned[t]
			dm.Assignment.TopicPartitions = append(dm.Assignment.TopicPartitions, tp)
		}
		d.Members = append(d.Members, dm)
	}
	return d
}

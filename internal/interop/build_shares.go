package interop

import (
	"github.com/twmb/franz-go/pkg/kmsg"
)

// shareBeat builds a ShareGroupHeartbeat; without topics nothing is new.
func shareBeat(group, member string, epoch int32, topics ...string) *kmsg.ShareGroupHeartbeatRequest {
	req := kmsg.NewPtrShareGroupHeartbeatRequest()
	req.Version, req.GroupID, req.MemberID, req.MemberEpoch, req.SubscribedTopicNames = 1, group, member, epoch, topics
	return req
}

func shareDescribe(groups ...string) *kmsg.ShareGroupDescribeRequest {
	req := kmsg.NewPtrShareGroupDescribeRequest()
	req.Version, req.GroupIDs = 1, groups
	return req
}

// shareOffsets asks where a group is in partitions of a topic, everywhere when topic
// is "".
func shareOffsets(version int16, group, topic string, partitions ...int32) *kmsg.DescribeShareGroupOffsetsRequest {
	req := kmsg.NewPtrDescribeShareGroupOffsetsRequest()
	req.Version = version
	g := kmsg.NewDescribeShareGroupOffsetsRequestGroup()
	g.GroupID = group
	if topic != "" {
		t := kmsg.NewDescribeShareGroupOffsetsRequestGroupTopic()
		t.Topic, t.Partitions = topic, partitions
		g.Topics = append(g.Topics, t)
	}
	req.Groups = append(req.Groups, g)
	return req
}

// alterShareOffsets sets partitions of a topic to one offset.
func alterShareOffsets(group, topic string, offset int64, partitions ...int32) *kmsg.AlterShareGroupOffsetsRequest {
	req := kmsg.NewPtrAlterShareGroupOffsetsRequest()
	req.GroupID = group
	t := kmsg.NewAlterShareGroupOffsetsRequestTopic()
	t.Topic = topic
	for _, n := range partitions {
		p := kmsg.NewAlterShareGroupOffsetsRequestTopicPartition()
		p.Partition, p.StartOffset = n, offset
		t.Partitions = append(t.Partitions, p)
	}
	req.Topics = append(req.Topics, t)
	return req
}

func deleteShareOffsets(group string, topics ...string) *kmsg.DeleteShareGroupOffsetsRequest {
	req := kmsg.NewPtrDeleteShareGroupOffsetsRequest()
	req.GroupID = group
	for _, name := range topics {
		t := kmsg.NewDeleteShareGroupOffsetsRequestTopic()
		t.Topic = name
		req.Topics = append(req.Topics, t)
	}
	return req
}

// Sharing joins a share group, unrecorded, and waits until the member has been given
// n partitions. It returns the member's epoch.
func (s *Session) Sharing(group, member string, n int, topics ...string) int32 {
	s.TB.Helper()
	epoch := s.Do(shareBeat(group, member, 0, topics...)).(*kmsg.ShareGroupHeartbeatResponse).MemberEpoch
	return s.Shared(group, member, epoch, n)
}

// Shared sends heartbeats, unrecorded, until the member has been given n partitions.
func (s *Session) Shared(group, member string, epoch int32, n int) int32 {
	s.TB.Helper()
	req := shareBeat(group, member, epoch)
	s.Until(req, func(resp kmsg.Response) bool {
		r := resp.(*kmsg.ShareGroupHeartbeatResponse)
		if r.ErrorCode != 0 {
			s.TB.Fatalf("share heartbeat %s: error %d %s", group, r.ErrorCode, deref(r.ErrorMessage))
		}
		req.MemberEpoch = r.MemberEpoch
		have := 0
		if r.Assignment != nil {
			for _, t := range r.Assignment.TopicPartitions {
				have += len(t.Partitions)
			}
		}
		return have == n
	})
	return req.MemberEpoch
}

// ShareState waits until a share group is in a state.
func (s *Session) ShareState(group, state string) {
	s.TB.Helper()
	s.Until(shareDescribe(group), func(r kmsg.Response) bool { return r.(*kmsg.ShareGroupDescribeResponse).Groups[0].GroupState == state })
}

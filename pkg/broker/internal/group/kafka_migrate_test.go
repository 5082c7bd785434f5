package group_test

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// join is a JoinGroup of a cooperative consumer that has some partitions of t.
func (s *script) join(member string, has ...int32) *kmsg.JoinGroupResponse {
	sub := kmsg.ConsumerMemberMetadata{Version: 3, Topics: []string{"t"}, Generation: -1}
	if len(has) > 0 {
		sub.OwnedPartitions = []kmsg.ConsumerMemberMetadataOwnedPartition{{Topic: "t", Partitions: has}}
	}
	q := kmsg.NewPtrJoinGroupRequest()
	q.Group, q.MemberID, q.ProtocolType, q.SessionTimeoutMillis, q.RebalanceTimeoutMillis = s.group, member, "consumer", 30_000, 60_000
	q.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: "cooperative-sticky", Metadata: sub.AppendTo(nil)}}
	return s.ask(fmt.Sprintf("%s joins with %v", s.plain(member), has), q).(*kmsg.JoinGroupResponse)
}

// sync is a SyncGroup; the leader gives itself some partitions.
func (s *script) sync(member string, generation int32, gives ...int32) *kmsg.SyncGroupResponse {
	q := kmsg.NewPtrSyncGroupRequest()
	protocol, kind := "cooperative-sticky", "consumer"
	q.Group, q.MemberID, q.Generation, q.Protocol, q.ProtocolType = s.group, member, generation, &protocol, &kind
	if len(gives) > 0 {
		a := kmsg.ConsumerMemberAssignment{Version: 3, Topics: []kmsg.ConsumerMemberAssignmentTopic{{Topic: "t", Partitions: gives}}}
		q.GroupAssignment = []kmsg.SyncGroupRequestGroupAssignment{{MemberID: member, MemberAssignment: a.AppendTo(nil)}}
	}
	return s.ask(fmt.Sprintf("%s syncs with generation %d", s.plain(member), generation), q).(*kmsg.SyncGroupResponse)
}

func (s *script) heartbeat(member string, generation int32) {
	q := kmsg.NewPtrHeartbeatRequest()
	q.Group, q.MemberID, q.Generation = s.group, member, generation
	s.ask(fmt.Sprintf("%s heartbeats with generation %d", s.plain(member), generation), q)
}

func (s *script) leave(member string) {
	q := kmsg.NewPtrLeaveGroupRequest()
	q.Group = s.group
	q.Members = []kmsg.LeaveGroupRequestMember{{MemberID: member}}
	s.ask(s.plain(member)+" leaves", q)
}

// upgrade takes a classic group to the consumer protocol and back.
func (s *script) upgrade() {
	s.begin("upgrade")
	id := s.join("").MemberID
	s.join(id)
	s.sync(id, 1, 0, 1, 2)
	s.describe()
	s.beat("n", 5, nil)
	s.beat("n", -1, nil)
	s.beat("n", 0, joins("t"))
	s.describe()
	s.heartbeat(id, 1)
	s.sync(id, 1)
	s.join(id, 0, 1, 2)
	s.sync(id, 1)
	s.heartbeat(id, 1)
	s.join(id, 0, 1)
	s.join(id, 0)
	s.sync(id, 2)
	s.heartbeat(id, 2)
	s.commit(id, 2, "t", 0, true)
	s.commit(id, 7, "t", 0, true)
	s.beat("n", 2, nil)
	s.describe()
	s.heartbeat("n", 2)
	s.sync("n", 2)
	s.heartbeat("x", 2)
	s.heartbeat(id, 9)
	d := kmsg.NewPtrDescribeGroupsRequest()
	d.Groups = []string{s.group}
	s.ask("describe as classic", d)
	s.beat("n", -1, nil) // down
	s.describe()
	s.heartbeat(id, 2)
	r := s.join(id, 0)
	s.sync(id, r.Generation, 0, 1, 2)
	s.leave(id)
}

// classicFirst has classic members join a consumer group.
func (s *script) classicFirst() {
	s.begin("classic-joins")
	s.beat("n", 0, joins("t"))
	id := s.join("").MemberID
	s.join(id)
	s.sync(id, 3)
	s.heartbeat(id, 3)
	s.beat("n", 2, nil)
	s.beat("n", 2, s.owns("t", 0))
	s.heartbeat(id, 3)
	s.join(id)
	s.sync(id, 3)
	s.describe()
	s.leave("x")
	s.leave(id)
	s.leave("n")
	s.describe()
	id = s.join("").MemberID // the empty group becomes a classic one
	s.join(id)
	s.sync(id, 1, 0)
	s.describe()
	s.leave(id)
	s.beat("n", 0, joins("t")) // and a consumer group again
	s.beat("n", -1, nil)
}

package group_test

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// joinWith is a JoinGroup that is changed before it is sent.
func (s *script) joinWith(what, member string, change func(q *kmsg.JoinGroupRequest)) *kmsg.JoinGroupResponse {
	sub := kmsg.ConsumerMemberMetadata{Version: 3, Topics: []string{"t"}, Generation: -1}
	q := kmsg.NewPtrJoinGroupRequest()
	q.Group, q.MemberID, q.ProtocolType, q.SessionTimeoutMillis, q.RebalanceTimeoutMillis = s.group, member, "consumer", 30_000, 60_000
	q.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: "cooperative-sticky", Metadata: sub.AppendTo(nil)}}
	change(q)
	return s.ask(fmt.Sprintf("%s joins %s", s.plain(member), what), q).(*kmsg.JoinGroupResponse)
}

func withInstance(instance string) func(q *kmsg.JoinGroupRequest) {
	return func(q *kmsg.JoinGroupRequest) { q.InstanceID = &instance }
}

// staticDowngrade has classic members take the places of static members of the
// consumer protocol, the last of which makes the group a classic one.
func (s *script) staticDowngrade() {
	s.begin("static-downgrade")
	s.beat("a", 0, as("i", joins("t")))
	s.beat("b", 0, as("j", joins("t")))
	s.beat("a", 2, as("i", s.owns("t")))
	s.beat("b", 3, as("j", nil))
	x := s.joinWith("as i", "", withInstance("i"))
	s.joinWith("as i under another id", "other", withInstance("i"))
	s.joinWith("as i again", x.MemberID, withInstance("i"))
	s.beat("a", 3, as("i", nil))
	s.describe()
	y := s.joinWith("as j", "", withInstance("j"))
	s.describe()
	s.heartbeat(y.MemberID, y.Generation)
	s.sync(y.MemberID, y.Generation)
	q := kmsg.NewPtrLeaveGroupRequest()
	q.Group = s.group
	i, j, k := "i", "j", "k"
	q.Members = []kmsg.LeaveGroupRequestMember{{InstanceID: &i}, {InstanceID: &j}, {InstanceID: &k}}
	s.ask("all leave by instance", q)
}

// staticLeave removes static members of a consumer group by hand.
func (s *script) staticLeave() {
	s.begin("static-leave")
	s.beat("a", 0, as("i", joins("t")))
	s.beat("b", 0, as("j", joins("t")))
	q := kmsg.NewPtrLeaveGroupRequest()
	q.Group = s.group
	i, j, k := "i", "j", "k"
	q.Members = []kmsg.LeaveGroupRequestMember{{MemberID: "x", InstanceID: &i}, {InstanceID: &j}, {InstanceID: &k}, {MemberID: "a"}, {MemberID: "a"}}
	s.ask("all leave by instance", q)
	s.describe()
}

// noUpgrade has classic groups that cannot become consumer groups.
func (s *script) noUpgrade() {
	s.begin("connect")
	id := s.joinWith("as a worker", "", func(q *kmsg.JoinGroupRequest) { q.ProtocolType = "connect" }).MemberID
	s.joinWith("as a worker", id, func(q *kmsg.JoinGroupRequest) { q.ProtocolType = "connect" })
	s.beat("n", 0, joins("t"))
	s.leave(id)

	s.begin("user-data")
	id = s.join("").MemberID
	s.join(id)
	s.syncBytes(id, 1, (&kmsg.ConsumerMemberAssignment{Version: 3, UserData: []byte("mine")}).AppendTo(nil))
	s.beat("n", 0, joins("t"))
	s.leave(id)

	s.begin("malformed")
	id = s.join("").MemberID
	s.join(id)
	s.syncBytes(id, 1, []byte{0, 1, 2})
	s.beat("n", 0, joins("t"))
	s.leave(id)

	s.begin("gone-topic")
	id = s.join("").MemberID
	s.join(id)
	s.syncBytes(id, 1, (&kmsg.ConsumerMemberAssignment{Version: 1, Topics: []kmsg.ConsumerMemberAssignmentTopic{
		{Topic: "gone", Partitions: []int32{0}}, {Topic: "t", Partitions: []int32{1, 2}},
	}}).AppendTo(nil))
	s.beat("n", 0, joins("t"))
	s.describe()
	s.leave(id)
	s.beat("n", -1, nil)
}

func (s *script) syncBytes(member string, generation int32, assignment []byte) {
	q := kmsg.NewPtrSyncGroupRequest()
	protocol, kind := "cooperative-sticky", "consumer"
	q.Group, q.MemberID, q.Generation, q.Protocol, q.ProtocolType = s.group, member, generation, &protocol, &kind
	q.GroupAssignment = []kmsg.SyncGroupRequestGroupAssignment{{MemberID: member, MemberAssignment: assignment}}
	s.ask(s.plain(member)+" syncs", q)
}

// mixed has refusals of a group with members of both protocols.
func (s *script) mixed() {
	s.begin("mixed")
	s.beat("n", 0, joins("t"))
	id := s.join("").MemberID
	s.join(id)
	s.joinWith("with another protocol", "", func(q *kmsg.JoinGroupRequest) { q.Protocols[0].Name = "roundrobin" })
	s.joinWith("as a worker", "", func(q *kmsg.JoinGroupRequest) { q.ProtocolType = "connect" })
	s.joinWith("with the name of the other", "n", func(*kmsg.JoinGroupRequest) {})
	s.join(id)
	q := kmsg.NewPtrSyncGroupRequest()
	roundrobin := "roundrobin"
	q.Group, q.MemberID, q.Generation, q.Protocol = s.group, id, 3, &roundrobin
	s.ask("sync with another protocol", q)
	q.Protocol, q.ProtocolType = nil, &roundrobin
	s.ask("sync with another type", q)
	q.ProtocolType = nil
	s.ask("sync of a joined member", q)
	s.commit(id, 3, "t", 0, true)
	s.commit(id, 1, "t", 0, true)
	s.commit(id, 4, "t", 0, true)
	s.fetch(id, 1)
	s.beat(id, 3, nil)
	s.describe()
	s.leave("n")
	s.leave(id)
}

// odds are version 0, racks, and groups of offsets.
func (s *script) odds() {
	s.begin("odds")
	s.commit("", -1, "t", 0, true)
	q := kmsg.NewPtrConsumerGroupHeartbeatRequest()
	q.Group = s.group
	joins("t")(q)
	made := s.ask("version 0 joins without an id", &versioned{q, 0}).(*kmsg.ConsumerGroupHeartbeatResponse)
	s.beat(*made.MemberID, -1, nil)
	rack := "here"
	s.beat("b", 0, func(q *kmsg.ConsumerGroupHeartbeatRequest) {
		joins("t", "t", "none")(q)
		q.RackID, q.ServerAssignor = &rack, new(string)
		*q.ServerAssignor = "range"
	})
	s.beat("b", 3, func(q *kmsg.ConsumerGroupHeartbeatRequest) { q.SubscribedTopicNames = []string{} })
	s.beat("b", 4, joins())
	s.beat("b", 4, func(q *kmsg.ConsumerGroupHeartbeatRequest) { joins("none")(q) })
	s.describe()
	s.beat("b", -1, nil)
}

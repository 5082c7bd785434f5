package interop

import (
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// subscription encodes what a consumer that subscribes to topics sends as the
// metadata of its protocols.
func subscription(topics ...string) []byte {
	m := kmsg.NewConsumerMemberMetadata()
	m.Topics = topics
	return m.AppendTo(nil)
}

// assignment encodes partition p of topic as a leader gives it to a consumer.
func assignment(topic string, p ...int32) []byte {
	a := kmsg.NewConsumerMemberAssignment()
	t := kmsg.NewConsumerMemberAssignmentTopic()
	t.Topic, t.Partitions = topic, p
	a.Topics = append(a.Topics, t)
	return a.AppendTo(nil)
}

// joinGroup builds a JoinGroup of a consumer of topic "t" whose protocols are
// "name" or "name=metadata". Its session and its rebalances last ten seconds.
func joinGroup(version int16, group, member string, protocols ...string) *kmsg.JoinGroupRequest {
	req := kmsg.NewPtrJoinGroupRequest()
	req.Version, req.Group, req.MemberID = version, group, member
	req.SessionTimeoutMillis, req.RebalanceTimeoutMillis, req.ProtocolType = 10000, 10000, "consumer"
	for _, kv := range protocols {
		name, metadata, ok := strings.Cut(kv, "=")
		p := kmsg.NewJoinGroupRequestProtocol()
		p.Name, p.Metadata = name, []byte(metadata)
		if !ok {
			p.Metadata = subscription("t")
		}
		req.Protocols = append(req.Protocols, p)
	}
	return req
}

// static is joinGroup for a static member.
func static(version int16, group, member, instance string, protocols ...string) *kmsg.JoinGroupRequest {
	req := joinGroup(version, group, member, protocols...)
	req.InstanceID = &instance
	return req
}

// syncGroup builds a SyncGroup; assignments are "member=bytes".
func syncGroup(version int16, group, member string, generation int32, assignments ...string) *kmsg.SyncGroupRequest {
	req := kmsg.NewPtrSyncGroupRequest()
	req.Version, req.Group, req.MemberID, req.Generation = version, group, member, generation
	if version >= 5 {
		req.ProtocolType, req.Protocol = ptr("consumer"), ptr("range")
	}
	for _, kv := range assignments {
		id, bytes, _ := strings.Cut(kv, "=")
		a := kmsg.NewSyncGroupRequestGroupAssignment()
		a.MemberID, a.MemberAssignment = id, []byte(bytes)
		req.GroupAssignment = append(req.GroupAssignment, a)
	}
	return req
}

func heartbeat(version int16, group, member string, generation int32) *kmsg.HeartbeatRequest {
	req := kmsg.NewPtrHeartbeatRequest()
	req.Version, req.Group, req.MemberID, req.Generation = version, group, member, generation
	return req
}

// leaveGroup builds a LeaveGroup; from v3 on members are "id" or "id/instance".
func leaveGroup(version int16, group string, members ...string) *kmsg.LeaveGroupRequest {
	req := kmsg.NewPtrLeaveGroupRequest()
	req.Version, req.Group = version, group
	for _, m := range members {
		id, instance, ok := strings.Cut(m, "/")
		e := kmsg.NewLeaveGroupRequestMember()
		e.MemberID = id
		if ok {
			e.InstanceID = &instance
		}
		req.MemberID = id
		req.Members = append(req.Members, e)
	}
	return req
}

// commit builds an OffsetCommit of partition 0 of topic. Member "" with
// generation -1 is a commit from outside the group.
func commit(version int16, group, member string, generation int32, topic string, offset int64) *kmsg.OffsetCommitRequest {
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Version, req.Group, req.MemberID, req.Generation = version, group, member, generation
	t := kmsg.NewOffsetCommitRequestTopic()
	t.Topic = topic
	p := kmsg.NewOffsetCommitRequestTopicPartition()
	p.Offset, p.Metadata = offset, ptr("m")
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	return req
}

// offsetFetch asks for partitions of one topic of a group, all of its topics when
// topic is "". It fills both the form of one group and that of many.
func offsetFetch(version int16, group, topic string, partitions ...int32) *kmsg.OffsetFetchRequest {
	req := kmsg.NewPtrOffsetFetchRequest()
	req.Version, req.Group = version, group
	g := kmsg.NewOffsetFetchRequestGroup()
	g.Group = group
	if topic != "" {
		old := kmsg.NewOffsetFetchRequestTopic()
		old.Topic, old.Partitions = topic, partitions
		req.Topics = append(req.Topics, old)
		t := kmsg.NewOffsetFetchRequestGroupTopic()
		t.Topic, t.Partitions = topic, partitions
		g.Topics = append(g.Topics, t)
	}
	req.Groups = append(req.Groups, g)
	return req
}

func offsetDelete(group, topic string, partitions ...int32) *kmsg.OffsetDeleteRequest {
	req := kmsg.NewPtrOffsetDeleteRequest()
	req.Group = group
	t := kmsg.NewOffsetDeleteRequestTopic()
	t.Topic = topic
	for _, n := range partitions {
		p := kmsg.NewOffsetDeleteRequestTopicPartition()
		p.Partition = n
		t.Partitions = append(t.Partitions, p)
	}
	req.Topics = append(req.Topics, t)
	return req
}

func describeGroups(version int16, groups ...string) *kmsg.DescribeGroupsRequest {
	req := kmsg.NewPtrDescribeGroupsRequest()
	req.Version, req.Groups = version, groups
	return req
}

func deleteGroups(version int16, groups ...string) *kmsg.DeleteGroupsRequest {
	req := kmsg.NewPtrDeleteGroupsRequest()
	req.Version, req.Groups = version, groups
	return req
}

// unordered are the lists whose order is that of a hash table in Kafka.
var unordered = []string{"Members", "Topics", "Partitions", "Groups", "TopicPartitions", "SubscribedTopics"}

// coordinator kinds of FindCoordinator
const (
	kindGroup = 0
	kindTxn   = 1
	kindShare = 2
)

func findCoordinator(version int16, kind int8, keys ...string) *kmsg.FindCoordinatorRequest {
	req := kmsg.NewPtrFindCoordinatorRequest()
	req.Version, req.CoordinatorType = version, kind
	if len(keys) > 0 {
		req.CoordinatorKey = keys[0]
	}
	req.CoordinatorKeys = keys
	return req
}

// TopicKnown is Topic for rows of several topics: their ids are numbered in the
// order of these calls.
func (s *Session) TopicKnown(name string, partitions int32) {
	s.TB.Helper()
	s.tr.mask.id("topic-id", s.Topic(name, partitions))
}

// Coordinator waits until a coordinator is there for key and has loaded its state.
func (s *Session) Coordinator(kind int8, key string) {
	s.TB.Helper()
	s.Until(findCoordinator(3, kind, key), func(r kmsg.Response) bool {
		return r.(*kmsg.FindCoordinatorResponse).ErrorCode == 0
	})
	if kind == kindGroup {
		s.Until(offsetFetch(5, key, ""), func(r kmsg.Response) bool {
			return r.(*kmsg.OffsetFetchResponse).ErrorCode == 0
		})
		return
	}
	s.producer() // the very first id is 0, which a transcript shows as nothing
	s.Until(describeTxns(key), func(r kmsg.Response) bool {
		e := r.(*kmsg.DescribeTransactionsResponse).TransactionStates[0].ErrorCode
		return e == 0 || e == 105
	})
}

// Member is a member of a classic group, on a connection of its own.
type Member struct {
	*Session
	Group, ID string
	Instance  *string
	Gen       int32
	Type      string // the group's protocol type
	Protocol  *string
}

// NewMember joins group, unrecorded, and returns when the coordinator knows the
// member and waits for the others: wait ends the join.
func (s *Session) NewMember(group, instance string, protocols ...string) (m *Member, wait func()) {
	s.TB.Helper()
	m = &Member{Session: s.Fork(), Group: group, Type: "consumer"}
	if instance != "" {
		m.Instance = &instance
	} else {
		m.ID = m.Do(joinGroup(9, group, "", protocols...)).(*kmsg.JoinGroupResponse).MemberID
		s.tr.mask.member(m.ID)
	}
	join := joinGroup(9, group, m.ID, protocols...)
	join.InstanceID = m.Instance
	p := m.Start(join)
	return m, func() {
		s.TB.Helper()
		r, err := p.read()
		if err != nil {
			s.TB.Fatalf("join %s: %v", group, err)
		}
		resp := r.(*kmsg.JoinGroupResponse)
		if resp.ErrorCode != 0 {
			s.TB.Fatalf("join %s: error %d", group, resp.ErrorCode)
		}
		m.ID, m.Gen, m.Protocol = resp.MemberID, resp.Generation, resp.Protocol
		s.tr.mask.member(m.ID)
	}
}

// Sole joins group as its only member and syncs; nothing is recorded.
func (s *Session) Sole(group, instance string, protocols ...string) *Member {
	s.TB.Helper()
	s.Coordinator(kindGroup, group)
	m, wait := s.NewMember(group, instance, protocols...)
	wait()
	m.DoSync("=")
	return m
}

// sync is the member's SyncGroup; assignments are "member=bytes", with no member
// for its own.
func (m *Member) sync(assignments ...string) *kmsg.SyncGroupRequest {
	for i, a := range assignments {
		if strings.HasPrefix(a, "=") {
			assignments[i] = m.ID + a
		}
	}
	req := syncGroup(5, m.Group, m.ID, m.Gen, assignments...)
	req.InstanceID, req.ProtocolType, req.Protocol = m.Instance, &m.Type, m.Protocol
	return req
}

// DoSync syncs, unrecorded; it must succeed.
func (m *Member) DoSync(assignments ...string) {
	m.TB.Helper()
	if r := m.Do(m.sync(assignments...)).(*kmsg.SyncGroupResponse); r.ErrorCode != 0 {
		m.TB.Fatalf("sync %s: error %d", m.Group, r.ErrorCode)
	}
}

// rejoin is the member's JoinGroup.
func (m *Member) rejoin(protocols ...string) *kmsg.JoinGroupRequest {
	req := joinGroup(9, m.Group, m.ID, protocols...)
	req.InstanceID = m.Instance
	return req
}

// Rejoin joins again, unrecorded, and takes the new generation.
func (m *Member) Rejoin(protocols ...string) {
	m.TB.Helper()
	r := m.Do(m.rejoin(protocols...)).(*kmsg.JoinGroupResponse)
	if r.ErrorCode != 0 {
		m.TB.Fatalf("join %s again: error %d", m.Group, r.ErrorCode)
	}
	m.Gen, m.Protocol = r.Generation, r.Protocol
}

// beat is the member's Heartbeat.
func (m *Member) beat() *kmsg.HeartbeatRequest {
	req := heartbeat(4, m.Group, m.ID, m.Gen)
	req.InstanceID = m.Instance
	return req
}

// State waits until a classic group is in state with so many members.
func (s *Session) State(group, state string, members int) {
	s.TB.Helper()
	s.Until(describeGroups(5, group), func(r kmsg.Response) bool {
		g := r.(*kmsg.DescribeGroupsResponse).Groups[0]
		return g.State == state && len(g.Members) == members
	})
}

// took says how long what took, in the words of [early].
func (s *Session) took(what string, start time.Time, limit time.Duration) {
	s.Note("%s: %s", what, early(time.Since(start), limit))
}

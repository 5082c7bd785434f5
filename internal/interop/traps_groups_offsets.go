package interop

import (
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func groupOffsetRows() []Row {
	return []Row{
		{Name: "f-commit-versions", Traps: []int{89, 90}, Sort: unordered, Run: commitVersions},
		{Name: "f-commit-simple", Traps: []int{89}, Sort: unordered, Run: commitSimple},
		{Name: "f-commit-member", Traps: []int{89}, Sort: unordered, Run: commitMember},
		{Name: "f-commit-limits", Traps: []int{89}, Sort: unordered, Run: commitLimits},
		{Name: "f-offset-fetch", Traps: []int{90}, Sort: unordered, Run: offsetFetches},
		{Name: "f-offset-fetch-member", Traps: []int{90}, Sort: unordered, Run: offsetFetchMember},
		{Name: "f-offset-delete", Traps: []int{91}, Sort: unordered, Run: offsetDeletes},
		{Name: "f-offset-expiry", Traps: []int{95}, Sort: unordered, Config: map[string]string{"offsets.retention.check.interval.ms": "100"}, Run: offsetExpiry},
		{Name: "f-commit-deleted-topic", Traps: []int{89, 90}, Sort: unordered, Run: commitDeletedTopic},
	}
}

// commitVersions commits and fetches with every version; ids stand for names from v10 on.
func commitVersions(s *Session) {
	id := s.Topic("cv", 2)
	s.Coordinator(kindGroup, "cv")
	versions(2, 10, func(v int16) {
		req := commit(v, "cv", "", -1, "cv", int64(v))
		req.Topics[0].TopicID = id
		req.Topics[0].Partitions[0].LeaderEpoch = int32(v)
		s.Send(req)
	})
	versions(1, 10, func(v int16) {
		req := offsetFetch(v, "cv", "cv", 0, 1, 7)
		req.Groups[0].Topics[0].TopicID = id
		s.Send(req)
	})
	s.Note("all topics")
	versions(2, 10, func(v int16) { s.Send(offsetFetch(v, "cv", "")) })
	s.Note("ids nobody has, the zero id; one of each and a good one")
	for _, bad := range [][16]byte{{1, 2, 3}, {}} {
		req := commit(10, "cv", "", -1, "", 9)
		req.Topics[0].TopicID = bad
		more := commit(10, "cv", "", -1, "", 10).Topics[0]
		more.TopicID = id
		req.Topics = append(req.Topics, more)
		s.Send(req)
		fetch := offsetFetch(10, "cv", "x", 0)
		fetch.Groups[0].Topics[0].TopicID = bad
		again := fetch.Groups[0].Topics[0]
		again.TopicID = id
		fetch.Groups[0].Topics = append(fetch.Groups[0].Topics, again)
		s.Send(fetch)
	}
}

func commitSimple(s *Session) {
	s.Topic("cs", 2)
	s.Coordinator(kindGroup, "cs")
	s.Note("a group that is not there: a member, a generation, both")
	for _, v := range []int16{2, 8, 9} {
		for i, c := range []struct {
			member     string
			generation int32
		}{{"who", 1}, {"who", -1}, {"", 1}, {"", 0}} {
			s.Send(commit(v, "csnone"+itoa(int32(v))+itoa(int32(i)), c.member, c.generation, "cs", 1))
		}
	}
	static := commit(9, "csnone", "", -1, "cs", 1)
	static.InstanceID = ptr("inst")
	s.Send(static)
	s.Note("from outside of the group: it is there then")
	s.Send(commit(8, "cs", "", -1, "cs", 1))
	s.Send(describeGroups(6, "cs"))
	s.Note("a group that has no members: a member, a generation, both, an instance")
	for _, v := range []int16{8, 9} {
		s.Send(commit(v, "cs", "who", 1, "cs", 1))
		s.Send(commit(v, "cs", "who", -1, "cs", 1))
		s.Send(commit(v, "cs", "", 0, "cs", 1))
		s.Send(commit(v, "cs", "", 1, "cs", 1))
	}
	static.Group = "cs"
	s.Send(static)
	s.Note("topics and partitions that are not there; some of them are")
	req := commit(8, "cs", "", -1, "nothere", 1)
	req.Topics = append(req.Topics, commit(8, "", "", 0, "cs", 2).Topics[0], commit(8, "", "", 0, "bad name", 2).Topics[0], commit(8, "", "", 0, "", 2).Topics[0])
	for _, n := range []int32{1, 7, -1} {
		p := kmsg.NewOffsetCommitRequestTopicPartition()
		p.Partition, p.Offset = n, 5
		req.Topics[1].Partitions = append(req.Topics[1].Partitions, p)
	}
	s.Send(req)
	s.Send(offsetFetch(7, "cs", ""))
	s.Note("no topics; a topic without partitions")
	req.Topics = nil
	s.Send(req)
	req.Topics = commit(8, "", "", 0, "cs", 0).Topics
	req.Topics[0].Partitions = nil
	s.Send(req)
	s.Note("offsets -1, -2, above the end of the log; a partition twice")
	for _, offset := range []int64{-1, -2, 1 << 40} {
		s.Send(commit(8, "cs", "", -1, "cs", offset))
	}
	req = commit(8, "cs", "", -1, "cs", 20)
	req.Topics[0].Partitions = append(req.Topics[0].Partitions, commit(8, "", "", 0, "cs", 21).Topics[0].Partitions...)
	s.Send(req)
	req = commit(8, "cs", "", -1, "cs", 30)
	req.Topics = append(req.Topics, commit(8, "", "", 0, "cs", 31).Topics...)
	s.Send(req)
	s.Send(offsetFetch(7, "cs", "cs", 0))
}

func commitMember(s *Session) {
	s.Topic("cm", 1)
	m := s.Sole("cm", "", "range")
	s.Note("stable")
	for _, v := range []int16{2, 8, 9} {
		s.Send(commit(v, "cm", m.ID, m.Gen, "cm", 1))
		s.Send(commit(v, "cm", m.ID, m.Gen-1, "cm", 2))
		s.Send(commit(v, "cm", m.ID, m.Gen+1, "cm", 2))
		s.Send(commit(v, "cm", m.ID, -1, "cm", 2))
		s.Send(commit(v, "cm", "who", m.Gen, "cm", 2))
		s.Send(commit(v, "cm", "", m.Gen, "cm", 2))
		s.Send(commit(v, "cm", "", -1, "cm", 2))
	}
	req := commit(8, "cm", m.ID, m.Gen, "cm", 2)
	req.InstanceID = ptr("inst")
	s.Send(req)
	s.Note("a rebalance is prepared")
	b, wb := s.NewMember("cm", "", "range")
	s.State("cm", "PreparingRebalance", 2)
	s.Send(commit(8, "cm", m.ID, m.Gen, "cm", 3))
	s.Send(commit(8, "cm", m.ID, m.Gen-1, "cm", 4))
	s.Send(commit(8, "cm", b.ID, m.Gen, "cm", 4))
	s.Note("it waits for the sync")
	old := m.Gen
	m.Rejoin("range")
	wb()
	s.Send(commit(8, "cm", m.ID, m.Gen, "cm", 5))
	s.Send(commit(8, "cm", m.ID, old, "cm", 5))
	s.Send(commit(8, "cm", "", -1, "cm", 5))
	s.Send(offsetFetch(7, "cm", "cm", 0))
}

func commitLimits(s *Session) {
	s.Topic("cl", 2)
	s.Coordinator(kindGroup, "cl")
	for _, n := range []int{4096, 4097, 30000} {
		s.Note("metadata of %d bytes", n)
		req := commit(8, "cl", "", -1, "cl", 1)
		req.Topics[0].Partitions[0].Metadata = ptr(strings.Repeat("m", n))
		other := kmsg.NewOffsetCommitRequestTopicPartition()
		other.Partition, other.Offset = 1, int64(n)
		req.Topics[0].Partitions = append(req.Topics[0].Partitions, other)
		s.Send(req)
	}
	req := commit(8, "cl", "", -1, "cl", 2)
	s.Note("2049 characters of two bytes")
	req.Topics[0].Partitions[0].Metadata = ptr(strings.Repeat("ü", 2049))
	s.Send(req)
	s.Note("no metadata")
	req.Topics[0].Partitions[0].Metadata = nil
	s.Send(req)
	s.Send(offsetFetch(7, "cl", "cl", 0, 1))
	s.Note("a group id of 32,767 characters, one that is no name")
	s.Send(commit(8, strings.Repeat("g", 32767), "", -1, "cl", 1))
	s.Send(commit(8, "a b/ü\x00", "", -1, "cl", 1))
	s.Send(offsetFetch(7, "a b/ü\x00", "cl", 0))
}

func offsetFetches(s *Session) {
	s.Topic("of", 2)
	s.Coordinator(kindGroup, "of")
	s.Note("a group that is not there")
	versions(1, 9, func(v int16) { s.Send(offsetFetch(v, "ofnone", "of", 0)) })
	s.Note("a group without offsets, topics and partitions that are not there")
	s.Do(commit(8, "of", "", -1, "of", 5))
	s.Send(offsetFetch(5, "of", "of", 0, 1, 7, -1))
	s.Send(offsetFetch(5, "of", "nothere", 0))
	s.Send(offsetFetch(9, "of", "nothere", 0))
	s.Note("v1: no topics is none; a partition twice")
	s.Send(offsetFetch(1, "of", ""))
	none := offsetFetch(5, "of", "of", 0)
	none.Topics = []kmsg.OffsetFetchRequestTopic{}
	s.Send(none)
	s.Send(offsetFetch(5, "of", "of", 0, 0))
	s.Note("many groups, one twice, no groups")
	many := offsetFetch(9, "of", "of", 0)
	many.Groups = append(many.Groups, offsetFetch(9, "ofnone", "of", 0).Groups[0], offsetFetch(9, "", "of", 0).Groups[0], offsetFetch(9, "of", "").Groups[0])
	s.Send(many)
	many.Groups = nil
	s.Send(many)
	s.Note("require stable without a transaction")
	stable := offsetFetch(7, "of", "of", 0)
	stable.RequireStable = true
	s.Send(stable)
}

// offsetFetchMember asks with a member and an epoch, which v9 added.
func offsetFetchMember(s *Session) {
	s.Topic("ofm", 1)
	m := s.Sole("ofm", "", "range")
	s.Do(commit(8, "ofm", m.ID, m.Gen, "ofm", 5))
	for _, c := range []struct {
		member *string
		epoch  int32
	}{{nil, -1}, {&m.ID, m.Gen}, {&m.ID, m.Gen - 1}, {&m.ID, -1}, {ptr("who"), m.Gen}, {ptr(""), -1}, {nil, m.Gen}, {ptr("who"), -1}} {
		req := offsetFetch(9, "ofm", "ofm", 0)
		req.Groups[0].MemberID, req.Groups[0].MemberEpoch = c.member, c.epoch
		s.Note("member %t, epoch %d", c.member != nil, c.epoch)
		s.Send(req)
	}
	req := offsetFetch(9, "ofmnone", "ofm", 0)
	req.Groups[0].MemberID, req.Groups[0].MemberEpoch = ptr("who"), 1
	s.Send(req)
	req = offsetFetch(9, "ofmnone", "")
	req.Groups[0].MemberID, req.Groups[0].MemberEpoch = ptr("who"), 1
	s.Send(req)
}

func offsetDeletes(s *Session) {
	s.Topic("od", 2)
	s.Topic("t", 1)
	s.Coordinator(kindGroup, "od")
	s.Note("a group that is not there")
	s.Send(offsetDelete("od", "od", 0))
	s.Note("a group without members")
	s.Do(commit(8, "od", "", -1, "od", 5))
	s.Send(offsetDelete("od", "od", 0, 1, 7))
	s.Send(offsetDelete("od", "nothere", 0))
	s.Send(offsetFetch(7, "od", ""))
	s.Note("the last offset is gone, and the group?")
	s.Send(describeGroups(6, "od"))
	s.Send(offsetDelete("od", "od", 0))
	s.Note("a consumer group that is subscribed to t and not to od")
	m := s.Sole("od", "", "range")
	s.Do(commit(8, "od", m.ID, m.Gen, "od", 5))
	s.Do(commit(8, "od", m.ID, m.Gen, "t", 5))
	s.Send(offsetDelete("od", "t", 0))
	s.Send(offsetDelete("od", "od", 0))
	none := offsetDelete("od", "od")
	s.Send(none)
	none.Topics = nil
	s.Send(none)
	s.Send(offsetFetch(7, "od", ""))
	s.Note("a group of another protocol type that has members")
	s.Coordinator(kindGroup, "odc")
	join := joinGroup(3, "odc", "", "range")
	join.ProtocolType = "connect"
	r := s.Do(join).(*kmsg.JoinGroupResponse)
	s.Do(syncGroup(3, "odc", r.MemberID, r.Generation))
	s.Do(commit(8, "odc", r.MemberID, r.Generation, "od", 5))
	s.Send(offsetDelete("odc", "od", 0))
	s.Do(leaveGroup(3, "odc", r.MemberID))
	s.Send(offsetDelete("odc", "od", 0))
	s.Note("a consumer group whose metadata cannot be read")
	odd := s.Sole("odd", "", "range=x")
	s.Do(commit(8, "odd", odd.ID, odd.Gen, "od", 5))
	s.Send(offsetDelete("odd", "od", 0))
}

// offsetExpiry commits with the retention time that OffsetCommit had up to v4.
func offsetExpiry(s *Session) {
	s.Topic("oe", 2)
	s.Coordinator(kindGroup, "oe")
	req := commit(4, "oe", "", -1, "oe", 5)
	req.RetentionTimeMillis = 600
	s.Send(req)
	gone := func(group string) {
		s.Until(offsetFetch(7, group, "oe", 0), func(r kmsg.Response) bool {
			return r.(*kmsg.OffsetFetchResponse).Topics[0].Partitions[0].Offset == -1
		})
	}
	s.Send(offsetFetch(7, "oe", ""))
	gone("oe")
	s.Note("expired: the group is gone with its last offset")
	s.Send(offsetFetch(7, "oe", ""))
	s.Until(describeGroups(5, "oe"), func(r kmsg.Response) bool { return r.(*kmsg.DescribeGroupsResponse).Groups[0].State == "Dead" })
	s.Send(describeGroups(6, "oe"))
	s.Note("a group that has members and is subscribed to another topic: expired too")
	m := s.Sole("oe2", "", "range")
	req = commit(4, "oe2", m.ID, m.Gen, "oe", 5)
	req.RetentionTimeMillis = 300
	s.Send(req)
	gone("oe2")
	s.Send(offsetFetch(7, "oe2", ""))
	s.Note("a topic that the members are subscribed to: kept; and after they left")
	s.Topic("oet", 1)
	m = s.Sole("oe3", "", "range="+string(subscription("oe")))
	req = commit(4, "oe3", m.ID, m.Gen, "oe", 5)
	req.RetentionTimeMillis = 300
	s.Send(req)
	req = commit(4, "oe3", m.ID, m.Gen, "oet", 5)
	req.RetentionTimeMillis = 900
	s.Send(req)
	s.Until(offsetFetch(7, "oe3", "oet", 0), func(r kmsg.Response) bool {
		return r.(*kmsg.OffsetFetchResponse).Topics[0].Partitions[0].Offset == -1
	})
	s.Send(offsetFetch(7, "oe3", ""))
	s.Do(leaveGroup(3, "oe3", m.ID))
	gone("oe3")
	s.Send(offsetFetch(7, "oe3", ""))
}

// commitDeletedTopic looks at offsets of a topic that is deleted and made again.
func commitDeletedTopic(s *Session) {
	id := s.Topic("cd", 1)
	s.Topic("cdother", 1)
	s.Coordinator(kindGroup, "cd")
	s.Do(commit(8, "cd", "", -1, "cd", 5))
	s.Do(commit(8, "cd", "", -1, "cdother", 6))
	del := kmsg.NewPtrDeleteTopicsRequest()
	del.Version, del.TimeoutMillis = 5, 15000
	del.TopicNames = []string{"cd"}
	s.Do(del)
	s.Until(offsetFetch(7, "cd", ""), func(r kmsg.Response) bool { return len(r.(*kmsg.OffsetFetchResponse).Topics) == 1 })
	s.Note("its offsets are gone, the others stay")
	s.Send(offsetFetch(7, "cd", ""))
	s.Send(commit(9, "cd", "", -1, "cd", 7))
	s.Note("by its old id, before and after there is a new topic of its name")
	byID := func() {
		req := commit(10, "cd", "", -1, "", 8)
		req.Topics[0].TopicID = id
		s.Send(req)
		fetch := offsetFetch(10, "cd", "x", 0)
		fetch.Groups[0].Topics[0].TopicID = id
		s.Send(fetch)
	}
	byID()
	s.Topic("cd", 1)
	byID()
	s.Send(offsetFetch(9, "cd", "cd", 0))
}

// onlyGroups cuts a list of groups down to those whose name begins with prefix.
func onlyGroups(prefix string) func(string, map[string]any) {
	return func(api string, tree map[string]any) {
		if api != "ListGroups" {
			return
		}
		tree["Groups"] = slices.DeleteFunc(append([]any{}, asList(tree["Groups"])...), func(g any) bool {
			m, _ := g.(map[string]any)
			name, _ := m["Group"].(string)
			return !strings.HasPrefix(name, prefix)
		})
	}
}

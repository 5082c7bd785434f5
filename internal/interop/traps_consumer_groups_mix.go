package interop

import (
	"github.com/twmb/franz-go/pkg/kmsg"
)

func consumerMixRows() []Row {
	return []Row{
		{Name: "g-commit", Traps: []int{99}, Run: consumerCommit},
		{Name: "g-offset-fetch", Traps: []int{99}, Run: consumerOffsetFetch},
		{Name: "g-txn-offsets", Traps: []int{99, 108}, Run: consumerTxnOffsets},
		{Name: "g-classic-apis", Traps: []int{99}, Run: classicAPIs},
		{Name: "g-upgrade", Traps: []int{99}, Sort: unordered, Run: upgrades},
		{Name: "g-downgrade", Traps: []int{99}, Sort: unordered, Run: downgrades},
		{Name: "g-describe", Traps: []int{100, 92}, Sort: unordered, Run: describeKinds},
		{Name: "g-list", Traps: []int{93}, Sort: []string{"Groups"}, Edit: onlyGroups("glist"), Run: listKinds},
		{Name: "g-delete", Traps: []int{91, 92}, Sort: unordered, Run: deleteKinds},
	}
}

func consumerCommit(s *Session) {
	s.Coordinator(kindGroup, "gc")
	id := s.Topic("gc", 2)
	c := s.NewConsumer("gc", "m", "gc")
	s.Settle("gc", c)
	try := func(member string, epoch int32) {
		s.Note("member %q, epoch %d from its own", member, epoch-c.Epoch)
		for _, v := range []int16{8, 9, 10} {
			req := commit(v, "gc", member, epoch, "gc", int64(v))
			req.Topics[0].TopicID = id
			s.Send(req)
		}
	}
	for _, epoch := range []int32{c.Epoch, c.Epoch - 1, c.Epoch + 1} {
		try("m", epoch)
	}
	try("nobody", c.Epoch)
	try("", -1)
	try("m", -1)
	s.Note("a topic that it is not subscribed to, a partition that it does not own")
	s.Topic("gcother", 1)
	s.Send(commit(9, "gc", "m", c.Epoch, "gcother", 5))
	s.Note("empty")
	s.Do(consumerBeat(1, "gc", "m", -1))
	try("m", c.Epoch)
	try("", -1)
}

func consumerOffsetFetch(s *Session) {
	s.Coordinator(kindGroup, "go")
	s.Topic("go", 1)
	c := s.NewConsumer("go", "m", "go")
	s.Settle("go", c)
	s.Do(commit(9, "go", "m", c.Epoch, "go", 7))
	for _, try := range []struct {
		member *string
		epoch  int32
	}{{ptr("m"), c.Epoch}, {ptr("m"), c.Epoch - 1}, {ptr("m"), c.Epoch + 1}, {ptr("nobody"), c.Epoch}, {nil, -1}, {ptr(""), -1}, {ptr("m"), -1}} {
		s.Note("member %s, epoch %d", deref(try.member), try.epoch)
		for _, topic := range []string{"go", ""} {
			req := offsetFetch(9, "go", topic, 0)
			req.Groups[0].MemberID, req.Groups[0].MemberEpoch = try.member, try.epoch
			s.Send(req)
		}
	}
	s.Send(offsetFetch(7, "go", "go", 0))
}

func consumerTxnOffsets(s *Session) {
	s.Coordinator(kindGroup, "gto")
	s.Topic("gto", 1)
	c := s.NewConsumer("gto", "m", "gto")
	s.Settle("gto", c)
	t := s.NewTxn("gto")
	s.Do(t.addOffsets(4, "gto"))
	for _, try := range []struct {
		member string
		epoch  int32
	}{{"m", c.Epoch}, {"m", c.Epoch - 1}, {"m", c.Epoch + 1}, {"nobody", c.Epoch}, {"", -1}} {
		s.Note("member %q, epoch %d from its own", try.member, try.epoch-c.Epoch)
		for v := int16(2); v <= 5; v++ {
			req := t.offsets(v, "gto", "gto", 5)
			req.MemberID, req.Generation = try.member, try.epoch
			s.Send(req)
		}
	}
	t.End(false)
}

// classicAPIs sends what classic members send to a group of a consumer member.
func classicAPIs(s *Session) {
	s.Coordinator(kindGroup, "gca")
	s.Topic("gca", 2)
	c := s.NewConsumer("gca", "m", "gca")
	s.Settle("gca", c)
	s.Send(heartbeat(4, "gca", "m", c.Epoch))
	s.Send(heartbeat(4, "gca", "nobody", c.Epoch))
	s.Send(syncGroup(5, "gca", "m", c.Epoch))
	s.Send(syncGroup(5, "gca", "nobody", c.Epoch))
	s.Send(leaveGroup(5, "gca", "nobody", "/inst"))
	s.Send(leaveGroup(1, "gca", "nobody"))
	s.Note("joins: no consumer protocol, metadata that cannot be read, an unknown id")
	join := joinGroup(5, "gca", "", "range")
	join.ProtocolType = "connect"
	s.Send(join)
	s.Send(joinGroup(5, "gca", "", "range=x"))
	s.Send(joinGroup(3, "gca", "", "range=x"))
	s.Send(joinGroup(5, "gca", "nobody", "range"))
	s.Send(joinGroup(5, "gca", "m", "range"))
	s.Note("the other way round: consumer heartbeats to a classic group that is not of consumers")
	other := joinGroup(3, "gcc", "", "range")
	other.ProtocolType = "connect"
	r := s.Do(other).(*kmsg.JoinGroupResponse)
	s.Do(syncGroup(3, "gcc", r.MemberID, r.Generation))
	s.Send(consumerJoin(1, "gcc", "m", "gca"))
	s.Send(consumerBeat(1, "gcc", "m", 1))
	s.Send(consumerBeat(1, "gcc", r.MemberID, 1))
	s.Note("to a classic group that only has offsets")
	s.Do(commit(8, "gcoff", "", -1, "gca", 1))
	s.Send(consumerJoin(1, "gcoff", "m", "gca"))
	s.Send(offsetFetch(7, "gcoff", "gca", 0))
	s.Send(describeGroups(6, "gcoff"))
	s.Note("a classic member leaves by the consumer's way")
	s.Send(consumerBeat(1, "gcc", r.MemberID, -1))
}

// upgrades lets a consumer member join a classic group, and the classic one stay.
func upgrades(s *Session) {
	s.Topic("gu", 2)
	s.Coordinator(kindGroup, "gu")
	m, wait := s.NewMember("gu", "", "range="+string(subscription("gu")))
	wait()
	m.DoSync("=" + string(assignment("gu", 0, 1)))
	s.Note("a consumer member joins: the group is one of consumers then")
	c := &Consumer{Session: s, Group: "gu", ID: "m"}
	c.take(s.Send(consumerJoin(1, "gu", "m", "gu")))
	s.Send(consumerDescribe(1, "gu"))
	s.Send(describeGroups(6, "gu"))
	s.Note("the classic member is told to join again")
	s.Send(m.beat())
	s.Send(commit(8, "gu", m.ID, m.Gen, "gu", 3))
	r := s.Send(m.rejoin("range=" + string(subscription("gu")))).(*kmsg.JoinGroupResponse)
	m.Gen, m.Protocol = r.Generation, r.Protocol
	s.Send(m.sync())
	s.Send(m.beat())
	c.Beat()
	s.Send(consumerDescribe(1, "gu"))
	s.Note("the classic member leaves")
	s.Send(leaveGroup(5, "gu", m.ID))
	c.Beat()
	s.Send(consumerDescribe(1, "gu"))
	s.Note("a classic member joins")
	classic := joinGroup(9, "gu", "", "range="+string(subscription("gu")))
	id := s.Send(classic).(*kmsg.JoinGroupResponse).MemberID
	classic.MemberID = id
	j := s.Send(classic).(*kmsg.JoinGroupResponse)
	s.Send(syncGroup(3, "gu", id, j.Generation))
	s.Send(heartbeat(4, "gu", id, j.Generation))
	s.Send(heartbeat(4, "gu", id, j.Generation+1))
	s.Send(consumerDescribe(1, "gu"))
}

// downgrades lets the last consumer member leave a group that has a classic one.
func downgrades(s *Session) {
	s.Topic("gd", 2)
	s.Coordinator(kindGroup, "gd")
	c := s.NewConsumer("gd", "m", "gd")
	s.Settle("gd", c)
	classic := joinGroup(9, "gd", "", "range="+string(subscription("gd")))
	classic.MemberID = s.Do(classic).(*kmsg.JoinGroupResponse).MemberID
	s.tr.mask.member(classic.MemberID)
	j := s.Do(classic).(*kmsg.JoinGroupResponse)
	s.Do(syncGroup(3, "gd", classic.MemberID, j.Generation))
	c.take(s.Do(c.beat()))
	s.Note("the consumer member leaves: the group is a classic one, and rebalances")
	s.Send(consumerBeat(1, "gd", "m", -1))
	s.Send(describeGroups(6, "gd"))
	s.Send(consumerDescribe(1, "gd"))
	s.Send(heartbeat(4, "gd", classic.MemberID, j.Generation))
	again := s.Send(classic).(*kmsg.JoinGroupResponse)
	s.Send(syncGroup(3, "gd", classic.MemberID, again.Generation, classic.MemberID+"=a"))
	s.Send(describeGroups(6, "gd"))
	s.Note("an empty group takes either kind")
	s.Do(leaveGroup(5, "gd", classic.MemberID))
	s.Send(consumerJoin(1, "gd", "m", "gd"))
	s.Do(consumerBeat(1, "gd", "m", -1))
	s.Send(joinGroup(3, "gd", "", "range"))
	s.Send(describeGroups(6, "gd"))
}

func describeKinds(s *Session) {
	s.Topic("gk", 1)
	s.Coordinator(kindGroup, "gk")
	s.Sole("gkclassic", "", "range")
	c := s.NewConsumer("gk", "m", "gk")
	s.Settle("gk", c)
	s.Note("each by the other's describe; one that is not there, an empty name, one twice, none")
	for v := int16(0); v <= 1; v++ {
		s.Send(consumerDescribe(v, "gkclassic", "gk", "gknone", "", "gk"))
		s.Send(consumerDescribe(v))
	}
	s.Send(describeGroups(5, "gk"))
	s.Send(describeGroups(6, "gk"))
	s.Note("operations")
	ops := consumerDescribe(1, "gk")
	ops.IncludeAuthorizedOperations = true
	s.Send(ops)
	s.Note("offsets only; empty")
	s.Do(commit(8, "gkoff", "", -1, "gk", 1))
	s.Send(consumerDescribe(1, "gkoff"))
	s.Do(consumerBeat(1, "gk", "m", -1))
	s.Send(consumerDescribe(1, "gk"))
}

func listKinds(s *Session) {
	s.Topic("glist", 1)
	s.Coordinator(kindGroup, "glist")
	s.Sole("glist-classic", "", "range")
	c := s.NewConsumer("glist-consumer", "m", "glist")
	s.Settle("glist-consumer", c)
	s.NewConsumer("glist-empty", "m", "glist")
	s.Do(consumerBeat(1, "glist-empty", "m", -1))
	versions(0, 5, func(v int16) { s.Send(listGroups(v, nil, nil)) })
	for _, types := range [][]string{{"consumer"}, {"Consumer"}, {"classic", "consumer"}, {"classic"}} {
		s.Note("%q", types)
		s.Send(listGroups(5, nil, types))
	}
	s.Send(listGroups(5, []string{"Stable"}, []string{"consumer"}))
	s.Send(listGroups(5, []string{"empty"}, nil))
	s.Send(listGroups(5, []string{"Assigning", "Reconciling"}, nil))
}

func deleteKinds(s *Session) {
	s.Topic("gdel", 1)
	s.Topic("gdel2", 1)
	s.Coordinator(kindGroup, "gdel")
	c := s.NewConsumer("gdel", "m", "gdel")
	s.Settle("gdel", c)
	s.Do(commit(9, "gdel", "m", c.Epoch, "gdel", 1))
	s.Do(commit(9, "gdel", "m", c.Epoch, "gdel2", 1))
	s.Send(deleteGroups(2, "gdel"))
	s.Send(offsetDelete("gdel", "gdel", 0))
	s.Send(offsetDelete("gdel", "gdel2", 0))
	s.Do(consumerBeat(1, "gdel", "m", -1))
	s.Send(offsetDelete("gdel", "gdel", 0))
	s.Send(deleteGroups(2, "gdel"))
	s.Send(consumerDescribe(1, "gdel"))
	s.Send(consumerBeat(1, "gdel", "m", c.Epoch))
}

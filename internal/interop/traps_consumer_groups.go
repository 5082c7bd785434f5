package interop

import (
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func consumerGroupRows() []Row {
	rows := slices.Concat([]Row{
		{Name: "g-join-fields", Traps: []int{96}, Run: consumerFields},
		{Name: "g-join", Traps: []int{96, 98}, Sort: unordered, Run: consumerJoins},
		{Name: "g-leave", Traps: []int{96}, Run: consumerLeaves},
		{Name: "g-epochs", Traps: []int{97}, Run: consumerEpochs},
		{Name: "g-assignors", Traps: []int{97}, Sort: unordered, Run: consumerAssignors},
		{Name: "g-regex", Traps: []int{97}, Sort: unordered, Run: consumerRegex},
		{Name: "g-static", Traps: []int{96, 97}, Sort: unordered, Run: consumerStatic},
		{Name: "g-revoke", Traps: []int{98}, Sort: unordered, Run: consumerRevoke},
		{Name: "g-slow-revoke", Traps: []int{98}, Run: consumerSlowRevoke},
		{Name: "g-interval", Traps: []int{98}, Sort: unordered, Config: map[string]string{"group.consumer.assignment.interval.ms": "1000"}, Run: consumerInterval},
		{Name: "g-topics", Traps: []int{99}, Sort: unordered, Run: consumerTopics},
		{Name: "g-session", Traps: []int{98}, Run: consumerSession, Config: map[string]string{
			"group.consumer.min.session.timeout.ms": "500", "group.consumer.session.timeout.ms": "1200",
			"group.consumer.min.heartbeat.interval.ms": "100", "group.consumer.heartbeat.interval.ms": "300",
		}},
		{Name: "g-max-size", Traps: []int{96}, Config: map[string]string{"group.consumer.max.size": "2"}, Run: func(s *Session) {
			s.Coordinator(kindGroup, "gm")
			s.Topic("gm", 2)
			s.NewConsumer("gm", "a", "gm")
			s.NewConsumer("gm", "b", "gm")
			s.Send(consumerJoin(1, "gm", "c", "gm"))
			s.Note("one that is in joins again")
			s.Send(consumerJoin(1, "gm", "a", "gm"))
		}},
	}, consumerMixRows())
	for i := range rows { // assignments follow at once, but for the row on the interval
		config := map[string]string{"group.consumer.assignment.interval.ms": "0"}
		maps.Copy(config, rows[i].Config)
		rows[i].Config = config
	}
	return rows
}

func consumerFields(s *Session) {
	s.Coordinator(kindGroup, "gf")
	id := s.Topic("gf", 2)
	try := func(what string, version int16, edit func(r *kmsg.ConsumerGroupHeartbeatRequest)) {
		s.Note("%s", what)
		req := consumerJoin(version, "gf", "m", "gf")
		if version == 0 {
			req.MemberID = ""
		}
		edit(req)
		s.Send(req)
	}
	for v := int16(0); v <= 1; v++ {
		try("an empty group", v, func(r *kmsg.ConsumerGroupHeartbeatRequest) { r.Group = "" })
		try("a blank group", v, func(r *kmsg.ConsumerGroupHeartbeatRequest) { r.Group = "  " })
		try("no rebalance timeout", v, func(r *kmsg.ConsumerGroupHeartbeatRequest) { r.RebalanceTimeoutMillis = -1 })
		try("a rebalance timeout of 0", v, func(r *kmsg.ConsumerGroupHeartbeatRequest) { r.Group, r.RebalanceTimeoutMillis = "gf0", 0 })
		try("no subscription", v, func(r *kmsg.ConsumerGroupHeartbeatRequest) { r.SubscribedTopicNames = nil })
		try("an empty subscription", v, func(r *kmsg.ConsumerGroupHeartbeatRequest) {
			r.Group, r.SubscribedTopicNames = "gfe"+itoa(int32(v)), []string{}
		})
		try("no owned partitions", v, func(r *kmsg.ConsumerGroupHeartbeatRequest) { r.Topics = nil })
		try("owned partitions", v, func(r *kmsg.ConsumerGroupHeartbeatRequest) { owns(r, id, 0) })
		try("an empty instance", v, func(r *kmsg.ConsumerGroupHeartbeatRequest) { r.InstanceID = ptr("") })
		try("an empty rack", v, func(r *kmsg.ConsumerGroupHeartbeatRequest) { r.RackID = ptr("") })
		try("epoch -2 without an instance", v, func(r *kmsg.ConsumerGroupHeartbeatRequest) { r.MemberID, r.MemberEpoch = "m", -2 })
		try("epoch -3", v, func(r *kmsg.ConsumerGroupHeartbeatRequest) { r.MemberID, r.MemberEpoch = "m", -3 })
		try("epoch -1 of nobody", v, func(r *kmsg.ConsumerGroupHeartbeatRequest) { r.MemberID, r.MemberEpoch = "m", -1 })
		try("epoch 1 without a member id", v, func(r *kmsg.ConsumerGroupHeartbeatRequest) { r.MemberID, r.MemberEpoch = "", 1 })
		try("epoch 1 of nobody", v, func(r *kmsg.ConsumerGroupHeartbeatRequest) { r.MemberID, r.MemberEpoch = "m", 1 })
	}
	s.Note("v1 without a member id; v0 with one")
	s.Send(consumerJoin(1, "gf", "", "gf"))
	s.Send(consumerJoin(0, "gfv0", "mine", "gf"))
	s.Note("the group is not there after all of this")
	s.Send(consumerDescribe(1, "gf"))
}

func consumerJoins(s *Session) {
	s.Coordinator(kindGroup, "gj")
	id := s.Topic("gj", 3)
	s.tr.mask.id("topic-id", id)
	for v := int16(0); v <= 1; v++ {
		group, member := "gj"+itoa(int32(v)), "m"
		if v == 0 {
			member = ""
		}
		r := s.Send(consumerJoin(v, group, member, "gj")).(*kmsg.ConsumerGroupHeartbeatResponse)
		member = deref(r.MemberID)
		s.Send(consumerDescribe(v, group))
		s.Note("nothing new, then with what it owns")
		s.Send(consumerBeat(v, group, member, r.MemberEpoch))
		s.Send(owns(consumerBeat(v, group, member, r.MemberEpoch), id, 0, 1, 2))
		s.Note("it says that it owns less, and partitions that it was not given")
		s.Send(owns(consumerBeat(v, group, member, r.MemberEpoch), id, 0))
		s.Send(owns(consumerBeat(v, group, member, r.MemberEpoch), id, 0, 7))
		s.Note("the whole state again")
		full := owns(consumerJoin(v, group, member, "gj"), id, 0, 1, 2)
		full.MemberEpoch = r.MemberEpoch
		s.Send(full)
		s.Note("the join again")
		s.Send(consumerJoin(v, group, member, "gj"))
	}
	s.Note("a topic that is not there")
	s.Send(consumerJoin(1, "gjnone", "m", "nothere"))
	s.Send(consumerDescribe(1, "gjnone"))
	s.Note("names twice, invalid names")
	s.Send(consumerJoin(1, "gjdup", "m", "gj", "gj", "bad name", ""))
	s.Send(consumerDescribe(1, "gjdup"))
	s.Note("a changed subscription: another epoch")
	s.TopicKnown("gj2", 1)
	more := consumerBeat(1, "gj1", "m", 2)
	more.SubscribedTopicNames = []string{"gj", "gj2"}
	s.Send(more)
	s.Send(consumerDescribe(1, "gj1"))
	s.Note("the rack, the client's own words")
	rack := consumerJoin(1, "gjrack", "m", "gj")
	rack.RackID = ptr("r1")
	s.Send(rack)
	s.Send(consumerDescribe(1, "gjrack"))
}

func consumerLeaves(s *Session) {
	s.Coordinator(kindGroup, "gl")
	s.Topic("gl", 2)
	c := s.NewConsumer("gl", "m", "gl")
	s.Note("it leaves, and again, and goes on")
	s.Send(consumerBeat(1, "gl", "m", -1))
	s.Send(consumerBeat(1, "gl", "m", -1))
	s.Send(c.beat())
	s.Send(consumerDescribe(1, "gl"))
	s.Note("it joins again")
	s.Send(consumerJoin(1, "gl", "m", "gl"))
	s.Note("-2 by a dynamic member")
	s.Send(consumerBeat(1, "gl", "m", -2))
	s.Send(consumerBeat(1, "gl", "nobody", -1))
}

func consumerEpochs(s *Session) {
	s.Coordinator(kindGroup, "ge")
	id := s.Topic("ge", 2)
	c := s.NewConsumer("ge", "m", "ge")
	s.Note("epoch %d", c.Epoch)
	s.Send(consumerBeat(1, "ge", "m", c.Epoch+1))
	s.Note("an unknown member")
	s.Send(consumerBeat(1, "ge", "nobody", c.Epoch))
	s.Send(consumerBeat(1, "ge", "nobody", 9))
	s.Note("the group moves on by another member; the first keeps its epoch until it is told")
	b := s.NewConsumer("ge", "n", "ge")
	s.Settle("ge", c, b)
	s.Note("epochs %d and %d", c.Epoch, b.Epoch)
	s.Note("the last epoch, with no partitions, with what it has, with more than it has")
	s.Send(consumerBeat(1, "ge", "m", c.Epoch-1))
	s.Send(owns(consumerBeat(1, "ge", "m", c.Epoch-1), id))
	last := c.beat()
	last.MemberEpoch--
	s.Send(last)
	s.Send(owns(consumerBeat(1, "ge", "m", c.Epoch-1), id, 0, 1))
	s.Note("older, newer")
	s.Send(owns(consumerBeat(1, "ge", "m", c.Epoch-2), id))
	s.Send(owns(consumerBeat(1, "ge", "m", c.Epoch+1), id))
	s.Note("a fenced member joins again")
	s.Send(consumerJoin(1, "ge", "m", "ge"))
}

func consumerAssignors(s *Session) {
	s.Coordinator(kindGroup, "ga")
	s.TopicKnown("ga", 4)
	s.TopicKnown("ga2", 4)
	for _, name := range []string{"uniform", "range", "sticky", "Uniform", ""} {
		s.Note("assignor %q", name)
		req := consumerJoin(1, "ga-"+name, "m", "ga")
		req.ServerAssignor = &name
		s.Send(req)
		s.Send(consumerDescribe(1, "ga-"+name))
	}
	s.Note("range, two topics, two members: neighbours")
	var members []*Consumer
	for _, m := range []string{"a", "b"} {
		req := consumerJoin(1, "gar", m, "ga", "ga2")
		req.ServerAssignor = ptr("range")
		c := &Consumer{Session: s, Group: "gar", ID: m}
		c.take(s.Do(req))
		members = append(members, c)
	}
	s.Settle("gar", members...)
	s.Send(consumerDescribe(1, "gar"))
	s.Note("the members' majority decides; a change by a heartbeat")
	change := consumerBeat(1, "gar", "a", members[0].Epoch)
	change.ServerAssignor = ptr("uniform")
	s.Send(change)
	bad := consumerBeat(1, "gar", "b", members[1].Epoch)
	bad.ServerAssignor = ptr("nonsense")
	s.Send(bad)
	s.Send(consumerDescribe(1, "gar"))
}

// assigned repeats a heartbeat until the answer carries an assignment, and records that one.
func (c *Consumer) assigned() {
	c.TB.Helper()
	var last *kmsg.ConsumerGroupHeartbeatResponse
	c.Until(c.beat(), func(r kmsg.Response) bool {
		last = r.(*kmsg.ConsumerGroupHeartbeatResponse)
		c.take(last)
		return last.Assignment != nil && len(last.Assignment.Topics) > 0
	})
	c.record(Event{Send: "ConsumerGroupHeartbeat, repeated", Got: c.tr.mask.tree("ConsumerGroupHeartbeat", last)})
}

func consumerRegex(s *Session) {
	s.Coordinator(kindGroup, "gx")
	s.TopicKnown("gx-one", 1)
	s.TopicKnown("gx-two", 1)
	for _, p := range []string{"[", "(?=g)gx", "*", ""} {
		s.Note("pattern %q", p)
		req := consumerJoin(1, "gx"+p, "m")
		req.SubscribedTopicNames, req.SubscribedTopicRegex = nil, &p
		s.Send(req)
	}
	s.Note("a good one: the topics come later; a full match")
	req := consumerJoin(1, "gx", "m")
	req.SubscribedTopicNames, req.SubscribedTopicRegex = nil, ptr("gx-.*")
	c := &Consumer{Session: s, Group: "gx", ID: "m"}
	c.take(s.Do(req))
	c.assigned()
	s.Settle("gx", c)
	s.Send(consumerDescribe(1, "gx"))
	s.Note("part of a name")
	part := consumerJoin(1, "gxp", "m")
	part.SubscribedTopicNames, part.SubscribedTopicRegex = nil, ptr("x-on")
	s.Do(part)
	s.ConsumerState("gxp", "Stable")
	s.Send(consumerDescribe(1, "gxp"))
	s.Note("a pattern and names")
	both := consumerBeat(1, "gx", "m", c.Epoch)
	both.SubscribedTopicNames, both.SubscribedTopicRegex = []string{"gx-two"}, ptr(".*-one")
	c.take(s.Do(both))
	s.Settle("gx", c)
	s.Send(consumerDescribe(1, "gx"))
	s.Note("a pattern that is none, by a heartbeat: nothing moves")
	bad := consumerBeat(1, "gx", "m", c.Epoch)
	bad.SubscribedTopicRegex = ptr("[")
	s.Send(bad)
	s.Note("an empty pattern ends it")
	bad.SubscribedTopicRegex = ptr("")
	c.take(s.Do(bad))
	s.Settle("gx", c)
	s.Send(consumerDescribe(1, "gx"))
}

func consumerStatic(s *Session) {
	s.Coordinator(kindGroup, "gs")
	s.Topic("gs", 2)
	join := func(member string) *kmsg.ConsumerGroupHeartbeatRequest {
		req := consumerJoin(1, "gs", member, "gs")
		req.InstanceID = ptr("inst")
		return req
	}
	beat := func(member string, epoch int32, instance string) *kmsg.ConsumerGroupHeartbeatRequest {
		req := consumerBeat(1, "gs", member, epoch)
		req.InstanceID = &instance
		return req
	}
	r := s.Send(join("m1")).(*kmsg.ConsumerGroupHeartbeatResponse)
	s.Note("the instance is in use")
	s.Send(join("m2"))
	s.Note("heartbeats with another instance, another member, without the instance")
	s.Send(beat("m1", r.MemberEpoch, "nobody"))
	s.Send(beat("m2", r.MemberEpoch, "inst"))
	s.Send(consumerBeat(1, "gs", "m1", r.MemberEpoch))
	s.Note("it leaves for a while")
	s.Send(beat("m1", -2, "inst"))
	s.Send(consumerDescribe(1, "gs"))
	s.Send(beat("m1", r.MemberEpoch, "inst"))
	s.Note("another member takes its place and its partitions; the old one is fenced")
	s.Send(join("m2"))
	s.Send(beat("m1", r.MemberEpoch, "inst"))
	s.Send(beat("m1", -2, "inst"))
	s.Send(beat("m1", -1, "inst"))
	s.Send(consumerDescribe(1, "gs"))
	s.Note("it leaves for good: by a wrong instance, by the right one")
	s.Send(beat("m2", -1, "nobody"))
	s.Send(beat("m2", -1, "inst"))
	s.Send(consumerDescribe(1, "gs"))
}

func consumerRevoke(s *Session) {
	id := s.Topic("gr", 2) // before the rest: the coordinator hears of it later than clients do
	s.Coordinator(kindGroup, "gr")
	a := s.NewConsumer("gr", "a", "gr")
	s.Note("a second member gets nothing until the first has given it up")
	b := &Consumer{Session: s, Group: "gr", ID: "b"}
	b.take(s.Send(consumerJoin(1, "gr", "b", "gr")))
	b.Owned = nil
	b.Beat()
	s.Note("the first is told what it keeps; its epoch stays")
	quiet := consumerBeat(1, "gr", "a", a.Epoch)
	r := s.Send(quiet).(*kmsg.ConsumerGroupHeartbeatResponse)
	s.Send(consumerDescribe(1, "gr"))
	s.Note("it says that it still owns both, and then says nothing")
	s.Send(owns(consumerBeat(1, "gr", "a", a.Epoch), id, 0, 1))
	s.Send(quiet)
	b.Beat()
	s.Note("it gives it up")
	a.take(r)
	a.Beat()
	b.Beat()
	b.Beat()
	s.Send(consumerDescribe(1, "gr"))
	s.Note("the second leaves: the first gets everything at its next heartbeats")
	s.Send(consumerBeat(1, "gr", "b", -1))
	a.Beat()
	s.Send(consumerDescribe(1, "gr"))
}

// consumerInterval waits for the next assignment, which comes a second after
// the last: an interval that Kafka 4.3 has (its default).
func consumerInterval(s *Session) {
	s.Coordinator(kindGroup, "gi")
	s.Topic("gi", 2)
	a := s.NewConsumer("gi", "a", "gi")
	start := time.Now()
	b := &Consumer{Session: s, Group: "gi", ID: "b"}
	s.Note("a second member, at once: the epoch of the assignment that there is")
	b.take(s.Send(consumerJoin(1, "gi", "b", "gi")))
	a.Beat()
	s.Send(consumerDescribe(1, "gi"))
	s.Settle("gi", a, b)
	s.took("the next assignment", start, 1200*time.Millisecond)
	s.Send(consumerDescribe(1, "gi"))
}

// consumerSlowRevoke lets a member keep partitions beyond its rebalance timeout.
func consumerSlowRevoke(s *Session) {
	s.Coordinator(kindGroup, "gw")
	s.Topic("gw", 2)
	join := consumerJoin(1, "gw", "a", "gw")
	join.RebalanceTimeoutMillis = 700
	a := &Consumer{Session: s, Group: "gw", ID: "a"}
	a.take(s.Do(join))
	b := s.NewConsumer("gw", "b", "gw")
	s.Note("told to revoke, it keeps all")
	s.Send(consumerBeat(1, "gw", "a", a.Epoch))
	start := time.Now()
	s.Until(consumerBeat(1, "gw", "a", a.Epoch), func(r kmsg.Response) bool {
		return r.(*kmsg.ConsumerGroupHeartbeatResponse).ErrorCode != 0
	})
	s.took("fenced", start, 800*time.Millisecond)
	s.Send(consumerBeat(1, "gw", "a", a.Epoch))
	s.Settle("gw", b)
	s.Note("the other has both")
	s.Send(consumerDescribe(1, "gw"))
}

func consumerTopics(s *Session) {
	s.Coordinator(kindGroup, "gt")
	s.TopicKnown("gt", 1)
	c := s.NewConsumer("gt", "m", "gt", "gtlate")
	s.Settle("gt", c)
	s.Send(consumerDescribe(1, "gt"))
	s.Note("a topic of the subscription is made")
	s.TopicKnown("gtlate", 1)
	c.assigned()
	s.Settle("gt", c)
	s.Send(consumerDescribe(1, "gt"))
	s.Note("one gets another partition")
	more := kmsg.NewPtrCreatePartitionsRequest()
	more.Version, more.TimeoutMillis = 3, 15000
	t := kmsg.NewCreatePartitionsRequestTopic()
	t.Topic, t.Count = "gt", 2
	more.Topics = append(more.Topics, t)
	s.Do(more)
	c.assigned()
	s.Settle("gt", c)
	s.Send(consumerDescribe(1, "gt"))
	s.Note("one is deleted")
	del := kmsg.NewPtrDeleteTopicsRequest()
	del.Version, del.TimeoutMillis, del.TopicNames = 5, 15000, []string{"gtlate"}
	s.Do(del)
	c.assigned()
	s.Settle("gt", c)
	s.Send(consumerDescribe(1, "gt"))
}

// consumerSession lets one member of two fall silent.
func consumerSession(s *Session) {
	s.Coordinator(kindGroup, "gsess")
	s.Topic("gsess", 2)
	s.Send(consumerJoin(1, "gsess", "a", "gsess"))
	s.Until(consumerDescribe(1, "gsess"), func(r kmsg.Response) bool {
		return r.(*kmsg.ConsumerGroupDescribeResponse).Groups[0].State == "Empty"
	})
	s.Note("expired")
	s.Send(consumerBeat(1, "gsess", "a", 1))
	s.Send(consumerDescribe(1, "gsess"))
	s.Note("a static member that left for a while expires too")
	join := consumerJoin(1, "gsess", "b", "gsess")
	join.InstanceID = ptr("inst")
	s.Do(join)
	away := consumerBeat(1, "gsess", "b", -2)
	away.InstanceID = ptr("inst")
	s.Send(away)
	s.ConsumerState("gsess", "Empty")
	s.Send(consumerDescribe(1, "gsess"))
}

package interop

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func groupRows() []Row {
	return slices.Concat(joinRows(), syncRows(), staticRows(), groupTimeoutRows(), groupOffsetRows(), groupAdminRows())
}

func joinRows() []Row {
	return []Row{
		{Name: "f-find-coordinator", Differs: "kq makes the topic of share coordinators before it answers", Traps: []int{94}, Run: findCoordinators},
		{Name: "f-empty-group-id", Traps: []int{75}, Run: func(s *Session) {
			s.Topic("emptyid", 1)
			s.Coordinator(kindGroup, "x")
			s.Send(joinGroup(5, "", "", "range"))
			s.Send(joinGroup(9, "", "", "range"))
			s.Send(syncGroup(5, "", "m", 1))
			s.Send(heartbeat(4, "", "m", 1))
			s.Send(leaveGroup(1, "", "m"))
			s.Send(leaveGroup(5, "", "m"))
			s.Send(commit(8, "", "", -1, "emptyid", 3))
			s.Send(commit(8, "", "m", 1, "emptyid", 3))
			s.Send(offsetFetch(7, "", "emptyid", 0))
			s.Send(offsetFetch(8, "", ""))
			s.Send(offsetDelete("", "emptyid", 0))
			s.Send(describeGroups(5, ""))
			s.Send(describeGroups(6, ""))
			s.Send(deleteGroups(2, ""))
		}},
		{Name: "f-session-timeout", Traps: []int{77}, Run: func(s *Session) {
			s.Coordinator(kindGroup, "timeouts")
			for _, ms := range []int32{5999, 6000, 1800000, 1800001, 0, -1} {
				s.Note("session timeout %d ms", ms)
				for _, v := range []int16{0, 5} {
					req := joinGroup(v, "timeouts"+itoa(ms), "", "range")
					req.SessionTimeoutMillis = ms
					s.Send(req)
				}
			}
		}},
		{Name: "f-join-versions", Traps: []int{78, 80}, Run: func(s *Session) {
			versions(0, 9, func(v int16) {
				group := "joinv" + itoa(int32(v))
				s.Coordinator(kindGroup, group)
				r := s.Send(joinGroup(v, group, "", "range", "roundrobin")).(*kmsg.JoinGroupResponse)
				if v >= 4 {
					r = s.Send(joinGroup(v, group, r.MemberID, "range", "roundrobin")).(*kmsg.JoinGroupResponse)
				}
				s.Send(syncGroup(min(v, 5), group, r.MemberID, r.Generation, r.MemberID+"=mine"))
				s.Send(heartbeat(min(v, 4), group, r.MemberID, r.Generation))
				s.Send(leaveGroup(min(v, 5), group, r.MemberID))
			})
		}},
		{Name: "f-join-member-id", Traps: []int{78, 79}, Run: func(s *Session) {
			s.Coordinator(kindGroup, "ids")
			s.Note("an id that the coordinator did not give out")
			versions(0, 9, func(v int16) {
				if v == 0 || v >= 4 {
					s.Send(joinGroup(v, "ids", "who", "range"))
				}
			})
			s.Note("the group is not there after all of this")
			s.Send(describeGroups(5, "ids"))
			m := s.Sole("ids", "", "range")
			s.Note("and in a group that has a member")
			s.Send(joinGroup(5, "ids", "who", "range"))
			s.Send(static(5, "ids", "who", "inst", "range"))
			s.Send(m.beat())
		}},
		{Name: "f-pending", Traps: []int{78}, Sort: unordered, Run: pendingMembers},
		{Name: "f-join-protocols", Traps: []int{79}, Sort: unordered, Run: joinProtocols},
		{Name: "f-max-size", Traps: []int{79}, Sort: unordered, Config: map[string]string{"group.max.size": "2"}, Run: maxSize},
		{Name: "f-two-members", Traps: []int{80, 83}, Sort: unordered, Run: twoMembers},
		{Name: "f-rejoin", Traps: []int{82}, Sort: unordered, Run: rejoin},
		{Name: "f-initial-delay", Traps: []int{81}, Config: map[string]string{"group.initial.rebalance.delay.ms": "700"}, Run: func(s *Session) {
			s.Coordinator(kindGroup, "delay")
			start := time.Now()
			s.Send(joinGroup(3, "delay", "", "range"))
			s.took("the first join", start, 1200*time.Millisecond)
			start = time.Now()
			s.Send(joinGroup(3, "delay", "who", "range"))
			s.took("an unknown member", start, 700*time.Millisecond)
		}},
	}
}

func findCoordinators(s *Session) {
	s.Coordinator(kindGroup, "fc")
	s.Coordinator(kindTxn, "fc")
	versions(0, 6, func(v int16) { s.Send(findCoordinator(v, kindGroup, "fc")) })
	versions(1, 6, func(v int16) { s.Send(findCoordinator(v, kindTxn, "fc")) })
	for _, kind := range []int8{kindShare, 3, -1} {
		s.Note("coordinator type %d", kind)
		versions(3, 6, func(v int16) { s.Send(findCoordinator(v, kind, "fc")) })
	}
	s.Note("share keys")
	s.Send(findCoordinator(6, kindShare, "g:AAAAAAAAAAAAAAAAAAAAAg:0", "g:x:0", "g:AAAAAAAAAAAAAAAAAAAAAg:-1", "g:AAAAAAAAAAAAAAAAAAAAAg", ""))
	s.Note("empty keys, no keys, many, one twice")
	for _, v := range []int16{0, 3, 4} {
		s.Send(findCoordinator(v, kindGroup, ""))
	}
	s.Send(findCoordinator(3, kindTxn, ""))
	s.Send(findCoordinator(4, kindTxn, ""))
	s.Send(findCoordinator(4, kindGroup))
	s.Send(findCoordinator(4, kindGroup, "a", "b", "a"))
}

func pendingMembers(s *Session) {
	s.Topic("pending", 1)
	s.Coordinator(kindGroup, "pending")
	r := s.Send(joinGroup(5, "pending", "", "range")).(*kmsg.JoinGroupResponse)
	s.Note("a pending member is no member yet")
	s.Send(heartbeat(4, "pending", r.MemberID, r.Generation))
	s.Send(heartbeat(4, "pending", r.MemberID, 0))
	s.Send(syncGroup(3, "pending", r.MemberID, r.Generation))
	s.Send(commit(8, "pending", r.MemberID, r.Generation, "pending", 1))
	s.Note("an older join takes the id too; a newer one a second time")
	other := s.Send(joinGroup(5, "pending", "", "range")).(*kmsg.JoinGroupResponse)
	s.Note("it leaves before it has joined")
	s.Send(leaveGroup(3, "pending", other.MemberID))
	s.Send(leaveGroup(3, "pending", other.MemberID))
	s.Send(joinGroup(5, "pending", other.MemberID, "range"))
	s.Note("the first one joins with another version")
	s.Send(joinGroup(3, "pending", r.MemberID, "range"))
}

func joinProtocols(s *Session) {
	s.Coordinator(kindGroup, "protocols")
	none := joinGroup(3, "protocols", "")
	s.Note("no protocols, no protocol type, neither, a group that has no members")
	s.Send(none)
	untyped := joinGroup(3, "protocols", "", "range")
	untyped.ProtocolType = ""
	s.Send(untyped)
	none.ProtocolType = ""
	s.Send(none)
	m, wait := s.NewMember("protocols", "", "range", "roundrobin")
	wait()
	m.DoSync("=x")
	s.Note("the same, a group that has one")
	for _, v := range []int16{3, 9} {
		s.Send(joinGroup(v, "protocols", "", "sticky"))
		s.Send(joinGroup(v, "protocols", ""))
		other := joinGroup(v, "protocols", "", "range")
		other.ProtocolType = "connect"
		s.Send(other)
		other.ProtocolType = ""
		s.Send(other)
	}
	s.Note("nothing of it disturbs the group")
	s.Send(m.beat())
	s.Note("the member itself comes with other protocols")
	s.Send(joinGroup(3, "protocols", m.ID, "sticky"))
	s.Note("the first protocol that all support is chosen by votes")
	s.Coordinator(kindGroup, "votes")
	a, wa := s.NewMember("votes", "", "x", "y", "z")
	wa()
	_, wb := s.NewMember("votes", "", "z", "y")
	s.State("votes", "PreparingRebalance", 2)
	s.Send(a.beat())
	r := s.Send(joinGroup(5, "votes", a.ID, "x", "y", "z")).(*kmsg.JoinGroupResponse)
	wb()
	s.Note("%d members", len(r.Members))
}

func maxSize(s *Session) {
	s.Coordinator(kindGroup, "full")
	a, wa := s.NewMember("full", "", "range")
	wa()
	b := s.Fork()
	r := b.Send(joinGroup(4, "full", "", "range")).(*kmsg.JoinGroupResponse)
	s.Note("one member and one pending: a third still gets an id")
	third := s.Send(joinGroup(4, "full", "", "range")).(*kmsg.JoinGroupResponse)
	p := b.Start(joinGroup(4, "full", r.MemberID, "range"))
	s.State("full", "PreparingRebalance", 2)
	s.Note("while it rebalances")
	fourth := s.Send(joinGroup(4, "full", "", "range")).(*kmsg.JoinGroupResponse)
	s.Do(leaveGroup(5, "full", third.MemberID, fourth.MemberID)) // or the join would wait for them
	s.Send(a.rejoin("range"))
	p.Wait()
	s.Note("two members")
	versions(0, 9, func(v int16) { s.Send(joinGroup(v, "full", "", "range")) })
	s.Send(static(5, "full", "", "inst", "range"))
}

func twoMembers(s *Session) {
	s.Topic("two", 1)
	s.Coordinator(kindGroup, "two")
	a, wa := s.NewMember("two", "", "range")
	wa()
	a.DoSync("=a")
	b, wb := s.NewMember("two", "", "range")
	s.State("two", "PreparingRebalance", 2)
	s.Note("the leader learns of it by its heartbeat")
	s.Send(a.beat())
	s.Send(heartbeat(4, "two", a.ID, a.Gen+1))
	s.Note("sync and commit while it prepares")
	s.Send(a.sync())
	s.Send(commit(8, "two", a.ID, a.Gen, "two", 1))
	s.Send(describeGroups(5, "two"))
	s.Note("the leader joins again: it stays the leader and gets the members")
	a.Gen = s.Send(a.rejoin("range")).(*kmsg.JoinGroupResponse).Generation
	wb()
	s.Note("generation %d of the other", b.Gen)
	s.Send(describeGroups(5, "two"))
	s.Note("heartbeats and commits before the sync")
	s.Send(b.beat())
	s.Send(a.beat())
	s.Send(commit(8, "two", a.ID, a.Gen, "two", 1))
	s.Note("the follower's sync waits for the leader's; nothing for the follower in it")
	p := b.Start(b.sync())
	s.Send(a.sync("=mine", "nobody=lost"))
	p.Wait()
	s.Send(describeGroups(5, "two"))
	s.Note("sync again in Stable")
	s.Send(b.sync())
	s.Send(a.sync("=other"))
	s.Note("the follower leaves")
	s.Send(leaveGroup(3, "two", b.ID))
	s.Send(b.beat())
	s.Send(a.beat())
	s.Send(describeGroups(5, "two"))
}

func rejoin(s *Session) {
	s.Coordinator(kindGroup, "rejoin")
	a, wa := s.NewMember("rejoin", "", "range")
	wa()
	b, wb := s.NewMember("rejoin", "", "range")
	s.State("rejoin", "PreparingRebalance", 2)
	a.Rejoin("range")
	wb()
	s.Note("before the sync: both join again with what they had")
	s.Send(b.rejoin("range"))
	s.Send(a.rejoin("range"))
	p := b.Start(b.sync())
	a.DoSync("=a", b.ID+"=b")
	p.Wait()
	s.Note("stable: the follower joins again with what it had")
	s.Send(b.rejoin("range"))
	s.Send(a.beat())
	s.Note("the follower joins with other metadata: a rebalance")
	p = b.Start(b.rejoin("range=new"))
	s.State("rejoin", "PreparingRebalance", 2)
	s.Send(a.beat())
	s.Send(a.rejoin("range"))
	p.Wait()
	a.Gen++
	b.Gen++
	p = b.Start(b.sync())
	a.DoSync("=a", b.ID+"=b")
	p.Wait()
	s.Note("the leader joins with what it had: a rebalance")
	p = a.Start(a.rejoin("range"))
	s.State("rejoin", "PreparingRebalance", 2)
	s.Send(b.beat())
	s.Send(b.rejoin("range=new"))
	p.Wait()
}

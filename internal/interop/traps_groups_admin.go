package interop

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func groupAdminRows() []Row {
	return []Row{
		{Name: "f-describe-groups", Traps: []int{92, 93}, Sort: unordered, Run: describes},
		{Name: "f-delete-groups", Traps: []int{92}, Sort: unordered, Run: deletes},
		{Name: "f-list-groups", Traps: []int{93}, Sort: []string{"Groups"}, Edit: onlyGroups("list"), Run: lists},
	}
}

func listGroups(version int16, states, types []string) *kmsg.ListGroupsRequest {
	req := kmsg.NewPtrListGroupsRequest()
	req.Version, req.StatesFilter, req.TypesFilter = version, states, types
	return req
}

func describes(s *Session) {
	s.Coordinator(kindGroup, "desc")
	s.Note("a group that is not there")
	versions(0, 6, func(v int16) { s.Send(describeGroups(v, "desc")) })
	m := s.Sole("desc", "", "range")
	s.Note("a group with a member")
	versions(0, 6, func(v int16) { s.Send(describeGroups(v, "desc")) })
	ops := describeGroups(6, "desc", "descnone")
	ops.IncludeAuthorizedOperations = true
	s.Send(ops)
	s.Note("no groups, one twice")
	s.Send(describeGroups(5))
	s.Send(describeGroups(5, "desc", "desc"))
	s.Note("a static member")
	s.Sole("descs", "inst", "range=abc")
	s.Send(describeGroups(5, "descs"))
	s.Note("states on the way")
	s.Do(leaveGroup(3, "desc", m.ID))
	s.Send(describeGroups(5, "desc"))
	m, wait := s.NewMember("desc", "", "range", "roundrobin")
	wait()
	s.Send(describeGroups(5, "desc"))
	_, _ = s.NewMember("desc", "", "range")
	s.State("desc", "PreparingRebalance", 2)
	s.Send(describeGroups(5, "desc"))
	s.Do(leaveGroup(3, "desc", m.ID))
}

func deletes(s *Session) {
	s.Topic("del", 1)
	s.Coordinator(kindGroup, "del")
	s.Note("groups that are not there")
	versions(0, 2, func(v int16) { s.Send(deleteGroups(v, "del", "")) })
	m := s.Sole("del", "", "range")
	s.Do(commit(8, "del", m.ID, m.Gen, "del", 5))
	s.Note("a group with a member, and one without; one twice; none")
	s.Do(commit(8, "deloff", "", -1, "del", 5))
	s.Send(deleteGroups(2, "del", "deloff", "delnone"))
	s.Send(deleteGroups(2))
	s.Do(commit(8, "deloff", "", -1, "del", 5))
	s.Send(deleteGroups(2, "deloff", "deloff"))
	s.Send(offsetFetch(7, "deloff", "del", 0))
	s.Note("the group when its member has left, with its offset")
	s.Do(leaveGroup(3, "del", m.ID))
	s.Send(deleteGroups(2, "del"))
	s.Send(offsetFetch(7, "del", "del", 0))
	s.Send(m.beat())
	s.Note("a member that has not joined yet")
	s.Do(joinGroup(5, "delp", "", "range"))
	s.Send(deleteGroups(2, "delp"))
}

func lists(s *Session) {
	s.Topic("list", 1)
	s.Coordinator(kindGroup, "list")
	s.Sole("list1", "", "range")
	s.Do(commit(8, "list2", "", -1, "list", 5))
	m, wait := s.NewMember("list3", "", "range")
	wait()
	join := joinGroup(3, "list4", "", "range")
	join.ProtocolType = "connect"
	r := s.Do(join).(*kmsg.JoinGroupResponse)
	s.Do(syncGroup(3, "list4", r.MemberID, r.Generation))
	left := s.Sole("list5", "", "range")
	s.Do(leaveGroup(3, "list5", left.ID))
	versions(0, 5, func(v int16) { s.Send(listGroups(v, nil, nil)) })
	s.Note("states")
	for _, states := range [][]string{{"Stable"}, {"stable"}, {"STABLE", "Empty"}, {"CompletingRebalance"}, {"PreparingRebalance"}, {"Dead"}, {"Unknown"}, {"nonsense"}, {""}, {}} {
		s.Note("%q", states)
		s.Send(listGroups(5, states, nil))
	}
	s.Send(listGroups(4, []string{"Empty"}, nil))
	s.Note("types")
	for _, types := range [][]string{{"classic"}, {"Classic"}, {"consumer"}, {"share"}, {"streams"}, {"unknown"}, {"nonsense"}, {"classic", "nonsense"}, {""}} {
		s.Note("%q", types)
		s.Send(listGroups(5, nil, types))
	}
	s.Note("both")
	s.Send(listGroups(5, []string{"Stable"}, []string{"classic"}))
	s.Send(listGroups(5, []string{"Stable"}, []string{"consumer"}))
	s.Note("a deleted group is listed no more; a pending member makes none")
	s.Do(deleteGroups(2, "list2"))
	s.Do(joinGroup(5, "list6", "", "range"))
	s.Do(leaveGroup(3, "list3", m.ID))
	s.Send(listGroups(5, nil, nil))
}

func groupTimeoutRows() []Row {
	short := map[string]string{"group.min.session.timeout.ms": "100"}
	return []Row{
		{Name: "f-session-expiry", Traps: []int{87}, Config: short, Run: sessionExpiry},
		{Name: "f-sync-expiry", Traps: []int{83}, Sort: unordered, Config: short, Run: syncExpiry},
		{Name: "f-rebalance-expiry", Traps: []int{80, 87}, Sort: unordered, Config: short, Run: rebalanceExpiry},
		{Name: "f-pending-expiry", Traps: []int{78}, Config: short, Run: pendingExpiry},
		{Name: "f-disconnect", Traps: []int{87}, Sort: unordered, Run: disconnects},
	}
}

// sessionExpiry keeps a member alive by heartbeats and by commits, and lets it die.
func sessionExpiry(s *Session) {
	s.Topic("se", 1)
	s.Coordinator(kindGroup, "se")
	req := joinGroup(3, "se", "", "range")
	req.SessionTimeoutMillis = 700
	r := s.Do(req).(*kmsg.JoinGroupResponse)
	s.Do(syncGroup(3, "se", r.MemberID, r.Generation, r.MemberID+"=a"))
	for start := time.Now(); time.Since(start) < time.Second; {
		s.Do(heartbeat(3, "se", r.MemberID, r.Generation))
		<-time.After(100 * time.Millisecond)
	}
	s.Note("alive by its heartbeats")
	s.Send(heartbeat(3, "se", r.MemberID, r.Generation))
	for start := time.Now(); time.Since(start) < time.Second; {
		s.Do(commit(8, "se", r.MemberID, r.Generation, "se", 1))
		<-time.After(100 * time.Millisecond)
	}
	s.Note("alive by its commits")
	s.Send(heartbeat(3, "se", r.MemberID, r.Generation))
	s.State("se", "Empty", 0)
	s.Note("expired")
	s.Send(heartbeat(3, "se", r.MemberID, r.Generation))
	s.Send(commit(8, "se", r.MemberID, r.Generation, "se", 2))
	s.Send(syncGroup(3, "se", r.MemberID, r.Generation))
	s.Send(joinGroup(3, "se", r.MemberID, "range"))
	s.Send(describeGroups(5, "se"))
}

// syncExpiry joins two members of which one never syncs: it is put out.
func syncExpiry(s *Session) {
	s.Coordinator(kindGroup, "sx")
	short := func(group, member string) *kmsg.JoinGroupRequest {
		req := joinGroup(3, group, member, "range")
		req.RebalanceTimeoutMillis = 600
		return req
	}
	a := s.Do(short("sx", "")).(*kmsg.JoinGroupResponse)
	other := s.Fork()
	p := other.Start(short("sx", ""))
	s.State("sx", "PreparingRebalance", 2)
	a = s.Do(short("sx", a.MemberID)).(*kmsg.JoinGroupResponse)
	p.Wait()
	s.Note("the leader syncs, the other does not: it is put out after the rebalance timeout")
	s.Send(syncGroup(3, "sx", a.MemberID, a.Generation, a.MemberID+"=a"))
	s.Until(heartbeat(3, "sx", a.MemberID, a.Generation), func(r kmsg.Response) bool { return r.(*kmsg.HeartbeatResponse).ErrorCode == 27 })
	s.Send(describeGroups(5, "sx"))
	s.Send(short("sx", a.MemberID))
	s.Send(describeGroups(5, "sx"))
	s.Note("the leader does not sync: it is put out, and the others who wait get an error")
	a = s.Do(short("sx", a.MemberID)).(*kmsg.JoinGroupResponse)
	s.State("sx", "Empty", 0)
	s.Send(syncGroup(3, "sx", a.MemberID, a.Generation))
}

// rebalanceExpiry lets a member miss a rebalance while its session lives on.
func rebalanceExpiry(s *Session) {
	s.Coordinator(kindGroup, "rx")
	short := func(member string) *kmsg.JoinGroupRequest {
		req := joinGroup(3, "rx", member, "range")
		req.RebalanceTimeoutMillis = 1000
		return req
	}
	a := s.Do(short("")).(*kmsg.JoinGroupResponse)
	s.Do(syncGroup(3, "rx", a.MemberID, a.Generation, a.MemberID+"=a"))
	other := s.Fork()
	start := time.Now()
	p := other.Start(short(""))
	s.State("rx", "PreparingRebalance", 2)
	s.Note("it is told, and does not join again")
	s.Send(heartbeat(3, "rx", a.MemberID, a.Generation))
	p.Wait()
	s.took("the other's join", start, 1500*time.Millisecond)
	s.Send(heartbeat(3, "rx", a.MemberID, a.Generation))
	s.Send(describeGroups(5, "rx"))
}

func pendingExpiry(s *Session) {
	s.Coordinator(kindGroup, "px")
	req := joinGroup(5, "px", "", "range")
	req.SessionTimeoutMillis = 400
	r := s.Send(req).(*kmsg.JoinGroupResponse)
	s.Until(syncGroup(3, "px", r.MemberID, 0), func(r kmsg.Response) bool { return true })
	<-time.After(900 * time.Millisecond)
	req.MemberID = r.MemberID
	s.Note("too late")
	s.Send(req)
}

// disconnects closes the connection of a member: it stays, also while it waits for its join.
func disconnects(s *Session) {
	m := s.Sole("dc", "", "range")
	m.hangUp()
	s.Note("the member stays, from another connection too")
	s.Send(m.beat())
	s.State("dc", "Stable", 1)
	b, _ := s.NewMember("dc", "", "range")
	s.State("dc", "PreparingRebalance", 2)
	b.hangUp()
	s.Note("one that waits for its join stays too, as far as can be seen")
	r := s.Send(joinGroup(3, "dc", m.ID, "range")).(*kmsg.JoinGroupResponse)
	s.Note("%d members", len(r.Members))
}

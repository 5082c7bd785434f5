package interop

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func syncRows() []Row {
	return []Row{
		{Name: "f-sync-errors", Traps: []int{83}, Run: syncErrors},
		{Name: "f-heartbeat", Traps: []int{84}, Run: heartbeats},
		{Name: "f-leave", Traps: []int{85}, Sort: unordered, Run: leaves},
	}
}

func syncErrors(s *Session) {
	s.Coordinator(kindGroup, "syncerr")
	s.Note("a group that is not there")
	versions(0, 5, func(v int16) { s.Send(syncGroup(v, "syncerr", "who", 1)) })
	m, wait := s.NewMember("syncerr", "", "range")
	wait()
	s.Note("generation %d, waiting for the leader", m.Gen)
	for _, gen := range []int32{m.Gen - 1, m.Gen + 1, -1} {
		s.Send(syncGroup(3, "syncerr", m.ID, gen))
	}
	s.Send(syncGroup(3, "syncerr", "who", m.Gen))
	s.Send(syncGroup(3, "syncerr", "", m.Gen))
	for _, p := range [][2]*string{{ptr("connect"), ptr("range")}, {ptr("consumer"), ptr("sticky")}, {ptr("consumer"), nil}, {nil, ptr("range")}, {nil, ptr("sticky")}, {ptr(""), ptr("range")}} {
		s.Note("protocol type %s, protocol %s", deref(p[0]), deref(p[1]))
		req := m.sync("=a")
		req.ProtocolType, req.Protocol = p[0], p[1]
		s.Send(req)
	}
	s.Note("stable")
	s.Send(m.sync("=a"))
	s.Send(syncGroup(3, "syncerr", m.ID, m.Gen-1))
	s.Send(syncGroup(3, "syncerr", m.ID, m.Gen+1))
	s.Send(syncGroup(3, "syncerr", "who", m.Gen))
	req := m.sync()
	req.Protocol = ptr("sticky")
	s.Send(req)
	s.Note("empty")
	s.Do(leaveGroup(3, "syncerr", m.ID))
	s.Send(m.sync())
	s.Send(syncGroup(3, "syncerr", "who", 0))
	s.Note("an assignment for the member twice")
	m, wait = s.NewMember("syncerr", "", "range")
	wait()
	s.Send(m.sync("=a", "=b"))
}

func heartbeats(s *Session) {
	s.Coordinator(kindGroup, "beats")
	s.Note("a group that is not there")
	versions(0, 4, func(v int16) { s.Send(heartbeat(v, "beats", "who", 1)) })
	m, wait := s.NewMember("beats", "", "range")
	wait()
	s.Note("waiting for the sync")
	s.Send(m.beat())
	s.Send(heartbeat(4, "beats", m.ID, m.Gen+1))
	s.Send(heartbeat(4, "beats", "who", m.Gen))
	s.Note("stable")
	s.Do(m.sync("=a"))
	s.Send(m.beat())
	for _, gen := range []int32{m.Gen - 1, m.Gen + 1, -1} {
		s.Send(heartbeat(4, "beats", m.ID, gen))
	}
	s.Send(heartbeat(4, "beats", "who", m.Gen))
	s.Send(heartbeat(4, "beats", "", -1))
	static := m.beat()
	static.InstanceID = ptr("nobody")
	s.Send(static)
	s.Note("empty")
	s.Do(leaveGroup(3, "beats", m.ID))
	s.Send(m.beat())
	s.Note("a group that only has offsets")
	s.Topic("beatst", 1)
	s.Do(commit(8, "beatsoff", "", -1, "beatst", 1))
	s.Send(heartbeat(4, "beatsoff", "who", 0))
}

func leaves(s *Session) {
	s.Coordinator(kindGroup, "leaves")
	s.Note("a group that is not there")
	versions(0, 5, func(v int16) { s.Send(leaveGroup(v, "leaves", "who")) })
	s.Send(leaveGroup(5, "leaves", "who/inst"))
	s.Send(leaveGroup(5, "leaves", "/inst"))
	m := s.Sole("leaves", "", "range")
	inst, wait := s.NewMember("leaves", "inst", "range")
	s.State("leaves", "PreparingRebalance", 2)
	m.Rejoin("range")
	wait()
	s.Note("members that are not there")
	versions(0, 5, func(v int16) { s.Send(leaveGroup(v, "leaves", "who")) })
	s.Send(leaveGroup(5, "leaves", "/nobody", "who/inst", "who/nobody", m.ID+"/nobody", ""))
	s.Note("nobody leaves")
	s.Send(leaveGroup(5, "leaves"))
	s.Note("the dynamic member by its id, the static one by its instance, each twice")
	s.Send(leaveGroup(5, "leaves", m.ID, "/inst", m.ID, "/inst"))
	s.State("leaves", "Empty", 0)
	s.Send(inst.beat())
	s.Send(m.beat())
	s.Note("an empty group")
	s.Send(leaveGroup(5, "leaves", m.ID))
	s.Send(leaveGroup(1, "leaves", m.ID))
	s.Note("a static member that leaves by its id alone, and by both")
	inst = s.Sole("leaves", "inst2", "range")
	s.Send(leaveGroup(5, "leaves", inst.ID))
	s.State("leaves", "Empty", 0)
	inst = s.Sole("leaves", "inst3", "range")
	s.Send(leaveGroup(5, "leaves", inst.ID+"/inst3"))
	s.Note("reasons")
	m = s.Sole("leaves", "", "range")
	req := leaveGroup(5, "leaves", m.ID)
	req.Members[0].Reason = ptr("because")
	s.Send(req)
}

func staticRows() []Row {
	return []Row{
		{Name: "f-static", Traps: []int{86}, Sort: unordered, Run: staticMembers},
		{Name: "f-static-fenced", Traps: []int{86}, Sort: unordered, Run: staticFenced},
		{Name: "f-static-sync", Traps: []int{86}, Sort: unordered, Run: staticBeforeSync},
	}
}

// staticMembers lets a static follower and the static leader come back.
func staticMembers(s *Session) {
	s.Topic("static", 1)
	s.Coordinator(kindGroup, "static")
	a, wa := s.NewMember("static", "ia", "range")
	wa()
	b, wb := s.NewMember("static", "ib", "range")
	s.State("static", "PreparingRebalance", 2)
	a.Rejoin("range")
	wb()
	p := b.Start(b.sync())
	a.DoSync("=a", b.ID+"=b")
	p.Wait()
	s.Send(describeGroups(5, "static"))
	s.Note("the follower comes back: no rebalance, a new id")
	versions(5, 9, func(v int16) {
		r := s.Send(static(v, "static", "", "ib", "range")).(*kmsg.JoinGroupResponse)
		b.ID = r.MemberID
		s.Send(b.sync())
	})
	s.Note("the leader comes back")
	versions(5, 9, func(v int16) {
		r := s.Send(static(v, "static", "", "ia", "range")).(*kmsg.JoinGroupResponse)
		old := a.ID
		a.ID = r.MemberID
		s.Send(a.sync())
		req := a.beat()
		req.MemberID = old
		s.Send(req)
	})
	s.Send(b.beat())
	s.Send(describeGroups(5, "static"))
	s.Note("the follower comes back with other metadata: still no rebalance")
	b.ID = s.Send(static(9, "static", "", "ib", "range=new")).(*kmsg.JoinGroupResponse).MemberID
	s.Send(a.beat())
	s.Send(describeGroups(5, "static"))
	s.Note("it joins by its id with other metadata: a rebalance")
	p = b.Start(b.rejoin("range=newer"))
	s.State("static", "PreparingRebalance", 2)
	s.Send(a.beat())
	s.Send(a.rejoin("range"))
	p.Wait()
	s.Note("a member leaves for good while the others wait: by its instance")
	s.Send(leaveGroup(5, "static", "/ib"))
	s.Send(a.beat())
}

// staticFenced uses ids that a returning instance has replaced.
func staticFenced(s *Session) {
	s.Topic("fenced", 1)
	m := s.Sole("fenced", "inst", "range")
	old := m.ID
	m.ID = s.Do(static(5, "fenced", "", "inst", "range")).(*kmsg.JoinGroupResponse).MemberID
	stale := *m
	stale.ID = old
	s.Note("the old id with its instance")
	s.Send(stale.beat())
	s.Send(stale.sync())
	s.Send(static(5, "fenced", old, "inst", "range"))
	c := commit(8, "fenced", old, m.Gen, "fenced", 5)
	c.InstanceID = ptr("inst")
	s.Send(c)
	s.Send(leaveGroup(5, "fenced", old+"/inst"))
	s.Note("the old id without its instance")
	s.Send(heartbeat(4, "fenced", old, m.Gen))
	s.Send(syncGroup(3, "fenced", old, m.Gen))
	s.Send(joinGroup(5, "fenced", old, "range"))
	s.Send(commit(8, "fenced", old, m.Gen, "fenced", 5))
	s.Send(leaveGroup(5, "fenced", old))
	s.Note("the new id with another instance, and with a known one and a generation that is none")
	other := *m
	other.Instance = ptr("nobody")
	s.Send(other.beat())
	s.Send(other.sync())
	s.Send(static(5, "fenced", m.ID, "nobody", "range"))
	m.Gen += 5
	s.Send(m.beat())
	m.Gen -= 5
	s.Send(m.beat())
	s.Note("an empty instance is one like others")
	s.Do(leaveGroup(5, "fenced", "/inst"))
	s.Send(static(5, "fenced", "", "", "range"))
}

// staticBeforeSync lets static members come back while the group waits for its leader.
func staticBeforeSync(s *Session) {
	s.Coordinator(kindGroup, "sbs")
	a, wa := s.NewMember("sbs", "ia", "range")
	wa()
	s.Note("the leader comes back before it has synced: a new generation")
	r := s.Send(static(9, "sbs", "", "ia", "range")).(*kmsg.JoinGroupResponse)
	s.Send(a.sync("=x"))
	a.ID, a.Gen = r.MemberID, r.Generation
	s.Send(a.sync("=x"))
	s.Note("a member that waits for its join is replaced: the old connection is answered")
	b := s.Fork()
	p := b.Start(static(9, "sbs", "", "ib", "range"))
	s.State("sbs", "PreparingRebalance", 2)
	c := s.Fork()
	q := c.Start(static(9, "sbs", "", "ib", "range"))
	p.Wait()
	start := time.Now()
	s.Send(static(9, "sbs", a.ID, "ia", "range"))
	q.Wait()
	s.took("both joined", start, 3*time.Second)
}

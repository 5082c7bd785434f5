package classic

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/machine"
)

func TestSyncCodes(t *testing.T) {
	for _, c := range []struct {
		name   string
		given  func(*rig)
		member string
		gen    int32
		change func(*kmsg.SyncGroupRequest)
		want   *kerr.Error
	}{
		{"empty group", func(*rig) {}, "a", 0, nil, kerr.UnknownMemberID},
		{"unknown member", func(r *rig) { r.stable("a") }, "x", 1, nil, kerr.UnknownMemberID},
		{"unknown instance", func(r *rig) { r.stable("a") }, "a", 1, func(q *kmsg.SyncGroupRequest) { q.InstanceID = ptr("i") }, kerr.UnknownMemberID},
		{"old generation", func(r *rig) { r.stable("a") }, "a", 0, nil, kerr.IllegalGeneration},
		{"later generation", func(r *rig) { r.stable("a") }, "a", 2, nil, kerr.IllegalGeneration},
		{"another protocol", func(r *rig) { r.stable("a") }, "a", 1, func(q *kmsg.SyncGroupRequest) { q.Protocol = ptr("sticky") }, kerr.InconsistentGroupProtocol},
		{"another protocol type", func(r *rig) { r.stable("a") }, "a", 1, func(q *kmsg.SyncGroupRequest) { q.ProtocolType = ptr("connect") }, kerr.InconsistentGroupProtocol},
		{"the same protocol", func(r *rig) { r.stable("a") }, "a", 1, func(q *kmsg.SyncGroupRequest) { q.ProtocolType, q.Protocol = ptr("consumer"), ptr("range") }, nil},
		{"while the group rebalances", func(r *rig) { r.stable("a"); r.join(joinReq("", ptr("i")), "s") }, "a", 1, nil, kerr.RebalanceInProgress},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, Options{})
			c.given(r)
			change := c.change
			if change == nil {
				change = func(*kmsg.SyncGroupRequest) {}
			}
			assignment := ""
			if c.want == nil {
				assignment = "a"
			}
			r.wantSync(r.sync(c.member, c.gen, change), c.want, assignment)
		})
	}
}

func TestHeartbeatCodes(t *testing.T) {
	r := newRig(t, Options{})
	if err := r.heartbeat("a", nil, 0); err != kerr.UnknownMemberID {
		t.Errorf("in an empty group: %v", err)
	}
	r.stable("a")
	for _, c := range []struct {
		member   string
		instance *string
		gen      int32
		want     *kerr.Error
	}{
		{"a", nil, 1, nil},
		{"x", nil, 1, kerr.UnknownMemberID},
		{"a", ptr("i"), 1, kerr.UnknownMemberID},
		{"a", nil, 0, kerr.IllegalGeneration},
		{"a", nil, 2, kerr.IllegalGeneration},
		{"a", nil, -1, kerr.IllegalGeneration},
	} {
		if err := r.heartbeat(c.member, c.instance, c.gen); err != c.want {
			t.Errorf("%+v: %v", c, err)
		}
	}
	r.join(joinReq("a", nil), "")
	r.wantState(CompletingRebalance, 2)
	if err := r.heartbeat("a", nil, 2); err != nil {
		t.Errorf("while the assignment is awaited: %v", err)
	}
}

// Sessions end without heartbeats, and not with them; what waits for the group is
// alive.
func TestSession(t *testing.T) {
	r := newRig(t, Options{}).stable("a", "b")
	gen := r.g.generation
	for range 5 {
		r.pass(9 * time.Second)
		if err := r.heartbeat("a", nil, gen); err != nil && err != kerr.RebalanceInProgress {
			t.Fatal(err)
		}
	}
	r.wantState(PreparingRebalance, gen) // without b
	j := r.join(joinReq("a", nil), "")
	r.wantState(CompletingRebalance, gen+1)
	r.wantJoin(j, nil)
	r.syncAll("a")

	// The members of a group that rebalances wait longer than their sessions.
	q := joinReq("", ptr("i"))
	q.SessionTimeoutMillis = 6000
	s := r.join(q, "s")
	for range 4 {
		r.pass(9 * time.Second)
		r.heartbeat("a", nil, r.g.generation)
	}
	r.wantPending(s)
	r.join(joinReq("a", nil), "")
	r.wantJoin(s, nil)
	w := r.sync("s", r.g.generation)
	for range 4 {
		r.pass(9 * time.Second)
		r.heartbeat("a", nil, r.g.generation)
	}
	r.wantPending(w)
	r.sync("a", r.g.generation, assign("s", "S"))
	r.wantSync(w, nil, "S")

	// A commit is a sign of life.
	gen = r.g.generation
	for range 5 {
		r.pass(5 * time.Second)
		r.step(machine.Committed{Member: "a"})
		r.step(machine.Committed{Member: "s"})
	}
	r.wantState(Stable, gen)
}

// A member that never fetches its assignment is out after the rebalance timeout.
func TestPendingSync(t *testing.T) {
	r := newRig(t, Options{}).stable("a", "b")
	r.join(joinReq("", ptr("i")), "s")
	r.join(joinReq("a", nil), "")
	r.join(joinReq("b", nil), "")
	gen := r.g.generation
	r.sync("b", gen)
	r.sync("a", gen, assign())
	r.wantState(Stable, gen)
	for range 6 {
		r.pass(9 * time.Second)
		for _, id := range []string{"a", "b", "s"} {
			if err := r.heartbeat(id, nil, gen); err != nil {
				t.Fatalf("heartbeat of %s: %v", id, err)
			}
		}
	}
	r.wantState(Stable, gen)
	r.pass(7 * time.Second)
	r.wantState(PreparingRebalance, gen)
	if err := r.heartbeat("s", ptr("i"), gen); err != kerr.UnknownMemberID {
		t.Errorf("who never synced: %v", err)
	}
	if err := r.heartbeat("a", nil, gen); err != kerr.RebalanceInProgress {
		t.Errorf("who did: %v", err)
	}
}

// An assignment that cannot be written: all are told, and join again.
func TestAssignmentIsNotWritten(t *testing.T) {
	r := newRig(t, Options{}).stable("a", "b")
	r.join(joinReq("a", nil), "")
	r.join(joinReq("b", nil), "")
	gen := r.g.generation
	b := r.sync("b", gen)
	r.fail = kerr.NotCoordinator
	a := r.sync("a", gen, assign("a", "A", "b", "B"))
	r.fail = nil
	r.wantSync(a, kerr.NotCoordinator, "")
	r.wantSync(b, kerr.NotCoordinator, "")
	r.wantState(PreparingRebalance, gen)
	j := r.join(joinReq("b", nil), "")
	r.join(joinReq("a", nil), "")
	r.wantJoin(j, nil)
	r.syncAll("a", "b")
}

// The first join of a group that has only offsets so far cannot be written: nobody has
// joined.
func TestFirstJoinIsNotWritten(t *testing.T) {
	r := newRig(t, Options{})
	r.fail = kerr.NotCoordinator
	q := joinReq("", nil)
	q.Version = 3
	r.wantJoin(r.join(q, "a"), kerr.NotCoordinator)
	r.wantJoin(r.join(joinReq("", nil), "p"), kerr.NotCoordinator)
	r.fail = nil
	r.wantState(Empty, 0)
	if len(r.g.members) != 0 || len(r.g.pending) != 0 || r.g.ProtocolType() != "" || len(r.timers) != 0 {
		t.Errorf("left behind: %s, timers %v", r.g, r.timers)
	}
	r.stable("b")
	if len(r.records) != 2 {
		t.Errorf("%d records", len(r.records))
	}
}

func TestCommitCodes(t *testing.T) {
	stable := func(r *rig) { r.staticMember("i", "a") }
	for _, c := range []struct {
		name  string
		given func(*rig)
		c     machine.Commit
		want  *kerr.Error
	}{
		{"nobody, to an empty group", func(*rig) {}, machine.Commit{Epoch: -1}, nil},
		{"somebody, to an empty group", func(*rig) {}, machine.Commit{Member: "x", Epoch: -1}, nil},
		{"a generation, to an empty group", func(*rig) {}, machine.Commit{Member: "x", Epoch: 0}, kerr.UnknownMemberID},
		{"nobody", stable, machine.Commit{Epoch: -1}, kerr.UnknownMemberID},
		{"nobody, in a transaction", stable, machine.Commit{Epoch: -1, Transactional: true}, nil},
		{"member", stable, machine.Commit{Member: "a", Epoch: 1}, nil},
		{"static member", stable, machine.Commit{Member: "a", Instance: ptr("i"), Epoch: 1}, nil},
		{"unknown member", stable, machine.Commit{Member: "x", Epoch: 1}, kerr.UnknownMemberID},
		{"unknown member, in a transaction", stable, machine.Commit{Member: "x", Epoch: 1, Transactional: true}, kerr.UnknownMemberID},
		{"fenced", stable, machine.Commit{Member: "x", Instance: ptr("i"), Epoch: 1}, kerr.FencedInstanceID},
		{"fenced, in a transaction", stable, machine.Commit{Member: "x", Instance: ptr("i"), Epoch: 1, Transactional: true}, kerr.FencedInstanceID},
		{"unknown instance", stable, machine.Commit{Member: "a", Instance: ptr("j"), Epoch: 1}, kerr.UnknownMemberID},
		{"old generation", stable, machine.Commit{Member: "a", Epoch: 0}, kerr.IllegalGeneration},
		{"no generation", stable, machine.Commit{Member: "a", Epoch: -1}, kerr.IllegalGeneration},
		{"old generation, in a transaction", stable, machine.Commit{Member: "a", Epoch: 0, Transactional: true}, kerr.IllegalGeneration},
		{"while a rebalance begins", func(r *rig) { stable(r); r.join(joinReq("", ptr("j")), "b") }, machine.Commit{Member: "a", Epoch: 1}, nil},
		{"while a rebalance ends", func(r *rig) { stable(r); r.join(joinReq("a", ptr("i")), "") }, machine.Commit{Member: "a", Epoch: 2}, kerr.RebalanceInProgress},
		{"while a rebalance ends, in a transaction", func(r *rig) { stable(r); r.join(joinReq("a", ptr("i")), "") }, machine.Commit{Member: "a", Epoch: 2, Transactional: true}, nil},
	} {
		r := newRig(t, Options{})
		c.given(r)
		if _, err := r.g.Commit(c.c); err != c.want {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestExpiryRule(t *testing.T) {
	r := newRig(t, Options{})
	if e := r.g.Expiry(); e.Never || e.SinceMs != -1 {
		t.Errorf("nobody ever joined: %+v", e)
	}
	r.stable("a")
	if e := r.g.Expiry(); e.Never || e.SinceMs != -1 {
		t.Errorf("stable: %+v", e)
	}
	r.join(joinReq("a", nil), "")
	if e := r.g.Expiry(); !e.Never {
		t.Errorf("rebalancing: %+v", e)
	}
	r.syncAll("a")
	r.pass(5 * time.Second)
	r.leave(kmsg.LeaveGroupRequestMember{MemberID: "a"})
	want := 1000 + r.at.Milliseconds()
	if e := r.g.Expiry(); e.Never || e.SinceMs != want {
		t.Errorf("empty since %d: %+v", want, e)
	}
	r.reload()
	if e := r.g.Expiry(); e.SinceMs != want {
		t.Errorf("after a restart: %+v", e)
	}
}

// Timers are set anew after a restart, and the group goes on as it was.
func TestReload(t *testing.T) {
	r := newRig(t, Options{}).stable("a", "b")
	gen := r.g.generation
	r.reload()
	r.wantState(Stable, gen)
	if len(r.timers) != 2 || r.g.Leader() != "a" || !r.g.subscribes("in") {
		t.Errorf("timers %v, leader %q", r.timers, r.g.Leader())
	}
	r.wantSync(r.sync("b", gen), nil, "b")
	r.pass(9 * time.Second)
	if err := r.heartbeat("a", nil, gen); err != nil {
		t.Error(err)
	}
	r.pass(2 * time.Second)
	r.wantState(PreparingRebalance, gen)
	d := r.g.Describe()
	if d.State != "PreparingRebalance" || len(d.Members) != 1 || d.Members[0].ClientID != "c" || d.Protocol != "" {
		t.Errorf("described as %+v", d)
	}

	// With a lower group.max.size.
	r = newRig(t, Options{}).stable("a", "b")
	r.opts.MaxSize = 1
	r.reload()
	r.wantState(PreparingRebalance, r.g.generation)
	r.wantJoin(r.join(joinReq("", nil), "c"), kerr.MemberIDRequired)
	a := r.join(joinReq("a", nil), "")
	r.wantJoin(r.join(joinReq("b", nil), ""), kerr.GroupMaxSizeReached)
	r.pass(11 * time.Second)
	r.wantJoin(a, nil)
}

package classic

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
)

func TestJoinCodes(t *testing.T) {
	two := func(r *rig) { r.stable("a", "b") }
	static := func(r *rig) { r.staticMember("i", "s") }
	for _, c := range []struct {
		name  string
		opts  Options
		given func(*rig)
		q     func(q *kmsg.JoinGroupRequest)
		want  *kerr.Error
		id    string // in the answer
	}{
		{"dynamic member without an id", Options{}, nil, func(*kmsg.JoinGroupRequest) {}, kerr.MemberIDRequired, "new"},
		{"as old clients do", Options{}, nil, func(q *kmsg.JoinGroupRequest) { q.Version = 3 }, nil, "new"},
		{"static member without an id", Options{}, nil, func(q *kmsg.JoinGroupRequest) { q.InstanceID = ptr("i") }, nil, "new"},
		{"no protocols", Options{}, nil, func(q *kmsg.JoinGroupRequest) { q.Protocols = nil }, kerr.InconsistentGroupProtocol, ""},
		{"no protocol type", Options{}, nil, func(q *kmsg.JoinGroupRequest) { q.ProtocolType = "" }, kerr.InconsistentGroupProtocol, ""},
		{"unknown member", Options{}, two, func(q *kmsg.JoinGroupRequest) { q.MemberID = "x" }, kerr.UnknownMemberID, "x"},
		{"another protocol type", Options{}, two, func(q *kmsg.JoinGroupRequest) { q.ProtocolType = "connect" }, kerr.InconsistentGroupProtocol, ""},
		{"no common protocol", Options{}, two, func(q *kmsg.JoinGroupRequest) { q.Protocols[0].Name = "sticky" }, kerr.InconsistentGroupProtocol, ""},
		{"no common protocol, by a member", Options{}, two, func(q *kmsg.JoinGroupRequest) { q.MemberID, q.Protocols[0].Name = "a", "sticky" }, kerr.InconsistentGroupProtocol, "a"},
		{"unknown instance", Options{}, two, func(q *kmsg.JoinGroupRequest) { q.MemberID, q.InstanceID = "a", ptr("i") }, kerr.UnknownMemberID, "a"},
		{"wrong instance", Options{}, static, func(q *kmsg.JoinGroupRequest) { q.MemberID, q.InstanceID = "x", ptr("i") }, kerr.FencedInstanceID, "x"},
		{"full", Options{MaxSize: 2}, two, func(*kmsg.JoinGroupRequest) {}, kerr.GroupMaxSizeReached, ""},
		{"full, but a member", Options{MaxSize: 2}, two, func(q *kmsg.JoinGroupRequest) { q.MemberID = "b" }, nil, "b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, c.opts)
			if c.given != nil {
				c.given(r)
			}
			q := joinReq("", nil)
			c.q(q)
			resp := r.wantJoin(r.join(q, "new"), c.want)
			if resp.MemberID != c.id {
				t.Errorf("member id %q, want %q", resp.MemberID, c.id)
			}
			if c.want != nil && (resp.Generation != -1 || resp.LeaderID != "" || resp.Protocol != nil || resp.ProtocolType != nil) {
				t.Errorf("an error has %+v", resp)
			}
		})
	}
}

// A member joins in two steps, and leads.
func TestFirstMember(t *testing.T) {
	r := newRig(t, Options{})
	r.join(joinReq("", nil), "a")
	r.wantState(Empty, 0)
	if len(r.records) != 1 {
		t.Errorf("a new group has %d records", len(r.records))
	}
	resp := r.wantJoin(r.join(joinReq("a", nil), ""), nil)
	if resp.LeaderID != "a" || resp.Generation != 1 || len(resp.Members) != 1 || *resp.Protocol != "range" || *resp.ProtocolType != "consumer" {
		t.Errorf("joined as %+v", resp)
	}
	r.wantSync(r.sync("a", 1, assign("a", "everything")), nil, "everything")
	r.wantState(Stable, 1)
	v, err := staterec.ParseGroupValue(r.records[len(r.records)-1].Value)
	if err != nil || v.Generation != 1 || *v.Leader != "a" || len(v.Members) != 1 || string(v.Members[0].Assignment) != "everything" ||
		v.Members[0].ClientHost != "/127.0.0.1" || v.Members[0].SessionTimeoutMs != 10_000 || v.Members[0].RebalanceTimeoutMs != 60_000 {
		t.Errorf("recorded %+v, %v", v, err)
	}
}

// Others join a stable group: all join again, and only the leader learns who they
// are.
func TestRebalance(t *testing.T) {
	r := newRig(t, Options{}).stable("a", "b", "c")
	r.wantState(Stable, r.g.generation)
	gen := r.g.generation
	d := r.join(joinReq("", nil), "d")
	r.wantJoin(d, kerr.MemberIDRequired)
	r.wantState(Stable, gen) // an id alone changes nothing
	d = r.join(joinReq("d", nil), "")
	r.wantState(PreparingRebalance, gen)
	for _, id := range []string{"a", "b", "c"} {
		if err := r.heartbeat(id, nil, gen); err != kerr.RebalanceInProgress {
			t.Errorf("heartbeat of %s: %v", id, err)
		}
		r.wantSync(r.sync(id, gen), kerr.RebalanceInProgress, "")
	}
	b := r.join(joinReq("b", nil), "")
	r.join(joinReq("c", nil), "")
	r.wantPending(b, d)
	a := r.join(joinReq("a", nil), "")
	if resp := r.wantJoin(a, nil); len(resp.Members) != 4 || resp.LeaderID != "a" || resp.Generation != gen+1 {
		t.Errorf("the leader has %+v", resp)
	}
	if resp := r.wantJoin(b, nil); len(resp.Members) != 0 || resp.LeaderID != "a" {
		t.Errorf("a follower has %+v", resp)
	}
	wait := r.sync("d", gen+1)
	r.wantPending(wait)
	r.sync("a", gen+1, assign("a", "A", "d", "D"))
	r.wantSync(wait, nil, "D")
	r.wantSync(r.sync("b", gen+1), nil, "") // the leader left it out
	r.wantState(Stable, gen+1)
}

// A join that brings nothing new is answered with the generation that there is.
func TestRejoinWithoutChange(t *testing.T) {
	r := newRig(t, Options{}).stable("a", "b")
	gen := r.g.generation
	if resp := r.wantJoin(r.join(joinReq("b", nil), ""), nil); resp.Generation != gen || resp.LeaderID != "a" {
		t.Errorf("got %+v", resp)
	}
	r.wantState(Stable, gen)
	other := joinReq("b", nil)
	other.Protocols[0].Metadata = subscribe("in", "more")
	b := r.join(other, "")
	r.wantState(PreparingRebalance, gen)
	r.wantPending(b)
	r.join(joinReq("a", nil), "")
	r.wantState(CompletingRebalance, gen+1)
	if resp := r.wantJoin(r.join(joinReq("a", nil), ""), nil); len(resp.Members) != 2 || resp.Generation != gen+1 {
		t.Errorf("the leader that asked twice has %+v", resp)
	}
	r.syncAll("a", "b")
	if !r.g.subscribes("more") || !r.g.subscribes("in") || r.g.subscribes("x") {
		t.Error("the group does not know what it subscribes to")
	}
	r.join(joinReq("a", nil), "") // the leader alone can ask for a rebalance
	r.wantState(PreparingRebalance, gen+1)
}

// Those that do not join in time are out, the leader too; a static one stays.
func TestRebalanceTimeout(t *testing.T) {
	r := newRig(t, Options{}).stable("a", "b")
	s := r.join(joinReq("", ptr("i")), "s")
	r.wantPending(s)
	for range 7 {
		r.pass(9 * time.Second)
		r.heartbeat("a", nil, r.g.generation)
		r.heartbeat("b", nil, r.g.generation)
	}
	resp := r.wantJoin(s, nil)
	if len(resp.Members) != 1 || resp.LeaderID != "s" {
		t.Errorf("alone there is %+v", resp)
	}
	r.syncAll("s")
	q := joinReq("", nil)
	q.Version = 3
	d := r.join(q, "d")
	for range 7 {
		r.pass(9 * time.Second)
		if err := r.heartbeat("s", ptr("i"), r.g.generation); err != nil && err != kerr.RebalanceInProgress {
			t.Fatalf("a static member that is late: %v", err)
		}
	}
	if resp := r.wantJoin(d, nil); len(resp.Members) != 2 || resp.LeaderID != "d" {
		t.Errorf("with a static member that is late there is %+v", resp)
	}
}

func TestInitialDelay(t *testing.T) {
	r := newRig(t, Options{InitialRebalanceDelay: 3 * time.Second})
	v3 := func(id string) string {
		q := joinReq("", nil)
		q.Version = 3
		return r.join(q, id)
	}
	a := v3("a")
	r.pass(2 * time.Second)
	b := v3("b")
	r.pass(2 * time.Second)
	r.wantPending(a, b) // b has made it longer
	r.pass(2 * time.Second)
	if resp := r.wantJoin(a, nil); len(resp.Members) != 2 || resp.Generation != 1 {
		t.Errorf("got %+v", resp)
	}
	r.wantJoin(b, nil)

	// Never longer than the rebalance timeout.
	r = newRig(t, Options{InitialRebalanceDelay: 3 * time.Second})
	a = v3("a")
	for i := range 40 {
		r.pass(2 * time.Second)
		if r.answers[a] == nil {
			v3(string(rune('b' + i)))
		}
	}
	if r.wantJoin(a, nil); r.at > 81*time.Second {
		t.Errorf("the first rebalance took until %v", r.at)
	}
}

// An id that was given and is never used is forgotten with the session; the
// rebalance that waits for it goes on.
func TestPendingMemberExpires(t *testing.T) {
	r := newRig(t, Options{}).stable("a", "b")
	gen := r.g.generation
	r.join(joinReq("", nil), "p")
	b := joinReq("b", nil)
	b.Protocols[0].Metadata = subscribe("other")
	r.join(b, "")
	a := r.join(joinReq("a", nil), "")
	r.wantPending(a)
	r.pass(9 * time.Second)
	r.wantPending(a)
	r.pass(2 * time.Second)
	r.wantJoin(a, nil)
	r.wantState(CompletingRebalance, gen+1)
	r.wantJoin(r.join(joinReq("p", nil), ""), kerr.UnknownMemberID)

	r.join(joinReq("", nil), "q")
	if codes := r.leave(kmsg.LeaveGroupRequestMember{MemberID: "q"}); codes[0] != 0 {
		t.Errorf("leave of a pending member: %v", codes)
	}
	r.wantJoin(r.join(joinReq("q", nil), ""), kerr.UnknownMemberID)
}

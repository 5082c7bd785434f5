package classic

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A static member that comes back takes its place without a rebalance; the one
// before is fenced everywhere.
func TestStaticMemberComesBack(t *testing.T) {
	for _, version := range []int16{8, 9} {
		r := newRig(t, Options{}).staticMember("i", "old")
		gen, records := r.g.generation, len(r.records)
		q := joinReq("", ptr("i"))
		q.Version = version
		resp := r.wantJoin(r.join(q, "new"), nil)
		r.wantState(Stable, gen)
		if len(r.records) != records+1 {
			t.Errorf("v%d: %d records", version, len(r.records)-records)
		}
		if version >= 9 && (!resp.SkipAssignment || resp.LeaderID != "new" || len(resp.Members) != 1) {
			t.Errorf("v9: the leader is told %+v", resp)
		}
		if version < 9 && (resp.SkipAssignment || resp.LeaderID != "old" || len(resp.Members) != 0) {
			t.Errorf("v8: the leader is told %+v", resp)
		}
		r.wantSync(r.sync("new", gen), nil, "old")
		if err := r.heartbeat("old", ptr("i"), gen); err != kerr.FencedInstanceID {
			t.Errorf("heartbeat of the one before: %v", err)
		}
		if err := r.heartbeat("old", nil, gen); err != kerr.UnknownMemberID {
			t.Errorf("heartbeat of the one before, without its instance: %v", err)
		}
		r.wantSync(r.sync("old", gen, func(q *kmsg.SyncGroupRequest) { q.InstanceID = ptr("i") }), kerr.FencedInstanceID, "")
		r.wantJoin(r.join(joinReq("old", ptr("i")), ""), kerr.FencedInstanceID)
		if codes := r.leave(kmsg.LeaveGroupRequestMember{MemberID: "old", InstanceID: ptr("i")}); codes[0] != kerr.FencedInstanceID.Code {
			t.Errorf("leave of the one before: %v", codes)
		}
		if err := r.heartbeat("new", ptr("i"), gen); err != nil {
			t.Errorf("heartbeat: %v", err)
		}
		r.pass(9 * time.Second)
		r.wantState(Stable, gen)
		r.pass(2 * time.Second)
		r.wantState(Empty, gen+1) // its session is its own
	}
}

// What waits for the one before is answered: it is fenced.
func TestStaticMemberReplacedWhileItWaits(t *testing.T) {
	r := newRig(t, Options{}).stable("a", "b")
	j := r.join(joinReq("", ptr("i")), "s1")
	r.wantPending(j)
	r.join(joinReq("", ptr("i")), "s2")
	r.wantJoin(j, kerr.FencedInstanceID)
	r.join(joinReq("a", nil), "")
	r.join(joinReq("b", nil), "")
	r.wantState(CompletingRebalance, 3)
	s := r.sync("s2", 3, func(q *kmsg.SyncGroupRequest) { q.InstanceID = ptr("i") })
	r.wantPending(s)
	b := r.sync("b", 3)
	r.join(joinReq("", ptr("i")), "s3")
	r.wantSync(s, kerr.FencedInstanceID, "")
	r.wantSync(b, kerr.RebalanceInProgress, "")
	r.wantState(PreparingRebalance, 3)
}

// When the member's next life speaks other protocols the group rebalances.
func TestStaticMemberChangesProtocol(t *testing.T) {
	r := newRig(t, Options{})
	q := joinReq("", ptr("i"))
	q.Protocols = append(q.Protocols, kmsg.JoinGroupRequestProtocol{Name: "sticky", Metadata: subscribe("in")})
	r.join(q, "old")
	r.syncAll("old")
	q = joinReq("", ptr("i"))
	q.Protocols[0].Name = "sticky"
	resp := r.wantJoin(r.join(q, "new"), nil)
	if resp.Generation != 2 || *resp.Protocol != "sticky" || resp.LeaderID != "new" {
		t.Errorf("got %+v", resp)
	}
	r.wantState(CompletingRebalance, 2)
}

// A replacement that cannot be written has not happened.
func TestStaticReplacementFails(t *testing.T) {
	r := newRig(t, Options{}).staticMember("i", "old")
	r.fail = kerr.NotCoordinator
	r.wantJoin(r.join(joinReq("", ptr("i")), "new"), kerr.NotCoordinator)
	r.fail = nil
	r.wantState(Stable, 1)
	if err := r.heartbeat("old", ptr("i"), 1); err != nil {
		t.Errorf("the old one is not there: %v", err)
	}
	if err := r.heartbeat("new", ptr("i"), 1); err != kerr.FencedInstanceID {
		t.Errorf("the new one: %v", err)
	}
}

func TestLeaveCodes(t *testing.T) {
	r := newRig(t, Options{}).stable("a", "b")
	codes := r.leave(
		kmsg.LeaveGroupRequestMember{MemberID: "x"},
		kmsg.LeaveGroupRequestMember{},
		kmsg.LeaveGroupRequestMember{InstanceID: ptr("none")},
		kmsg.LeaveGroupRequestMember{MemberID: "a", InstanceID: ptr("none")},
		kmsg.LeaveGroupRequestMember{MemberID: "b"},
		kmsg.LeaveGroupRequestMember{MemberID: "b"},
	)
	u := kerr.UnknownMemberID.Code
	for i, want := range []int16{u, u, u, u, 0, u} {
		if codes[i] != want {
			t.Errorf("member %d: code %d, want %d", i, codes[i], want)
		}
	}
	r.wantState(PreparingRebalance, 2)
	r.join(joinReq("a", nil), "")
	r.wantState(CompletingRebalance, 3)
	r.leave(kmsg.LeaveGroupRequestMember{MemberID: "a"})
	r.wantState(Empty, 4)
	if r.g.Protocol() != "" || r.g.Leader() != "" {
		t.Errorf("an empty group has protocol %q and leader %q", r.g.Protocol(), r.g.Leader())
	}
	r.reload()
	r.wantState(Empty, 4)
	if r.g.ProtocolType() != "consumer" {
		t.Errorf("protocol type %q", r.g.ProtocolType())
	}

	r = newRig(t, Options{}).staticMember("i", "s")
	if codes := r.leave(kmsg.LeaveGroupRequestMember{InstanceID: ptr("i")}); codes[0] != 0 {
		t.Errorf("leave by instance id: %v", codes)
	}
	r.wantState(Empty, 2)
}

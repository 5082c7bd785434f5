package consumer

import (
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/classic"
	"kq/pkg/broker/internal/group/grouptest"
	"kq/pkg/broker/internal/group/machine"
)

// classicGroup has one member of the classic protocol with all partitions.
func classicGroup(t *testing.T) (d *driver, id string) {
	d = newDriver(t, grouptest.Topics("t"))
	d.m = classic.New("g", d.o.Classic, d.Now.UnixMs)
	id = d.join(d.joinRequest("", []string{"t"}, nil)).MemberID
	if r := d.join(d.joinRequest(id, []string{"t"}, nil)); r == nil || r.ErrorCode != 0 || r.Generation != 1 {
		t.Fatalf("join: %+v", r)
	}
	a := kmsg.ConsumerMemberAssignment{Topics: []kmsg.ConsumerMemberAssignmentTopic{{Topic: "t", Partitions: []int32{0, 1, 2}}}}
	r := d.sync(id, 1, kmsg.SyncGroupRequestGroupAssignment{MemberID: id, MemberAssignment: a.AppendTo(nil)})
	if r == nil || r.ErrorCode != 0 {
		t.Fatalf("sync: %+v", r)
	}
	return d, id
}

func TestPolicies(t *testing.T) {
	for policy, want := range map[string]struct{ up, down, join *kerr.Error }{
		"bidirectional": {},
		"upgrade":       {down: kerr.GroupIDNotFound},
		"downgrade":     {up: kerr.GroupIDNotFound},
		"disabled":      {up: kerr.GroupIDNotFound, join: kerr.InconsistentGroupProtocol},
	} {
		t.Run(policy, func(t *testing.T) {
			d, id := classicGroup(t)
			d.o.Migration = MigrationPolicy(policy)
			r := d.beat(beat{member: "n", topics: []string{"t"}})
			if want.up != nil {
				d.want(r, want.up, 0)
				if _, ok := d.m.(*classic.Group); !ok {
					t.Fatalf("it is a %T", d.m)
				}
			} else {
				d.want(r, nil, 2)
				d.beat(beat{member: "n", epoch: -1})
				if _, ok := d.m.(*classic.Group); ok != (want.down == nil) {
					t.Fatalf("after the last member of the consumer protocol has left it is a %T", d.m)
				}
				if want.down == nil && d.heartbeat(id, 2) != kerr.RebalanceInProgress.Code {
					t.Error("it does not rebalance")
				}
			}

			d = newDriver(t, grouptest.Topics("t"))
			d.o.Migration = MigrationPolicy(policy)
			d.want(d.beat(beat{member: "n", topics: []string{"t"}}), nil, 2)
			code := kerr.MemberIDRequired.Code
			if want.join != nil {
				code = want.join.Code
			}
			if got := d.join(d.joinRequest("", []string{"t"}, nil)).ErrorCode; got != code {
				t.Errorf("a classic member is told %d, want %d", got, code)
			}
		})
	}
}

// TestUpgradeInterrupts: who waits in a classic group is told to join again.
func TestUpgradeInterrupts(t *testing.T) {
	d, _ := classicGroup(t)
	second := d.join(d.joinRequest("", []string{"t"}, nil)).MemberID
	if r := d.join(d.joinRequest(second, []string{"t"}, nil)); r != nil {
		t.Fatalf("it does not wait: %+v", r)
	}
	waiting := d.calls
	d.want(d.beat(beat{member: "n", topics: []string{"t"}}), nil, 2)
	if r, ok := d.got[waiting].(*kmsg.JoinGroupResponse); !ok || r.ErrorCode != kerr.RebalanceInProgress.Code {
		t.Errorf("told %+v", d.got[waiting])
	}
	if n := len(d.group().members); n != 3 {
		t.Errorf("%d members", n)
	}
}

// TestUpgradeNotWritten: a group stays what it is when the change cannot be written.
func TestUpgradeNotWritten(t *testing.T) {
	d, id := classicGroup(t)
	d.refuse = kerr.NotCoordinator
	d.want(d.beat(beat{member: "n", topics: []string{"t"}}), kerr.NotCoordinator, 0)
	if _, ok := d.m.(*classic.Group); !ok || d.heartbeat(id, 1) != 0 {
		t.Fatalf("it is a %T", d.m)
	}
}

// TestClassicTimers: a classic member of a consumer group has to join again when it is
// told to, to sync after that, and to be heard of.
func TestClassicTimers(t *testing.T) {
	for name, tt := range map[string]struct {
		then func(d *driver, id string)
		in   time.Duration
	}{
		"session": {func(*driver, string) {}, 30 * time.Second},
		"join": {func(d *driver, id string) {
			if code := d.heartbeat(id, 1); code != kerr.RebalanceInProgress.Code {
				d.t.Fatalf("heartbeat: %d", code)
			}
			for range 3 {
				d.pass(15 * time.Second)
				d.heartbeat(id, 1)
			}
		}, 15 * time.Second},
		"sync": {func(d *driver, id string) {
			d.join(d.joinRequest(id, []string{"t"}, nil))
			for range 3 {
				d.pass(15 * time.Second)
				d.heartbeat(id, 2)
			}
		}, 15 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			d, id := classicGroup(t)
			d.config.SessionTimeout = time.Hour
			d.want(d.beat(beat{member: "n", topics: []string{"t"}}), nil, 2)
			tt.then(d, id)
			d.pass(tt.in - time.Second)
			if d.group().members[id] == nil {
				t.Fatal("it is gone too early")
			}
			d.pass(time.Second)
			if d.group().members[id] != nil {
				t.Error("it is still there")
			}
		})
	}
}

// TestMalformedSubscription: what a classic member says must be readable.
func TestMalformedSubscription(t *testing.T) {
	d := newDriver(t, grouptest.Topics("t"))
	d.want(d.beat(beat{member: "n", topics: []string{"t"}}), nil, 2)
	id := d.join(d.joinRequest("", []string{"t"}, nil)).MemberID
	for _, b := range [][]byte{nil, {0}, {0, 3, 0x7f, 0xff, 0xff, 0xff}, {0, 0, 0, 0, 0, 1, 0, 9, 't'}} {
		q := d.joinRequest(id, nil, nil)
		q.Protocols[0].Metadata = b
		if r := d.join(q); r.ErrorCode != kerr.UnknownServerError.Code {
			t.Errorf("%x: code %d", b, r.ErrorCode)
		}
	}
}

// TestEmptyBecomesClassic: a classic member that joins a group without members takes
// it over.
func TestEmptyBecomesClassic(t *testing.T) {
	d := newDriver(t, grouptest.Topics("t"))
	d.want(d.beat(beat{member: "n", topics: []string{"t"}}), nil, 2)
	d.want(d.beat(beat{member: "n", epoch: -1}), nil, -1)
	id := d.join(d.joinRequest("", []string{"t"}, nil)).MemberID
	r := d.join(d.joinRequest(id, []string{"t"}, nil))
	if r == nil || r.ErrorCode != 0 || r.Generation != 1 || r.LeaderID != id {
		t.Fatalf("%+v", r)
	}
	d.restart()
	if _, ok := d.m.(*classic.Group); !ok {
		t.Errorf("read back as %T", d.m)
	}
}

// TestLeaveBothProtocols: LeaveGroup removes members of either protocol.
func TestLeaveBothProtocols(t *testing.T) {
	d, id := classicGroup(t)
	d.want(d.beat(beat{member: "n", topics: []string{"t"}}), nil, 2)
	q := kmsg.NewPtrLeaveGroupRequest()
	for _, m := range []string{"n", "x", id} {
		q.Members = append(q.Members, kmsg.LeaveGroupRequestMember{MemberID: m})
	}
	r := d.call(func(n int) any { return machine.Leave{Call: n, Request: q} }).(*kmsg.LeaveGroupResponse)
	var codes []int16
	for _, m := range r.Members {
		codes = append(codes, m.ErrorCode)
	}
	if !slices.Equal(codes, []int16{0, kerr.UnknownMemberID.Code, 0}) || d.group().State() != Empty {
		t.Errorf("codes %v, %s", codes, d.group().State())
	}
}

// TestSameMemberChangesProtocol: the timers of one protocol do not fence a member that
// goes on with the other under its id.
func TestSameMemberChangesProtocol(t *testing.T) {
	d, id := classicGroup(t)
	d.want(d.beat(beat{member: "n", topics: []string{"t"}}), nil, 2)
	d.join(d.joinRequest(id, []string{"t"}, nil)) // and it never syncs
	d.want(d.beat(beat{member: id, epoch: 2}), nil, 2)
	for range 3 {
		d.pass(30 * time.Second)
		d.beat(beat{member: "n", epoch: 2})
		d.want(d.beat(beat{member: id, epoch: 2}), nil, 2)
	}
}

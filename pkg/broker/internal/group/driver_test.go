package group

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/group/machine"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/vfs"
)

var clientHere = machine.Client{ID: "c", Host: "/127.0.0.1"}

func TestRequestsThatNeedNoGroup(t *testing.T) {
	f := newFixture(t)
	m := f.member("g")
	if r := m.join().now(t); r.ErrorCode != kerr.NotCoordinator.Code {
		t.Errorf("without the topic: %v", kerr.ErrorForCode(r.ErrorCode))
	}
	f.ready()
	if r := f.member("").join().now(t); r.ErrorCode != kerr.InvalidGroupID.Code {
		t.Errorf("no group id: %v", kerr.ErrorForCode(r.ErrorCode))
	}
	for _, ms := range []int32{5999, 1_800_001, -1, 0} {
		m.session = ms
		if r := m.join().now(t); r.ErrorCode != kerr.InvalidSessionTimeout.Code {
			t.Errorf("session timeout %d: %v", ms, kerr.ErrorForCode(r.ErrorCode))
		}
	}
	m.session, m.id = 6000, "unknown"
	if r := m.join().now(t); r.ErrorCode != kerr.UnknownMemberID.Code || r.MemberID != "unknown" {
		t.Errorf("unknown member of no group: %+v", r)
	}
	if r := m.sync(nil).now(t); r.ErrorCode != kerr.UnknownMemberID.Code {
		t.Errorf("sync: %v", kerr.ErrorForCode(r.ErrorCode))
	}
	if c := m.heartbeat(); c != kerr.UnknownMemberID.Code {
		t.Errorf("heartbeat: %v", kerr.ErrorForCode(c))
	}
	if c := m.leave(); c != kerr.UnknownMemberID.Code {
		t.Errorf("leave: %v", kerr.ErrorForCode(c))
	}
	empty := f.member("")
	if r := empty.sync(nil).now(t); r.ErrorCode != kerr.InvalidGroupID.Code {
		t.Errorf("sync without a group: %v", kerr.ErrorForCode(r.ErrorCode))
	}
	if c := empty.heartbeat(); c != kerr.InvalidGroupID.Code {
		t.Errorf("heartbeat without a group: %v", kerr.ErrorForCode(c))
	}
	if f.state("g") != "" {
		t.Error("refused requests made a group")
	}
}

// While a shard is loading it answers 14, heartbeats 0, and listing waits.
func TestLoading(t *testing.T) {
	f := newFixture(t).ready()
	m := f.stable("g")
	f.topic("in", 1)
	s := f.c.shardOf(t, "g")
	s.state.Store(shardLoading)
	load := kerr.CoordinatorLoadInProgress.Code
	if r := m.join().now(t); r.ErrorCode != load {
		t.Errorf("join: %v", kerr.ErrorForCode(r.ErrorCode))
	}
	if c := m.heartbeat(); c != 0 {
		t.Errorf("heartbeat: %v", kerr.ErrorForCode(c))
	}
	if c := f.commit(commitReq("g", "in", 1)); c != load {
		t.Errorf("commit: %v", kerr.ErrorForCode(c))
	}
	if p := f.fetch("g", "in", false); p.ErrorCode != load {
		t.Errorf("fetch: %v", kerr.ErrorForCode(p.ErrorCode))
	}
	if r := f.c.ListGroups(kmsg.NewPtrListGroupsRequest()); r.ErrorCode != load {
		t.Errorf("list: %v", kerr.ErrorForCode(r.ErrorCode))
	}
	if d := f.c.describe("g", 5); d.ErrorCode != load {
		t.Errorf("describe: %v", kerr.ErrorForCode(d.ErrorCode))
	}
	s.state.Store(shardActive)
}

func TestAdminCodes(t *testing.T) {
	f := newFixture(t).ready()
	f.topic("in", 1)
	f.stable("live")
	f.commit(commitReq("simple", "in", 1))
	list := func(states, types []string) (names []string) {
		q := kmsg.NewPtrListGroupsRequest()
		q.StatesFilter, q.TypesFilter = states, types
		for _, g := range f.c.ListGroups(q).Groups {
			names = append(names, g.Group+" "+g.GroupState+" "+g.GroupType+" "+g.ProtocolType)
		}
		return names
	}
	for _, c := range []struct {
		states, types []string
		want          []string
	}{
		{nil, nil, []string{"live Stable classic consumer", "simple Empty classic "}},
		{[]string{"stable"}, nil, []string{"live Stable classic consumer"}},
		{[]string{"Nonsense"}, nil, nil},
		{nil, []string{"Classic"}, []string{"live Stable classic consumer", "simple Empty classic "}},
		{nil, []string{"consumer"}, nil},
		{[]string{"Empty", "Stable"}, []string{"consumer", "classic"}, []string{"live Stable classic consumer", "simple Empty classic "}},
	} {
		if got := list(c.states, c.types); !slices.Equal(got, c.want) {
			t.Errorf("%v %v: %q", c.states, c.types, got)
		}
	}
	if d := f.c.describe("live", 6); d.State != "Stable" || d.Protocol != "range" || len(d.Members) != 1 || string(d.Members[0].MemberAssignment) != "all" {
		t.Errorf("described as %+v", d)
	}
	if d := f.c.describe("none", 5); d.State != "Dead" || d.ErrorCode != 0 {
		t.Errorf("none, v5: %+v", d)
	}
	if d := f.c.describe("none", 6); d.ErrorCode != kerr.GroupIDNotFound.Code || *d.ErrorMessage != "Group none not found." {
		t.Errorf("none, v6: %+v", d)
	}
	q := kmsg.NewPtrDeleteGroupsRequest()
	q.Groups = []string{"none", "live", "simple"}
	r := ask(func(reply func(*kmsg.DeleteGroupsResponse)) { f.c.DeleteGroups(q, reply) }).now(t)
	for i, want := range []*kerr.Error{kerr.GroupIDNotFound, kerr.NonEmptyGroup, nil} {
		if got := r.Groups[i].ErrorCode; got != code(want) {
			t.Errorf("delete %s: %v", q.Groups[i], kerr.ErrorForCode(got))
		}
	}
	f.restart()
	if f.state("simple") != "" || f.state("live") != "Stable" || f.offset("simple", "in") != -1 {
		t.Errorf("after a restart: %q %q", f.state("simple"), f.state("live"))
	}
}

// Sessions run out in time, after a restart anew and in full; whoever waits is
// answered.
func TestTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var step atomic.Int64 // of the wall clock, which sessions do not go by
		f := newFixture(t, func(f *fixture) { f.now = func() time.Time { return time.Now().Add(time.Duration(step.Load())) } }).ready()
		a := f.stable("g")
		step.Store(int64(time.Hour))
		b := f.member("g")
		joined := b.join()
		if !joined.pending() {
			t.Fatal("nobody was waited for")
		}
		time.Sleep(9 * time.Second)
		synctest.Wait()
		if c := a.heartbeat(); c != kerr.RebalanceInProgress.Code {
			t.Fatalf("heartbeat: %v", kerr.ErrorForCode(c))
		}
		step.Store(-int64(time.Hour))
		time.Sleep(9 * time.Second)
		synctest.Wait()
		if !joined.pending() {
			t.Fatal("a heartbeat did not help")
		}
		time.Sleep(time.Second + time.Millisecond)
		synctest.Wait()
		if r := joined.now(t); r.ErrorCode != 0 || r.LeaderID != b.id || len(r.Members) != 1 {
			t.Fatalf("got %+v", r)
		}
		b.sync(map[string]string{b.id: "all"}).now(t)
		time.Sleep(9 * time.Second)
		f.restart()
		time.Sleep(9 * time.Second)
		synctest.Wait()
		if s := f.state("g"); s != "Stable" {
			t.Fatalf("after a restart the session has %v less: %s", 9*time.Second, s)
		}
		time.Sleep(time.Second + time.Millisecond)
		synctest.Wait()
		if s := f.state("g"); s != "Empty" {
			t.Fatalf("the session did not end: %s", s)
		}
	})
}

// Close answers those that wait.
func TestCloseAnswers(t *testing.T) {
	f := newFixture(t).ready()
	f.stable("g")
	waits := f.member("g").join()
	if !waits.pending() {
		t.Fatal("nobody waits")
	}
	f.c.Close()
	if r := waits.now(t); r.ErrorCode != kerr.NotCoordinator.Code {
		t.Errorf("got %v", kerr.ErrorForCode(r.ErrorCode))
	}
	if r := f.member("g").join().now(t); r.ErrorCode != kerr.CoordinatorNotAvailable.Code {
		t.Errorf("afterwards: %v", kerr.ErrorForCode(r.ErrorCode))
	}
}

// Thousands of idle groups take no goroutine.
func TestIdleGroupsTakeNoGoroutines(t *testing.T) {
	f := newFixture(t).ready()
	before := runtime.NumGoroutine()
	for i := range 2000 {
		f.stable(name(i))
	}
	if n := runtime.NumGoroutine() - before; n > 2 {
		t.Errorf("%d goroutines for 2000 groups", n)
	}
	if n := len(f.c.timers.heap); n != 2000 {
		t.Errorf("%d timers", n)
	}
}

// A full disk: nothing changes, clients are told as Kafka tells them, and when
// there is room again everything goes on.
func TestFullDisk(t *testing.T) {
	full := vfs.NewErr(vfs.NewMem(0))
	f := newFixture(t, func(f *fixture) { f.fs = full }).ready()
	f.topic("in", 1)
	f.commit(commitReq("g", "in", 1))
	m := f.stable("live")
	full.Add(vfs.Rule{Ops: vfs.OpWriteAt, Match: func(name string) bool { return strings.Contains(name, Topic) }, Err: syscall.ENOSPC})
	want := kerr.NotCoordinator.Code
	if c := f.commit(commitReq("g", "in", 2)); c != want {
		t.Errorf("commit: %v", kerr.ErrorForCode(c))
	}
	if r := f.member("new").join().now(t); r.ErrorCode != want {
		t.Errorf("join of a new group: %v", kerr.ErrorForCode(r.ErrorCode))
	}
	if c := f.txnCommit(5, 0, "g", 2); c != want {
		t.Errorf("commit in a transaction: %v", kerr.ErrorForCode(c))
	}
	if r := m.join().now(t); r.ErrorCode != 0 {
		t.Errorf("join of a member: %v", kerr.ErrorForCode(r.ErrorCode))
	}
	if r := m.sync(map[string]string{m.id: "more"}).now(t); r.ErrorCode != want {
		t.Errorf("assignment: %v", kerr.ErrorForCode(r.ErrorCode))
	}
	full.Clear()
	if f.offset("g", "in") != 1 || f.fetch("g", "in", true).ErrorCode != 0 || f.state("new") != "" {
		t.Errorf("what was refused is there: %d %q", f.offset("g", "in"), f.state("new"))
	}
	if r := m.join().now(t); r.ErrorCode != 0 {
		t.Errorf("join: %v", kerr.ErrorForCode(r.ErrorCode))
	}
	if r := m.sync(map[string]string{m.id: "more"}).now(t); string(r.MemberAssignment) != "more" {
		t.Errorf("assignment: %+v", r)
	}
	if c := f.commit(commitReq("g", "in", 3)); c != 0 {
		t.Errorf("commit: %v", kerr.ErrorForCode(c))
	}
	f.restart()
	if f.offset("g", "in") != 3 || f.state("live") != "Stable" {
		t.Errorf("after a restart: %d %q", f.offset("g", "in"), f.state("live"))
	}
}

func TestAppendError(t *testing.T) {
	if appendError(nil) != nil {
		t.Error("nil is an error")
	}
	if err := appendError(errors.New("x")); err != kerr.UnknownServerError {
		t.Errorf("got %v", err)
	}
}

// A broker that loses a partition tells those who wait, and knows nothing of its
// groups; when it has the partition again it reads them back.
func TestLeadershipMoves(t *testing.T) {
	f := newFixture(t).ready()
	f.topic("in", 1)
	f.stable("g")
	f.commit(commitReq("o", "in", 7))
	waits := f.member("g").join()
	lead := func(node int32) {
		t.Helper()
		for i := range f.log.Partitions() {
			r := meta.NewPartitionChange(f.image.Topic(Topic).ID, i)
			r.Leader = node
			f.apply(r)
		}
		f.c.work.Wait()
	}
	lead(2)
	if r := waits.now(t); r.ErrorCode != kerr.NotCoordinator.Code {
		t.Errorf("who waited: %v", kerr.ErrorForCode(r.ErrorCode))
	}
	if c := f.commit(commitReq("o", "in", 8)); c != kerr.NotCoordinator.Code {
		t.Errorf("commit: %v", kerr.ErrorForCode(c))
	}
	if r := f.c.ListGroups(kmsg.NewPtrListGroupsRequest()); len(r.Groups) != 0 || r.ErrorCode != 0 {
		t.Errorf("listed %+v", r)
	}
	lead(self)
	if f.state("g") != "Stable" || f.offset("o", "in") != 7 {
		t.Errorf("read back %q and %d", f.state("g"), f.offset("o", "in"))
	}
	if c := f.commit(commitReq("o", "in", 9)); c != 0 || f.offset("o", "in") != 9 {
		t.Errorf("commit: %v", kerr.ErrorForCode(c))
	}
}

package classic

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/machine"
)

// rig drives a group: it appends its records, keeps its timers and its answers.
type rig struct {
	t       *testing.T
	g       *Group
	opts    *Options
	at      time.Duration
	timers  map[machine.TimerKey]time.Duration
	answers map[string]kmsg.Response
	records []machine.Record
	fail    *kerr.Error // what appends come to
	ids     int
}

func newRig(t *testing.T, o Options) *rig {
	if o.MaxSize == 0 {
		o.MaxSize = 1 << 30
	}
	r := &rig{t: t, opts: &o, timers: map[machine.TimerKey]time.Duration{}, answers: map[string]kmsg.Response{}}
	r.g = New("g", r.opts, 0)
	return r
}

func (r *rig) step(event any) {
	r.do(r.g.Step(machine.Now{Mono: r.at, UnixMs: 1000 + r.at.Milliseconds()}, event))
}

func (r *rig) do(fx machine.Effects) {
	var err *kerr.Error
	if len(fx.Records) > 0 {
		if err = r.fail; err == nil {
			r.records = append(r.records, fx.Records...)
		}
	}
	if err == nil {
		for _, reply := range fx.Replies {
			r.answer(reply)
		}
		for _, t := range fx.Timers {
			if t.Stop {
				delete(r.timers, t.Key)
			} else {
				r.timers[t.Key] = r.at + t.After
			}
		}
	} else {
		for _, reply := range fx.Replies {
			r.answer(machine.Reply{Call: reply.Call, Response: refusal(reply.Response, err)})
		}
	}
	if fx.Done != nil {
		r.do(fx.Done(err))
	}
}

// refusal is an answer of the same kind that says that nothing was written.
func refusal(resp kmsg.Response, err *kerr.Error) kmsg.Response {
	switch resp.(type) {
	case *kmsg.JoinGroupResponse:
		return joinError("", err)
	case *kmsg.SyncGroupResponse:
		return syncError(err)
	case *kmsg.LeaveGroupResponse:
		return &kmsg.LeaveGroupResponse{ErrorCode: err.Code}
	}
	return resp
}

func (r *rig) answer(reply machine.Reply) {
	call := reply.Call.(string)
	if r.answers[call] != nil {
		r.t.Fatalf("%s is answered twice", call)
	}
	r.answers[call] = reply.Response
}

// next is the timer that is due first.
func (r *rig) next() (key machine.TimerKey, at time.Duration, ok bool) {
	for k, t := range r.timers {
		if !ok || t < at || t == at && (k.Kind < key.Kind || k.Kind == key.Kind && k.Member < key.Member) {
			key, at, ok = k, t, true
		}
	}
	return key, at, ok
}

// pass lets time go by.
func (r *rig) pass(d time.Duration) {
	end := r.at + d
	for {
		key, at, ok := r.next()
		if !ok || at > end {
			break
		}
		r.at = max(r.at, at)
		delete(r.timers, key)
		r.step(machine.Fired{Key: key})
	}
	r.at = end
}

// reload is a restart: the group is what its last record says.
func (r *rig) reload() {
	last := r.records[len(r.records)-1]
	v, err := staterec.ParseGroupValue(last.Value)
	if err != nil {
		r.t.Fatal(err)
	}
	r.g = Load("g", &v, r.opts)
	r.timers = map[machine.TimerKey]time.Duration{}
	r.step(machine.Loaded{})
}

// call names a request.
func (r *rig) call(kind string) string {
	r.ids++
	return fmt.Sprintf("%s %d", kind, r.ids)
}

// joinReq is a request that tests change.
func joinReq(member string, instance *string) *kmsg.JoinGroupRequest {
	q := kmsg.NewPtrJoinGroupRequest()
	q.Version, q.Group, q.MemberID, q.InstanceID, q.ProtocolType = 9, "g", member, instance, "consumer"
	q.SessionTimeoutMillis, q.RebalanceTimeoutMillis = 10_000, 60_000
	q.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: "range", Metadata: subscribe("in")}}
	return q
}

func subscribe(topics ...string) []byte {
	m := kmsg.NewConsumerMemberMetadata()
	m.Topics = topics
	return m.AppendTo(nil)
}

// join sends a JoinGroup and returns its call.
func (r *rig) join(q *kmsg.JoinGroupRequest, newID string) string {
	c := r.call("join")
	r.step(machine.Join{Call: c, Client: machine.Client{ID: "c", Host: "/127.0.0.1"}, NewMemberID: newID, Request: q})
	return c
}

func (r *rig) sync(member string, generation int32, change ...func(*kmsg.SyncGroupRequest)) string {
	q := kmsg.NewPtrSyncGroupRequest()
	q.Version, q.Group, q.MemberID, q.Generation = 5, "g", member, generation
	for _, c := range change {
		c(q)
	}
	c := r.call("sync")
	r.step(machine.Sync{Call: c, Request: q})
	return c
}

// assign adds an assignment to a SyncGroup.
func assign(pairs ...string) func(*kmsg.SyncGroupRequest) {
	return func(q *kmsg.SyncGroupRequest) {
		for i := 0; i < len(pairs); i += 2 {
			q.GroupAssignment = append(q.GroupAssignment, kmsg.SyncGroupRequestGroupAssignment{MemberID: pairs[i], MemberAssignment: []byte(pairs[i+1])})
		}
	}
}

func (r *rig) heartbeat(member string, instance *string, generation int32) *kerr.Error {
	q := kmsg.NewPtrHeartbeatRequest()
	q.Group, q.MemberID, q.InstanceID, q.Generation = "g", member, instance, generation
	c := r.call("heartbeat")
	r.step(machine.Heartbeat{Call: c, Request: q})
	return kerr.TypedErrorForCode(r.answers[c].(*kmsg.HeartbeatResponse).ErrorCode)
}

func (r *rig) leave(members ...kmsg.LeaveGroupRequestMember) (codes []int16) {
	q := kmsg.NewPtrLeaveGroupRequest()
	q.Version, q.Group, q.Members = 5, "g", members
	c := r.call("leave")
	r.step(machine.Leave{Call: c, Request: q})
	for _, m := range r.answers[c].(*kmsg.LeaveGroupResponse).Members {
		codes = append(codes, m.ErrorCode)
	}
	return codes
}

// joined is the answer to a join that must be there.
func (r *rig) joined(call string) *kmsg.JoinGroupResponse {
	r.t.Helper()
	resp, ok := r.answers[call].(*kmsg.JoinGroupResponse)
	if !ok {
		r.t.Fatalf("%s has no answer: %s", call, r.g)
	}
	return resp
}

func (r *rig) synced(call string) *kmsg.SyncGroupResponse {
	r.t.Helper()
	resp, ok := r.answers[call].(*kmsg.SyncGroupResponse)
	if !ok {
		r.t.Fatalf("%s has no answer: %s", call, r.g)
	}
	return resp
}

// wantJoin checks the code of a join, nil for success.
func (r *rig) wantJoin(call string, want *kerr.Error) *kmsg.JoinGroupResponse {
	r.t.Helper()
	resp := r.joined(call)
	if got := kerr.TypedErrorForCode(resp.ErrorCode); got != want {
		r.t.Errorf("%s: %v, want %v", call, got, want)
	}
	return resp
}

func (r *rig) wantSync(call string, want *kerr.Error, assignment string) {
	r.t.Helper()
	resp := r.synced(call)
	if got := kerr.TypedErrorForCode(resp.ErrorCode); got != want || string(resp.MemberAssignment) != assignment {
		r.t.Errorf("%s: %v %q, want %v %q", call, got, resp.MemberAssignment, want, assignment)
	}
}

func (r *rig) wantPending(calls ...string) {
	r.t.Helper()
	for _, c := range calls {
		if r.answers[c] != nil {
			r.t.Errorf("%s is answered: %+v", c, r.answers[c])
		}
	}
}

func (r *rig) wantState(want State, generation int32) {
	r.t.Helper()
	if r.g.State() != want || r.g.Generation() != generation {
		r.t.Errorf("%s, want %s in generation %d", r.g, want, generation)
	}
}

// stable makes a stable group of dynamic members with these ids; the first leads.
func (r *rig) stable(ids ...string) *rig {
	r.t.Helper()
	for _, id := range ids {
		q := joinReq("", nil)
		q.Version = 3 // which asks for no id first
		r.join(q, id)
	}
	if len(ids) > 1 { // the first has joined alone
		r.join(joinReq(ids[0], nil), "")
	}
	if len(ids) > 2 {
		for _, id := range ids[1:] {
			if m := r.g.members[id]; m.join == nil && r.g.state == PreparingRebalance {
				r.join(joinReq(id, nil), "")
			}
		}
	}
	return r.syncAll(ids...)
}

// syncAll brings a group whose members have joined to Stable; each is assigned its
// own id.
func (r *rig) syncAll(ids ...string) *rig {
	r.t.Helper()
	var pairs []string
	for _, id := range ids {
		pairs = append(pairs, id, id)
	}
	for _, id := range ids {
		if id != r.g.leader {
			r.sync(id, r.g.generation)
		}
	}
	r.sync(r.g.leader, r.g.generation, assign(pairs...))
	if r.g.state != Stable {
		r.t.Fatalf("not stable: %s", r.g)
	}
	return r
}

func ptr[T any](v T) *T { return &v }

// staticMember makes one with an instance id and syncs it, as the only member.
func (r *rig) staticMember(instance, id string) *rig {
	r.t.Helper()
	r.join(joinReq("", &instance), id)
	return r.syncAll(id)
}

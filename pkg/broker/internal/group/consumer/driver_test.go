package consumer

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/classic"
	"kq/pkg/broker/internal/group/grouptest"
	"kq/pkg/broker/internal/group/machine"
)

// driver is what group.Coordinator is to a machine, without an I/O.
type driver struct {
	grouptest.Clock
	t      testing.TB
	m      machine.Machine
	o      *Options
	topics *grouptest.Image
	config Config
	log    []machine.Record
	refuse *kerr.Error // of the next append
	calls  int
	got    map[int]kmsg.Response
}

func newDriver(t testing.TB, topics *grouptest.Image) *driver {
	d := &driver{
		t: t, Clock: grouptest.NewClock(), topics: topics, got: map[int]kmsg.Response{},
		config: Config{SessionTimeout: 45 * time.Second, HeartbeatInterval: 5 * time.Second},
	}
	d.o = &Options{
		Topics: func() assign.Topics { return d.topics }, Config: func(string) Config { return d.config },
		MaxSize: 100, Assignors: []string{Uniform, Range}, Migration: MigrationPolicy("bidirectional"),
		RegexRefresh: 10 * time.Minute, Classic: &classic.Options{MaxSize: 100},
	}
	d.m = New("g", d.o)
	return d
}

func (d *driver) group() *Group {
	g, ok := d.m.(*Group)
	if !ok {
		d.t.Fatalf("%T, want a consumer group", d.m)
	}
	return g
}

func (d *driver) do(fx machine.Effects) {
	if len(fx.Records) > 0 {
		if err := d.refuse; err != nil {
			d.refuse = nil
			for _, r := range fx.Replies {
				if _, ok := r.Response.(*kmsg.ConsumerGroupHeartbeatResponse); ok {
					d.got[r.Call.(int)] = Refused(err, "")
				}
			}
			if fx.Done != nil {
				d.do(fx.Done(err))
			}
			return
		}
		d.log = append(d.log, fx.Records...)
	}
	if fx.Next != nil {
		clear(d.Timers)
		d.m = fx.Next
		d.do(d.m.Step(d.Now, machine.Loaded{}))
	}
	for _, r := range fx.Replies {
		d.got[r.Call.(int)] = r.Response
	}
	d.Set(fx.Timers)
	if fx.Done != nil {
		d.do(fx.Done(nil))
	}
}

// call steps an event that has an answer, nil while it has none.
func (d *driver) call(event func(call int) any) kmsg.Response {
	d.calls++
	n := d.calls
	e := event(n)
	if h, ok := e.(machine.ConsumerHeartbeat); ok {
		if resp := Check(h.Request, d.o.Assignors); resp != nil {
			return resp
		}
		if old, ok := d.m.(*classic.Group); ok {
			d.do(Upgrade(old, d.o, d.Now, h))
			return d.got[n]
		}
	}
	d.do(d.m.Step(d.Now, e))
	return d.got[n]
}

// pass lets time go by and fires what is due.
func (d *driver) pass(by time.Duration) {
	d.Pass(by, func(due machine.TimerKey) { d.do(d.m.Step(d.Now, machine.Fired{Key: due})) })
}

// restart reads the group back from its records.
func (d *driver) restart() {
	d.m = nil
	for _, r := range d.log {
		k, err := staterec.ParseKey(r.Key)
		if err != nil {
			d.t.Fatal(err)
		}
		switch {
		case k.Kind == staterec.Group && r.Value == nil:
			d.m = nil
		case k.Kind == staterec.Group:
			v, err := staterec.ParseGroupValue(r.Value)
			if err != nil {
				d.t.Fatal(err)
			}
			d.m = classic.Load(k.Group, &v, d.o.Classic)
		default:
			g, ok := d.m.(*Group)
			if !ok {
				if r.Value == nil {
					continue
				}
				g = New(k.Group, d.o)
				d.m = g
			}
			if err := g.Replay(&k, r.Value); err != nil {
				d.t.Fatal(err)
			}
			if !g.Persisted() {
				d.m = nil
			}
		}
	}
	if d.m == nil {
		d.m = New("g", d.o)
	}
	d.Restart()
	d.do(d.m.Step(d.Now, machine.Loaded{}))
}

// beat is a heartbeat as a client sends it.
type beat struct {
	member, instance string
	epoch            int32
	topics           []string
	regex, assignor  string
	owned            assign.Assignment
	full             bool  // says everything
	older            int16 // versions
	rebalance        int32
}

func (d *driver) beat(b beat) *kmsg.ConsumerGroupHeartbeatResponse {
	q := kmsg.NewPtrConsumerGroupHeartbeatRequest()
	q.Version, q.Group, q.MemberID, q.MemberEpoch = 1-b.older, "g", b.member, b.epoch
	q.InstanceID, q.RebalanceTimeoutMillis = optional(b.instance), -1
	q.ServerAssignor, q.SubscribedTopicRegex = optional(b.assignor), optional(b.regex)
	if b.epoch == 0 || b.full {
		q.RebalanceTimeoutMillis = 60_000
		q.Topics = []kmsg.ConsumerGroupHeartbeatRequestTopic{}
	}
	if b.rebalance != 0 {
		q.RebalanceTimeoutMillis = b.rebalance
	}
	q.SubscribedTopicNames = b.topics
	if b.owned != nil {
		q.Topics = []kmsg.ConsumerGroupHeartbeatRequestTopic{}
		for _, id := range b.owned.Topics() {
			q.Topics = append(q.Topics, kmsg.ConsumerGroupHeartbeatRequestTopic{TopicID: id, Partitions: b.owned[id]})
		}
	}
	return d.call(func(n int) any {
		return machine.ConsumerHeartbeat{Call: n, Client: machine.Client{ID: "c", Host: "/127.0.0.1"}, NewMemberID: fmt.Sprintf("made-%d", n), Request: q}
	}).(*kmsg.ConsumerGroupHeartbeatResponse)
}

// assigned reads an answer's assignment, nil for none.
func assigned(r *kmsg.ConsumerGroupHeartbeatResponse) assign.Assignment {
	if r.Assignment == nil {
		return nil
	}
	a := assign.Assignment{}
	for _, t := range r.Assignment.Topics {
		for _, p := range t.Partitions {
			a.Add(t.TopicID, p)
		}
	}
	return a
}

func (d *driver) want(r *kmsg.ConsumerGroupHeartbeatResponse, err *kerr.Error, epoch int32) {
	d.t.Helper()
	code := int16(0)
	if err != nil {
		code = err.Code
	}
	if r.ErrorCode != code || r.MemberEpoch != epoch {
		d.t.Fatalf("answer code %d (%v) epoch %d, want code %d epoch %d", r.ErrorCode, text(r.ErrorMessage), r.MemberEpoch, code, epoch)
	}
}

package consumer

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/classic"
	"kq/pkg/broker/internal/group/machine"
)

// image is a set of topics for tests.
type image struct {
	ids        map[string]assign.TopicID
	partitions map[string]int32
	version    int64
}

func (im *image) Topic(name string) (assign.TopicID, int32, bool) {
	id, ok := im.ids[name]
	return id, im.partitions[name], ok
}

func (im *image) TopicName(id assign.TopicID) string {
	for name, other := range im.ids {
		if other == id {
			return name
		}
	}
	return ""
}

func (im *image) TopicNames() iter.Seq[string] { return maps.Keys(im.ids) }
func (im *image) Version() int64               { return im.version }

// with is the image with a topic changed; no partitions delete it.
func (im *image) with(name string, partitions int32) *image {
	next := &image{maps.Clone(im.ids), maps.Clone(im.partitions), im.version + 1}
	if partitions == 0 {
		delete(next.ids, name)
		return next
	}
	if _, ok := next.ids[name]; !ok {
		id := assign.TopicID{15: byte(next.version), 14: byte(next.version >> 8)}
		copy(id[:], name)
		next.ids[name] = id
	}
	next.partitions[name] = partitions
	return next
}

func topicsOf(names ...string) *image {
	im := &image{map[string]assign.TopicID{}, map[string]int32{}, 0}
	for _, name := range names {
		im = im.with(name, 3)
	}
	return im
}

// driver is what group.Coordinator is to a machine, without an I/O.
type driver struct {
	t      testing.TB
	m      machine.Machine
	o      *Options
	topics *image
	config Config
	now    machine.Now
	timers map[machine.TimerKey]time.Duration // when due
	log    []machine.Record
	refuse *kerr.Error // of the next append
	calls  int
	got    map[int]kmsg.Response
}

func newDriver(t testing.TB, topics *image) *driver {
	d := &driver{
		t: t, topics: topics, timers: map[machine.TimerKey]time.Duration{}, got: map[int]kmsg.Response{},
		config: Config{SessionTimeout: 45 * time.Second, HeartbeatInterval: 5 * time.Second},
		now:    machine.Now{UnixMs: 1_700_000_000_000},
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
		clear(d.timers)
		d.m = fx.Next
		d.do(d.m.Step(d.now, machine.Loaded{}))
	}
	for _, r := range fx.Replies {
		d.got[r.Call.(int)] = r.Response
	}
	for _, timer := range fx.Timers {
		if timer.Stop {
			delete(d.timers, timer.Key)
		} else {
			d.timers[timer.Key] = d.now.Mono + timer.After
		}
	}
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
			d.do(Upgrade(old, d.o, d.now, h))
			return d.got[n]
		}
	}
	d.do(d.m.Step(d.now, e))
	return d.got[n]
}

// pass lets time go by and fires what is due.
func (d *driver) pass(by time.Duration) {
	end := d.now.Mono + by
	for {
		var due machine.TimerKey
		at := end + 1
		for _, key := range slices.SortedFunc(maps.Keys(d.timers), func(a, b machine.TimerKey) int {
			return slices.Compare([]byte{a.Kind}, []byte{b.Kind})*2 + assign.CompareJava(a.Member, b.Member)
		}) {
			if d.timers[key] < at {
				due, at = key, d.timers[key]
			}
		}
		if at > end {
			break
		}
		d.now.UnixMs += (at - d.now.Mono).Milliseconds()
		d.now.Mono = max(d.now.Mono, at)
		delete(d.timers, due)
		d.do(d.m.Step(d.now, machine.Fired{Key: due}))
	}
	d.now.UnixMs += (end - d.now.Mono).Milliseconds()
	d.now.Mono = end
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
	clear(d.timers)
	d.now.Mono += time.Hour // another clock
	d.do(d.m.Step(d.now, machine.Loaded{}))
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

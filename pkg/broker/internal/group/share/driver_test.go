package share

import (
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/grouptest"
	"kq/pkg/broker/internal/group/machine"
)

// driver is what group.Coordinator is to a machine, without an I/O. It keeps what the
// share coordinator is asked for until a test answers.
type driver struct {
	grouptest.Clock
	t      testing.TB
	g      *Group
	o      *Options
	topics *grouptest.Image
	config Config
	log    []machine.Record
	refuse *kerr.Error // of the next append
	calls  int
	got    map[int]kmsg.Response
	asked  []*kmsg.InitializeShareGroupStateRequest
}

func newDriver(t testing.TB, topics *grouptest.Image) *driver {
	d := &driver{
		t: t, Clock: grouptest.NewClock(), topics: topics, got: map[int]kmsg.Response{},
		config: Config{SessionTimeout: 45 * time.Second, HeartbeatInterval: 5 * time.Second},
	}
	d.o = &Options{
		Topics: func() assign.Topics { return d.topics }, Config: func(string) Config { return d.config },
		MaxSize: 100, InitializeRetry: 30 * time.Second,
	}
	d.g = New("g", d.o)
	return d
}

func (d *driver) do(fx machine.Effects) (ok bool) {
	if len(fx.Records) > 0 {
		if err := d.refuse; err != nil {
			d.refuse = nil
			for _, r := range fx.Replies {
				d.got[r.Call.(int)] = Refused(err, "")
			}
			d.do(fx.Done(err))
			return false
		}
		d.log = append(d.log, fx.Records...)
	}
	for _, r := range fx.Replies {
		d.got[r.Call.(int)] = r.Response
	}
	d.Set(fx.Timers)
	if fx.Done != nil {
		d.do(fx.Done(nil))
	}
	return true
}

// pass lets time go by and fires what is due.
func (d *driver) pass(by time.Duration) {
	d.Pass(by, func(due machine.TimerKey) { d.do(d.g.Step(d.Now, machine.Fired{Key: due})) })
}

// reload is the group as its records say.
func (d *driver) reload() *Group {
	g := New("g", d.o)
	for _, r := range d.log {
		k, err := staterec.ParseKey(r.Key)
		if err != nil {
			d.t.Fatal(err)
		}
		if err := g.Replay(&k, r.Value); err != nil {
			d.t.Fatal(err)
		}
		if !g.Persisted() {
			g = New("g", d.o)
		}
	}
	return g
}

// restart reads the group back from its records. What was asked for is lost.
func (d *driver) restart() {
	d.g = d.reload()
	d.asked = nil
	d.Restart()
	d.do(d.g.Step(d.Now, machine.Loaded{}))
}

// beat is a heartbeat as a client sends it. No topics is null.
type beat struct {
	member, rack string
	epoch        int32
	topics       []string
}

func (d *driver) beat(b beat) *kmsg.ShareGroupHeartbeatResponse {
	q := kmsg.NewPtrShareGroupHeartbeatRequest()
	q.Version, q.GroupID, q.MemberID, q.MemberEpoch, q.RackID, q.SubscribedTopicNames = 1, "g", b.member, b.epoch, optional(b.rack), b.topics
	if resp := Check(q); resp != nil {
		return resp
	}
	d.calls++
	n := d.calls
	fx, ask := d.g.Heartbeat(d.Now, machine.ShareHeartbeat{Call: n, Client: machine.Client{ID: "c", Host: "/127.0.0.1"}, Request: q})
	if d.do(fx) && ask != nil {
		d.asked = append(d.asked, ask)
	}
	return d.got[n].(*kmsg.ShareGroupHeartbeatResponse)
}

// made answers everything that was asked of the share coordinator.
func (d *driver) made() {
	for _, q := range d.asked {
		d.do(d.g.Initialized(d.Now, partitionsOf(q)))
	}
	d.asked = nil
}

func partitionsOf(q *kmsg.InitializeShareGroupStateRequest) assign.Assignment {
	a := assign.Assignment{}
	for _, t := range q.Topics {
		for _, p := range t.Partitions {
			a.Add(t.TopicID, p.Partition)
		}
	}
	return a
}

// assigned reads an answer's assignment, nil for none.
func assigned(r *kmsg.ShareGroupHeartbeatResponse) assign.Assignment {
	if r.Assignment == nil {
		return nil
	}
	a := assign.Assignment{}
	for _, t := range r.Assignment.TopicPartitions {
		for _, p := range t.Partitions {
			a.Add(t.TopicID, p)
		}
	}
	return a
}

func (d *driver) want(r *kmsg.ShareGroupHeartbeatResponse, err *kerr.Error, epoch int32) {
	d.t.Helper()
	code := int16(0)
	if err != nil {
		code = err.Code
	}
	if r.ErrorCode != code || r.MemberEpoch != epoch {
		d.t.Fatalf("answer code %d (%v) epoch %d, want code %d epoch %d", r.ErrorCode, textOf(r.ErrorMessage), r.MemberEpoch, code, epoch)
	}
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// sorted is a description with members by id.
func sorted(d kmsg.ShareGroupDescribeResponseGroup) kmsg.ShareGroupDescribeResponseGroup {
	slices.SortFunc(d.Members, func(a, b kmsg.ShareGroupDescribeResponseGroupMember) int {
		return assign.CompareJava(a.MemberID, b.MemberID)
	})
	return d
}

package share

import (
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
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

// driver is what group.Coordinator is to a machine, without an I/O. It keeps what the
// share coordinator is asked for until a test answers.
type driver struct {
	t      testing.TB
	g      *Group
	o      *Options
	topics *image
	config Config
	now    machine.Now
	timers map[machine.TimerKey]time.Duration // when due
	log    []machine.Record
	refuse *kerr.Error // of the next append
	calls  int
	got    map[int]kmsg.Response
	asked  []*kmsg.InitializeShareGroupStateRequest
}

func newDriver(t testing.TB, topics *image) *driver {
	d := &driver{
		t: t, topics: topics, timers: map[machine.TimerKey]time.Duration{}, got: map[int]kmsg.Response{},
		config: Config{SessionTimeout: 45 * time.Second, HeartbeatInterval: 5 * time.Second},
		now:    machine.Now{UnixMs: 1_700_000_000_000},
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
	return true
}

// pass lets time go by and fires what is due.
func (d *driver) pass(by time.Duration) {
	end := d.now.Mono + by
	for {
		var due machine.TimerKey
		at := end + 1
		for _, key := range slices.SortedFunc(maps.Keys(d.timers), func(a, b machine.TimerKey) int { return assign.CompareJava(a.Member, b.Member) }) {
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
		d.do(d.g.Step(d.now, machine.Fired{Key: due}))
	}
	d.now.UnixMs += (end - d.now.Mono).Milliseconds()
	d.now.Mono = end
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
	clear(d.timers)
	d.now.Mono += time.Hour // another clock
	d.do(d.g.Step(d.now, machine.Loaded{}))
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
	fx, ask := d.g.Heartbeat(d.now, machine.ShareHeartbeat{Call: n, Client: machine.Client{ID: "c", Host: "/127.0.0.1"}, Request: q})
	if d.do(fx) && ask != nil {
		d.asked = append(d.asked, ask)
	}
	return d.got[n].(*kmsg.ShareGroupHeartbeatResponse)
}

// made answers everything that was asked of the share coordinator.
func (d *driver) made() {
	for _, q := range d.asked {
		d.do(d.g.Initialized(d.now, partitionsOf(q)))
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

package group

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/configdef"
	"kq/pkg/broker/internal/group/machine"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/statelog"
	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/logstore"
	"kq/pkg/broker/vfs"
)

const self = int32(1)

// fixture is a coordinator over a catalog, with a controller that applies what is
// asked of it.
type fixture struct {
	testing.TB
	fs      vfs.FS
	dir     string
	mode    logstore.SyncMode
	store   *logstore.Store
	catalog *topic.Catalog
	log     *statelog.Log
	c       *Coordinator
	configs map[string]string
	verify  Verify
	share   SharePersister
	now     func() time.Time
	logged  *lines

	mu    sync.Mutex
	image *meta.Image // guarded by mu
	ids   byte        // guarded by mu
}

// lines keeps what is logged.
type lines struct {
	mu sync.Mutex
	b  strings.Builder // guarded by mu
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newFixture(t testing.TB, change ...func(*fixture)) *fixture {
	t.Helper()
	f := &fixture{
		TB: t, fs: vfs.NewMem(0), dir: "data", image: meta.NewImage("cluster"), logged: &lines{}, now: time.Now,
		configs: map[string]string{"group.initial.rebalance.delay.ms": "0"},
	}
	for _, c := range change {
		c(f)
	}
	f.open()
	t.Cleanup(func() { f.close() })
	return f
}

func (f *fixture) open() {
	f.Helper()
	var err error
	if f.store, err = logstore.Open(context.Background(), logstore.Options{FS: f.fs, Dir: f.dir, Sync: f.mode}); err != nil {
		f.Fatal(err)
	}
	if f.catalog, err = topic.New(topic.Options{Store: f.store, NodeID: self}); err != nil {
		f.Fatal(err)
	}
	if err := f.catalog.Apply(context.Background(), nil, f.image); err != nil {
		f.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(f.logged, nil))
	f.log, err = statelog.New(statelog.Options{
		Topic: Topic, NodeID: self, Catalog: f.catalog, Create: f.create, Logger: logger, Now: f.now,
		Partitions: func() int32 { return 4 },
		Configs:    func() map[string]string { return map[string]string{"cleanup.policy": "compact"} },
	})
	if err != nil {
		f.Fatal(err)
	}
	f.c, err = New(Options{
		Log: f.log, NodeID: self, Image: f.catalog.Image, Logger: logger, Verify: f.verify, Now: f.now,
		Number: f.number, Text: f.text,
		GroupNumber: func(_, name string) int64 { return f.number("group." + name) },
		Share:       f.share, EndOffset: func(string, int32) (int64, *kerr.Error) { return 10, nil },
	})
	if err != nil {
		f.Fatal(err)
	}
	f.c.Follow(f.catalog.Image())
}

func (f *fixture) text(name string) string {
	return configdef.EffectiveBroker(name, nil, nil, f.configs).Value
}

func (f *fixture) number(name string) int64 {
	n, err := strconv.ParseInt(f.text(name), 10, 64)
	if err != nil {
		f.Errorf("config %s: %v", name, err)
	}
	return n
}

func (f *fixture) close() {
	f.c.Close()
	f.catalog.Close()
	if err := f.store.Close(true); err != nil {
		f.Error(err)
	}
}

// restart stops and opens everything, and waits until the groups are loaded.
func (f *fixture) restart() {
	f.Helper()
	f.close()
	f.open()
	f.c.work.Wait()
}

func (f *fixture) apply(records ...meta.Record) {
	f.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.image
	next, err := old.Apply(records...)
	if err != nil {
		f.Fatal(err)
	}
	next.Offset = old.Offset + 1
	if err := f.catalog.Apply(context.Background(), old, next); err != nil {
		f.Fatal(err)
	}
	f.image = next
	if f.c != nil {
		f.c.Follow(next)
	}
}

// topic creates a topic.
func (f *fixture) topic(name string, partitions int32, configs ...kmsg.CreateTopicsRequestTopicConfig) {
	f.Helper()
	f.ids++
	id := meta.ID{15: f.ids}
	records := []meta.Record{&meta.TopicRecord{Name: name, TopicID: id}}
	for i := range partitions {
		records = append(records, &meta.PartitionRecord{TopicID: id, PartitionID: i, Replicas: []int32{self}, ISR: []int32{self}, Leader: self})
	}
	for _, c := range configs {
		records = append(records, &meta.ConfigRecord{ResourceType: meta.ResourceTopic, ResourceName: name, Name: c.Name, Value: c.Value})
	}
	f.apply(records...)
}

func (f *fixture) dropTopic(name string) {
	f.Helper()
	f.apply(&meta.RemoveTopic{TopicID: f.image.Topic(name).ID})
}

func (f *fixture) create(_ context.Context, q *kmsg.CreateTopicsRequest) *kmsg.CreateTopicsResponse {
	f.topic(q.Topics[0].Topic, q.Topics[0].NumPartitions, q.Topics[0].Configs...)
	resp := kmsg.NewPtrCreateTopicsResponse()
	resp.Topics = append(resp.Topics, kmsg.CreateTopicsResponseTopic{Topic: q.Topics[0].Topic})
	return resp
}

// ready creates __consumer_offsets.
func (f *fixture) ready() *fixture {
	f.Helper()
	if err := f.c.Ensure(context.Background()); err != nil {
		f.Fatal(err)
	}
	return f
}

// asked is an answer that comes some time.
type asked[T any] struct{ c chan T }

func ask[T any](f func(reply func(T))) asked[T] {
	a := asked[T]{make(chan T, 2)}
	f(func(v T) { a.c <- v })
	return a
}

// now is the answer, which must be there.
func (a asked[T]) now(t testing.TB) T {
	t.Helper()
	select {
	case v := <-a.c:
		return v
	default:
		t.Fatal("no answer yet")
		panic("unreachable")
	}
}

// pending reports that there is no answer yet.
func (a asked[T]) pending() bool { return len(a.c) == 0 }

// member joins and leaves groups as a client does.
type member struct {
	f        *fixture
	group    string
	id       string
	instance *string
	protocol string
	metadata string
	session  int32
	timeout  int32
	gen      int32
}

func (f *fixture) member(group string) *member {
	return &member{f: f, group: group, protocol: "range", metadata: "\x00\x00\x00\x00\x00\x01\x00\x02in", session: 10_000, timeout: 30_000}
}

func (m *member) joinAs(version int16) asked[*kmsg.JoinGroupResponse] {
	q := kmsg.NewPtrJoinGroupRequest()
	q.Version, q.Group, q.MemberID, q.InstanceID = version, m.group, m.id, m.instance
	q.SessionTimeoutMillis, q.RebalanceTimeoutMillis, q.ProtocolType = m.session, m.timeout, "consumer"
	q.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: m.protocol, Metadata: []byte(m.metadata)}}
	return ask(func(reply func(*kmsg.JoinGroupResponse)) {
		m.f.c.JoinGroup(machine.Client{ID: "c", Host: "/127.0.0.1"}, q, func(r *kmsg.JoinGroupResponse) {
			if r.ErrorCode == 0 || r.ErrorCode == kerr.MemberIDRequired.Code {
				m.id, m.gen = r.MemberID, r.Generation
			}
			reply(r)
		})
	})
}

func (m *member) join() asked[*kmsg.JoinGroupResponse] { return m.joinAs(3) }

func (m *member) sync(assign map[string]string) asked[*kmsg.SyncGroupResponse] {
	q := kmsg.NewPtrSyncGroupRequest()
	q.Version, q.Group, q.MemberID, q.InstanceID, q.Generation = 5, m.group, m.id, m.instance, m.gen
	for id, a := range assign {
		q.GroupAssignment = append(q.GroupAssignment, kmsg.SyncGroupRequestGroupAssignment{MemberID: id, MemberAssignment: []byte(a)})
	}
	return ask(func(reply func(*kmsg.SyncGroupResponse)) { m.f.c.SyncGroup(q, reply) })
}

func (m *member) heartbeat() int16 {
	q := kmsg.NewPtrHeartbeatRequest()
	q.Group, q.MemberID, q.InstanceID, q.Generation = m.group, m.id, m.instance, m.gen
	return ask(func(reply func(*kmsg.HeartbeatResponse)) { m.f.c.Heartbeat(q, reply) }).now(m.f).ErrorCode
}

func (m *member) leave() int16 {
	q := kmsg.NewPtrLeaveGroupRequest()
	q.Version, q.Group = 5, m.group
	q.Members = []kmsg.LeaveGroupRequestMember{{MemberID: m.id, InstanceID: m.instance}}
	return ask(func(reply func(*kmsg.LeaveGroupResponse)) { m.f.c.LeaveGroup(q, reply) }).now(m.f).Members[0].ErrorCode
}

// stable makes a group of one member.
func (f *fixture) stable(group string) *member {
	f.Helper()
	m := f.member(group)
	if r := m.join().now(f); r.ErrorCode != 0 {
		f.Fatalf("join: %v", kerr.ErrorForCode(r.ErrorCode))
	}
	if r := m.sync(map[string]string{m.id: "all"}).now(f); r.ErrorCode != 0 || string(r.MemberAssignment) != "all" {
		f.Fatalf("sync: %v %q", kerr.ErrorForCode(r.ErrorCode), r.MemberAssignment)
	}
	return m
}

// commitReq is a commit of one offset for partition 0 of a topic.
func commitReq(group, topic string, offset int64) *kmsg.OffsetCommitRequest {
	q := kmsg.NewPtrOffsetCommitRequest()
	q.Version, q.Group, q.Generation = 8, group, -1
	q.Topics = []kmsg.OffsetCommitRequestTopic{{Topic: topic, Partitions: []kmsg.OffsetCommitRequestTopicPartition{{Offset: offset, LeaderEpoch: -1}}}}
	return q
}

func (f *fixture) commit(q *kmsg.OffsetCommitRequest) int16 {
	f.Helper()
	r := ask(func(reply func(*kmsg.OffsetCommitResponse)) { f.c.OffsetCommit(q, reply) }).now(f)
	return r.Topics[0].Partitions[0].ErrorCode
}

// offset is what a group has for partition 0 of a topic, -1 for nothing.
func (f *fixture) offset(group, topic string) int64 {
	f.Helper()
	p := f.fetch(group, topic, false)
	if p.ErrorCode != 0 {
		f.Fatalf("fetch: %v", kerr.ErrorForCode(p.ErrorCode))
	}
	return p.Offset
}

func (f *fixture) fetch(group, topic string, stable bool) kmsg.OffsetFetchResponseGroupTopicPartition {
	f.Helper()
	q := kmsg.NewPtrOffsetFetchRequest()
	q.Version, q.RequireStable = 8, stable
	q.Groups = []kmsg.OffsetFetchRequestGroup{{Group: group, MemberEpoch: -1, Topics: []kmsg.OffsetFetchRequestGroupTopic{{Topic: topic, Partitions: []int32{0}}}}}
	r := ask(func(reply func(*kmsg.OffsetFetchResponse)) { f.c.OffsetFetch(q, reply) }).now(f)
	if r.Groups[0].ErrorCode != 0 {
		p := none(0)
		p.ErrorCode = r.Groups[0].ErrorCode
		return p
	}
	return r.Groups[0].Topics[0].Partitions[0]
}

// state is what ListGroups says of a group, empty when it is not there.
func (f *fixture) state(group string) string {
	f.Helper()
	for _, g := range f.c.ListGroups(kmsg.NewPtrListGroupsRequest()).Groups {
		if g.Group == group {
			return g.GroupState
		}
	}
	return ""
}

func name(i int) string { return fmt.Sprintf("group-%d", i) }

package group

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/statelog"
	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/logstore"
)

func code(err *kerr.Error) int16 {
	if err == nil {
		return 0
	}
	return err.Code
}

func TestOffsetCommitCodes(t *testing.T) {
	f := newFixture(t).ready()
	f.topic("in", 1)
	m := f.stable("live")
	id := f.image.Topic("in").ID
	for _, c := range []struct {
		name string
		q    func(q *kmsg.OffsetCommitRequest)
		want *kerr.Error
	}{
		{"simple", func(*kmsg.OffsetCommitRequest) {}, nil},
		{"the empty group id", func(q *kmsg.OffsetCommitRequest) { q.Group = "" }, nil},
		{"unknown topic", func(q *kmsg.OffsetCommitRequest) { q.Topics[0].Topic = "none" }, kerr.UnknownTopicOrPartition},
		{"unknown partition", func(q *kmsg.OffsetCommitRequest) { q.Topics[0].Partitions[0].Partition = 1 }, kerr.UnknownTopicOrPartition},
		{"negative partition", func(q *kmsg.OffsetCommitRequest) { q.Topics[0].Partitions[0].Partition = -1 }, kerr.UnknownTopicOrPartition},
		{"by id", func(q *kmsg.OffsetCommitRequest) { q.Version, q.Topics[0].Topic, q.Topics[0].TopicID = 10, "", id }, nil},
		{"unknown id", func(q *kmsg.OffsetCommitRequest) { q.Version, q.Topics[0].TopicID = 10, [16]byte{9} }, kerr.UnknownTopicID},
		{"4096 characters", func(q *kmsg.OffsetCommitRequest) {
			q.Topics[0].Partitions[0].Metadata = kmsg.StringPtr(strings.Repeat("x", 4096))
		}, nil},
		{"4096 wide characters", func(q *kmsg.OffsetCommitRequest) {
			q.Topics[0].Partitions[0].Metadata = kmsg.StringPtr(strings.Repeat("ä", 4096))
		}, nil},
		{"4097 characters", func(q *kmsg.OffsetCommitRequest) {
			q.Topics[0].Partitions[0].Metadata = kmsg.StringPtr(strings.Repeat("x", 4097))
		}, kerr.OffsetMetadataTooLarge},
		{"a generation of no group", func(q *kmsg.OffsetCommitRequest) { q.Group, q.Generation = "none", 1 }, kerr.IllegalGeneration},
		{"v9: a generation of no group", func(q *kmsg.OffsetCommitRequest) { q.Version, q.Group, q.Generation = 9, "none", 1 }, kerr.GroupIDNotFound},
		{"nobody, to a live group", func(q *kmsg.OffsetCommitRequest) { q.Group = "live" }, kerr.UnknownMemberID},
		{"old generation", func(q *kmsg.OffsetCommitRequest) { q.Group, q.MemberID, q.Generation = "live", m.id, 0 }, kerr.IllegalGeneration},
		{"member", func(q *kmsg.OffsetCommitRequest) { q.Group, q.MemberID, q.Generation = "live", m.id, m.gen }, nil},
	} {
		q := commitReq("simple", "in", 3)
		c.q(q)
		if got := f.commit(q); got != code(c.want) {
			t.Errorf("%s: %v, want %v", c.name, kerr.ErrorForCode(got), c.want)
		}
	}
	if f.state("none") != "" {
		t.Error("a refused commit made a group")
	}
}

func TestOffsetFetch(t *testing.T) {
	f := newFixture(t)
	if p := f.fetch("g", "in", false); p.ErrorCode != kerr.NotCoordinator.Code {
		t.Errorf("without the topic: %v", kerr.ErrorForCode(p.ErrorCode))
	}
	f.ready().topic("in", 2)
	if o := f.offset("none", "in"); o != -1 {
		t.Errorf("a group that is not there has offset %d", o)
	}
	q := commitReq("g", "in", 7)
	q.Topics[0].Partitions[0].LeaderEpoch, q.Topics[0].Partitions[0].Metadata = 3, kmsg.StringPtr("mine")
	f.commit(q)
	if p := f.fetch("g", "in", true); p.Offset != 7 || p.LeaderEpoch != 3 || *p.Metadata != "mine" {
		t.Errorf("got %+v", p)
	}
	all := kmsg.NewPtrOffsetFetchRequest()
	all.Version = 10
	all.Groups = []kmsg.OffsetFetchRequestGroup{
		{Group: "g", MemberEpoch: -1},
		{Group: "none", MemberEpoch: -1},
		{Group: "g", MemberEpoch: -1, Topics: []kmsg.OffsetFetchRequestGroupTopic{{TopicID: [16]byte{9}, Partitions: []int32{0}}}},
	}
	r := ask(func(reply func(*kmsg.OffsetFetchResponse)) { f.c.OffsetFetch(all, reply) }).now(t)
	if g := r.Groups[0]; len(g.Topics) != 1 || g.Topics[0].TopicID != f.image.Topic("in").ID || len(g.Topics[0].Partitions) != 1 {
		t.Errorf("all: %+v", g)
	}
	if g := r.Groups[1]; len(g.Topics) != 0 || g.ErrorCode != 0 {
		t.Errorf("all of nothing: %+v", g)
	}
	if g := r.Groups[2]; g.Topics[0].Partitions[0].ErrorCode != kerr.UnknownTopicID.Code {
		t.Errorf("unknown id: %+v", g)
	}
}

func (f *fixture) deleteOffset(group, topic string, partition int32) (top, part int16) {
	q := kmsg.NewPtrOffsetDeleteRequest()
	q.Group = group
	q.Topics = []kmsg.OffsetDeleteRequestTopic{{Topic: topic, Partitions: []kmsg.OffsetDeleteRequestTopicPartition{{Partition: partition}}}}
	r := ask(func(reply func(*kmsg.OffsetDeleteResponse)) { f.c.OffsetDelete(q, reply) }).now(f)
	if r.ErrorCode != 0 {
		return r.ErrorCode, 0
	}
	return 0, r.Topics[0].Partitions[0].ErrorCode
}

func TestOffsetDeleteCodes(t *testing.T) {
	f := newFixture(t).ready()
	f.topic("in", 1)
	f.topic("other", 1)
	f.commit(commitReq("simple", "in", 1))
	live := f.stable("live")
	for _, topic := range []string{"in", "other"} {
		q := commitReq("live", topic, 2)
		q.MemberID, q.Generation = live.id, live.gen
		f.commit(q)
	}
	connect := f.member("connect")
	q := kmsg.NewPtrJoinGroupRequest()
	q.Group, q.SessionTimeoutMillis, q.ProtocolType = "connect", 10_000, "connect"
	q.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: "x"}}
	f.c.JoinGroup(clientHere, q, func(*kmsg.JoinGroupResponse) {})
	_ = connect
	for _, c := range []struct {
		group, topic string
		partition    int32
		top, part    *kerr.Error
	}{
		{"", "in", 0, kerr.InvalidGroupID, nil},
		{"none", "in", 0, kerr.GroupIDNotFound, nil},
		{"connect", "in", 0, kerr.NonEmptyGroup, nil},
		{"live", "in", 0, nil, kerr.GroupSubscribedToTopic},
		{"live", "other", 0, nil, nil},
		{"simple", "none", 0, nil, kerr.UnknownTopicOrPartition},
		{"simple", "in", 1, nil, kerr.UnknownTopicOrPartition},
		{"simple", "other", 0, nil, nil}, // nothing to delete
		{"simple", "in", 0, nil, nil},
	} {
		if top, part := f.deleteOffset(c.group, c.topic, c.partition); top != code(c.top) || part != code(c.part) {
			t.Errorf("%s %s %d: %v %v", c.group, c.topic, c.partition, kerr.ErrorForCode(top), kerr.ErrorForCode(part))
		}
	}
	for _, g := range []string{"before", "after"} {
		if f.offset("simple", "in") != -1 || f.offset("live", "other") != -1 || f.offset("live", "in") != 2 {
			t.Errorf("%s a restart: %d %d %d", g, f.offset("simple", "in"), f.offset("live", "other"), f.offset("live", "in"))
		}
		f.restart()
	}
}

// txnCommit sends an offset to the transaction of a producer.
func (f *fixture) txnCommit(producer int64, epoch int16, group string, offset int64, change ...func(*kmsg.TxnOffsetCommitRequest)) int16 {
	f.Helper()
	q := kmsg.NewPtrTxnOffsetCommitRequest()
	q.Version, q.TransactionalID, q.Group, q.ProducerID, q.ProducerEpoch, q.Generation = 4, "txn", group, producer, epoch, -1
	q.Topics = []kmsg.TxnOffsetCommitRequestTopic{{Topic: "in", Partitions: []kmsg.TxnOffsetCommitRequestTopicPartition{{Offset: offset, LeaderEpoch: -1}}}}
	for _, c := range change {
		c(q)
	}
	return ask(func(reply func(*kmsg.TxnOffsetCommitResponse)) { f.c.TxnOffsetCommit(q, reply) }).now(f).Topics[0].Partitions[0].ErrorCode
}

// endTxn writes the marker of a transaction to the partition of a group, and tells
// the coordinator unless it is to be read back only.
func (f *fixture) endTxn(producer int64, epoch int16, group string, commit, tell bool) {
	f.Helper()
	index, _ := f.log.PartitionFor(group)
	p, _ := f.catalog.Partition(Topic, index)
	var fired topic.Fired
	if _, err := p.AppendMarker(topic.Marker{ProducerID: producer, ProducerEpoch: epoch, Committed: commit, TimestampMs: 1}, &topic.Ack{}, &fired); err != nil {
		f.Fatal(err)
	}
	fired.Fire()
	if tell {
		f.c.CompleteTxn(index, producer, epoch, commit)
	}
}

func TestTransactionalOffsets(t *testing.T) {
	f := newFixture(t).ready()
	f.topic("in", 1)
	f.commit(commitReq("g", "in", 1))
	want := func(offset int64, unstable bool) {
		t.Helper()
		if o := f.offset("g", "in"); o != offset {
			t.Errorf("offset %d, want %d", o, offset)
		}
		if p := f.fetch("g", "in", true); (p.ErrorCode == kerr.UnstableOffsetCommit.Code) != unstable || !unstable && p.Offset != offset {
			t.Errorf("stable: %+v", p)
		}
	}
	begin := func(producer, offset int64) {
		t.Helper()
		if c := f.txnCommit(producer, 0, "g", offset); c != 0 {
			t.Fatal(kerr.ErrorForCode(c))
		}
	}
	begin(5, 10)
	want(1, true)
	f.restart()
	want(1, true)
	f.endTxn(5, 0, "g", true, true)
	want(10, false)
	begin(5, 20)
	f.endTxn(5, 0, "g", false, true)
	want(10, false)
	f.restart()
	want(10, false)

	// Two transactions, and a commit between the offset of one and its end.
	begin(5, 30)
	begin(6, 40)
	f.commit(commitReq("g", "in", 50))
	f.endTxn(5, 0, "g", true, true)
	want(50, true)
	f.endTxn(6, 0, "g", false, true)
	want(50, false)
	f.restart()
	want(50, false)

	// A marker that the coordinator hears of after a restart alone.
	begin(5, 60)
	f.endTxn(5, 0, "g", true, false)
	f.restart()
	want(60, false)

	// Deleting an offset deletes what is pending of it.
	begin(5, 70)
	if top, part := f.deleteOffset("g", "in", 0); top != 0 || part != 0 {
		t.Fatal(top, part)
	}
	f.endTxn(5, 0, "g", true, true)
	want(-1, false)
}

func TestTxnOffsetCommitCodes(t *testing.T) {
	var refuse int16
	f := newFixture(t, func(f *fixture) {
		f.verify = func(q *kmsg.AddPartitionsToTxnRequest, done func(*kmsg.AddPartitionsToTxnResponse)) {
			resp := kmsg.NewPtrAddPartitionsToTxnResponse()
			for _, txn := range q.Transactions {
				rt := kmsg.AddPartitionsToTxnResponseTransaction{TransactionalID: txn.TransactionalID}
				for _, topic := range txn.Topics {
					rp := kmsg.AddPartitionsToTxnResponseTransactionTopic{Topic: topic.Topic}
					for _, p := range topic.Partitions {
						rp.Partitions = append(rp.Partitions, kmsg.AddPartitionsToTxnResponseTransactionTopicPartition{Partition: p, ErrorCode: refuse})
					}
					rt.Topics = append(rt.Topics, rp)
				}
				resp.Transactions = append(resp.Transactions, rt)
			}
			done(resp)
		}
	}).ready()
	f.topic("in", 1)
	m := f.stable("live")
	type q = kmsg.TxnOffsetCommitRequest
	member := func(id string, gen int32) func(*q) {
		return func(q *q) { q.Group, q.MemberID, q.Generation = "live", id, gen }
	}
	for i, c := range []struct {
		name   string
		refuse *kerr.Error
		change func(*q)
		want   *kerr.Error
	}{
		{"fine", nil, func(*q) {}, nil},
		{"no group id", nil, func(q *q) { q.Group = "" }, kerr.InvalidGroupID},
		{"unknown topic", nil, func(q *q) { q.Topics[0].Topic = "none" }, kerr.UnknownTopicOrPartition},
		{"a generation of no group", nil, func(q *q) { q.Group, q.Generation = "none", 3 }, kerr.IllegalGeneration},
		{"member", nil, member(m.id, m.gen), nil},
		{"unknown member", nil, member("x", m.gen), kerr.UnknownMemberID},
		{"old generation", nil, member(m.id, 0), kerr.IllegalGeneration},
		{"nobody", nil, func(q *q) { q.Group = "live" }, nil},
		{"not in the transaction", kerr.TransactionAbortable, func(*q) {}, kerr.TransactionAbortable},
		{"not in the transaction, old client", kerr.TransactionAbortable, func(q *q) { q.Version = 3 }, kerr.InvalidTxnState},
		{"no such transaction", kerr.InvalidProducerIDMapping, func(*q) {}, kerr.InvalidProducerIDMapping},
		{"fenced", kerr.InvalidProducerEpoch, func(*q) {}, kerr.InvalidProducerEpoch},
		{"the coordinator is loading", kerr.CoordinatorLoadInProgress, func(*q) {}, kerr.CoordinatorNotAvailable},
		{"too long", nil, func(q *q) { q.Topics[0].Partitions[0].Metadata = kmsg.StringPtr(strings.Repeat("x", 4097)) }, kerr.OffsetMetadataTooLarge},
	} {
		refuse = code(c.refuse)
		// Each producer is another one: an open transaction is not asked about.
		if got := f.txnCommit(int64(i), 0, "of "+c.name, 1, c.change); got != code(c.want) {
			t.Errorf("%s: %v, want %v", c.name, kerr.ErrorForCode(got), c.want)
		}
	}
	refuse = kerr.TransactionAbortable.Code
	if c := f.txnCommit(0, 0, "of fine", 2); c != 0 {
		t.Errorf("an open transaction is asked about: %v", kerr.ErrorForCode(c))
	}
}

// Offsets of a topic that was deleted are not those of the next one of its name,
// pending ones neither; their keys get tombstones.
func TestTopicIsMadeAnew(t *testing.T) {
	f := newFixture(t).ready()
	f.topic("in", 1)
	f.commit(commitReq("g", "in", 1))
	f.txnCommit(5, 0, "p", 2)
	f.dropTopic("in")
	f.topic("in", 1)
	if f.offset("g", "in") != -1 || f.fetch("p", "in", true).ErrorCode != 0 {
		t.Error("the old topic's offsets are seen")
	}
	f.endTxn(5, 0, "p", true, true)
	f.c.work.Wait()
	for range 2 {
		if f.offset("g", "in") != -1 || f.offset("p", "in") != -1 {
			t.Error("the old topic's offsets are seen")
		}
		f.restart()
	}
	index, _ := f.log.PartitionFor("g")
	last := statelog.Entry{Value: []byte("none")}
	if _, err := f.log.Load(context.Background(), index, func(e statelog.Entry) error { last = e; return nil }); err != nil || last.Value != nil {
		t.Errorf("the last record of the offset is no tombstone: %q, %v", last.Value, err)
	}
	f.commit(commitReq("g", "in", 9))
	f.restart()
	if o := f.offset("g", "in"); o != 9 {
		t.Errorf("the new topic's offset is %d", o)
	}
}

// Offsets that an older Kafka wrote have no topic id: they go with the topic that has
// their name.
func TestOffsetsWithoutTopicID(t *testing.T) {
	f := newFixture(t).ready()
	f.topic("in", 2)
	index, _ := f.log.PartitionFor("g")
	old := statelog.Record{Key: offsetKey("g", "in", 0), Value: staterec.OffsetValue{Offset: 4, LeaderEpoch: -1, ExpireMs: -1}.Append(nil)}
	if _, err := f.log.Append(index, []statelog.Record{old}, statelog.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
	f.restart()
	if o := f.offset("g", "in"); o != 4 {
		t.Errorf("read back %d", o)
	}
	f.dropTopic("in")
	f.c.work.Wait()
	f.topic("in", 1)
	for range 2 {
		if o := f.offset("g", "in"); o != -1 {
			t.Errorf("the next topic of the name has offset %d", o)
		}
		f.restart()
	}
}

// An answer leaves when its offset is on disk, where the mode asks for it; who
// reads it before waits too.
func TestAnswersWaitForTheDisk(t *testing.T) {
	f := newFixture(t, func(f *fixture) { f.mode = logstore.SyncCommit }).ready()
	f.topic("in", 1)
	for i := range int64(50) {
		done := make(chan int16, 2)
		f.c.OffsetCommit(commitReq("g", "in", i), func(r *kmsg.OffsetCommitResponse) { done <- r.Topics[0].Partitions[0].ErrorCode })
		read := make(chan int64, 2)
		q := kmsg.NewPtrOffsetFetchRequest()
		q.Groups = []kmsg.OffsetFetchRequestGroup{{Group: "g", MemberEpoch: -1, Topics: []kmsg.OffsetFetchRequestGroupTopic{{Topic: "in", Partitions: []int32{0}}}}}
		f.c.OffsetFetch(q, func(r *kmsg.OffsetFetchResponse) { read <- r.Groups[0].Topics[0].Partitions[0].Offset })
		if c, o := <-done, <-read; c != 0 || o != i {
			t.Fatalf("commit %d: code %d, read %d", i, c, o)
		}
	}
	if n := len(f.c.shardOf(t, "g").group("g").flights); n != 0 {
		t.Errorf("%d appends never landed", n)
	}
}

func (c *Coordinator) shardOf(t *testing.T, group string) *shard {
	t.Helper()
	s, err := c.shard(group)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Records that cannot be read are reported with their group and left out; the rest
// is there.
func TestDamagedRecords(t *testing.T) {
	f := newFixture(t).ready()
	f.topic("in", 1)
	for i := range 20 {
		f.stable(name(i))
		f.commit(commitReq("of "+name(i), "in", int64(i)))
	}
	p, _ := f.log.PartitionFor(name(3))
	bad := []statelog.Record{
		{Key: []byte{0, 2, 0, 7}, Value: []byte("x")},
		{Key: []byte("\x00\x02\x00\x07group-3"), Value: []byte("garbage")},
		{Key: []byte("\x00\x63\x00\x01x"), Value: []byte("a kind of the future")},
		{Key: nil, Value: nil},
	}
	for _, r := range bad {
		if _, err := f.log.Append(p, []statelog.Record{r}, statelog.AppendOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	f.restart()
	for i := range 20 {
		if f.state(name(i)) != "Stable" || f.offset("of "+name(i), "in") != int64(i) {
			t.Errorf("%s is %q with offset %d", name(i), f.state(name(i)), f.offset("of "+name(i), "in"))
		}
	}
	if l := f.logged.String(); !strings.Contains(l, "a record of a group is left out") || !strings.Contains(l, "group=group-3") {
		t.Errorf("logged %q", l)
	}
}

func TestExpiry(t *testing.T) {
	clock := time.Now()
	f := newFixture(t, func(f *fixture) {
		f.now = func() time.Time { return clock }
		f.configs["offsets.retention.minutes"] = "60"
	}).ready()
	f.topic("in", 1)
	f.topic("other", 1)
	f.commit(commitReq("simple", "in", 1))
	m := f.stable("live")
	for _, topic := range []string{"in", "other"} {
		q := commitReq("live", topic, 2)
		q.MemberID, q.Generation = m.id, m.gen
		f.commit(q)
	}
	left := f.stable("left")
	q := commitReq("left", "in", 3)
	q.MemberID, q.Generation = left.id, left.gen
	f.commit(q)
	left.leave()
	old := commitReq("short", "in", 4)
	old.Version, old.RetentionTimeMillis = 4, 1000
	f.commit(old)

	later := func(d time.Duration) {
		clock = clock.Add(d)
		f.restart() // so that the process has not seen the clock step
		f.c.expireOffsets()
	}
	later(time.Minute)
	if f.offset("short", "in") != -1 || f.state("short") != "" {
		t.Error("an offset outlives what its request said")
	}
	if f.offset("simple", "in") != 1 || f.offset("left", "in") != 3 {
		t.Error("offsets expire too early")
	}
	later(time.Hour)
	if f.state("simple") != "" || f.state("left") != "" {
		t.Errorf("groups without offsets stay: %q %q", f.state("simple"), f.state("left"))
	}
	if f.offset("live", "in") != 2 || f.offset("live", "other") != -1 || f.state("live") != "Stable" {
		t.Errorf("a live group has %d of what it subscribes to and %d of another", f.offset("live", "in"), f.offset("live", "other"))
	}
	later(0)
	if f.offset("live", "in") != 2 || f.state("simple") != "" {
		t.Error("read back differently")
	}
	// A wall clock that is set forward under us expires nothing.
	f.commit(commitReq("simple", "in", 5))
	clock = clock.Add(2 * time.Hour)
	f.c.expireOffsets()
	if f.offset("simple", "in") != 5 {
		t.Error("a step of the wall clock made an offset expire")
	}
}

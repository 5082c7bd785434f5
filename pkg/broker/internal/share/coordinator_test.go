package share

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/statelog"
	"kq/pkg/broker/logstore"
)

// memLog is __share_group_state with one partition, in memory.
type memLog struct {
	mu      sync.Mutex
	exists  bool
	records []statelog.Record
	first   int64
	err     error // of the next append
	late    bool  // appends are pending, and fail when err is set
}

func (l *memLog) Ensure(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.exists = true
	return nil
}

func (l *memLog) PartitionFor(string) (int32, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return 0, l.exists
}

func (l *memLog) Home(p int32) (meta.ID, int32, int32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p != 0 || !l.exists {
		return meta.ID{}, -1, -1
	}
	return meta.ID{9}, 1, 0
}

func (l *memLog) Load(_ context.Context, _ int32, each func(statelog.Entry) error) (int64, error) {
	l.mu.Lock()
	records, first := slices.Clone(l.records), l.first
	l.mu.Unlock()
	for i, r := range records {
		if int64(i) < first {
			continue
		}
		if err := each(statelog.Entry{Offset: int64(i), Key: r.Key, Value: r.Value}); err != nil {
			return 0, err
		}
	}
	return int64(len(records)), nil
}

func (l *memLog) Append(_ int32, recs []statelog.Record, o statelog.AppendOptions) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil && !l.late {
		return false, l.err
	}
	*o.Base = int64(len(l.records))
	if l.late {
		go o.Done(l.err)
		return true, nil
	}
	l.records = append(l.records, recs...)
	return false, nil
}

var topicID = meta.ID{1}

// image has topics with two partitions each.
func image(t *testing.T, ids ...meta.ID) *meta.Image {
	t.Helper()
	records := []meta.Record{&meta.TopicRecord{Name: Topic, TopicID: meta.ID{9}}}
	for i, id := range ids {
		records = append(records, &meta.TopicRecord{Name: fmt.Sprintf("t%d", i), TopicID: id})
		for p := range int32(2) {
			records = append(records, &meta.PartitionRecord{TopicID: id, PartitionID: p, Replicas: []int32{1}, ISR: []int32{1}, Leader: 1})
		}
	}
	img, err := meta.NewImage("c").Apply(records...)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func coordinator(t *testing.T, l *memLog, o CoordinatorOptions) *Coordinator {
	t.Helper()
	img := image(t, topicID)
	o.Log, o.NodeID = l, 1
	if o.Image == nil {
		o.Image = func() *meta.Image { return img }
	}
	c, err := NewCoordinator(o)
	if err != nil {
		t.Fatal(err)
	}
	c.Start()
	t.Cleanup(c.Close)
	return c
}

// The requests, for one share partition.

func (k Key) initialize(c *Coordinator, stateEpoch int32, start int64) (code int16) {
	q := kmsg.NewPtrInitializeShareGroupStateRequest()
	q.GroupID = k.Group
	q.Topics = []kmsg.InitializeShareGroupStateRequestTopic{{TopicID: k.TopicID, Partitions: []kmsg.InitializeShareGroupStateRequestTopicPartition{
		{Partition: k.Partition, StateEpoch: stateEpoch, StartOffset: start},
	}}}
	got := make(chan int16, 1)
	c.InitializeShareGroupState(q, func(r *kmsg.InitializeShareGroupStateResponse) { got <- r.Topics[0].Partitions[0].ErrorCode })
	return <-got
}

func (k Key) write(c *Coordinator, leaderEpoch, stateEpoch int32, start int64, batches ...staterec.ShareStateBatch) (code int16) {
	p := kmsg.WriteShareGroupStateRequestTopicPartition{
		Partition: k.Partition, StateEpoch: stateEpoch, LeaderEpoch: leaderEpoch, StartOffset: start, DeliveryCompleteCount: 3,
	}
	for _, b := range batches {
		p.StateBatches = append(p.StateBatches, kmsg.WriteShareGroupStateRequestTopicPartitionStateBatch{
			FirstOffset: b.First, LastOffset: b.Last, DeliveryState: b.State, DeliveryCount: b.Deliveries,
		})
	}
	q := kmsg.NewPtrWriteShareGroupStateRequest()
	q.GroupID = k.Group
	q.Topics = []kmsg.WriteShareGroupStateRequestTopic{{TopicID: k.TopicID, Partitions: []kmsg.WriteShareGroupStateRequestTopicPartition{p}}}
	got := make(chan int16, 1)
	c.WriteShareGroupState(q, func(r *kmsg.WriteShareGroupStateResponse) { got <- r.Topics[0].Partitions[0].ErrorCode })
	return <-got
}

func (k Key) read(c *Coordinator, leaderEpoch int32) kmsg.ReadShareGroupStateResponseTopicPartition {
	q := kmsg.NewPtrReadShareGroupStateRequest()
	q.GroupID = k.Group
	q.Topics = []kmsg.ReadShareGroupStateRequestTopic{{TopicID: k.TopicID, Partitions: []kmsg.ReadShareGroupStateRequestTopicPartition{
		{Partition: k.Partition, LeaderEpoch: leaderEpoch},
	}}}
	got := make(chan kmsg.ReadShareGroupStateResponseTopicPartition, 1)
	c.ReadShareGroupState(q, func(r *kmsg.ReadShareGroupStateResponse) { got <- r.Topics[0].Partitions[0] })
	return <-got
}

func (k Key) summary(c *Coordinator) kmsg.ReadShareGroupStateSummaryResponseTopicPartition {
	q := kmsg.NewPtrReadShareGroupStateSummaryRequest()
	q.GroupID = k.Group
	q.Topics = []kmsg.ReadShareGroupStateSummaryRequestTopic{{TopicID: k.TopicID, Partitions: []kmsg.ReadShareGroupStateSummaryRequestTopicPartition{
		{Partition: k.Partition},
	}}}
	got := make(chan kmsg.ReadShareGroupStateSummaryResponseTopicPartition, 1)
	c.ReadShareGroupStateSummary(q, func(r *kmsg.ReadShareGroupStateSummaryResponse) { got <- r.Topics[0].Partitions[0] })
	return <-got
}

func (k Key) remove(c *Coordinator) (code int16) {
	q := kmsg.NewPtrDeleteShareGroupStateRequest()
	q.GroupID = k.Group
	q.Topics = []kmsg.DeleteShareGroupStateRequestTopic{{TopicID: k.TopicID, Partitions: []kmsg.DeleteShareGroupStateRequestTopicPartition{{Partition: k.Partition}}}}
	got := make(chan int16, 1)
	c.DeleteShareGroupState(q, func(r *kmsg.DeleteShareGroupStateResponse) { got <- r.Topics[0].Partitions[0].ErrorCode })
	return <-got
}

func TestStates(t *testing.T) {
	l := new(memLog)
	c := coordinator(t, l, CoordinatorOptions{})
	k := Key{"g", topicID, 1}
	expect := func(what string, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	none := k.summary(c)
	expect("start of none", []any{none.ErrorCode, none.StartOffset, none.DeliveryCompleteCount, none.LeaderEpoch, none.StateEpoch},
		[]any{int16(0), int64(-1), int32(-1), int32(0), int32(0)})
	expect("read of none", *k.read(c, 0).ErrorMessage, textUnreadable)
	expect("write of none", k.write(c, 0, 0, 0), kerr.InvalidRequest.Code)
	expect("delete of none", k.remove(c), int16(0))
	expect("a negative partition", *Key{"g", topicID, -1}.read(c, 0).ErrorMessage, textNegative)
	expect("an unknown partition", Key{"g", topicID, 2}.initialize(c, 0, 0), kerr.UnknownTopicOrPartition.Code)
	expect("an unknown topic", Key{"g", meta.ID{7}, 0}.initialize(c, 0, 0), kerr.UnknownTopicOrPartition.Code)

	expect("begin", k.initialize(c, 2, 5), int16(0))
	expect("begin with an old epoch", k.initialize(c, 1, 5), kerr.FencedStateEpoch.Code)
	expect("a new leader", k.read(c, 4).StartOffset, int64(5))
	expect("an old leader reads", k.read(c, 3).ErrorCode, kerr.FencedLeaderEpoch.Code)
	expect("an old leader writes", k.write(c, 3, 2, 5), kerr.FencedLeaderEpoch.Code)
	expect("with an old state epoch", k.write(c, 4, 1, 5), kerr.FencedStateEpoch.Code)
	expect("write", k.write(c, 4, 2, 6, st(7, 9, 2, 1)), int16(0))
	got := k.summary(c)
	expect("summary", []any{got.StartOffset, got.DeliveryCompleteCount, got.LeaderEpoch, got.StateEpoch}, []any{int64(6), int32(3), int32(4), int32(2)})

	again := coordinator(t, l, CoordinatorOptions{})
	expect("after a restart", k.read(again, -1), k.read(c, -1))
	expect("an old leader after a restart", k.read(again, 3).ErrorCode, kerr.FencedLeaderEpoch.Code)
	expect("begin anew", k.initialize(c, 3, -1), int16(0))
	expect("start", k.read(c, -1).StartOffset, int64(-1))
	expect("batches", len(k.read(c, -1).StateBatches), 0)
	expect("delete", k.remove(c), int16(0))
	expect("read of what was deleted", k.read(c, -1).ErrorCode, kerr.InvalidRequest.Code)
	c.Close()
	expect("closed", k.initialize(c, 9, 0), kerr.NotCoordinator.Code)
}

// TestReloadEquals writes at random and compares what is kept with what is read
// back, with snapshots now and then, and with old records deleted.
func TestReloadEquals(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	l := new(memLog)
	now := time.Unix(1000, 0)
	o := CoordinatorOptions{
		UpdatesPerSnapshot: 4, ColdInterval: time.Minute, Now: func() time.Time { return now },
		Truncate: func(_ int32, below int64) error { l.first = below; return nil },
	}
	c := coordinator(t, l, o)
	keys := []Key{{"a", topicID, 0}, {"a", topicID, 1}, {"b", topicID, 0}}
	for i := range 2000 {
		k := keys[rng.IntN(len(keys))]
		first := rng.Int64N(50)
		switch n := rng.IntN(20); {
		case n == 0:
			k.initialize(c, int32(i), rng.Int64N(3)-1)
		case n == 1:
			k.remove(c)
		case n == 2:
			k.read(c, int32(i))
		case n == 3:
			now = now.Add(40 * time.Second)
			c.prune()
		default:
			k.write(c, -1, -1, rng.Int64N(40)-1, st(first, first+rng.Int64N(5), 2, int16(rng.IntN(4))))
		}
		if i%50 != 0 {
			continue
		}
		again := coordinator(t, l, o)
		for _, k := range keys {
			if a, b := k.read(c, -1), k.read(again, -1); !reflect.DeepEqual(a, b) {
				t.Fatalf("seed %d: %v is %+v, read back %+v", seed, k, a, b)
			}
			if a, b := k.summary(c), k.summary(again); !reflect.DeepEqual(a, b) {
				t.Fatalf("seed %d: %v is %+v, read back %+v", seed, k, a, b)
			}
		}
	}
	if l.first < int64(len(l.records)/2) {
		t.Errorf("seed %d: %d of %d records were deleted", seed, l.first, len(l.records))
	}
}

func TestDeletedTopics(t *testing.T) {
	l := &memLog{exists: true}
	both, one := image(t, topicID, meta.ID{2}), image(t, topicID)
	var img atomic.Pointer[meta.Image]
	img.Store(both)
	c := coordinator(t, l, CoordinatorOptions{Image: img.Load})
	c.Follow(both)
	kept, gone := Key{"g", topicID, 0}, Key{"g", meta.ID{2}, 0}
	if kept.initialize(c, 0, 1) != 0 || gone.initialize(c, 0, 1) != 0 {
		t.Fatal("cannot begin")
	}
	img.Store(one)
	states := func(c *Coordinator) (n int) {
		c.shards.Of(0).do(func(w *work) { n = len(w.sh.states) })
		return n
	}
	reloaded := coordinator(t, l, CoordinatorOptions{Image: img.Load})
	reloaded.shards.Wait()
	if a, b := kept.summary(reloaded).StartOffset, states(reloaded); a != 1 || b != 1 {
		t.Errorf("after a restart: start %d, %d states", a, b)
	}
	c.Follow(one)
	c.shards.Wait()
	if a, b := kept.summary(c).StartOffset, states(c); a != 1 || b != 1 {
		t.Errorf("after the change: start %d, %d states", a, b)
	}
	if last := l.records[len(l.records)-1]; last.Value != nil {
		t.Error("no tombstone")
	}
}

func TestFailedAppends(t *testing.T) {
	l := new(memLog)
	c := coordinator(t, l, CoordinatorOptions{})
	k := Key{"g", topicID, 0}
	if code := k.initialize(c, 0, 1); code != 0 {
		t.Fatal(code)
	}
	l.err = fmt.Errorf("append: %w", logstore.ErrStorage)
	if code := k.write(c, -1, -1, 5); code != kerr.NotCoordinator.Code || k.summary(c).StartOffset != 1 {
		t.Errorf("code %d, start %d", code, k.summary(c).StartOffset)
	}
	l.err, l.late = errors.New("never committed"), true
	if code := k.write(c, -1, -1, 5); code != kerr.UnknownServerError.Code || k.summary(c).StartOffset != 1 {
		t.Errorf("late: code %d, start %d", code, k.summary(c).StartOffset)
	}
}

func TestKeys(t *testing.T) {
	id := meta.FormatID(topicID)
	for s, want := range map[string]Key{
		"g:" + id + ":0": {"g", topicID, 0}, "a:b:" + id + ":7": {"a:b", topicID, 7}, "g:" + id + ":-1": {"g", topicID, -1},
		"g:" + id + ":0:": {"g", topicID, 0},
	} {
		if k, err := ParseKey(s); err != nil || k != want {
			t.Errorf("%q: %+v, %v", s, k, err)
		}
	}
	for _, s := range []string{"", "g", "g:" + id, "g:x:0", " :" + id + ":0", ":" + id + ":0", "g:" + id + ":x"} {
		if k, err := ParseKey(s); !errors.Is(err, errKey) {
			t.Errorf("%q: %+v, %v", s, k, err)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add(Key{"g", topicID, 3}.String())
	f.Fuzz(func(t *testing.T, s string) {
		k, err := ParseKey(s)
		if err != nil {
			return
		}
		if again, err := ParseKey(k.String()); err != nil || again != k {
			t.Fatalf("%q: %+v, again %+v, %v", s, k, again, err)
		}
	})
}

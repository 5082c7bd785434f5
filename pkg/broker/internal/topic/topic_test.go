package topic

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/logstore"
	"kq/pkg/broker/vfs"
)

// self is the broker that the tests are.
const self = int32(1)

// fixture is a catalog over a store in memory.
type fixture struct {
	*testing.T
	fs      vfs.FS
	store   *logstore.Store
	catalog *Catalog
	image   *meta.Image
}

func newFixture(t *testing.T, sync logstore.SyncMode) *fixture {
	t.Helper()
	return openFixture(t, vfs.NewMem(0), sync, nil)
}

func openFixture(t *testing.T, fs vfs.FS, sync logstore.SyncMode, img *meta.Image) *fixture {
	t.Helper()
	f := &fixture{T: t, fs: fs}
	var err error
	if f.store, err = logstore.Open(context.Background(), logstore.Options{FS: fs, Dir: "data", Sync: sync}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.store.Close(false) })
	if f.catalog, err = New(Options{Store: f.store, NodeID: self}); err != nil {
		t.Fatal(err)
	}
	if img == nil {
		img = meta.NewImage("cluster")
	}
	f.image = img
	if err := f.catalog.Apply(context.Background(), nil, img); err != nil {
		t.Fatal(err)
	}
	return f
}

// apply makes the next image of the records and applies it.
func (f *fixture) apply(records ...meta.Record) {
	f.Helper()
	next, err := f.image.Apply(records...)
	if err != nil {
		f.Fatal(err)
	}
	old := f.image
	f.image = next
	if err := f.catalog.Apply(context.Background(), old, next); err != nil {
		f.Fatal(err)
	}
}

func topicID(n byte) meta.ID { return meta.ID{15: n} }

// topic makes a topic with partitions on this broker alone.
func (f *fixture) topic(name string, id byte, partitions int, configs ...string) {
	f.Helper()
	records := []meta.Record{&meta.TopicRecord{Name: name, TopicID: topicID(id)}}
	for i := range partitions {
		records = append(records, &meta.PartitionRecord{
			TopicID: topicID(id), PartitionID: int32(i), Replicas: []int32{self}, ISR: []int32{self}, Leader: self,
		})
	}
	for i := 0; i < len(configs); i += 2 {
		records = append(records, config(name, configs[i], configs[i+1]))
	}
	f.apply(records...)
}

func config(topic, name, value string) *meta.ConfigRecord {
	return &meta.ConfigRecord{ResourceType: meta.ResourceTopic, ResourceName: topic, Name: name, Value: &value}
}

func (f *fixture) partition(name string, index int32) *Partition {
	f.Helper()
	p, ok := f.catalog.Partition(name, index)
	if !ok {
		f.Fatalf("no partition %s-%d", name, index)
	}
	return p
}

// records is a batch of n records of a few bytes.
func records(n int) []byte {
	b := batch.NewBuilder(batch.BuilderOptions{})
	for i := range n {
		b.Add(1000+int64(i), nil, fmt.Appendf(nil, "value %d", i), nil)
	}
	return b.Build()
}

func (f *fixture) append(p *Partition, n int) Appended {
	f.Helper()
	a, err := p.Append(records(n), AppendOptions{Acks: -1})
	if err != nil {
		f.Fatalf("append to %s: %v", p, err)
	}
	return a
}

func read(p *Partition, offset int64) (Read, error) {
	r, err := p.Read(ReadOptions{Offset: offset, MaxBytes: 1 << 20, MinOne: true, LeaderEpoch: -1, LastFetchedEpoch: -1})
	r.Release()
	return r, err
}

func TestApplyLifeCycle(t *testing.T) {
	f := newFixture(t, logstore.SyncNone)
	f.topic("a", 1, 2)
	p := f.partition("a", 0)
	f.append(p, 3)
	if hw, end := p.Log().HighWatermark(), p.Log().EndOffset(); hw != 3 || end != 3 {
		t.Errorf("high watermark %d, end %d after 3 records", hw, end)
	}
	if _, err := f.catalog.Topic([]byte("a")).Partition(2); !errors.Is(err, ErrUnknownPartition) {
		t.Errorf("partition 2 of 2: %v", err)
	}
	f.apply(&meta.PartitionRecord{TopicID: topicID(1), PartitionID: 2, Replicas: []int32{2}, ISR: []int32{2}, Leader: 2})
	if _, err := f.catalog.TopicByID(topicID(1)).Partition(2); !errors.Is(err, ErrNotLeader) {
		t.Errorf("partition of another broker: %v", err)
	}
	if again := f.partition("a", 0); again != p {
		t.Error("a partition that did not change was replaced")
	}
	f.apply(config("a", "max.message.bytes", "77"))
	if got := p.Config().Rules.MaxMessageBytes; got != 77 {
		t.Errorf("max.message.bytes %d", got)
	}
	value := "55"
	f.apply(&meta.ConfigRecord{ResourceType: meta.ResourceBroker, ResourceName: "", Name: "message.max.bytes", Value: &value})
	if got := f.partition("a", 1).Config().Rules.MaxMessageBytes; got != 77 {
		t.Errorf("topic override lost: %d", got)
	}
	f.topic("b", 2, 1)
	if got := f.partition("b", 0).Config().Rules.MaxMessageBytes; got != 55 {
		t.Errorf("broker default not inherited: %d", got)
	}
	f.apply(&meta.RemoveTopic{TopicID: topicID(1)})
	if _, ok := f.catalog.Partition("a", 0); ok || !p.Ended() {
		t.Error("deleted topic is still there")
	}
	if _, err := p.Append(records(1), AppendOptions{}); !errors.Is(err, ErrUnknownPartition) {
		t.Errorf("append to a deleted partition: %v", err)
	}
	if _, err := read(p, 0); !errors.Is(err, ErrUnknownPartition) {
		t.Errorf("read of a deleted partition: %v", err)
	}
	var names []string
	for _, p := range f.catalog.Partitions() {
		names = append(names, p.String())
	}
	if !slices.Equal(names, []string{"b-0"}) {
		t.Errorf("partitions %v", names)
	}
}

func TestApplyRecreatedTopic(t *testing.T) {
	f := newFixture(t, logstore.SyncNone)
	f.topic("a", 1, 1)
	old := f.partition("a", 0)
	f.append(old, 5)
	f.apply(&meta.RemoveTopic{TopicID: topicID(1)}, &meta.TopicRecord{Name: "a", TopicID: topicID(2)},
		&meta.PartitionRecord{TopicID: topicID(2), Replicas: []int32{self}, ISR: []int32{self}, Leader: self})
	p := f.partition("a", 0)
	if p == old || p.TopicID != topicID(2) || p.Log().EndOffset() != 0 {
		t.Errorf("topic id %v, end offset %d after it was made again", p.TopicID, p.Log().EndOffset())
	}
	if f.catalog.TopicByID(topicID(1)) != nil {
		t.Error("the old id is still known")
	}
}

func TestRestart(t *testing.T) {
	f := newFixture(t, logstore.SyncNone)
	f.topic("a", 1, 1)
	f.append(f.partition("a", 0), 5)
	f.catalog.Close()
	if err := f.store.Close(true); err != nil {
		t.Fatal(err)
	}
	again := openFixture(t, f.fs, logstore.SyncNone, f.image)
	p := again.partition("a", 0)
	if hw := p.Log().HighWatermark(); hw != 5 {
		t.Errorf("high watermark %d after a restart", hw)
	}
	if a := again.append(p, 1); a.FirstOffset != 5 {
		t.Errorf("first offset %d after a restart", a.FirstOffset)
	}
}

func TestEpochChecks(t *testing.T) {
	f := newFixture(t, logstore.SyncNone)
	f.apply(&meta.TopicRecord{Name: "a", TopicID: topicID(1)},
		&meta.PartitionRecord{TopicID: topicID(1), Replicas: []int32{self, 2}, ISR: []int32{self}, Leader: self, LeaderEpoch: 5})
	p := f.partition("a", 0)
	f.append(p, 2)
	for _, c := range []struct {
		epoch int32
		want  error
	}{{-1, nil}, {5, nil}, {4, ErrFencedEpoch}, {6, ErrUnknownEpoch}, {-2, ErrFencedEpoch}} {
		o := ReadOptions{MaxBytes: 1, MinOne: true, LeaderEpoch: c.epoch, LastFetchedEpoch: -1}
		r, err := p.Read(o)
		r.Release()
		if !errors.Is(err, c.want) {
			t.Errorf("read with epoch %d: %v, want %v", c.epoch, err, c.want)
		}
		if _, err := p.EndOfEpoch(5, c.epoch); !errors.Is(err, c.want) {
			t.Errorf("end of epoch with epoch %d: %v, want %v", c.epoch, err, c.want)
		}
	}
	if end, err := p.EndOfEpoch(5, -1); err != nil || end != (EpochEnd{5, 2}) {
		t.Errorf("end of epoch 5: %v, %v", end, err)
	}
	if end, err := p.EndOfEpoch(6, -1); err != nil || end != (EpochEnd{-1, -1}) {
		t.Errorf("end of epoch 6: %v, %v", end, err)
	}
	f.apply(&meta.PartitionChange{TopicID: topicID(1), Leader: 2, ISR: []int32{2}, LeaderRecoveryState: -1})
	if _, err := p.Append(records(1), AppendOptions{Acks: 1}); !errors.Is(err, ErrNotLeader) {
		t.Errorf("append to a follower: %v", err)
	}
	if _, err := p.Read(ReadOptions{LeaderEpoch: -1, LastFetchedEpoch: -1, LeaderOnly: true}); !errors.Is(err, ErrNotLeader) {
		t.Errorf("read of a follower: %v", err)
	}
	if r, err := read(p, 0); err != nil || r.Bytes == 0 {
		t.Errorf("read that a follower may answer: %d bytes, %v", r.Bytes, err)
	}
	f.apply(&meta.PartitionChange{TopicID: topicID(1), Leader: self, ISR: []int32{self}, LeaderRecoveryState: -1})
	if end, err := p.EndOfEpoch(7, 7); err != nil || end != (EpochEnd{7, 2}) {
		t.Errorf("end of an epoch without records: %v, %v", end, err)
	}
}

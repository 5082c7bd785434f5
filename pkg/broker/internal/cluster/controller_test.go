package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/logstore"
	"kq/pkg/broker/vfs"
)

// broker is one life of a process: a store and its controller.
type broker struct {
	*Controller
	store *logstore.Store
	fatal chan error

	mu        sync.Mutex
	published []*meta.Image // guarded by mu
}

// boot starts a broker on a file system; change may alter its options.
func boot(t testing.TB, fs vfs.FS, change func(*Options)) (*broker, error) {
	t.Helper()
	store, err := logstore.Open(context.Background(), logstore.Options{FS: fs, Dir: "data"})
	if err != nil {
		t.Fatal(err)
	}
	b := &broker{store: store, fatal: make(chan error, 1)}
	o := Options{
		Store: store, FS: fs, NodeID: 1,
		Publish: func(old, new *meta.Image) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			if n := len(b.published); n > 0 && b.published[n-1] != old || n == 0 && old != nil {
				t.Errorf("publish %d does not follow the one before", n)
			}
			b.published = append(b.published, new)
			return nil
		},
		Fatal: func(err error) { b.fatal <- err },
	}
	if change != nil {
		change(&o)
	}
	b.Controller, err = Open(context.Background(), o)
	if err != nil {
		_ = store.Close(false)
	}
	return b, err
}

func mustBoot(t testing.TB, fs vfs.FS, change func(*Options)) *broker {
	t.Helper()
	b, err := boot(t, fs, change)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// stop ends the process: cleanly, or as kill -9 does.
func (b *broker) stop(t testing.TB, clean bool) {
	t.Helper()
	b.Close()
	if err := b.store.Close(clean); err != nil && clean {
		t.Fatal(err)
	}
}

func (b *broker) create(name string, partitions int32) int16 {
	q := &kmsg.CreateTopicsRequest{Version: 7, Topics: one(topic(name, partitions, 1))}
	return b.CreateTopics(context.Background(), q).Topics[0].ErrorCode
}

func (b *broker) producerIDs() *kmsg.AllocateProducerIDsResponse {
	return b.AllocateProducerIDs(context.Background(), &kmsg.AllocateProducerIDsRequest{BrokerID: 1, BrokerEpoch: b.BrokerEpoch()})
}

// text is everything in an image but offset and epoch.
func text(img *meta.Image) string {
	var b bytes.Buffer
	_ = img.Records(func(r meta.Record) error {
		fmt.Fprintf(&b, "%d %x\n", meta.Type(r), meta.Append(nil, r))
		return nil
	})
	return b.String()
}

func TestFirstStart(t *testing.T) {
	fs := vfs.NewMem(0)
	b := mustBoot(t, fs, func(o *Options) {
		o.Endpoints = []meta.Endpoint{{Name: "PLAINTEXT", Host: "localhost", Port: 9092}}
	})
	defer b.stop(t, true)
	img := b.Image()
	if len(b.ClusterID()) != 22 || img.ClusterID != b.ClusterID() || img.Features()["metadata.version"] != MetadataVersion {
		t.Errorf("image %+v", img)
	}
	r := img.Broker(1)
	if r == nil || r.Fenced || r.Epoch != b.BrokerEpoch() || len(r.LogDirs) != 1 || r.Endpoints[0].Port != 9092 || r.Incarnation == (meta.ID{}) {
		t.Errorf("broker %+v", r)
	}
	if m, ok, err := b.store.MetaProperties(); err != nil || !ok || m.ClusterID != b.ClusterID() || m.DirectoryID != meta.FormatID(r.LogDirs[0]) || m.NodeID != 1 {
		t.Errorf("meta.properties %+v, %v", m, err)
	}
	if len(b.published) != 1 || b.published[0] != img {
		t.Errorf("published %d images", len(b.published))
	}
	// The log begins its epoch with LeaderChange and goes on where the image says.
	raw, err := readLog(b.log, 0, b.log.EndOffset())
	if err != nil {
		t.Fatal(err)
	}
	first, _, err := batch.Split(raw)
	if err != nil || !first.IsControl() || first.LeaderEpoch() != 1 || b.log.EndOffset() != img.Offset+1 || img.Epoch != 1 {
		t.Errorf("first batch %v, end %d, image at %d of epoch %d", first, b.log.EndOffset(), img.Offset, img.Epoch)
	}
}

func TestGivenClusterID(t *testing.T) {
	fs := vfs.NewMem(0)
	with := func(id string) func(*Options) { return func(o *Options) { o.ClusterID = id } }
	b := mustBoot(t, fs, with("MkU3OEVBNTcwNTJENDM2Qg"))
	b.stop(t, true)
	b = mustBoot(t, fs, nil)
	b.stop(t, true)
	if b.ClusterID() != "MkU3OEVBNTcwNTJENDM2Qg" {
		t.Error(b.ClusterID())
	}
	if _, err := boot(t, fs, with("AkU3OEVBNTcwNTJENDM2Qg")); err == nil || !strings.Contains(err.Error(), "cluster.id") {
		t.Errorf("another cluster id: %v", err)
	}
	if _, err := boot(t, fs, func(o *Options) { o.NodeID = 2 }); err == nil || !strings.Contains(err.Error(), "node.id") {
		t.Errorf("another node id: %v", err)
	}
}

func TestRestart(t *testing.T) {
	fs := vfs.NewMem(0)
	b := mustBoot(t, fs, nil)
	if b.create("a", 3) != 0 || b.create("b", 1) != 0 || b.create("a", 1) != 36 {
		t.Fatal("create")
	}
	q := &kmsg.IncrementalAlterConfigsRequest{Resources: []kmsg.IncrementalAlterConfigsRequestResource{ops(2, "a", "=retention.ms=5")}}
	if r := b.IncrementalAlterConfigs(context.Background(), q); r.Resources[0].ErrorCode != 0 {
		t.Fatal("configs")
	}
	if n := len(b.published); n != 4 || b.published[n-1] != b.Image() {
		t.Errorf("%d publications", n)
	}
	before := b.Image()
	leaderEpoch := int32(0)
	for i, clean := range []bool{true, false, false, true} {
		b.stop(t, clean)
		b = mustBoot(t, fs, nil)
		img := b.Image()
		if img.Epoch != before.Epoch+1 || img.Broker(1).Epoch <= before.Broker(1).Epoch || img.Broker(1).Incarnation == before.Broker(1).Incarnation {
			t.Errorf("life %d: epoch %d after %d, broker %+v", i, img.Epoch, before.Epoch, img.Broker(1))
		}
		if !clean {
			leaderEpoch++
		}
		for p := range int32(3) {
			if got := img.Partition("a", p); got.Leader != 1 || got.LeaderEpoch != leaderEpoch || !slices.Equal(got.ISR, []int32{1}) {
				t.Errorf("life %d: partition %d is %+v, want leader epoch %d", i, p, got, leaderEpoch)
			}
		}
		if img.Topic("a").ID != before.Topic("a").ID || img.Topic("b") == nil || img.Config(meta.ResourceTopic, "a")["retention.ms"] != "5" {
			t.Errorf("life %d: topics %+v", i, img.Topics())
		}
		before = img
	}
	b.stop(t, true)
}

// Features that a later release supports are finalized when it starts.
func TestFeaturesRise(t *testing.T) {
	fs := vfs.NewMem(0)
	mustBoot(t, fs, nil).stop(t, true)
	later := func(o *Options) {
		o.Features = []Feature{{"metadata.version", 7, 30, 30}, {"group.version", 0, 1, 1}, {"kraft.version", 0, 1, 0}}
	}
	b := mustBoot(t, fs, later)
	b.stop(t, true)
	if got := b.Image().Features(); got["group.version"] != 1 || len(got) != 2 || len(b.Image().Broker(1).Features) != 3 {
		t.Errorf("features %v", got)
	}
	b = mustBoot(t, fs, nil)
	b.stop(t, true)
	if got := b.Image().Features(); got["group.version"] != 1 {
		t.Errorf("a level went down: %v", got)
	}
}

func TestSnapshots(t *testing.T) {
	fs := vfs.NewMem(0)
	often := func(o *Options) { o.SnapshotRecords = 10 }
	b := mustBoot(t, fs, often)
	for i := range 40 {
		if b.create(fmt.Sprint("t", i), 2) != 0 {
			t.Fatal("create")
		}
		if i%4 == 3 {
			q := &kmsg.DeleteTopicsRequest{Version: 5, TopicNames: []string{fmt.Sprint("t", i-1)}}
			if b.DeleteTopics(context.Background(), q).Topics[0].ErrorCode != 0 {
				t.Fatal("delete")
			}
		}
	}
	dir := b.log.Dir()
	ids, err := listCheckpoints(fs, dir)
	if err != nil || len(ids) != keptCheckpoints || b.log.StartOffset() != ids[1].offset {
		t.Fatalf("snapshots %v, log starts at %d, %v", ids, b.log.StartOffset(), err)
	}
	want := text(b.Image())
	b.stop(t, true)

	b = mustBoot(t, fs, often)
	epoch := b.Image().Broker(1).Epoch
	same := func(when string) {
		t.Helper()
		got := text(b.Image())
		if drop := func(s string) string { return s[strings.Index(s, "\n2 "):] }; drop(got) != drop(want) {
			t.Errorf("%s: image\n%s\nwant\n%s", when, got, want)
		}
	}
	same("from the newest snapshot")
	b.stop(t, true)

	// A snapshot that cannot be read is passed over.
	damage(t, fs, filepath.Join(dir, ids[0].name()))
	b = mustBoot(t, fs, often)
	same("from the older snapshot")
	if b.Image().Broker(1).Epoch <= epoch {
		t.Error("broker epoch went back")
	}
	b.stop(t, true)
	damage(t, fs, filepath.Join(dir, ids[1].name()))
	if _, err := boot(t, fs, often); !errors.Is(err, ErrCorrupt) {
		t.Errorf("without any snapshot: %v", err)
	}
}

// damage changes a byte in the middle of a file.
func damage(t *testing.T, fs vfs.FS, name string) {
	t.Helper()
	p, err := vfs.ReadFile(fs, name)
	if err != nil {
		t.Fatal(err)
	}
	p[len(p)/2] ^= 1
	if err := vfs.WriteFileAtomic(fs, name, p, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestCheckpointIsWhole(t *testing.T) {
	img := meta.NewImage("c")
	records := []meta.Record{&meta.FeatureLevel{Name: "metadata.version", Level: 30}, &meta.ProducerIDs{NextProducerID: 1000}}
	for i := range 12_000 {
		id := meta.ID{byte(i), byte(i >> 8)}
		records = append(records, &meta.TopicRecord{Name: fmt.Sprint("topic", i), TopicID: id},
			&meta.PartitionRecord{TopicID: id, Replicas: []int32{1}, ISR: []int32{1}, Leader: 1})
	}
	img, err := img.Apply(records...)
	if err != nil {
		t.Fatal(err)
	}
	raw, n := encodeCheckpoint(img, 5, 6)
	if n != len(records) {
		t.Errorf("%d records, want %d", n, len(records))
	}
	d := meta.NewDelta(meta.NewImage("c"))
	if err := decodeCheckpoint(raw, d); err != nil {
		t.Fatal(err)
	}
	got := d.Image(img.Offset, img.Epoch)
	if again, _ := encodeCheckpoint(got, 5, 6); !bytes.Equal(again, raw) || got.TopicCount() != 12_000 {
		t.Error("another image")
	}
	batches := 0
	for rest := raw; len(rest) > 0; batches++ {
		var b batch.Batch
		if b, rest, err = batch.Split(rest); err != nil || b.Length() > maxBatchBytes {
			t.Fatalf("batch %d of %d bytes: %v", batches, b.Length(), err)
		}
		if batches == 1 {
			if err := decodeCheckpoint(raw[:len(raw)-len(rest)], meta.NewDelta(meta.NewImage("c"))); !errors.Is(err, ErrCorrupt) {
				t.Fatalf("cut before the last %d bytes: %v", len(rest), err)
			}
		}
	}
	if batches < 4 {
		t.Errorf("%d batches", batches)
	}
	first, _, _ := batch.Split(raw)
	for name, p := range map[string][]byte{
		"no header":      raw[first.Length():],
		"footer, more":   append(bytes.Clone(raw), raw[first.Length():]...),
		"empty":          nil,
		"half a batch":   raw[:len(raw)-1],
		"header, header": append(bytes.Clone(first), raw...),
	} {
		if err := decodeCheckpoint(p, meta.NewDelta(meta.NewImage("c"))); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Nothing but a whole snapshot is accepted, and nothing panics.
func FuzzCheckpoint(f *testing.F) {
	img, err := meta.NewImage("c").Apply(&meta.FeatureLevel{Name: "f", Level: 1}, &meta.TopicRecord{Name: "t", TopicID: meta.ID{1}})
	if err != nil {
		f.Fatal(err)
	}
	raw, _ := encodeCheckpoint(img, 1, 2)
	f.Add(raw)
	f.Add(raw[:len(raw)-1])
	f.Fuzz(func(t *testing.T, p []byte) {
		d := meta.NewDelta(meta.NewImage("c"))
		if err := decodeCheckpoint(p, d); err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatalf("error does not wrap ErrCorrupt: %v", err)
			}
			return
		}
		img := d.Image(1, 1)
		again, _ := encodeCheckpoint(img, 1, 2)
		d = meta.NewDelta(meta.NewImage("c"))
		if err := decodeCheckpoint(again, d); err != nil || text(d.Image(1, 1)) != text(img) {
			t.Fatalf("%x became %x: %v", p, again, err)
		}
	})
}

func TestCheckpointNames(t *testing.T) {
	id := checkpointID{offset: 12345, epoch: 6}
	if id.name() != "00000000000000012345-0000000006.checkpoint" {
		t.Error(id.name())
	}
	if got, ok := parseCheckpointName(id.name()); !ok || got != id {
		t.Errorf("%+v %v", got, ok)
	}
	for _, name := range []string{"bootstrap.checkpoint", "1-2.checkpoint", id.name() + ".part", strings.Replace(id.name(), "5", "x", 1)} {
		if _, ok := parseCheckpointName(name); ok {
			t.Errorf("%s is a snapshot", name)
		}
	}
}

// A change too large for a batch is a metadata transaction.
func TestLargeChange(t *testing.T) {
	fs := vfs.NewMem(0)
	b := mustBoot(t, fs, nil)
	var topics []kmsg.CreateTopicsRequestTopic
	long := "follower.replication.throttled.replicas=" + strings.Repeat("1:2,", 8000) + "1:2"
	for i := range 50 {
		topics = append(topics, topic(fmt.Sprint("t", i), 1, 1, long))
	}
	for _, r := range b.CreateTopics(context.Background(), &kmsg.CreateTopicsRequest{Topics: topics}).Topics {
		if r.ErrorCode != 0 {
			t.Fatalf("%+v", r.ErrorMessage)
		}
	}
	want := text(b.Image())
	b.stop(t, true)
	b = mustBoot(t, fs, nil)
	if b.Image().TopicCount() != 50 || len(text(b.Image())) != len(want) {
		t.Errorf("%d topics after a restart", b.Image().TopicCount())
	}
	for i := range topics {
		topics[i].Topic += "x"
	}
	for range 2 {
		topics = append(topics, topics...)
	}
	for i := range topics {
		topics[i].Topic = fmt.Sprint("u", i)
	}
	r := b.CreateTopics(context.Background(), &kmsg.CreateTopicsRequest{Topics: topics}).Topics[7]
	if got := verdict(r.Topic, r.ErrorCode, r.ErrorMessage); got != "u7 44 Unable to perform excessively large batch operation." || b.Image().TopicCount() != 50 {
		t.Errorf("%s, %d topics", got, b.Image().TopicCount())
	}
	b.stop(t, true)
}

// A transaction that a crash cut off is aborted by the next controller.
func TestTornTransaction(t *testing.T) {
	fs := vfs.NewMem(0)
	b := mustBoot(t, fs, nil)
	x := b.batcher()
	x.add(&meta.BeginTransaction{})
	x.add(&meta.TopicRecord{Name: "half", TopicID: meta.ID{7}})
	x.flush()
	if _, err := b.log.Append(x.out, logstore.AppendOptions{LeaderEpoch: b.epoch}); err != nil {
		t.Fatal(err)
	}
	b.stop(t, false)
	for range 2 {
		b = mustBoot(t, fs, nil)
		if b.Image().Topic("half") != nil || b.create("half", 1) == 36 {
			t.Error("half a transaction counts")
		}
		q := &kmsg.DeleteTopicsRequest{Version: 5, TopicNames: []string{"half"}}
		if b.DeleteTopics(context.Background(), q).Topics[0].ErrorCode != 0 {
			t.Error("delete")
		}
		b.stop(t, true)
	}
}

func TestRefusesNonsense(t *testing.T) {
	store, err := logstore.Open(context.Background(), logstore.Options{FS: vfs.NewMem(0), Dir: "data"})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close(false)
	ok := Options{Store: store, Publish: func(_, _ *meta.Image) error { return nil }}
	for name, change := range map[string]func(*Options){
		"no store":   func(o *Options) { o.Store = nil },
		"no publish": func(o *Options) { o.Publish = nil },
		"node -1":    func(o *Options) { o.NodeID = -1 },
		"snapshots":  func(o *Options) { o.SnapshotRecords = -1 },
	} {
		o := ok
		change(&o)
		if _, err := Open(context.Background(), o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	ctx, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	if _, err := Open(ctx, ok); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("too late: %v", err)
	}
}

// The bodies of control records, as Apache Kafka 4.3.1 wrote them for node 1.
func TestControlRecords(t *testing.T) {
	for name, c := range map[string]struct {
		got  []byte
		want string
	}{
		"leader change":   {leaderChange(1), "00000000000102000000010002000000010000"},
		"snapshot header": {snapshotHeader(0), "0000000000000000000000"},
		"snapshot footer": {snapshotFooter(), "000000"},
	} {
		if got := fmt.Sprintf("%x", c.got); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	b := &batcher{epoch: 3, nowMs: 9, offset: 7}
	b.control(controlLeaderChange, leaderChange(1))
	got, _, err := batch.Split(b.out)
	if err != nil || !got.IsControl() || got.LeaderEpoch() != 3 || got.BaseOffset() != 7 || b.offset != 8 {
		t.Fatalf("batch %x: %v", b.out, err)
	}
	for r, err := range got.Records(nil) {
		if key := fmt.Sprintf("%x", r.Key); err != nil || key != "00000002" {
			t.Errorf("key %s, %v", key, err)
		}
	}
}

package statelog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/logstore"
	"kq/pkg/broker/vfs"
)

const self = int32(1)

// fixture is a state log over a catalog, with a controller that applies what is
// asked of it.
type fixture struct {
	*testing.T
	fs      vfs.FS
	store   *logstore.Store
	catalog *topic.Catalog
	image   *meta.Image
	log     *Log
	damaged []int64
	creates int
}

func newFixture(t *testing.T, fs vfs.FS, mode logstore.SyncMode, codec batch.Codec, img *meta.Image) *fixture {
	t.Helper()
	f := &fixture{T: t, fs: fs, image: img}
	var err error
	if f.store, err = logstore.Open(context.Background(), logstore.Options{FS: fs, Dir: "data", Sync: mode}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.store.Close(false) })
	if f.catalog, err = topic.New(topic.Options{Store: f.store, NodeID: self}); err != nil {
		t.Fatal(err)
	}
	if f.image == nil {
		f.image = meta.NewImage("cluster")
	}
	if err := f.catalog.Apply(context.Background(), nil, f.image); err != nil {
		t.Fatal(err)
	}
	f.log, err = New(Options{
		Topic: "__consumer_offsets", NodeID: self, Catalog: f.catalog, Codec: codec, Create: f.create,
		Partitions: func() int32 { return 3 },
		Configs:    func() map[string]string { return map[string]string{"cleanup.policy": "compact"} },
		Damaged:    func(_ int32, offset int64, _ error) { f.damaged = append(f.damaged, offset) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) create(_ context.Context, q *kmsg.CreateTopicsRequest) *kmsg.CreateTopicsResponse {
	f.creates++
	t := q.Topics[0]
	id := meta.ID{15: 7}
	records := []meta.Record{&meta.TopicRecord{Name: t.Topic, TopicID: id}}
	for i := range t.NumPartitions {
		records = append(records, &meta.PartitionRecord{
			TopicID: id, PartitionID: i, Replicas: []int32{self}, ISR: []int32{self}, Leader: self,
		})
	}
	for _, c := range t.Configs {
		records = append(records, &meta.ConfigRecord{ResourceType: meta.ResourceTopic, ResourceName: t.Topic, Name: c.Name, Value: c.Value})
	}
	next, err := f.image.Apply(records...)
	if err != nil {
		f.Fatal(err)
	}
	if err := f.catalog.Apply(context.Background(), f.image, next); err != nil {
		f.Fatal(err)
	}
	f.image = next
	resp := kmsg.NewPtrCreateTopicsResponse()
	resp.Topics = append(resp.Topics, kmsg.CreateTopicsResponseTopic{Topic: t.Topic})
	return resp
}

func (f *fixture) ensure() {
	f.Helper()
	if err := f.log.Ensure(context.Background()); err != nil {
		f.Fatal(err)
	}
}

// load returns the entries of a partition as text.
func (f *fixture) load(partition int32) (got []string) {
	f.Helper()
	_, err := f.log.Load(context.Background(), partition, func(e Entry) error {
		s := fmt.Sprintf("%d %s=%s", e.Offset, e.Key, e.Value)
		switch {
		case e.Control:
			s = fmt.Sprintf("%d marker %d of %d", e.Offset, e.Marker, e.ProducerID)
		case e.Transactional:
			s += fmt.Sprintf(" txn %d/%d", e.ProducerID, e.ProducerEpoch)
		case e.Value == nil:
			s += "(gone)"
		}
		got = append(got, s)
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
	return got
}

func TestPartitionFor(t *testing.T) {
	for s, want := range map[string]int32{
		"": 0, "hello": 99162322, "polygenelubricants": -2147483648, "😀": 1772899, "zzzzzz": -685785664, "ä": 228,
	} {
		if got := javaHash(s); got != want {
			t.Errorf("hash of %q is %d, in Java %d", s, got, want)
		}
	}
	f := newFixture(t, vfs.NewMem(0), logstore.SyncNone, batch.CodecNone, nil)
	if _, ok := f.log.PartitionFor("hello"); ok {
		t.Error("a topic that does not exist has a partition")
	}
	f.ensure()
	for s, want := range map[string]int32{"hello": 99162322 % 3, "polygenelubricants": 0, "zzzzzz": 685785664 % 3} {
		if got, ok := f.log.PartitionFor(s); !ok || got != want {
			t.Errorf("%q is in partition %d, want %d", s, got, want)
		}
	}
}

func TestEnsureCreatesOnce(t *testing.T) {
	f := newFixture(t, vfs.NewMem(0), logstore.SyncNone, batch.CodecNone, nil)
	if node, epoch := f.log.Leader(0); node != -1 || epoch != -1 {
		t.Errorf("a topic that does not exist is led by %d in epoch %d", node, epoch)
	}
	f.ensure()
	f.ensure()
	if f.creates != 1 || f.log.Partitions() != 3 {
		t.Errorf("%d creations of %d partitions", f.creates, f.log.Partitions())
	}
	if node, epoch := f.log.Leader(2); node != self || epoch != 0 {
		t.Errorf("led by %d in epoch %d", node, epoch)
	}
	if node, _ := f.log.Leader(3); node != -1 {
		t.Errorf("a partition too many is led by %d", node)
	}
	if p, _ := f.catalog.Partition("__consumer_offsets", 0); !p.Config().Compact {
		t.Error("the topic is not compacted")
	}
}

func TestEnsureTellsTheController(t *testing.T) {
	f := newFixture(t, vfs.NewMem(0), logstore.SyncNone, batch.CodecNone, nil)
	why := "no brokers"
	f.log.o.Create = func(context.Context, *kmsg.CreateTopicsRequest) *kmsg.CreateTopicsResponse {
		return &kmsg.CreateTopicsResponse{Topics: []kmsg.CreateTopicsResponseTopic{{ErrorCode: kerr.InvalidReplicationFactor.Code, ErrorMessage: &why}}}
	}
	if err := f.log.Ensure(context.Background()); !errors.Is(err, kerr.InvalidReplicationFactor) || !strings.Contains(err.Error(), why) {
		t.Errorf("got %v", err)
	}
}

func TestAppendAndLoad(t *testing.T) {
	for _, codec := range []batch.Codec{batch.CodecNone, batch.CodecZstd} {
		fs := vfs.NewMem(0)
		f := newFixture(t, fs, logstore.SyncNone, codec, nil)
		f.ensure()
		add := func(o AppendOptions, recs ...Record) {
			t.Helper()
			if pending, err := f.log.Append(1, recs, o); pending || err != nil {
				t.Fatalf("append: pending %v, %v", pending, err)
			}
		}
		add(AppendOptions{})
		add(AppendOptions{}, Record{[]byte("a"), []byte("1")}, Record{[]byte("b"), []byte("2")})
		add(AppendOptions{Transactional: true, ProducerID: 0, ProducerEpoch: 3}, Record{[]byte("c"), []byte("3")})
		p, _ := f.catalog.Partition("__consumer_offsets", 1)
		marker := batch.EndTxnMarker(batch.MarkerOptions{Type: batch.MarkerAbort, ProducerID: 0, ProducerEpoch: 3})
		if _, err := p.Append(marker, topic.AppendOptions{Origin: logstore.OriginCoordinator}); err != nil {
			t.Fatal(err)
		}
		add(AppendOptions{}, Record{[]byte("a"), nil})
		want := []string{"0 a=1", "1 b=2", "2 c=3 txn 0/3", "3 marker 0 of 0", "4 a=(gone)"}
		if got := f.load(1); !slices.Equal(got, want) {
			t.Errorf("%v: read back %q", codec, got)
		}
		if got := f.load(0); len(got) != 0 {
			t.Errorf("another partition has %q", got)
		}
		if err := f.store.Close(true); err != nil {
			t.Fatal(err)
		}
		again := newFixture(t, fs, logstore.SyncNone, codec, f.image)
		if got := again.load(1); !slices.Equal(got, want) {
			t.Errorf("%v: after a restart %q", codec, got)
		}
	}
}

func TestLoadOfManyChunks(t *testing.T) {
	f := newFixture(t, vfs.NewMem(0), logstore.SyncNone, batch.CodecNone, nil)
	f.ensure()
	const batches, perBatch = 40, 5
	value := make([]byte, 64<<10)
	for i := range batches {
		var recs []Record
		for j := range perBatch {
			recs = append(recs, Record{fmt.Appendf(nil, "%d", i*perBatch+j), value})
		}
		if _, err := f.log.Append(0, recs, AppendOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	end, err := f.log.Load(context.Background(), 0, func(e Entry) error {
		if string(e.Key) != fmt.Sprint(n) || e.Offset != int64(n) {
			t.Fatalf("entry %d has offset %d and key %s", n, e.Offset, e.Key)
		}
		n++
		return nil
	})
	if err != nil || n != batches*perBatch || end != int64(n) {
		t.Errorf("%d entries up to %d, %v", n, end, err)
	}
	stop := errors.New("enough")
	if _, err := f.log.Load(context.Background(), 0, func(Entry) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the caller's error became %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := f.log.Load(ctx, 0, func(Entry) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a load that was called off ended with %v", err)
	}
}

func TestAppendRefused(t *testing.T) {
	f := newFixture(t, vfs.NewMem(0), logstore.SyncNone, batch.CodecNone, nil)
	if _, err := f.log.Append(0, []Record{{[]byte("a"), nil}}, AppendOptions{}); !errors.Is(err, topic.ErrUnknownPartition) {
		t.Errorf("without the topic: %v", err)
	}
	f.ensure()
	if _, err := f.log.Append(0, []Record{{[]byte("a"), make([]byte, 2<<20)}}, AppendOptions{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a record of 2 MiB: %v", err)
	}
	if got := f.load(0); len(got) != 0 {
		t.Errorf("what was refused is there: %q", got)
	}
}

// An append in a mode that waits for the disk is committed when it was synced,
// and says so once.
func TestAppendWaitsForTheDisk(t *testing.T) {
	f := newFixture(t, vfs.NewMem(0), logstore.SyncCommit, batch.CodecNone, nil)
	f.ensure()
	for i := range 50 {
		done := make(chan error, 2)
		var fired topic.Fired
		pending, err := f.log.Append(0, []Record{{[]byte("a"), fmt.Append(nil, i)}}, AppendOptions{Done: func(err error) { done <- err }, Fired: &fired})
		fired.Fire()
		if err != nil {
			t.Fatal(err)
		}
		if pending {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		p, _ := f.catalog.Partition("__consumer_offsets", 0)
		if hw := p.Log().HighWatermark(); hw != int64(i)+1 {
			t.Fatalf("committed, and the high watermark is %d", hw)
		}
	}
}

// A byte that changed on disk costs its batch, and what follows is still read.
func TestLoadLeavesOutDamage(t *testing.T) {
	fs := vfs.NewMem(0)
	f := newFixture(t, fs, logstore.SyncNone, batch.CodecNone, nil)
	f.ensure()
	for i := range 3 {
		if _, err := f.log.Append(2, []Record{{fmt.Appendf(nil, "k%d", i), []byte("value")}}, AppendOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	name := "data/__consumer_offsets-2/00000000000000000000.log"
	file, err := fs.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	size, err := file.Size()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt([]byte{'X'}, size/3+size/3-2); err != nil { // in the last record of the second batch
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := f.load(2), []string{"0 k0=value", "2 k2=value"}; !slices.Equal(got, want) {
		t.Errorf("read %q", got)
	}
	if !slices.Equal(f.damaged, []int64{1}) {
		t.Errorf("told of damage at %v", f.damaged)
	}
}

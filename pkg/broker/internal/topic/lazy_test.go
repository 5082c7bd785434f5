package topic

import (
	"testing"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/logstore"
	"kq/pkg/broker/vfs"
)

// A start after a clean shutdown touches no log, however many there are.
func TestStartOpensNoLog(t *testing.T) {
	mem := vfs.NewMem(0)
	f := openFixture(t, mem, logstore.SyncNone, nil)
	f.topic("a", 1, 20)
	f.append(f.partition("a", 3), 5)
	f.catalog.Close()
	if err := f.store.Close(true); err != nil {
		t.Fatal(err)
	}

	counted := vfs.NewErr(mem)
	f = openFixture(t, counted, logstore.SyncNone, f.image)
	// The store itself reads the data directory and its files.
	if n := counted.Count(vfs.OpAny); n > 30 {
		t.Errorf("%d file system calls for 20 partitions", n)
	}
	p := f.partition("a", 3)
	if hw, end := p.Log().HighWatermark(), p.Log().EndOffset(); hw != 5 || end != 5 {
		t.Errorf("high watermark %d, end %d, want 5", hw, end)
	}
	if r, err := read(p, 0); err != nil || r.HighWatermark != 5 {
		t.Errorf("read: %+v, %v", r, err)
	}
}

// A start after a kill reads the logs; what it has to write about them, as the
// leader epochs that begin, comes later.
func TestStartAfterKillWritesLittle(t *testing.T) {
	mem := vfs.NewMem(0)
	f := openFixture(t, mem, logstore.SyncNone, nil)
	f.topic("a", 1, 20)
	f.append(f.partition("a", 3), 5)
	f.catalog.Close()
	if err := f.store.Close(false); err != nil {
		t.Fatal(err)
	}
	var records []meta.Record
	for i := range int32(20) {
		records = append(records, &meta.PartitionChange{TopicID: topicID(1), PartitionID: i, Leader: self, LeaderRecoveryState: -1})
	}
	img, err := f.image.Apply(records...)
	if err != nil {
		t.Fatal(err)
	}
	counted := vfs.NewErr(mem)
	f = openFixture(t, counted, logstore.SyncNone, img)
	if n := counted.Count(vfs.OpRename | vfs.OpSync); n > 10 {
		t.Errorf("%d renames and syncs for 20 partitions", n)
	}
	log := f.partition("a", 3).Log()
	if e, ok := log.LatestEpoch(); !ok || e != 1 || log.HighWatermark() != 5 {
		t.Errorf("epoch %d, high watermark %d", e, log.HighWatermark())
	}
}

package topic

import (
	"testing"

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

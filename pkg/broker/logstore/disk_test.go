package logstore

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"kq/pkg/broker/vfs"
)

// TestTornAppend writes part of a batch and fails: the log goes on as if nothing
// had been written, and again when there is space.
func TestTornAppend(t *testing.T) {
	for _, torn := range []int{0, 1, 30, 61, 100} {
		mem := vfs.NewMem(0)
		fsys := vfs.NewErr(mem)
		s := openStore(t, fsys)
		l := openLog(t, s, Config{})
		mustAppend(t, l, records(1, 100, 1), AppendOptions{})
		size := l.Size()

		rule := fsys.Add(vfs.Rule{Ops: vfs.OpWriteAt, Match: vfs.Base("*.log"), Err: syscall.ENOSPC, Torn: torn})
		for range 2 {
			_, err := l.Append(records(1, 100, 1, idempotent(1, 0, 0)), AppendOptions{LeaderEpoch: 7})
			if !errors.Is(err, ErrStorage) || !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("append: %v", err)
			}
		}
		if fi, err := mem.Stat(l.file(segmentName(0, logSuffix))); err != nil || fi.Size() != size {
			t.Fatalf("file has %d bytes, want %d", fi.Size(), size)
		}
		if e, _ := l.LatestEpoch(); l.EndOffset() != 1 || l.Err() != nil || len(l.ActiveProducers()) != 0 || e != 0 {
			t.Fatalf("log ends at %d, epoch %d, %v", l.EndOffset(), e, l.Err())
		}
		if n := len(readAll(t, l, 0)); n != 1 {
			t.Fatalf("%d batches are read", n)
		}
		// The disk is so full that the torn end cannot even be cut off.
		cut := fsys.Add(vfs.Rule{Ops: vfs.OpTruncate, Err: syscall.EIO})
		if _, err := l.Append(records(1, 100, 1), AppendOptions{}); !errors.Is(err, ErrStorage) {
			t.Fatalf("append: %v", err)
		}
		rule.Remove()
		if _, err := l.Append(records(1, 100, 1), AppendOptions{}); torn > 0 && !errors.Is(err, ErrStorage) {
			t.Fatalf("append behind a torn end: %v", err)
		}
		cut.Remove()
		end := l.EndOffset()
		if a := mustAppend(t, l, records(1, 10, 1), AppendOptions{}); a.FirstOffset != end {
			t.Fatalf("%+v", a)
		}
		want := len(readAll(t, l, 0))
		must(t, s.Close(true))
		if n := len(readAll(t, openLog(t, openStore(t, mem), Config{}), 0)); n != want {
			t.Fatalf("%d batches are there after a restart, want %d", n, want)
		}
	}
}

// TestFullDisk fails every change of the disk in turn, while a log rolls,
// is written to, checkpointed and closed: what was acknowledged stays.
func TestFullDisk(t *testing.T) {
	ops := []vfs.Op{vfs.OpCreate, vfs.OpWriteAt, vfs.OpRename, vfs.OpRemove, vfs.OpTruncate}
	for _, op := range ops {
		for skip := range 25 {
			mem := vfs.NewMem(0)
			fsys := vfs.NewErr(mem)
			s := openStore(t, fsys)
			l := openLog(t, s, Config{SegmentBytes: 700, IndexIntervalBytes: 100})
			rule := fsys.Add(vfs.Rule{Ops: op, Skip: skip, Times: 3, Err: syscall.ENOSPC, Torn: 5})
			end := int64(0)
			for i := range 20 {
				a, err := l.Append(records(1, 100, int64(i)), AppendOptions{LeaderEpoch: int32(i / 5)})
				switch {
				case err == nil && a.FirstOffset != end:
					t.Fatalf("%v %d: append at %d got %d", op, skip, end, a.FirstOffset)
				case err == nil:
					end++
				case !errors.Is(err, ErrStorage) || !errors.Is(err, syscall.ENOSPC):
					t.Fatalf("%v %d: %v", op, skip, err)
				}
				if i == 10 {
					_ = s.Checkpoint() // may fail, must not harm
				}
			}
			if rule.Hits() > 0 && end == 20 && op == vfs.OpWriteAt && skip == 0 {
				t.Fatalf("%v %d: no append failed", op, skip)
			}
			rule.Remove()
			clean := skip%2 == 0
			if err := s.Close(clean); err != nil {
				t.Fatalf("%v %d: %v", op, skip, err)
			}
			l = openLog(t, openStore(t, mem), Config{})
			if n := int64(len(readAll(t, l, 0))); n != end {
				t.Fatalf("%v %d: %d batches are there, want %d (clean: %v)", op, skip, n, end, clean)
			}
			if err := errors.Join(checkIndexes(l), checkEpochs(l, readAll(t, l, 0))); err != nil {
				t.Fatalf("%v %d: %v", op, skip, err)
			}
		}
	}
}

// TestCreateOnFullDisk: a log that cannot be created now can be later.
func TestCreateOnFullDisk(t *testing.T) {
	for _, op := range []vfs.Op{vfs.OpMkdirAll, vfs.OpCreate, vfs.OpWriteAt, vfs.OpRename} {
		fsys := vfs.NewErr(vfs.NewMem(0))
		s := openStore(t, fsys)
		fsys.Add(vfs.Rule{Ops: op, Times: 2, Err: syscall.ENOSPC})
		l := loadLog(t, s, Config{})
		if _, err := l.Append(records(1, 1, 1), AppendOptions{}); !errors.Is(err, ErrStorage) || l.Err() != nil {
			t.Fatalf("%v: append: %v, offline: %v", op, err, l.Err())
		}
		if a := mustAppend(t, l, records(1, 1, 1), AppendOptions{}); a.FirstOffset != 0 {
			t.Fatalf("%v: %+v", op, a)
		}
	}
}

// TestReadError reports a disk that cannot read, and goes on when it can.
func TestReadError(t *testing.T) {
	fsys := vfs.NewErr(vfs.NewMem(0))
	s := openStore(t, fsys)
	l := openLog(t, s, Config{SegmentBytes: 1000})
	for range 40 {
		mustAppend(t, l, records(1, 100, 1), AppendOptions{})
	}
	s.cache.mu.Lock()
	s.cache.maxFiles, s.cache.maxBytes = 0, 0
	s.cache.mu.Unlock()
	rule := fsys.Add(vfs.Rule{Ops: vfs.OpReadAt | vfs.OpOpen, Err: syscall.EIO})
	if _, err := l.Read(3, 1000, 40, true); !errors.Is(err, ErrStorage) || !errors.Is(err, syscall.EIO) {
		t.Fatalf("read: %v", err)
	}
	rule.Remove()
	if n := len(readAll(t, l, 0)); n != 40 || l.Err() != nil {
		t.Fatalf("%d batches, %v", n, l.Err())
	}
}

// TestRecoveryReadError: a disk that cannot read is no reason to cut a log.
func TestRecoveryReadError(t *testing.T) {
	mem := vfs.NewMem(0)
	s := openStore(t, mem)
	l := openLog(t, s, Config{})
	for range 40 {
		mustAppend(t, l, records(1, 1000, 1), AppendOptions{})
	}
	must(t, s.Close(false))
	fsys := vfs.NewErr(mem, vfs.Rule{Ops: vfs.OpReadAt, Match: vfs.Base("*.log"), Err: syscall.EIO})
	s = openStore(t, fsys)
	if err := loadLog(t, s, Config{}).Err(); !errors.Is(err, ErrOffline) || !errors.Is(err, syscall.EIO) {
		t.Fatalf("log is %v", err)
	}
	must(t, s.Close(false))
	if l := openLog(t, openStore(t, mem), Config{}); l.EndOffset() != 40 {
		t.Fatalf("log ends at %d", l.EndOffset())
	}
}

func TestLockedDirectory(t *testing.T) {
	mem := vfs.NewMem(0)
	s := openStore(t, mem)
	_, err := Open(t.Context(), Options{FS: mem, Dir: "/data"})
	const want = "Failed to acquire lock on file .lock in /data. A Kafka instance in another process or thread is using this directory."
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), want) {
		t.Fatalf("second store: %v", err)
	}
	must(t, s.Close(true))
	openStore(t, mem)
	_, err = Open(t.Context(), Options{FS: vfs.NewErr(vfs.NewMem(0), vfs.Rule{Ops: vfs.OpChange, Err: syscall.EACCES}), Dir: "/data"})
	if !errors.Is(err, syscall.EACCES) {
		t.Fatalf("unwritable directory: %v", err)
	}
}

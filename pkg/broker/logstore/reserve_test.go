package logstore

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"kq/pkg/broker/vfs"
)

// reservingFS keeps account of the room set aside for .log files.
type reservingFS struct {
	vfs.FS
	err      error // what Reserve returns
	asked    int
	reserved map[string]int64 // by name: the end of the room
}

type reservingFile struct {
	vfs.File
	fs *reservingFS
}

func (f *reservingFS) OpenFile(name string, flag int, perm os.FileMode) (vfs.File, error) {
	file, err := f.FS.OpenFile(name, flag, perm)
	if err != nil || !strings.HasSuffix(name, logSuffix) {
		return file, err
	}
	return reservingFile{file, f}, nil
}

func (f reservingFile) Reserve(off, n int64) error {
	f.fs.asked++
	if !errors.Is(f.fs.err, errors.ErrUnsupported) {
		f.fs.reserved[f.Name()] = off + n
	}
	return f.fs.err
}

func (f reservingFile) Truncate(size int64) error {
	delete(f.fs.reserved, f.Name())
	return f.File.Truncate(size)
}

// fill appends n MiB.
func fill(t *testing.T, l *Log, n int) {
	t.Helper()
	for range n {
		mustAppend(t, l, records(1, 1<<20, 1), AppendOptions{})
	}
}

func TestReserve(t *testing.T) {
	const mib = 1 << 20
	fsys := &reservingFS{FS: vfs.NewMem(0), reserved: map[string]int64{}}
	s := openStore(t, fsys)
	l := openLog(t, s, Config{SegmentBytes: 40 * mib})
	name := l.file(segmentName(0, logSuffix))

	fill(t, l, 4)
	if fsys.asked != 0 {
		t.Fatal("room was set aside for a small log")
	}
	fill(t, l, 12)
	if end := fsys.reserved[name]; fsys.asked != 1 || end < 20*mib || end > 22*mib {
		t.Fatalf("asked %d times, room up to %d", fsys.asked, end)
	}
	fill(t, l, 22)
	if end := fsys.reserved[name]; end != 40*mib {
		t.Fatalf("room up to %d, segments have %d", end, 40*mib)
	}
	fill(t, l, 8)
	if end, ok := fsys.reserved[name]; ok {
		t.Fatalf("a sealed segment keeps room up to %d", end)
	}
	if len(fsys.reserved) != 1 {
		t.Fatalf("%v", fsys.reserved)
	}
	must(t, s.Close(true))
	if len(fsys.reserved) != 0 {
		t.Fatalf("a closed log keeps %v", fsys.reserved)
	}
	if n := len(readAll(t, openLog(t, openStore(t, fsys), Config{}), 0)); n != 46 {
		t.Fatalf("%d batches are there after a restart", n)
	}
}

func TestReserveNot(t *testing.T) {
	for name, c := range map[string]struct {
		sync SyncMode
		err  error
	}{
		"synced appends": {sync: SyncCommit},
		"unsupported":    {err: errors.ErrUnsupported},
		"disk full":      {err: syscall.ENOSPC},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := &reservingFS{FS: vfs.NewMem(0), reserved: map[string]int64{}, err: c.err}
			l := openLog(t, openStore(t, fsys, withSync(c.sync)), Config{})
			fill(t, l, 24)
			if len(fsys.reserved) != 0 {
				t.Errorf("kept %v", fsys.reserved)
			}
			if fsys.asked > 2 || c.err == nil && fsys.asked > 0 {
				t.Errorf("asked %d times", fsys.asked)
			}
		})
	}
}

// What a killed process had set aside goes with the next clean end.
func TestReserveAfterKill(t *testing.T) {
	fsys := &reservingFS{FS: vfs.NewMem(0), reserved: map[string]int64{}}
	s := openStore(t, fsys)
	l := openLog(t, s, Config{})
	fill(t, l, 6)
	left := map[string]int64{}
	for name, end := range fsys.reserved {
		left[name] = end
	}
	must(t, s.Close(false))
	fsys.reserved = left // a killed process gives nothing back

	s = openStore(t, fsys)
	l = loadLog(t, s, Config{})
	fill(t, l, 1)
	must(t, s.Close(true))
	if len(left) != 0 {
		t.Errorf("kept %v", left)
	}
}

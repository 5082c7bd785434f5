package vfs_test

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"kq/pkg/broker/vfs"
)

func TestErrNth(t *testing.T) {
	cause := errors.New("the disk is on fire")
	e := vfs.NewErr(vfs.NewMem(0))
	rule := e.Add(vfs.Rule{Ops: vfs.OpSync, Match: vfs.Base("*.log"), Skip: 1, Times: 2, Err: cause})
	log, index := create(t, e, "0.log", nil), create(t, e, "0.index", nil)
	for i, want := range []error{nil, cause, cause, nil, nil} {
		if err := log.Sync(); !errors.Is(err, want) {
			t.Errorf("sync %d: %v, want %v", i, err, want)
		}
		must(t, index.Sync())
	}
	if rule.Hits() != 2 || e.Count(vfs.OpSync) != 10 || e.Count(vfs.OpSync|vfs.OpCreate) != 12 {
		t.Errorf("%d hits of %d syncs", rule.Hits(), e.Count(vfs.OpSync))
	}
	var pe *fs.PathError
	bad := e.Add(vfs.Rule{Ops: vfs.OpSync, Err: syscall.EIO})
	if err := log.Sync(); !errors.As(err, &pe) || pe.Path != "0.log" || pe.Op != "sync" {
		t.Errorf("error %v", err)
	}
	bad.Remove()
	must(t, log.Sync())
	e.Add(vfs.Rule{Ops: vfs.OpAny, Err: syscall.EIO})
	e.Clear()
	must(t, log.Sync())
}

func TestErrTornWrite(t *testing.T) {
	e := vfs.NewErr(vfs.NewMem(0), vfs.Rule{Ops: vfs.OpWriteAt, Skip: 1, Times: 1, Torn: 3, Err: syscall.ENOSPC})
	f := create(t, e, "f", []byte("whole"))
	n, err := f.WriteAt([]byte("TORN!"), 5)
	if n != 3 || !vfs.IsNoSpace(err) {
		t.Errorf("torn write: %d, %v", n, err)
	}
	wantContent(t, f, []byte("wholeTOR"))
	_, err = f.WriteAt([]byte("TORN!"), 5)
	must(t, err)
	wantContent(t, f, []byte("wholeTORN!"))
}

// TestErrEveryOp makes each kind of call fail, before and after it is done.
func TestErrEveryOp(t *testing.T) {
	calls := []struct {
		op   vfs.Op
		call func(fsys vfs.FS, f vfs.File) error
	}{
		{vfs.OpOpen, func(fsys vfs.FS, _ vfs.File) error { return opened(fsys.OpenFile("f", os.O_RDWR, 0)) }},
		{vfs.OpCreate, func(fsys vfs.FS, _ vfs.File) error {
			return opened(fsys.OpenFile("g", os.O_RDWR|os.O_CREATE, 0))
		}},
		{vfs.OpReadAt, func(_ vfs.FS, f vfs.File) error { _, err := f.ReadAt(make([]byte, 1), 0); return err }},
		{vfs.OpWriteAt, func(_ vfs.FS, f vfs.File) error { _, err := f.WriteAt(make([]byte, 1), 0); return err }},
		{vfs.OpTruncate, func(_ vfs.FS, f vfs.File) error { return f.Truncate(1) }},
		{vfs.OpSync, func(_ vfs.FS, f vfs.File) error { return f.Sync() }},
		{vfs.OpSize, func(_ vfs.FS, f vfs.File) error { _, err := f.Size(); return err }},
		{vfs.OpMkdirAll, func(fsys vfs.FS, _ vfs.File) error { return fsys.MkdirAll("d", 0o755) }},
		{vfs.OpReadDir, func(fsys vfs.FS, _ vfs.File) error { _, err := fsys.ReadDir("."); return err }},
		{vfs.OpStat, func(fsys vfs.FS, _ vfs.File) error { _, err := fsys.Stat("f"); return err }},
		{vfs.OpSyncDir, func(fsys vfs.FS, _ vfs.File) error { return fsys.SyncDir(".") }},
		{vfs.OpUsage, func(fsys vfs.FS, _ vfs.File) error { _, err := fsys.Usage("."); return err }},
		{vfs.OpLock, func(fsys vfs.FS, _ vfs.File) error { return opened(fsys.Lock(".lock")) }},
		{vfs.OpRename, func(fsys vfs.FS, _ vfs.File) error { return fsys.Rename("g", "h") }},
		{vfs.OpRemove, func(fsys vfs.FS, _ vfs.File) error { return fsys.Remove("h") }},
		{vfs.OpRemoveAll, func(fsys vfs.FS, _ vfs.File) error { return fsys.RemoveAll("d") }},
	}
	for _, after := range []bool{false, true} {
		mem := vfs.NewMem(0)
		e := vfs.NewErr(mem)
		f := create(t, e, "f", []byte("x"))
		for _, c := range calls {
			if after && (c.op == vfs.OpRename || c.op == vfs.OpRemove) {
				continue // done already, cannot be done again
			}
			rule := e.Add(vfs.Rule{Ops: c.op, Err: syscall.EIO, After: after})
			wantErr(t, c.call(e, f), syscall.EIO)
			rule.Remove()
			if err := c.call(e, f); err != nil {
				t.Errorf("op %#x without its rule: %v", c.op, err)
			}
			if e.Count(c.op) < 2 {
				t.Errorf("op %#x counted %d", c.op, e.Count(c.op))
			}
		}
		e.Add(vfs.Rule{Ops: vfs.OpClose, Err: syscall.EIO})
		wantErr(t, f.Close(), syscall.EIO)
	}
}

func opened(c interface{ Close() error }, err error) error {
	if err != nil {
		return err
	}
	return c.Close()
}

// TestErrDo blocks a sync until a write is there, as tests of a group commit do.
func TestErrDo(t *testing.T) {
	entered, release := make(chan string), make(chan struct{})
	e := vfs.NewErr(vfs.NewMem(0), vfs.Rule{Ops: vfs.OpSync, Do: func(_ vfs.Op, name string) {
		entered <- name
		<-release
	}})
	f := create(t, e, "f", nil)
	done := make(chan error)
	go func() { done <- f.Sync() }()
	if name := <-entered; name != "f" {
		t.Errorf("sync of %q", name)
	}
	_, err := f.WriteAt([]byte("x"), 0)
	must(t, err)
	close(release)
	must(t, <-done)
}

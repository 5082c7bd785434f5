package vfs_test

import (
	"errors"
	"io"
	"path/filepath"
	"testing"

	"kq/pkg/broker/vfs"
)

// TestRawFile: only files of the operating system can be sent by the kernel.
func TestRawFile(t *testing.T) {
	f := create(t, vfs.OS(), filepath.Join(t.TempDir(), "f"), []byte("x"))
	raw, ok := f.(vfs.RawFile)
	if !ok {
		t.Fatal("no raw file")
	}
	conn, err := raw.SyscallConn()
	must(t, err)
	var fd uintptr
	must(t, conn.Control(func(d uintptr) { fd = d }))
	if fd == 0 {
		t.Error("no descriptor")
	}
	for _, fsys := range []vfs.FS{vfs.NewMem(0), vfs.NewCrash(1), vfs.NewErr(vfs.OS())} {
		name := filepath.Join(t.TempDir(), "f")
		must(t, fsys.MkdirAll(filepath.Dir(name), 0o755))
		if _, ok := create(t, fsys, name, nil).(vfs.RawFile); ok {
			t.Errorf("%T has raw files", fsys)
		}
	}
}

// TestLockInAnotherFS: a lock is the disk's, not that of a value of FS.
func TestLockInAnotherFS(t *testing.T) {
	name := filepath.Join(t.TempDir(), ".lock")
	l, err := vfs.OS().Lock(name)
	must(t, err)
	_, err = vfs.NewErr(vfs.OS()).Lock(name)
	wantErr(t, err, vfs.ErrLocked)
	must(t, l.Close())
	l, err = vfs.NewErr(vfs.OS()).Lock(name)
	must(t, err)
	must(t, l.Close())
}

// Room set aside neither shows nor stays.
func TestOSReserve(t *testing.T) {
	f := create(t, vfs.OS(), filepath.Join(t.TempDir(), "f"), []byte("abc"))
	if err := f.(vfs.Reserver).Reserve(3, 1<<20); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		t.Fatal(err)
	}
	size, err := f.Size()
	must(t, err)
	if size != 3 {
		t.Errorf("the file has %d bytes", size)
	}
	must(t, f.Truncate(3))
	p := make([]byte, 4)
	if n, err := f.ReadAt(p, 0); n != 3 || !errors.Is(err, io.EOF) || string(p[:n]) != "abc" {
		t.Errorf("read %q, %v", p[:n], err)
	}
}

package vfs_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"kq/pkg/broker/vfs"
)

// backend is a file system under test and the directory to work in.
type backend struct {
	name string
	make func(t *testing.T) (vfs.FS, string)
}

// backends are all the file systems: they must behave alike.
func backends() []backend {
	return []backend{
		{"os", func(t *testing.T) (vfs.FS, string) { return vfs.OS(), t.TempDir() }},
		{"mem", func(t *testing.T) (vfs.FS, string) { return memDir(t, vfs.NewMem(0)) }},
		{"crash", func(t *testing.T) (vfs.FS, string) { return memDir(t, vfs.NewCrash(1)) }},
		{"err over mem", func(t *testing.T) (vfs.FS, string) { return memDir(t, vfs.NewErr(vfs.NewMem(0))) }},
		{"image", func(t *testing.T) (vfs.FS, string) {
			return memDir(t, vfs.NewCrash(1).CrashImage(vfs.KeepAll()))
		}},
	}
}

func memDir(t *testing.T, fsys vfs.FS) (vfs.FS, string) {
	t.Helper()
	dir := filepath.Join("data", "dir")
	must(t, fsys.MkdirAll(dir, 0o755))
	return fsys, dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func create(t *testing.T, fsys vfs.FS, name string, data []byte) vfs.File {
	t.Helper()
	f, err := fsys.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o644)
	must(t, err)
	t.Cleanup(func() { f.Close() })
	n, err := f.WriteAt(data, 0)
	must(t, err)
	if n != len(data) {
		t.Fatalf("wrote %d of %d", n, len(data))
	}
	return f
}

func content(t *testing.T, f vfs.File) []byte {
	t.Helper()
	size, err := f.Size()
	must(t, err)
	p := make([]byte, size)
	n, err := f.ReadAt(p, 0)
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	if n != len(p) {
		t.Fatalf("read %d of %d", n, len(p))
	}
	return p
}

func wantContent(t *testing.T, f vfs.File, want []byte) {
	t.Helper()
	if got := content(t, f); !bytes.Equal(got, want) {
		t.Fatalf("%d bytes %.40q, want %d bytes %.40q", len(got), got, len(want), want)
	}
}

func eachBackend(t *testing.T, test func(t *testing.T, fsys vfs.FS, dir string)) {
	t.Helper()
	for _, b := range backends() {
		t.Run(b.name, func(t *testing.T) {
			fsys, dir := b.make(t)
			test(t, fsys, dir)
		})
	}
}

func TestFileBasics(t *testing.T) {
	eachBackend(t, func(t *testing.T, fsys vfs.FS, dir string) {
		name := filepath.Join(dir, "a")
		f := create(t, fsys, name, []byte("hello"))
		if f.Name() != name {
			t.Errorf("name %q", f.Name())
		}
		_, err := f.WriteAt([]byte("XY"), 8) // leaves a gap
		must(t, err)
		wantContent(t, f, []byte("hello\x00\x00\x00XY"))
		must(t, f.Truncate(6))
		must(t, f.Truncate(9))
		wantContent(t, f, []byte("hello\x00\x00\x00\x00"))
		must(t, f.Sync())
		must(t, fsys.SyncDir(dir))

		p := make([]byte, 4)
		if n, err := f.ReadAt(p, 7); n != 2 || err != io.EOF {
			t.Errorf("read over the end: %d, %v", n, err)
		}
		if n, err := f.ReadAt(p, 9); n != 0 || err != io.EOF {
			t.Errorf("read at the end: %d, %v", n, err)
		}
		if n, err := f.ReadAt(p, 100); n != 0 || err != io.EOF {
			t.Errorf("read past the end: %d, %v", n, err)
		}
		if _, err := f.ReadAt(p, -1); err == nil {
			t.Error("negative offset accepted")
		}
		if _, err := f.WriteAt(p, -1); err == nil {
			t.Error("negative write offset accepted")
		}
		must(t, f.Close())
		_, err = f.ReadAt(p, 0)
		wantErr(t, err, fs.ErrClosed)
		_, err = f.WriteAt(p, 0)
		wantErr(t, err, fs.ErrClosed)
		wantErr(t, f.Close(), fs.ErrClosed)
		wantErr(t, f.Sync(), fs.ErrClosed)
	})
}

func TestOpenFlags(t *testing.T) {
	eachBackend(t, func(t *testing.T, fsys vfs.FS, dir string) {
		name := filepath.Join(dir, "a")
		_, err := fsys.OpenFile(name, os.O_RDWR, 0)
		wantErr(t, err, fs.ErrNotExist)
		_, err = fsys.OpenFile(filepath.Join(dir, "no", "a"), os.O_RDWR|os.O_CREATE, 0o644)
		wantErr(t, err, fs.ErrNotExist)
		create(t, fsys, name, []byte("data"))
		_, err = fsys.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
		wantErr(t, err, fs.ErrExist)
		r, err := fsys.OpenFile(name, os.O_RDONLY, 0)
		must(t, err)
		defer r.Close()
		wantContent(t, r, []byte("data"))
		if _, err := r.WriteAt([]byte("x"), 0); err == nil {
			t.Error("a read-only handle wrote")
		}
		w, err := fsys.OpenFile(name, os.O_RDWR|os.O_TRUNC, 0)
		must(t, err)
		defer w.Close()
		wantContent(t, r, nil)
		if _, err := fsys.OpenFile(dir, os.O_RDWR, 0); err == nil {
			t.Error("a directory was opened for writing")
		}
	})
}

func TestNames(t *testing.T) {
	eachBackend(t, func(t *testing.T, fsys vfs.FS, dir string) {
		a, b, sub := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "sub", "deep")
		fa := create(t, fsys, a, []byte("A"))
		fb := create(t, fsys, b, []byte("B"))
		must(t, fsys.Rename(a, b))
		_, err := fsys.Stat(a)
		wantErr(t, err, fs.ErrNotExist)
		wantContent(t, fa, []byte("A"))
		wantContent(t, fb, []byte("B")) // replaced, but its handle still reads
		got, err := vfs.ReadFile(fsys, b)
		must(t, err)
		if string(got) != "A" {
			t.Errorf("b is %q after the rename", got)
		}
		must(t, fsys.MkdirAll(sub, 0o755))
		must(t, fsys.MkdirAll(sub, 0o755))
		create(t, fsys, filepath.Join(sub, "f"), []byte("F"))
		if err := fsys.Remove(filepath.Join(dir, "sub")); err == nil {
			t.Error("a full directory was removed")
		}
		must(t, fsys.Rename(filepath.Join(dir, "sub"), filepath.Join(dir, "gone")))
		entries, err := fsys.ReadDir(dir)
		must(t, err)
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		if len(names) != 2 || names[0] != "b" || names[1] != "gone" || !entries[1].IsDir() {
			t.Errorf("directory holds %q", names)
		}
		fi, err := fsys.Stat(b)
		must(t, err)
		if fi.Size() != 1 || fi.IsDir() || fi.Name() != "b" || fi.ModTime().IsZero() {
			t.Errorf("stat of b: %v", fi)
		}
		must(t, fsys.RemoveAll(filepath.Join(dir, "gone")))
		must(t, fsys.RemoveAll(filepath.Join(dir, "gone")))
		must(t, fsys.Remove(b))
		wantErr(t, fsys.Remove(b), fs.ErrNotExist)
		wantErr(t, fsys.Rename(b, a), fs.ErrNotExist)
		wantContent(t, fa, []byte("A")) // removed, but still readable
		_, err = fsys.ReadDir(filepath.Join(dir, "gone"))
		wantErr(t, err, fs.ErrNotExist)
		wantErr(t, fsys.SyncDir(filepath.Join(dir, "gone")), fs.ErrNotExist)
	})
}

func TestLockExcludes(t *testing.T) {
	eachBackend(t, func(t *testing.T, fsys vfs.FS, dir string) {
		name := filepath.Join(dir, ".lock")
		l, err := fsys.Lock(name)
		must(t, err)
		_, err = fsys.Lock(name)
		wantErr(t, err, vfs.ErrLocked)
		must(t, l.Close())
		l, err = fsys.Lock(name)
		must(t, err)
		must(t, l.Close())
		_, err = fsys.Stat(name)
		must(t, err)
	})
}

func TestUsage(t *testing.T) {
	eachBackend(t, func(t *testing.T, fsys vfs.FS, dir string) {
		u, err := fsys.Usage(dir)
		must(t, err)
		if u.Total <= 0 || u.Free < 0 || u.Free > u.Total {
			t.Errorf("usage %+v", u)
		}
		_, err = fsys.Usage(filepath.Join(dir, "no"))
		wantErr(t, err, fs.ErrNotExist)
	})
}

func TestWriteFileAtomic(t *testing.T) {
	eachBackend(t, func(t *testing.T, fsys vfs.FS, dir string) {
		name := filepath.Join(dir, "meta.properties")
		for _, data := range []string{"first", "a longer second one", ""} {
			must(t, vfs.WriteFileAtomic(fsys, name, []byte(data), 0o644))
			got, err := vfs.ReadFile(fsys, name)
			must(t, err)
			if string(got) != data {
				t.Fatalf("read %q, want %q", got, data)
			}
		}
		entries, err := fsys.ReadDir(dir)
		must(t, err)
		if len(entries) != 1 {
			t.Errorf("left over: %v", entries)
		}
	})
}

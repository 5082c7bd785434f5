package vfs_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"testing"

	"kq/pkg/broker/vfs"
)

// TestMemModel compares a file with a slice through random operations.
func TestMemModel(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			m := vfs.NewMem(0)
			for name, fsys := range map[string]vfs.FS{"mem": m, "crash": vfs.NewCrash(seed)} {
				f := create(t, fsys, name, nil)
				checkAgainstModel(t, r, f)
				must(t, f.Close())
				must(t, fsys.Remove(name))
			}
			if m.Used() != 0 {
				t.Errorf("seed %d: %d bytes used by no file", seed, m.Used())
			}
		})
	}
}

func checkAgainstModel(t *testing.T, r *rand.Rand, f vfs.File) {
	t.Helper()
	var model []byte
	const limit = 300_000
	for range 60 {
		switch r.IntN(4) {
		case 0, 1: // write, often at the end
			off := len(model)
			if r.IntN(2) == 0 {
				off = r.IntN(limit)
			}
			p := bytes.Repeat([]byte{byte(1 + r.IntN(255))}, 1+r.IntN(100_000)>>r.IntN(12))
			if end := off + len(p); end > len(model) {
				model = append(model, make([]byte, end-len(model))...)
			}
			copy(model[off:], p)
			n, err := f.WriteAt(p, int64(off))
			must(t, err)
			if n != len(p) {
				t.Fatalf("wrote %d of %d", n, len(p))
			}
		case 2:
			size := r.IntN(limit)
			if size > len(model) {
				model = append(model, make([]byte, size-len(model))...)
			}
			model = model[:size:size]
			must(t, f.Truncate(int64(size)))
		case 3:
			off, p := r.IntN(limit), make([]byte, r.IntN(limit))
			n, err := f.ReadAt(p, int64(off))
			want := model[min(off, len(model)):min(off+len(p), len(model))]
			if !bytes.Equal(p[:n], want) {
				t.Fatalf("read at %d: %d bytes differ from %d", off, n, len(want))
			}
			if (err == io.EOF) != (n < len(p)) {
				t.Fatalf("read %d of %d: %v", n, len(p), err)
			}
		}
	}
	if got := content(t, f); !bytes.Equal(got, model) {
		t.Fatalf("%d bytes differ from %d", len(got), len(model))
	}
}

func TestMemAccounting(t *testing.T) {
	m := vfs.NewMem(0)
	for _, row := range []struct {
		what string
		off  int64
		len  int
		want int64
	}{
		{"an index entry", 0, 12, 512},
		{"the same again", 0, 12, 512},
		{"up to its chunk", 500, 12, 512},
		{"growth by doubling", 512, 1, 1024},
		{"a whole chunk", 65_535, 1, 65_536},
		{"the next chunk", 65_536, 1, 131_072},
		{"a far write leaves a hole", 10 << 20, 1, 196_608},
	} {
		f, err := m.OpenFile("f", os.O_RDWR|os.O_CREATE, 0o644)
		must(t, err)
		_, err = f.WriteAt(make([]byte, row.len), row.off)
		must(t, err)
		must(t, f.Close())
		if m.Used() != row.want {
			t.Errorf("%s: %d used, want %d", row.what, m.Used(), row.want)
		}
	}
	f, err := m.OpenFile("f", os.O_RDWR, 0)
	must(t, err)
	must(t, f.Truncate(10<<20))
	must(t, f.Truncate(1<<30))
	if m.Used() != 131_072 {
		t.Errorf("after truncation: %d", m.Used())
	}
	must(t, f.Truncate(0))
	if m.Used() != 0 {
		t.Errorf("after truncation to nothing: %d", m.Used())
	}
	if _, err := f.WriteAt([]byte("x"), 1<<40); !errors.Is(err, syscall.EFBIG) {
		t.Errorf("far write: %v", err)
	}
}

func TestMemLimit(t *testing.T) {
	m := vfs.NewMem(128 << 10)
	f := create(t, m, "f", make([]byte, 64<<10))
	n, err := f.WriteAt(make([]byte, 100<<10), 64<<10)
	if n != 0 || !errors.Is(err, vfs.ErrNoSpace) || !errors.Is(err, syscall.ENOSPC) || !vfs.IsNoSpace(err) {
		t.Errorf("over the limit: %d, %v", n, err)
	}
	if size, _ := f.Size(); size != 64<<10 || m.Used() != 64<<10 {
		t.Errorf("a refused write changed the file: size %d, used %d", size, m.Used())
	}
	_, err = f.WriteAt(make([]byte, 64<<10), 64<<10)
	must(t, err)
	u, err := m.Usage("")
	must(t, err)
	if u.Total != 128<<10 || u.Free != 0 {
		t.Errorf("usage %+v", u)
	}
	must(t, m.Remove("f"))
	if m.Used() != 128<<10 {
		t.Errorf("an open file was freed: %d", m.Used())
	}
	if got := content(t, f); len(got) != 128<<10 {
		t.Errorf("removed file has %d bytes", len(got))
	}
	must(t, f.Close())
	if m.Used() != 0 {
		t.Errorf("%d used after the last handle", m.Used())
	}
}

// TestMemReusesChunks writes dirt, frees it, and looks for it in new files.
func TestMemReusesChunks(t *testing.T) {
	m := vfs.NewMem(1 << 20)
	for i := range 50 {
		f := create(t, m, "f", bytes.Repeat([]byte{0xff}, 256<<10))
		must(t, f.Truncate(int64(i)))
		must(t, f.Truncate(200<<10))
		_, err := f.WriteAt([]byte{1}, 199<<10)
		must(t, err)
		got := content(t, f)
		if len(bytes.Trim(got[i:199<<10], "\x00")) != 0 {
			t.Fatal("old bytes in a new chunk")
		}
		must(t, f.Close())
		must(t, m.Remove("f"))
	}
	if m.Used() != 0 {
		t.Errorf("%d used", m.Used())
	}
}

func TestMemConcurrent(t *testing.T) {
	m := vfs.NewMem(8 << 20)
	must(t, m.MkdirAll("d", 0o755))
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			name := fmt.Sprintf("d/f%d", w%2)
			p := bytes.Repeat([]byte{byte(w)}, 3000)
			for i := range 100 {
				f, err := m.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := f.WriteAt(p, int64(i)*1000); err != nil {
					t.Error(err)
				}
				if _, err := f.ReadAt(p[:100], int64(i)*500); err != nil && err != io.EOF {
					t.Error(err)
				}
				if i%10 == 9 {
					_ = m.Remove(name) // another may have been first
				}
				if err := f.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	must(t, m.RemoveAll("d"))
	if m.Used() != 0 {
		t.Errorf("%d used by no file", m.Used())
	}
}

func BenchmarkMemAppend(b *testing.B) {
	m := vfs.NewMem(0)
	f, err := m.OpenFile("f", os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		b.Fatal(err)
	}
	p := make([]byte, 16<<10)
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	off := int64(0)
	for b.Loop() {
		if off > 64<<20 {
			off = 0
			if err := f.Truncate(0); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := f.WriteAt(p, off); err != nil {
			b.Fatal(err)
		}
		off += int64(len(p))
	}
}

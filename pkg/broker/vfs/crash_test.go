package vfs_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"strings"
	"testing"

	"kq/pkg/broker/vfs"
)

// dump lists a file system as one line a file: name, length, bytes.
func dump(t *testing.T, fsys vfs.FS, dir string) string {
	t.Helper()
	entries, err := fsys.ReadDir(dir)
	must(t, err)
	var out strings.Builder
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if e.IsDir() {
			fmt.Fprintf(&out, "%s/\n%s", name, dump(t, fsys, name))
			continue
		}
		data, err := vfs.ReadFile(fsys, name)
		must(t, err)
		fmt.Fprintf(&out, "%s %d %x\n", name, len(data), data)
	}
	return out.String()
}

func write(t *testing.T, f vfs.File, off int64, s string) {
	t.Helper()
	_, err := f.WriteAt([]byte(s), off)
	must(t, err)
}

// images are the outcomes of many crashes now, by how often each came.
func images(t *testing.T, c *vfs.Crash, look func(img *vfs.Crash) string) map[string]int {
	t.Helper()
	out := map[string]int{}
	for seed := range uint64(400) {
		out[look(c.CrashImage(vfs.Random(seed)))]++
	}
	return out
}

func readOr(fsys vfs.FS, name string) string {
	data, err := vfs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return "gone"
	}
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// wantOutcomes checks that the outcomes are exactly these.
func wantOutcomes(t *testing.T, got map[string]int, want ...string) {
	t.Helper()
	for _, w := range want {
		if got[w] == 0 {
			t.Errorf("never saw %q", w)
		}
		delete(got, w)
	}
	for g, n := range got {
		t.Errorf("saw %q %d times", g, n)
	}
}

func TestCrashNames(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(t *testing.T, c *vfs.Crash)
		look []string // files, joined with a comma
		want []string // all outcomes
	}{
		{"synced data need a synced name", func(t *testing.T, c *vfs.Crash) {
			must(t, create(t, c, "d/new", []byte("x")).Sync())
		}, []string{"d/new"}, []string{"x", "gone"}},
		{"a synced name", func(t *testing.T, c *vfs.Crash) {
			must(t, create(t, c, "d/new", []byte("x")).Sync())
			must(t, c.SyncDir("d"))
		}, []string{"d/new"}, []string{"x"}},
		{"the directory itself", func(t *testing.T, c *vfs.Crash) {
			must(t, c.MkdirAll("e", 0o755))
			must(t, create(t, c, "e/new", []byte("x")).Sync())
			must(t, c.SyncDir("e"))
		}, []string{"e/new"}, []string{"x", "gone"}},
		{
			"removal", func(t *testing.T, c *vfs.Crash) { must(t, c.Remove("d/a")) },
			[]string{"d/a"},
			[]string{"A", "gone"},
		},
		{"synced removal", func(t *testing.T, c *vfs.Crash) {
			must(t, c.Remove("d/a"))
			must(t, c.SyncDir("d"))
		}, []string{"d/a"}, []string{"gone"}},
		{
			"rename over another", func(t *testing.T, c *vfs.Crash) { must(t, c.Rename("d/a", "d/b")) },
			[]string{"d/a", "d/b"},
			[]string{"A,B", "gone,A"},
		},
		{"rename of a file whose create may be lost", func(t *testing.T, c *vfs.Crash) {
			must(t, create(t, c, "d/tmp", []byte("N")).Sync())
			must(t, c.Rename("d/tmp", "d/a"))
		}, []string{"d/tmp", "d/a"}, []string{"gone,A", "N,A", "gone,N"}},
		{"two renames in a row", func(t *testing.T, c *vfs.Crash) {
			must(t, c.Rename("d/a", "d/x"))
			must(t, c.Rename("d/x", "d/y"))
		}, []string{"d/a", "d/x", "d/y"}, []string{"A,gone,gone", "gone,A,gone", "gone,gone,A"}},
		{
			"rename between directories", func(t *testing.T, c *vfs.Crash) { must(t, c.Rename("d/a", "o/a")) },
			[]string{"d/a", "o/a"},
			[]string{"A,gone", "gone,A"},
		},
		{"the same, one side synced", func(t *testing.T, c *vfs.Crash) {
			must(t, create(t, c, "d/n", []byte("N")).Sync())
			must(t, c.Rename("d/n", "o/n"))
			must(t, c.SyncDir("o"))
		}, []string{"d/n", "o/n"}, []string{"gone,N"}},
		{
			"rename of a directory", func(t *testing.T, c *vfs.Crash) { must(t, c.Rename("d", "gone-delete")) },
			[]string{"d/a", "gone-delete/a"},
			[]string{"A,gone", "gone,A"},
		},
		{
			"remove all", func(t *testing.T, c *vfs.Crash) { must(t, c.RemoveAll("d")) },
			[]string{"d/a", "d/b"},
			[]string{"A,B", "A,gone", "gone,B", "gone,gone"},
		},
		{"remove and create again", func(t *testing.T, c *vfs.Crash) {
			must(t, c.Remove("d/a"))
			must(t, create(t, c, "d/a", []byte("N")).Sync())
		}, []string{"d/a"}, []string{"A", "N", "gone"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := settled(t)
			row.do(t, c)
			got := images(t, c, func(img *vfs.Crash) string {
				var out []string
				for _, name := range row.look {
					out = append(out, readOr(img, name))
				}
				return strings.Join(out, ",")
			})
			wantOutcomes(t, got, row.want...)
		})
	}
}

// settled has the durable files d/a and d/b, and the directory o.
func settled(t *testing.T) *vfs.Crash {
	t.Helper()
	c := vfs.NewCrash(1)
	must(t, c.MkdirAll("d", 0o755))
	must(t, c.MkdirAll("o", 0o755))
	must(t, create(t, c, "d/a", []byte("A")).Sync())
	must(t, create(t, c, "d/b", []byte("B")).Sync())
	must(t, c.SyncDir("d"))
	must(t, c.SyncDir("."))
	return c
}

func TestCrashData(t *testing.T) {
	sector := strings.Repeat("o", 512)
	zeros := strings.Repeat("\x00", 512)
	two := strings.Repeat("n", 1024)
	for _, row := range []struct {
		name string
		old  string // synced
		do   func(t *testing.T, f vfs.File)
		want []string
	}{
		{
			"append", "old", func(t *testing.T, f vfs.File) { write(t, f, 3, "NEW") },
			[]string{"old", "oldNEW", "old\x00\x00\x00"},
		},
		{"overwrite", "old", func(t *testing.T, f vfs.File) { write(t, f, 0, "NEW") }, []string{"old", "NEW"}},
		{"overwrite twice", "old", func(t *testing.T, f vfs.File) {
			write(t, f, 0, "NEW")
			write(t, f, 1, "x")
		}, []string{"old", "NEW", "NxW", "oxd"}},
		{
			"torn overwrite", sector + sector, func(t *testing.T, f vfs.File) { write(t, f, 0, two) },
			[]string{sector + sector, two, sector + two[:512], two[:512] + sector},
		},
		{"torn append", sector, func(t *testing.T, f vfs.File) { write(t, f, 512, two) }, []string{
			sector, sector + two[:512], sector + zeros, sector + two, sector + zeros + zeros,
			sector + two[:512] + zeros, sector + zeros + two[:512],
		}},
		{"truncate", "old", func(t *testing.T, f vfs.File) { must(t, f.Truncate(1)) }, []string{"old", "o"}},
		{"truncate and append", "old", func(t *testing.T, f vfs.File) {
			must(t, f.Truncate(1))
			write(t, f, 1, "NEW")
		}, []string{"old", "o", "oNEW", "o\x00\x00\x00", "oNE"}},
		{"synced", "old", func(t *testing.T, f vfs.File) {
			write(t, f, 3, "NEW")
			must(t, f.Sync())
		}, []string{"oldNEW"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := vfs.NewCrash(1)
			f := create(t, c, "f", []byte(row.old))
			must(t, f.Sync())
			must(t, c.SyncDir("."))
			row.do(t, f)
			got := images(t, c, func(img *vfs.Crash) string { return readOr(img, "f") })
			wantOutcomes(t, got, row.want...)
			if none := readOr(c.CrashImage(vfs.KeepNone()), "f"); row.name != "synced" && none != row.old {
				t.Errorf("keep none: %q", none)
			}
			killed := c.CrashImage(vfs.KeepAll())
			if dump(t, killed, ".") != dump(t, c, ".") {
				t.Error("kill -9 lost something")
			}
			if none := readOr(killed.CrashImage(vfs.KeepNone()), "f"); row.name != "synced" && none != row.old {
				t.Errorf("keep none after kill -9: %q", none)
			}
		})
	}
}

// TestCrashAtomicWrite is the use of it all: at every sync point of
// WriteFileAtomic, under any crash, the file is the old one or the new one, and
// the new one once the call has returned.
func TestCrashAtomicWrite(t *testing.T) {
	c := vfs.NewCrash(7)
	big := func(i int) []byte { return bytes.Repeat([]byte{byte('a' + i)}, 2000+100*i) }
	must(t, vfs.WriteFileAtomic(c, "f", big(0), 0o644))
	must(t, c.SyncDir("."))
	round, points := 0, 0
	c.OnSync(func(p vfs.SyncPoint) {
		points++
		for seed := range uint64(50) {
			img := c.CrashImage(vfs.Random(p.Seed ^ seed<<32))
			got, err := vfs.ReadFile(img, "f")
			must(t, err)
			isNew := bytes.Equal(got, big(round))
			if !isNew && (round == 0 || !bytes.Equal(got, big(round-1)) || p.Dir && p.Done) {
				t.Fatalf("seed %d at %+v: %d bytes %.20q", seed, p, len(got), got)
			}
			must(t, vfs.WriteFileAtomic(img, "f", []byte("recovered"), 0o644))
			if again := readOr(img.CrashImage(vfs.KeepNone()), "f"); again != "recovered" {
				t.Fatalf("double crash: %.20q", again)
			}
		}
	})
	for round = 1; round <= 5; round++ {
		must(t, vfs.WriteFileAtomic(c, "f", big(round), 0o644))
	}
	if points != 5*2*2 {
		t.Errorf("%d sync points", points)
	}
	c.OnSync(nil)
	must(t, c.SyncDir("."))
}

// TestCrashImages checks that a seed repeats its image, that images and their
// origin do not share anything, and that what is synced is in every image.
func TestCrashImages(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	c := vfs.NewCrash(3)
	must(t, c.MkdirAll("d", 0o755))
	must(t, c.SyncDir("."))
	durable := map[string]string{}
	for i := range 300 {
		name := fmt.Sprintf("d/%d", r.IntN(8))
		f, err := c.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
		must(t, err)
		write(t, f, int64(r.IntN(3000)), strings.Repeat(string(rune('a'+i%26)), 1+r.IntN(2000)))
		delete(durable, name)
		if r.IntN(3) == 0 {
			must(t, f.Sync())
			must(t, c.SyncDir("d"))
			durable[name] = readOr(c, name)
		}
		must(t, f.Close())
		if i%20 != 0 {
			continue
		}
		before := dump(t, c, ".")
		for seed := range uint64(10) {
			img, twin := c.CrashImage(vfs.Random(seed)), c.CrashImage(vfs.Random(seed))
			first := dump(t, img, ".")
			if first != dump(t, twin, ".") {
				t.Fatalf("seed %d gave two images", seed)
			}
			for name, want := range durable {
				if got := readOr(img, name); got != want {
					t.Fatalf("step %d seed %d: synced %s is %.30q, was %.30q", i, seed, name, got, want)
				}
			}
			if first != dump(t, img.CrashImage(vfs.KeepNone()), ".") {
				t.Fatal("an image after a power loss is not durable")
			}
			must(t, img.RemoveAll("d"))
			if dump(t, c, ".") != before {
				t.Fatal("an image shares state with its origin")
			}
		}
	}
}

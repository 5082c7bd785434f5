package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

func openDB(t testing.TB, dir string, o Options) *DB {
	t.Helper()
	db, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestReopen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "0_1")
	specs := []*Spec{
		{Name: "kv"},
		{Name: "w", Kind: WindowKind, Duplicates: true, Retention: time.Minute},
		{Name: "s", Kind: SessionKind, Retention: time.Minute},
		{Name: "v", Kind: VersionedKind, Retention: time.Minute},
		{Name: "r", Kind: RawKind},
		{Name: "m", Memory: true},
	}
	db := openDB(t, dir, Options{Owner: "app/0_1"})
	for _, s := range specs {
		addStore[Store](t, db, s)
	}
	put := func(db *DB, v string, ts int64) {
		db.Store("kv").(*KeyValue).Put([]byte("k"), []byte(v), ts)
		db.Store("w").(*Window).Put([]byte("k"), ts, []byte(v), ts)
		db.Store("s").(*Session).Put([]byte("k"), 1, ts, []byte(v), ts)
		_, _, _ = db.Store("v").(*Versioned).Put([]byte("k"), []byte(v), ts)
		db.Store("r").(*Raw).Put([]byte("k"), []byte(v))
		db.Store("m").(*KeyValue).Put([]byte("k"), []byte(v), ts)
	}
	put(db, "old", 100)
	c := Checkpoint{Changelogs: map[string]Position{}, Inputs: map[string]map[int32]int64{"in": {1: 7}}, StreamTime: 100}
	for _, s := range specs {
		c.Changelogs[s.Name] = Position{TopicID: [16]byte{9}, Offset: 5, Epoch: 1}
	}
	if err := db.Commit(c); err != nil {
		t.Fatal(err)
	}
	put(db, "not committed", 200)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	db = openDB(t, dir, Options{Owner: "app/0_1"})
	for _, s := range specs {
		addStore[Store](t, db, s)
	}
	delete(c.Changelogs, "m")
	if got, err := db.Checkpoint(); err != nil || !reflect.DeepEqual(got, c) {
		t.Fatalf("checkpoint %+v %v, want %+v", got, err, c)
	}
	var got []string
	v, ts, _ := db.Store("kv").(*KeyValue).Get([]byte("k"))
	got = append(got, fmt.Sprintf("kv %s@%d", v, ts))
	_ = db.Store("w").(*Window).Fetch([]byte("k"), 0, 1000, false, func(start int64, v []byte, _ int64) bool {
		got = append(got, fmt.Sprintf("w %s@%d", v, start))
		return true
	})
	v, _ = db.Store("s").(*Session).Get([]byte("k"), 1, 100)
	got = append(got, fmt.Sprintf("s %s", v), "v "+versionAt(t, db.Store("v").(*Versioned), "k", 150))
	v, _ = db.Store("r").(*Raw).Get([]byte("k"))
	m, _, _ := db.Store("m").(*KeyValue).Get([]byte("k"))
	got = append(got, fmt.Sprintf("r %s", v), fmt.Sprintf("m %q", m))
	want := []string{"kv old@100", "w old@100", "s old", "v old@100", "r old", `m ""`}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	if w := db.Store("w").(*Window); w.now != (progress{time: 100, seq: 1}) {
		t.Fatalf("progress %+v: sequence numbers go on", w.now)
	}
}

func TestFileModels(t *testing.T) {
	for _, shared := range []bool{false, true} {
		o := Options{CacheBytes: 1000, fs: vfs.NewMem()}
		if shared {
			o.Shared = NewCache(1 << 20)
			t.Cleanup(o.Shared.Close)
		}
		again := func(db *DB) *DB {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			return openDB(t, "w", o)
		}
		db := openDB(t, "w", o)
		testWindowModel(t, db, &Spec{Name: fmt.Sprint("w", shared), Kind: WindowKind, Retention: 150 * time.Second, TimeOrdered: shared}, again)
		testVersionedModel(t, openDB(t, "x", o), func(db *DB) *DB { return db })
	}
	r := seeded(t)
	db := openDB(t, "kv", Options{CacheBytes: 1, fs: vfs.NewMem()})
	s := addStore[*KeyValue](t, db, &Spec{Name: "kv"})
	m := newModel()
	for n := range 5000 {
		m.step(t, r, db, s, n)
	}
	m.check(t, s, nil, nil, false)
}

func TestLayoutChanges(t *testing.T) {
	fs := vfs.NewMem()
	db := openDB(t, "d", Options{fs: fs})
	s := addStore[*Window](t, db, &Spec{Name: "w", Kind: WindowKind, Retention: time.Hour})
	addStore[*KeyValue](t, db, &Spec{Name: "kv"}).Put([]byte("k"), []byte("v"), 1)
	s.Put([]byte("k"), 1, []byte("v"), 1)
	if err := db.Commit(Checkpoint{Changelogs: map[string]Position{"w": {Offset: 1}, "kv": {Offset: 1}}}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openDB(t, "d", Options{fs: fs})
	s = addStore[*Window](t, db, &Spec{Name: "w", Kind: WindowKind, Retention: 2 * time.Hour})
	kv := addStore[*KeyValue](t, db, &Spec{Name: "kv"})
	c, _ := db.Checkpoint()
	if _, ok := c.Changelogs["w"]; ok || c.Changelogs["kv"].Offset != 1 {
		t.Fatalf("checkpoint %+v", c)
	}
	if got := everything(t, s); len(got) != 0 {
		t.Fatalf("segments of another length: %v", got)
	}
	if v, _, _ := kv.Get([]byte("k")); string(v) != "v" {
		t.Fatalf("kv %q", v)
	}
}

func TestInUse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "0_1")
	db := openDB(t, dir, Options{Owner: "a"})
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrInUse) {
		t.Fatalf("open twice: %v", err)
	}
	if err := Destroy(dir); !errors.Is(err, ErrInUse) {
		t.Fatalf("destroy: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{Owner: "b"}); !errors.Is(err, ErrOwner) || !strings.Contains(err.Error(), "of a, not of b") {
		t.Fatalf("another owner: %v", err)
	}
	if err := Destroy(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("still there: %v", err)
	}
	if err := Destroy(dir); err != nil {
		t.Fatalf("nothing there: %v", err)
	}
	openDB(t, dir, Options{Owner: "b"})
}

// fill makes a closed DB with files of data.
func fill(t *testing.T, dir string) {
	t.Helper()
	db := openDB(t, dir, Options{})
	s := addStore[*KeyValue](t, db, &Spec{Name: "kv"})
	for i := range 5000 {
		s.Put(fmt.Appendf(nil, "key %d", i), fmt.Appendf(nil, "value %d", i*i), int64(i))
	}
	if err := errors.Join(db.Commit(Checkpoint{}), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestCorrupt damages files; the DB says so, and a destroyed one can be made anew.
func TestCorrupt(t *testing.T) {
	for _, c := range []struct {
		name, glob string
		damage     func(t *testing.T, file string)
	}{
		{"a table is gone", "*.sst", func(t *testing.T, file string) { check(t, os.Remove(file)) }},
		{"a table is short", "*.sst", func(t *testing.T, file string) { check(t, os.Truncate(file, 1000)) }},
		{"a table is empty", "*.sst", func(t *testing.T, file string) { check(t, os.Truncate(file, 0)) }},
		{"a table has other bytes", "*.sst", func(t *testing.T, file string) {
			b, err := os.ReadFile(file)
			check(t, err)
			for i := 0; i < len(b)-200; i += 50 {
				b[i] ^= 0xff
			}
			check(t, os.WriteFile(file, b, 0o600))
		}},
		{"the manifest is gone", "MANIFEST-*", func(t *testing.T, file string) { check(t, os.Remove(file)) }},
		{"the manifest has other bytes", "MANIFEST-*", func(t *testing.T, file string) { check(t, os.WriteFile(file, []byte(strings.Repeat("x", 500)), 0o600)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "0_1")
			fill(t, dir)
			found, err := filepath.Glob(filepath.Join(dir, c.glob))
			check(t, err)
			if len(found) == 0 {
				t.Fatal("nothing to damage")
			}
			for _, file := range found {
				c.damage(t, file)
			}
			err = readAll(dir)
			if !errors.Is(err, ErrCorrupt) {
				t.Fatalf("got %v", err)
			}
			check(t, Destroy(dir))
			fill(t, dir)
			check(t, readAll(dir))
		})
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func readAll(dir string) error {
	db, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	var n int64
	s, err := db.Add(&Spec{Name: "kv"})
	if err == nil {
		n, err = s.(*KeyValue).Count()
	}
	if err == nil && n != 5000 {
		err = fmt.Errorf("%d entries", n)
	}
	return errors.Join(err, db.Close())
}

// full fails writes as a full disk does.
func full() *errorfs.Toggle {
	return &errorfs.Toggle{Injector: errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpCreate || op.Kind == errorfs.OpFileWrite {
			return syscall.ENOSPC
		}
		return nil
	})}
}

// TestCloseFull closes a DB that cannot write what it has.
func TestCloseFull(t *testing.T) {
	toggle := full()
	db, err := Open("d", Options{fs: errorfs.Wrap(vfs.NewMem(), toggle)})
	check(t, err)
	addStore[*KeyValue](t, db, &Spec{Name: "kv"}).Put([]byte("k"), []byte("v"), 1)
	check(t, db.Commit(Checkpoint{}))
	toggle.On()
	if err := db.Close(); !errors.Is(err, ErrFull) {
		t.Fatalf("close: %v", err)
	}
	check(t, db.Close())
}

// TestOpenFull opens a DB on a full disk, and again when there is room.
func TestOpenFull(t *testing.T) {
	toggle := full()
	o := Options{fs: errorfs.Wrap(vfs.NewMem(), toggle)}
	db, err := Open("d", o)
	check(t, err)
	addStore[*KeyValue](t, db, &Spec{Name: "kv"}).Put([]byte("k"), []byte("v"), 1)
	check(t, db.Commit(Checkpoint{}))
	check(t, db.Close())
	toggle.On()
	if _, err := Open("d", o); !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "d: disk is full") {
		t.Fatalf("open: %v", err)
	}
	toggle.Off()
	deadline := time.Now().Add(20 * time.Second)
	for db, err = Open("d", o); errors.Is(err, ErrInUse) && time.Now().Before(deadline); db, err = Open("d", o) {
		runtime.Gosched() // the first attempt has the lock until it sees the room
	}
	check(t, err)
	if v, _, err := addStore[*KeyValue](t, db, &Spec{Name: "kv"}).Get([]byte("k")); err != nil || string(v) != "v" {
		t.Errorf("%q %v", v, err)
	}
	check(t, db.Close())
}

// TestFull fills the disk and empties it again.
func TestFull(t *testing.T) {
	toggle := full()
	db := openDB(t, "d", Options{fs: errorfs.Wrap(vfs.NewMem(), toggle), MemTableBytes: 64 << 10})
	s := addStore[*KeyValue](t, db, &Spec{Name: "kv"})
	toggle.On()
	var err error
	n := 0
	for ; err == nil && n < 10_000; n++ {
		for i := range 100 {
			s.Put(fmt.Appendf(nil, "%d/%d", n, i), make([]byte, 100), 0)
		}
		err = db.Commit(Checkpoint{StreamTime: int64(n)})
	}
	if !errors.Is(err, ErrFull) {
		t.Fatalf("after %d commits: %v", n, err)
	}
	if err := db.Flush(); !errors.Is(err, ErrFull) {
		t.Fatalf("flush: %v", err)
	}
	toggle.Off()
	deadline := time.Now().Add(20 * time.Second)
	for err = db.Commit(Checkpoint{}); errors.Is(err, ErrFull) && time.Now().Before(deadline); err = db.Commit(Checkpoint{}) {
		<-db.files.moved
	}
	if err != nil {
		t.Fatalf("with room again: %v", err)
	}
	check(t, db.Flush())
	if v, _, err := s.Get(fmt.Appendf(nil, "%d/99", n-1)); err != nil || len(v) != 100 {
		t.Fatalf("the commit that failed is there now: %q %v", v, err)
	}
}

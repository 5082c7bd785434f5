package state

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// bulkSpecs are stores of all kinds that Bulk fills.
func bulkSpecs() []*Spec {
	return []*Spec{
		{Name: "kv"},
		{Name: "w", Kind: WindowKind, Retention: 2 * time.Minute, TimeOrdered: true},
		{Name: "d", Kind: WindowKind, Retention: time.Hour, Duplicates: true},
		{Name: "s", Kind: SessionKind, Retention: 2 * time.Minute},
	}
}

// changelog is records as a store of a kind writes them: keys come again, values
// are removed, time goes on and windows expire. Keys share a beginning, or do not.
func changelog(r *rand.Rand, kind Kind, n int) []Change {
	begin := []string{"", "a common beginning/"}[r.IntN(2)]
	out := make([]Change, n)
	for i := range out {
		key := fmt.Appendf(nil, "%s%x", begin, r.IntN(1+n/3))
		if r.IntN(50) == 0 {
			key = []byte(begin)
		}
		at := int64(i) * 1000 * 300 / int64(n)
		c := Change{Timestamp: at, Value: fmt.Append(nil, i)}
		switch kind {
		case WindowKind:
			key = windowKey(nil, key, at-r.Int64N(at+1)/4, uint32(i)*uint32(r.IntN(2)))
		case SessionKind:
			key = sessionKey(nil, key, at/2, at)
		}
		if c.Key = key; r.IntN(4) == 0 {
			c.Value = nil
		}
		out[i] = c
	}
	return out
}

// rest applies changes from an offset by Restore, in pieces.
func rest(t *testing.T, r *rand.Rand, db *DB, store string, changes []Change, from int) {
	t.Helper()
	for from < len(changes) {
		to := min(len(changes), from+1+r.IntN(200))
		check(t, db.Restore(store, changes[from:to], Position{Offset: int64(to)}))
		from = to
	}
}

// addAll adds changes to a bulk.
func addAll(t *testing.T, b *Bulk, changes []Change, next Position) {
	t.Helper()
	for i := range changes {
		check(t, b.Add(&changes[i]))
	}
	check(t, b.Reached(next))
}

// image is all that the base of a store holds.
func image(t *testing.T, db *DB, store string) (out []string) {
	t.Helper()
	c, err := db.stores[store].inner().table.base.cursor(nil, nil, false)
	check(t, err)
	for ; c.valid(); c.next() {
		it := c.item()
		out = append(out, fmt.Sprintf("%x=%x@%d", it.key, it.value, it.ts))
	}
	check(t, c.close())
	return out
}

// TestBulk fills stores by Bulk, goes on by Restore, and finds what Restore alone gives.
func TestBulk(t *testing.T) {
	r := seeded(t)
	for round := range 20 {
		for _, spec := range bulkSpecs() {
			changes := changelog(r, spec.Kind, 1+r.IntN(2000))
			want := OpenMemory(Options{})
			addStore[Store](t, want, spec)
			rest(t, r, want, spec.Name, changes, 0)

			o := Options{fs: vfs.NewMem()}
			db := openDB(t, "d", o)
			addStore[Store](t, db, spec)
			check(t, db.Restore(spec.Name, changes[:1], Position{Offset: 1}))
			if _, err := db.Reconcile(spec.Name, Changelog{Start: 2, End: 9}); err != nil { // wipes
				t.Fatal(err)
			}
			b, err := db.Bulk(spec.Name, int64(r.IntN(3000)))
			if check(t, err); b == nil {
				t.Fatal("no bulk for an empty store")
			}
			b.limit = 1 + r.Int64N(20_000)
			end := r.IntN(len(changes) + 1)
			for at := 0; at < end; {
				to := min(end, at+1+r.IntN(300))
				addAll(t, b, changes[at:to], Position{Offset: int64(to)})
				at = to
			}
			check(t, b.Close())
			if again, err := db.Bulk(spec.Name, int64(r.IntN(3000))); err != nil || again != nil && len(image(t, db, spec.Name)) > 0 {
				t.Fatalf("a bulk for a store that has something: %v", err)
			}
			rest(t, r, db, spec.Name, changes, end)
			check(t, db.Close())
			db = openDB(t, "d", o)
			addStore[Store](t, db, spec)
			c, err := db.Checkpoint()
			if check(t, err); c.Changelogs[spec.Name].Offset != int64(len(changes)) {
				t.Fatalf("round %d, %s: %+v of %d", round, spec.Name, c, len(changes))
			}
			if got, want := image(t, db, spec.Name), image(t, want, spec.Name); !slices.Equal(got, want) {
				t.Fatalf("round %d, %s: %d changes, %d by bulk:\n%v\nwant\n%v", round, spec.Name, len(changes), end, got, want)
			}
			if got, want := db.Store(spec.Name).inner().now, want.Store(spec.Name).inner().now; got != want {
				t.Fatalf("round %d, %s: progress %+v, want %+v", round, spec.Name, got, want)
			}
			check(t, db.Close())
		}
	}
}

// TestBulkNowhere asks for stores that Bulk does not fill.
func TestBulkNowhere(t *testing.T) {
	db := openDB(t, "d", Options{fs: vfs.NewMem()})
	for _, spec := range []*Spec{{Name: "m", Memory: true}, {Name: "r", Kind: RawKind}, {Name: "v", Kind: VersionedKind, Retention: time.Minute}} {
		addStore[Store](t, db, spec)
		if b, err := db.Bulk(spec.Name, 1); b != nil || err != nil {
			t.Errorf("%s: %v %v", spec.Name, b, err)
		}
	}
	if _, err := db.Bulk("?", 1); !errors.Is(err, ErrStore) {
		t.Errorf("%v", err)
	}
	addStore[Store](t, db, &Spec{Name: "w", Kind: WindowKind, Retention: time.Hour})
	b, err := db.Bulk("w", 1)
	check(t, err)
	if err := b.Add(&Change{Key: []byte("short")}); err == nil {
		t.Error("a key that is none of a window")
	}
	check(t, db.Close())
	if err := b.Close(); !errors.Is(err, ErrClosed) && err != nil {
		t.Errorf("%v", err)
	}
}

// unused makes files anew that Pebble would write again: MemFS takes its lock
// twice for that, and an image that is wanted between the two waits for ever.
// The same of links, which wait for the images.
type unused struct {
	vfs.FS
	links *sync.Mutex
}

func (u unused) Link(oldname, newname string) error {
	u.links.Lock()
	defer u.links.Unlock()
	return u.FS.Link(oldname, newname)
}

func (u unused) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if err := u.Remove(oldname); err != nil {
		return nil, err
	}
	return u.Create(newname, c)
}

// bulkCrash restores by Bulk and takes an image of the disk at every sync.
func bulkCrash(t *testing.T, r *rand.Rand, spec *Spec, changes []Change) (images []*vfs.MemFS) {
	disk := vfs.NewCrashableMem()
	var mu, links sync.Mutex
	open := false
	cuts := rand.New(rand.NewPCG(r.Uint64(), 1)) // guarded by mu: files are synced beside the test
	cut := errorfs.InjectorFunc(func(op errorfs.Op) error {
		mu.Lock()
		defer mu.Unlock()
		if open && (op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo) {
			links.Lock()
			defer links.Unlock()
			images = append(images, disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: cuts.IntN(2) * cuts.IntN(101), RNG: cuts}))
		}
		return nil
	})
	db := openDB(t, "d", Options{fs: errorfs.Wrap(unused{disk, &links}, cut), MemTableBytes: 32 << 10})
	addStore[Store](t, db, spec)
	mu.Lock()
	open = true
	mu.Unlock()
	check(t, db.Restore(spec.Name, changes[:len(changes)/2], Position{TopicID: [16]byte{1}, Offset: int64(len(changes) / 2)})) // of another changelog
	if r.IntN(2) == 0 {
		check(t, db.Flush())
	}
	_, err := db.Reconcile(spec.Name, Changelog{TopicID: [16]byte{2}, End: int64(len(changes)), EpochEnd: -1})
	check(t, err)
	b, err := db.Bulk(spec.Name, int64(r.IntN(3000)))
	check(t, err)
	b.limit = 2000 + r.Int64N(20_000)
	for at := 0; at < len(changes); {
		to := min(len(changes), at+1+r.IntN(300))
		addAll(t, b, changes[at:to], Position{TopicID: [16]byte{2}, Offset: int64(to)})
		at = to
	}
	check(t, b.Close())
	check(t, db.Flush())
	mu.Lock()
	defer mu.Unlock()
	open = false // the store is, and goes on compacting
	images = append(images, disk.CrashClone(vfs.CrashCloneCfg{RNG: cuts}))
	return images
}

// TestBulkCrash cuts the power at every sync of a restore: what is left, and
// what the changelog holds from its position on, make the whole store.
func TestBulkCrash(t *testing.T) {
	r := seeded(t)
	for range 2 {
		for _, spec := range bulkSpecs() {
			changes := changelog(r, spec.Kind, 500+r.IntN(1000))
			want := OpenMemory(Options{})
			addStore[Store](t, want, spec)
			rest(t, r, want, spec.Name, changes, 0)
			whole := image(t, want, spec.Name)
			images := bulkCrash(t, r, spec, changes)
			now := Changelog{TopicID: [16]byte{2}, End: int64(len(changes)), EpochEnd: -1}
			for n, left := range images {
				db := openDB(t, "d", Options{fs: left})
				addStore[Store](t, db, spec)
				c, err := db.Checkpoint()
				check(t, err)
				at, has := c.Changelogs[spec.Name]
				v, err := db.Reconcile(spec.Name, now)
				check(t, err)
				if n == len(images)-1 && (v.Wipe || v.From != int64(len(changes))) {
					t.Fatalf("%s: after the flush the position is %+v", spec.Name, at)
				}
				rest(t, r, db, spec.Name, changes, int(v.From))
				if got := image(t, db, spec.Name); !slices.Equal(got, whole) {
					t.Fatalf("%s: image %d of %d, position %+v (%v): %d entries, want %d", spec.Name, n, len(images), at, has, len(got), len(whole))
				}
				check(t, db.Close())
			}
		}
	}
}

package state

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// contents is what the stores of a crash test hold, by commit.
type contents struct {
	kv  map[string]string
	raw map[string]string
	win []string
}

// crashRun commits random changes to a DB whose file system it crashes in the
// middle of it, and answers what is left and what was there at each commit.
func crashRun(t *testing.T, r *rand.Rand) (left *vfs.MemFS, history []contents, durable int) {
	fs := vfs.NewCrashableMem()
	o := Options{fs: fs, MemTableBytes: 32 << 10, CacheBytes: 10 << 10}
	db := openDB(t, "d", o)
	kv, raw, win := crashStores(t, db)
	now := contents{kv: map[string]string{}, raw: map[string]string{}}
	history = append(history, now)
	commits := 20 + r.IntN(150)
	for n := 1; n <= commits; n++ {
		now = contents{kv: maps.Clone(now.kv), raw: maps.Clone(now.raw)}
		for range r.IntN(40) {
			k, v := fmt.Sprint(r.IntN(500)), fmt.Sprint(n, r.Uint64())
			kv.Put([]byte(k), []byte(v), int64(n))
			now.kv[k] = v
			if r.IntN(4) == 0 {
				kv.Put([]byte(k), nil, 0)
				delete(now.kv, k)
			}
			raw.Put([]byte(k), []byte(v))
			now.raw[k] = v
			win.Put([]byte(k), int64(n)*10_000+r.Int64N(10_000), []byte(v), int64(n))
		}
		now.win = everything(t, win)
		c := Checkpoint{Changelogs: map[string]Position{"kv": {Offset: int64(n)}, "raw": {Offset: int64(n)}}, Inputs: map[string]map[int32]int64{"in": {0: int64(n)}}, StreamTime: int64(n)}
		check(t, db.Commit(c))
		history = append(history, now)
		switch r.IntN(30) {
		case 0:
			check(t, db.Flush())
			durable = n
		case 1:
			check(t, db.Close())
			db = openDB(t, "d", o)
			kv, raw, win = crashStores(t, db)
			durable = n
		}
	}
	percent := r.IntN(2) * r.IntN(101)
	left = fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: r})
	return left, history, durable
}

func crashStores(t *testing.T, db *DB) (*KeyValue, *Raw, *Window) {
	return addStore[*KeyValue](t, db, &Spec{Name: "kv"}), addStore[*Raw](t, db, &Spec{Name: "raw", Kind: RawKind}),
		addStore[*Window](t, db, &Spec{Name: "win", Kind: WindowKind, Retention: 2 * time.Minute})
}

// TestCrash cuts the power: what is left is the stores of one commit, its
// positions with them, and not an older one than the last flush.
func TestCrash(t *testing.T) {
	r := seeded(t)
	for range 10 {
		left, history, durable := crashRun(t, r)
		db := openDB(t, "d", Options{fs: left})
		kv, raw, win := crashStores(t, db)
		c, err := db.Checkpoint()
		check(t, err)
		n := c.Changelogs["kv"].Offset
		if n < int64(durable) || n >= int64(len(history)) || c.Changelogs["raw"].Offset != n || c.Inputs["in"][0] != n || n > 0 && c.StreamTime != n {
			t.Fatalf("checkpoint %+v of %d commits, flushed up to %d", c, len(history)-1, durable)
		}
		want := history[n]
		got := contents{kv: map[string]string{}, raw: map[string]string{}, win: everything(t, win)}
		check(t, kv.Range(nil, nil, false, func(k, v []byte, _ int64) bool { got.kv[string(k)] = string(v); return true }))
		check(t, raw.Range(nil, nil, false, func(k, v []byte) bool { got.raw[string(k)] = string(v); return true }))
		if !maps.Equal(got.kv, want.kv) || !maps.Equal(got.raw, want.raw) || !slices.Equal(got.win, want.win) {
			t.Fatalf("after commit %d of %d: the stores are not those of that commit", n, len(history)-1)
		}
		check(t, db.Close())
	}
}

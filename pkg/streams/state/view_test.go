package state

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestViewsBesideTheTask reads from other goroutines while a task commits: in
// every view the two counters are equal, and they never go back.
func TestViewsBesideTheTask(t *testing.T) {
	for _, files := range []bool{false, true} {
		db := OpenMemory(Options{CacheBytes: 1000})
		if files {
			db = openDB(t, "d", Options{fs: vfs.NewMem(), CacheBytes: 1000, MemTableBytes: 16 << 10})
		}
		kv := addStore[*KeyValue](t, db, &Spec{Name: "kv"})
		mem := addStore[*KeyValue](t, db, &Spec{Name: "mem", Memory: true})
		win := addStore[*Window](t, db, &Spec{Name: "win", Kind: WindowKind, Retention: time.Hour})
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				last := 0
				for {
					select {
					case <-stop:
						return
					default:
					}
					n, err := readView(db)
					if err != nil || n < last {
						t.Errorf("%d after %d: %v", n, last, err)
						return
					}
					last = n
				}
			})
		}
		for n := 1; n <= 300; n++ {
			for i := range 20 {
				kv.Put(fmt.Append(nil, i), fmt.Append(nil, n), 0)
				mem.Put(fmt.Append(nil, i), fmt.Append(nil, n), 0)
				win.Put(fmt.Append(nil, i), int64(n), fmt.Append(nil, n), 0)
			}
			if n%7 == 0 {
				db.Discard()
				continue
			}
			check(t, db.Commit(Checkpoint{}))
		}
		close(stop)
		wg.Wait()
		check(t, db.Close())
		if _, err := db.View(); !errors.Is(err, ErrClosed) {
			t.Fatalf("view after close: %v", err)
		}
	}
}

// readView answers the number that all entries of a view have.
func readView(db *DB) (n int, err error) {
	v, err := db.View()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	kv, mem, win := v.Store("kv").(*KeyValue), v.Store("mem").(*KeyValue), v.Store("win").(*Window)
	kv.Put([]byte("1"), []byte("x"), 0) // does nothing
	first := ""
	for i := range 20 {
		a, _, err := kv.Get(fmt.Append(nil, i))
		if err != nil {
			return 0, err
		}
		b, _, err := mem.Get(fmt.Append(nil, i))
		if err != nil || string(a) != string(b) || i > 0 && string(a) != first {
			return 0, fmt.Errorf("%d: %q and %q, before %q: %w", i, a, b, first, errors.Join(err, ErrStore))
		}
		first = string(a)
	}
	n, _ = strconv.Atoi(first)
	found := 0
	err = win.FetchAll(int64(n), int64(n), func(_ []byte, _ int64, v []byte, _ int64) bool {
		if string(v) == first {
			found++
		}
		return true
	})
	if err == nil && n > 0 && found != 20 {
		err = fmt.Errorf("%d windows of %s", found, first)
	}
	return n, err
}

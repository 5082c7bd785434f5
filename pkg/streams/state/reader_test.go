package state

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestReader reads from many goroutines what one writes: each commit as a whole.
func TestReader(t *testing.T) {
	for name, db := range map[string]*DB{"memory": OpenMemory(Options{}), "files": openDB(t, "d", Options{fs: vfs.NewMem()})} {
		t.Run(name, func(t *testing.T) {
			s := addStore[*KeyValue](t, db, &Spec{Name: "kv"})
			r, err := db.Reader("kv")
			check(t, err)
			seen := r.Store("kv").(*KeyValue)
			put := func(n int) {
				for k := range 20 {
					s.Put(fmt.Append(nil, k), fmt.Append(nil, n), int64(n))
				}
			}
			put(0)
			if v, _, err := seen.Get([]byte("1")); v != nil || err != nil {
				t.Fatalf("what is not committed is seen: %s %v", v, err)
			}
			check(t, db.Commit(Checkpoint{}))
			done := make(chan struct{})
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					for last := int64(0); ; {
						select {
						case <-done:
							return
						default:
						}
						_, ts, err := seen.Get([]byte("7"))
						if err != nil || ts < last {
							t.Errorf("%d after %d: %v", ts, last, err)
							return
						}
						last = ts
						all := map[int64]int{}
						if err := seen.Range(nil, nil, false, func(_, _ []byte, ts int64) bool { all[ts]++; return true }); err != nil || len(all) != 1 {
							t.Errorf("a scan sees several commits: %v %v", all, err)
							return
						}
					}
				})
			}
			for n := range 300 {
				put(n + 1)
				check(t, db.Commit(Checkpoint{}))
			}
			close(done)
			wg.Wait()
			seen.Put([]byte("x"), []byte("y"), 1)
			if v, _, _ := s.Get([]byte("x")); v != nil {
				t.Error("a reader has written")
			}
		})
	}
	db := OpenMemory(Options{})
	addStore[*Window](t, db, &Spec{Name: "w", Kind: WindowKind, Retention: time.Hour})
	for _, name := range []string{"w", "?"} {
		if _, err := db.Reader(name); !errors.Is(err, ErrStore) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

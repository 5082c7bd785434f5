package run

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kq/pkg/streams/state"
)

// TestAFullDiskStopsTheJob fills the disk of the stores while words are counted:
// the job stops, says where, and goes on from its files when there is room.
func TestAFullDiskStopsTheJob(t *testing.T) {
	for _, g := range []Guarantee{AtLeastOnce, ExactlyOnce} {
		t.Run(g.String(), func(t *testing.T) {
			b := broker(t, "lines:2", "counts:1")
			dir := t.TempDir()
			var full atomic.Bool
			launch := func() *instance {
				return start(t, b, wordCount(t), func(o *Options) {
					o.StateDir, o.Guarantee, o.Commit = dir, g, 20*time.Millisecond
					o.disk = diskOfTests{memTable: 64 << 10, fault: func() error {
						if full.Load() {
							return syscall.ENOSPC
						}
						return nil
					}}
				})
			}
			i := launch()
			i.running(t, 4)
			cl := client(t, b)
			line := func(i int) string { return fmt.Sprintf("w%d x%d y%d", i%5000, i%5000, i%5000) }
			put(t, cl, 5000, line)
			read(t, b, "counts", func(x *table) bool { return x.n >= 15000 })
			full.Store(true)
			sent := 5000
			var err error
			for err == nil && sent < 500_000 {
				put(t, cl, 5000, line)
				sent += 5000
				select {
				case err = <-i.done:
					i.done <- err
				default:
				}
			}
			if !errors.Is(err, state.ErrFull) || !strings.Contains(err.Error(), filepath.Join(dir, "app", "1_")) {
				t.Fatalf("after %d lines: %v", sent, err)
			}
			// As long as there is no room it does not start, or stops again.
			again := launch()
			put(t, cl, 5000, line)
			sent += 5000
			select {
			case err := <-again.done:
				again.done <- err
				if !errors.Is(err, state.ErrFull) {
					t.Fatalf("started without room: %v", err)
				}
			case <-time.After(300 * time.Millisecond):
				again.die()
			}
			full.Store(false)
			i = launch()
			until(t, "it runs", func() bool {
				select {
				case err := <-i.done: // the attempt before lets go of the files when it sees the room
					i.done <- err
					if !errors.Is(err, state.ErrInUse) {
						t.Fatal(err)
					}
					i = launch()
				default:
				}
				return i.active() == 4
			})
			got := read(t, b, "counts", func(x *table) bool { return x.n >= 3*sent })
			for k, n := range got.last {
				if want := int64(sent / 5000); n < want || n > want && g == ExactlyOnce {
					t.Fatalf("%s is %d, want %d", k, n, want)
				}
			}
			i.stop(t)
		})
	}
}

package run

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// dirs are the task directories of an application.
func dirs(t *testing.T, dir string) (out []string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "app", "*_*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		out = append(out, filepath.Base(f))
	}
	return out
}

// TestStateOfTasksThatMovedAwayIsRemoved starts a second instance, which takes
// half of the tasks: the first one's copies go after the delay, and what it
// keeps goes on; when the tasks come back they are restored.
func TestStateOfTasksThatMovedAwayIsRemoved(t *testing.T) {
	b := broker(t, "lines:4", "counts:1")
	cl := client(t, b)
	dir := t.TempDir()
	put(t, cl, 100, words)
	old := filepath.Join(dir, "app", "7_3") // of a topology of before
	if err := os.MkdirAll(old, 0o755); err != nil {
		t.Fatal(err)
	}
	one := start(t, b, wordCount(t), func(o *Options) {
		o.StateDir, o.AcceptableLag, o.Cleanup = dir, 1<<40, 100*time.Millisecond
	})
	one.running(t, 8)
	until(t, "only the directories of the counting tasks are there", func() bool { return len(dirs(t, dir)) == 4 })
	two := start(t, b, wordCount(t), func(o *Options) { o.AcceptableLag = 1 << 40 })
	two.running(t, 4)
	moved := 0
	for _, x := range two.Tasks() {
		if x.ID.Sub == 1 {
			moved++
		}
	}
	until(t, "the directories of tasks that moved are gone", func() bool { return len(dirs(t, dir)) == 4-moved })
	put(t, cl, 100, words)
	want := model(100)
	read(t, b, "counts", func(x *table) bool {
		for k, v := range want {
			if x.last[k] < 2*v {
				return false
			}
		}
		return true
	})
	two.stop(t)
	one.running(t, 8)
	if s := one.Status(); s.Restores < int64(min(moved, 1)) {
		t.Errorf("%d restores of %d tasks that came back", s.Restores, moved)
	}
	one.stop(t)
}

package run

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"

	"kq/pkg/broker/brokertest"
)

// said keeps the log of an application.
type said struct {
	mu   sync.Mutex
	text strings.Builder // guarded by mu
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) lines(part string) (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range strings.Lines(s.text.String()) {
		if strings.Contains(line, part) {
			out = append(out, line)
		}
	}
	return out
}

func same10(int) string  { return "hello" }
func other12(int) string { return "other" }

// TestTruncatedChangelog loses what the changelog held: a store is dropped where
// the log ends below its checkpoint, and also where it has grown past it again.
func TestTruncatedChangelog(t *testing.T) {
	for name, regrown := range map[string]bool{"truncated": false, "truncated and grown again": true} {
		t.Run(name, func(t *testing.T) {
			b := brokertest.Start(t, brokertest.OnVolatile(), brokertest.Topics("lines:1", "counts:1"), brokertest.Set("group.initial.rebalance.delay.ms", "0"))
			dir := t.TempDir()
			put(t, client(t, b), 10, same10)
			once(t, b, func(o *Options) { o.StateDir = dir })
			b.LosePower()
			cl := client(t, b)
			if regrown {
				put(t, cl, 12, other12)
				once(t, b, func(*Options) {}) // elsewhere
				ends, err := kadm.NewClient(cl).ListEndOffsets(t.Context(), "app-counts-changelog")
				if end, _ := ends.Lookup("app-counts-changelog", 0); err != nil || end.Offset != 12 {
					t.Fatalf("the changelog ends at %d: %v", end.Offset, err)
				}
			}
			put(t, cl, 1, same10)
			var log said
			once(t, b, func(o *Options) { o.StateDir, o.Logger = dir, slog.New(slog.NewTextHandler(&log, nil)) })
			if got := log.lines("local state is dropped"); len(got) != 1 {
				t.Errorf("said %q, want one line", got)
			}
			read(t, b, "counts", func(x *table) bool { return x.last["hello"] == 1 })
		})
	}
}

// TestBrokerRestartsKeepLocalState restarts the broker, which has a higher
// leader epoch then, in the middle of a run and between runs: nothing was lost,
// so nothing is restored.
func TestBrokerRestartsKeepLocalState(t *testing.T) {
	b := brokertest.Start(t, brokertest.OnDisk(), brokertest.Topics("lines:1", "counts:1"), brokertest.Set("group.initial.rebalance.delay.ms", "0"))
	dir := t.TempDir()
	cl := client(t, b)
	put(t, cl, 10, same10)
	i := start(t, b, wordCount(t), func(o *Options) { o.StateDir = dir })
	read(t, b, "counts", func(x *table) bool { return x.last["hello"] == 10 })
	b.Restart()
	put(t, cl, 10, same10)
	read(t, b, "counts", func(x *table) bool { return x.last["hello"] == 20 })
	i.stop(t)
	b.Restart()
	put(t, cl, 1, same10)
	var log said
	s := once(t, b, func(o *Options) { o.StateDir, o.Logger = dir, slog.New(slog.NewTextHandler(&log, nil)) })
	if got := log.lines("local state is dropped"); len(got) > 0 || s.Restored > 0 || s.Restores > 0 {
		t.Errorf("%d records of %d restores: %q", s.Restored, s.Restores, got)
	}
	read(t, b, "counts", func(x *table) bool { return x.last["hello"] == 21 })
}

// flip damages the tables of a task's store, which stays open.
func flip(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "app", "1_0", "*.sst"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	for _, name := range files {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		size, err := f.Seek(0, 2)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, size)
		if _, err := f.ReadAt(b, 0); err != nil {
			t.Fatal(err)
		}
		for i := range min(len(b), len(b)*2/3) { // data blocks; the tail stays readable
			b[i] ^= 0x10
		}
		if _, err := f.WriteAt(b, 0); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCorruptionIsFoundByReads damages the files of a store after it was
// opened: the task drops it, restores it and counts on, and says so once.
func TestCorruptionIsFoundByReads(t *testing.T) {
	for _, g := range []Guarantee{AtLeastOnce, ExactlyOnce} {
		t.Run(g.String(), func(t *testing.T) {
			b := broker(t, "lines:1", "counts:1")
			cl := client(t, b)
			dir := t.TempDir()
			many := func(i int) string { return fmt.Sprintf("w%d x%d y%d", i%1000, i%1000, i%1000) }
			put(t, cl, 2000, many)
			once(t, b, func(o *Options) { o.StateDir, o.Guarantee = dir, g })
			var log said
			i := start(t, b, wordCount(t), func(o *Options) {
				o.StateDir, o.Guarantee, o.Logger = dir, g, slog.New(slog.NewTextHandler(&log, nil))
			})
			i.running(t, 2)
			flip(t, dir)
			put(t, cl, 1000, many)
			got := read(t, b, "counts", func(x *table) bool { return x.n >= 9000 })
			for k, n := range got.last {
				if n < 3 || n > 3 && g == ExactlyOnce {
					t.Errorf("%s is %d, want 3", k, n)
				}
			}
			if said := log.lines("corrupt"); len(said) != 1 {
				t.Errorf("said %q, want one line", said)
			}
			if s := i.Status(); s.Restores != 1 {
				t.Errorf("%d restores", s.Restores)
			}
			i.stop(t)
		})
	}
}

// TestADiskThatKeepsBreaking ends the application instead of restoring for ever.
func TestADiskThatKeepsBreaking(t *testing.T) {
	d, err := openStateDir(t.TempDir(), "app")
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	hs := newHolders(d, &Options{Logger: slog.New(slog.DiscardHandler)}, &layout{})
	bad := &damage{err: errors.New("checksum")}
	for range maxDamage {
		if err := hs.renew(bad); err != nil {
			t.Fatal(err)
		}
	}
	if err := hs.renew(bad); err == nil || !strings.Contains(err.Error(), "its disk may be broken") {
		t.Errorf("%v", err)
	}
}

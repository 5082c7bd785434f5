package logstore

import (
	"errors"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"kq/pkg/broker/vfs"
)

// slowSyncs lets every sync of a .log file wait until it is let go.
func slowSyncs(inner vfs.FS) (fsys *vfs.Err, entered, release chan struct{}) {
	entered, release = make(chan struct{}, 1000), make(chan struct{})
	fsys = vfs.NewErr(inner, vfs.Rule{Ops: vfs.OpSync, Match: vfs.Base("*.log"), Do: func(vfs.Op, string) {
		entered <- struct{}{}
		<-release
	}})
	return fsys, entered, release
}

// TestGroupCommit: what is appended while a sync runs shares the next one.
func TestGroupCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys, entered, release := slowSyncs(vfs.NewMem(0))
		s := openStore(t, fsys, withSync(SyncCommit))
		var told atomic.Int64
		s.OnSynced(func(l *Log) { told.Add(1) })
		l := openLog(t, s, Config{})
		base := told.Load()

		mustAppend(t, l, records(1, 10, 1), AppendOptions{})
		synctest.Wait()
		if len(entered) != 1 || l.SyncedOffset() != 0 || l.DurableEnd() != 0 {
			t.Fatalf("%d syncs, synced to %d", len(entered), l.SyncedOffset())
		}
		for range 50 {
			mustAppend(t, l, records(1, 10, 1), AppendOptions{})
		}
		release <- struct{}{}
		synctest.Wait()
		if l.SyncedOffset() != 1 || len(entered) != 2 {
			t.Fatalf("%d syncs, synced to %d", len(entered), l.SyncedOffset())
		}
		release <- struct{}{}
		synctest.Wait()
		if l.SyncedOffset() != 51 || len(entered) != 2 || told.Load() != base+2 {
			t.Fatalf("%d syncs, synced to %d, told %d times", len(entered), l.SyncedOffset(), told.Load()-base)
		}
		close(release)
	})
}

// TestGroupCommitOfManyLogs: a slow disk under one log does not hold up others.
func TestGroupCommitOfManyLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fsys := vfs.NewErr(vfs.NewMem(0))
		s := openStore(t, fsys, withSync(SyncCommit), func(o *Options) { o.SyncThreads = 2 })
		var logs []*Log
		for _, topic := range []string{"slow", "a", "b", "c"} {
			l, err := s.Create(LogSpec{Topic: topic})
			must(t, err)
			logs = append(logs, l)
		}
		release := make(chan struct{})
		fsys.Add(vfs.Rule{Ops: vfs.OpSync, Match: func(name string) bool { return name == logs[0].file(segmentName(0, logSuffix)) }, Do: func(vfs.Op, string) { <-release }})
		for range 5 {
			for _, l := range logs {
				mustAppend(t, l, records(1, 10, 1), AppendOptions{})
			}
			synctest.Wait()
		}
		for i, l := range logs {
			if want := int64(5); i > 0 && l.SyncedOffset() != want || i == 0 && l.SyncedOffset() != 0 {
				t.Errorf("%s is synced to %d", l.TopicPartition(), l.SyncedOffset())
			}
		}
		close(release)
		synctest.Wait()
		if logs[0].SyncedOffset() != 5 {
			t.Errorf("the slow log is synced to %d", logs[0].SyncedOffset())
		}
	})
}

// TestSyncCounts counts the syncs of .log files that ten appends cause.
func TestSyncCounts(t *testing.T) {
	for _, c := range []struct {
		mode   SyncMode
		config Config
		want   int
	}{
		{SyncNone, Config{}, 0},
		{SyncNone, Config{FlushMessages: 1}, 10},
		{SyncNone, Config{FlushMessages: 5}, 2},
		{SyncNone, Config{SyncAlways: true}, 10},
		{SyncInterval, Config{}, 0},
		{SyncAlways, Config{}, 10},
	} {
		fsys := vfs.NewErr(vfs.NewMem(0))
		count := fsys.Add(vfs.Rule{Ops: vfs.OpSync, Match: vfs.Base("*.log"), Do: func(vfs.Op, string) {}})
		s := openStore(t, fsys, withSync(c.mode))
		l := openLog(t, s, c.config)
		must(t, l.Flush())
		before := count.Hits()
		for range 10 {
			a := mustAppend(t, l, records(1, 10, 1), AppendOptions{})
			if c.want == 10 && l.SyncedOffset() != a.LastOffset+1 {
				t.Errorf("%v: appended to %d, synced to %d", c, a.LastOffset, l.SyncedOffset())
			}
		}
		if got := count.Hits() - before; got != c.want {
			t.Errorf("%+v: %d syncs, want %d", c, got, c.want)
		}
	}
}

func TestFlushByTime(t *testing.T) {
	for name, c := range map[string]struct {
		mode   SyncMode
		config Config
	}{"flush.ms": {SyncNone, Config{FlushMs: 700}}, "interval": {SyncInterval, Config{}}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openStore(t, vfs.NewMem(0), withSync(c.mode), func(o *Options) { o.SyncInterval = 700 * time.Millisecond })
				l := openLog(t, s, c.config)
				for range 3 {
					synced := l.EndOffset()
					mustAppend(t, l, records(1, 10, 1), AppendOptions{})
					synctest.Wait()
					if l.SyncedOffset() != synced {
						t.Fatalf("synced to %d at once", l.SyncedOffset())
					}
					time.Sleep(701 * time.Millisecond)
					synctest.Wait()
					if l.SyncedOffset() != l.EndOffset() {
						t.Fatalf("synced to %d of %d", l.SyncedOffset(), l.EndOffset())
					}
				}
			})
		})
	}
}

// TestFailedSync takes one log offline and leaves the others alone; recovery
// brings it back.
func TestFailedSync(t *testing.T) {
	for _, mode := range []SyncMode{SyncCommit, SyncAlways} {
		t.Run(mode.String(), func(t *testing.T) {
			mem := vfs.NewMem(0)
			fsys := vfs.NewErr(mem)
			s := openStore(t, fsys, withSync(mode))
			heard := make(chan *Log, 100)
			s.OnSynced(func(l *Log) { heard <- l })
			bad := openLog(t, s, Config{})
			good, err := s.Create(LogSpec{Topic: "good"})
			must(t, err)
			mustAppend(t, bad, records(1, 10, 1), AppendOptions{})
			waitFor(t, func() bool { return bad.SyncedOffset() == 1 })

			rule := fsys.Add(vfs.Rule{Ops: vfs.OpSync, Match: func(name string) bool { return name == bad.file(segmentName(0, logSuffix)) }, Err: syscall.EIO})
			_, err = bad.Append(records(1, 10, 1), AppendOptions{})
			if mode == SyncAlways && (!errors.Is(err, ErrOffline) || !errors.Is(err, syscall.EIO)) {
				t.Fatalf("append: %v", err)
			}
			waitFor(t, func() bool { return bad.Err() != nil })
			rule.Remove()
			if bad.SyncedOffset() != 1 {
				t.Fatalf("synced to %d", bad.SyncedOffset())
			}
			checkOffline(t, bad)
			waitFor(t, func() bool {
				for len(heard) > 0 {
					if <-heard == bad && bad.Err() != nil {
						return true
					}
				}
				return false
			})
			mustAppend(t, good, records(1, 10, 1), AppendOptions{})
			waitFor(t, func() bool { return good.SyncedOffset() == 1 })

			if err := s.Close(true); !errors.Is(err, syscall.EIO) {
				t.Fatalf("close: %v", err)
			}
			s = openStore(t, mem, withSync(mode))
			if s.CleanShutdown() {
				t.Fatal("an offline log was closed as if it were clean")
			}
			l := openLog(t, s, Config{})
			if l.EndOffset() != 2 || l.SyncedOffset() != 2 { // verified and synced anew
				t.Fatalf("log ends at %d, synced to %d", l.EndOffset(), l.SyncedOffset())
			}
		})
	}
}

func checkOffline(t *testing.T, l *Log) {
	t.Helper()
	_, readErr := l.Read(0, 100, 1, true)
	_, appendErr := l.Append(records(1, 1, 1), AppendOptions{})
	_, _, timeErr := l.OffsetForTime(0, 1)
	for _, err := range []error{readErr, appendErr, timeErr, l.Flush(), l.TruncateTo(0), l.AdvanceStart(0), l.Err()} {
		if !errors.Is(err, ErrOffline) || !errors.Is(err, syscall.EIO) {
			t.Errorf("an offline log says %v", err)
		}
	}
}

// waitFor waits for background work.
func waitFor(t *testing.T, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
		<-time.After(time.Millisecond)
	}
}

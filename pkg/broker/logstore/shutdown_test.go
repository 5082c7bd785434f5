package logstore

import (
	"errors"
	"syscall"
	"testing"

	"kq/pkg/broker/vfs"
)

// A start that gives up before it has recovered what it found must not say that
// all is clean.
func TestNoMarkBeforeRecovery(t *testing.T) {
	fsys := vfs.NewMem(0)
	s := openStore(t, fsys)
	mustAppend(t, openLog(t, s, Config{}), records(3, 10, 1), AppendOptions{})
	if err := s.Close(true); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, fsys)
	mustAppend(t, openLog(t, s, Config{}), records(2, 10, 1), AppendOptions{})
	if err := s.Close(false); err != nil {
		t.Fatal(err)
	}

	s = openStore(t, fsys) // and loads nothing
	if err := s.Close(true); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, fsys)
	if s.CleanShutdown() {
		t.Error("clean, though a log was not recovered")
	}
	if end := openLog(t, s, Config{}).EndOffset(); end != 5 {
		t.Errorf("log ends at %d, want 5", end)
	}
	if err := s.Close(true); err != nil {
		t.Fatal(err)
	}
	for range 2 { // what was clean stays so, loaded or not
		if s = openStore(t, fsys); !s.CleanShutdown() {
			t.Error("not clean")
		}
		if err := s.Close(true); err != nil {
			t.Fatal(err)
		}
	}
}

// A stray does not keep the others from a clean shutdown, nor is it taken for
// clean itself.
func TestMarkWithStrays(t *testing.T) {
	fsys := vfs.NewMem(0)
	s := openStore(t, fsys)
	mustAppend(t, openLog(t, s, Config{}), records(3, 10, 1), AppendOptions{})
	if err := s.Close(true); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, fsys)
	mustAppend(t, openLog(t, s, Config{}), records(2, 10, 1), AppendOptions{})
	if err := s.Close(false); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, fsys)
	if strays := s.LoadedAll(); len(strays) != 1 || strays[0].TopicPartition != testTP {
		t.Errorf("strays: %v", strays)
	}
	if err := s.Close(true); err != nil {
		t.Fatal(err)
	}
	if s = openStore(t, fsys); !s.CleanShutdown() {
		t.Error("not clean")
	}
	if end := openLog(t, s, Config{}).EndOffset(); end != 5 {
		t.Errorf("log ends at %d, want 5", end)
	}
}

// What a process wrote that was killed before it synced is made durable by the
// next one before it says that all is clean.
func TestCleanAfterKillIsDurable(t *testing.T) {
	disk := vfs.NewCrash(1)
	s := openStore(t, disk)
	l := openLog(t, s, Config{})
	mustAppend(t, l, records(3, 10, 1), AppendOptions{})
	must(t, l.Flush())
	must(t, s.Close(false))
	must(t, writeWhole(disk, "/data/t-0/"+partitionMetaFile, encodePartitionMetadata([16]byte{1})))

	s = openStore(t, disk)
	openLog(t, s, Config{})
	must(t, s.Close(true))
	after := disk.CrashImage(vfs.KeepNone())
	s = openStore(t, after)
	l = openLog(t, s, Config{})
	if _, err := l.opened(); err != nil || l.EndOffset() != 3 || !s.CleanShutdown() {
		t.Errorf("log ends at %d, %v; clean: %v", l.EndOffset(), err, s.CleanShutdown())
	}
}

// A start that ends before anything of a new data directory is durable leaves
// names that only look so. The next start makes them durable before it
// acknowledges anything.
func TestStartBeforeSync(t *testing.T) {
	disk := vfs.NewCrash(1)
	dead := vfs.NewErr(disk, vfs.Rule{Ops: vfs.OpSync | vfs.OpSyncDir, Skip: 2, Err: syscall.EIO})
	s := openStore(t, dead, withSync(SyncCommit)) // syncs its directory and the one above
	if _, err := s.Load(t.Context(), []LogSpec{{Topic: "t", TopicID: [16]byte{1}}}); !errors.Is(err, syscall.EIO) {
		t.Fatalf("load: %v", err)
	}
	must(t, s.Close(false))

	s = openStore(t, disk, withSync(SyncCommit))
	l := openLog(t, s, Config{})
	mustAppend(t, l, records(3, 10, 1), AppendOptions{})
	waitFor(t, func() bool { return l.SyncedOffset() == 3 })
	s = openStore(t, disk.CrashImage(vfs.KeepNone()), withSync(SyncCommit))
	if l = openLog(t, s, Config{}); l.EndOffset() != 3 || len(readAll(t, l, 0)) != 1 {
		t.Errorf("log ends at %d, want 3", l.EndOffset())
	}
}

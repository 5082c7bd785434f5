package logstore

import (
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

package logstore

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"kq/pkg/broker/vfs"
)

// A full disk keeps nobody from recovering and reading a log: what recovery
// writes waits for space.
func TestRecoveryOnFullDisk(t *testing.T) {
	mem := vfs.NewMem(0)
	s := openStore(t, mem)
	l := openLog(t, s, Config{SegmentBytes: 4096, IndexIntervalBytes: 1})
	for range 20 {
		mustAppend(t, l, records(1, 500, 1, idempotent(7, 0, int32(l.EndOffset()))), AppendOptions{})
	}
	if err := s.Close(false); err != nil {
		t.Fatal(err)
	}
	if err := mem.Remove("/data/t-0/" + partitionMetaFile); err != nil {
		t.Fatal(err)
	}

	full := vfs.NewErr(mem)
	rule := full.Add(vfs.Rule{Ops: vfs.OpWriteAt, Err: vfs.ErrNoSpace})
	s = openStore(t, full)
	l = openLog(t, s, Config{SegmentBytes: 4096, IndexIntervalBytes: 1})
	if n := len(readAll(t, l, 0)); n != 20 {
		t.Errorf("%d batches, want 20", n)
	}
	next := records(1, 500, 1, idempotent(7, 0, 20))
	if _, err := l.Append(next, AppendOptions{}); !errors.Is(err, ErrStorage) || errors.Is(err, ErrOffline) {
		t.Errorf("append to a full disk: %v", err)
	}
	if err := s.Checkpoint(); err == nil {
		t.Error("checkpoints on a full disk")
	}
	rule.Remove()
	if a := mustAppend(t, l, next, AppendOptions{}); a.FirstOffset != 20 {
		t.Errorf("appended at %d", a.FirstOffset)
	}
	if err := s.Close(true); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, mem)
	l = openLog(t, s, Config{})
	if n := len(readAll(t, l, 0)); n != 21 || !s.CleanShutdown() {
		t.Errorf("%d batches, want 21; clean: %v", n, s.CleanShutdown())
	}
	if p := l.ActiveProducers(); len(p) != 1 || p[0].LastSequence != 20 {
		t.Errorf("producers: %+v", p)
	}
}

// However many logs could not be closed, the error stays one line.
func TestCloseOnFullDisk(t *testing.T) {
	full := vfs.NewErr(vfs.NewMem(0))
	s := openStore(t, full)
	for i := range int32(20) {
		l, err := s.Create(LogSpec{Topic: "t", Partition: i})
		if err != nil {
			t.Fatal(err)
		}
		mustAppend(t, l, records(1, 10, 1), AppendOptions{})
	}
	full.Add(vfs.Rule{Ops: vfs.OpWriteAt, Err: vfs.ErrNoSpace})
	err := s.Close(true)
	if err == nil || !vfs.IsNoSpace(err) || len(err.Error()) > 200 || strings.Contains(err.Error(), "\n") {
		t.Errorf("close: %v", err)
	}
}

// Retention makes room on a full disk, though it cannot roll the active segment.
func TestRetentionOnFullDisk(t *testing.T) {
	clock := newClock()
	full := vfs.NewErr(vfs.NewMem(0))
	s := openStore(t, full, withClock(clock))
	l := openLog(t, s, Config{SegmentBytes: 700, RetentionMs: 1000, Delete: true})
	for range 10 {
		mustAppend(t, l, records(1, 500, clock.now().UnixMilli()), AppendOptions{})
	}
	l.SetHighWatermark(10)
	clock.add(time.Minute)
	rule := full.Add(vfs.Rule{Ops: vfs.OpWriteAt | vfs.OpCreate, Err: vfs.ErrNoSpace})
	s.Retain()
	if l.StartOffset() != 9 || l.Err() != nil {
		t.Errorf("log starts at %d, want 9; %v", l.StartOffset(), l.Err())
	}
	entries, err := full.ReadDir(l.Dir())
	must(t, err)
	for _, e := range entries {
		if base, _, ok := parseSegmentName(e.Name()); ok && base < 9 {
			t.Errorf("%s still takes space", e.Name())
		}
	}
	rule.Remove()
	s.Retain()
	if l.StartOffset() != 10 {
		t.Errorf("log starts at %d, want 10", l.StartOffset())
	}
	must(t, s.Close(true))
}

// DeleteRecords is a way out of a full disk.
func TestDeleteRecordsOnFullDisk(t *testing.T) {
	mem := vfs.NewMem(40 << 10)
	s := openStore(t, mem)
	l := openLog(t, s, Config{SegmentBytes: 5000})
	var err error
	for err == nil {
		_, err = l.Append(records(1, 1500, 1), AppendOptions{})
	}
	if !errors.Is(err, ErrStorage) || !vfs.IsNoSpace(err) {
		t.Fatal(err)
	}
	fill, err := mem.OpenFile("/data/fill", os.O_RDWR|os.O_CREATE, 0o600)
	must(t, err)
	for at := int64(0); ; at += 16 {
		if _, err := fill.WriteAt(make([]byte, 16), at); err != nil {
			break
		}
	}
	end := l.EndOffset()
	l.SetHighWatermark(end)
	must(t, l.AdvanceStart(end-1))
	if l.StartOffset() != end-1 {
		t.Errorf("log starts at %d, want %d", l.StartOffset(), end-1)
	}
	mustAppend(t, l, records(1, 1500, 1), AppendOptions{})
	must(t, s.Close(true))
	if l = openLog(t, openStore(t, mem), Config{}); l.StartOffset() != end-1 || l.EndOffset() != end+1 {
		t.Errorf("log from %d to %d after a restart", l.StartOffset(), l.EndOffset())
	}
}

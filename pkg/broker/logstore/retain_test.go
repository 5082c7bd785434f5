package logstore

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"kq/pkg/broker/vfs"
)

// countFiles counts the files of a log by the end of their names.
func countFiles(t *testing.T, l *Log, suffix string) (n int) {
	t.Helper()
	entries, err := l.place.fs.ReadDir(l.Dir())
	must(t, err)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), suffix) {
			n++
		}
	}
	return n
}

func TestRetention(t *testing.T) {
	for _, c := range []struct {
		what   string
		config Config
		hw     int64 // of 100
		delete int64 // DeleteRecords up to here
		age    time.Duration
		start  int64
	}{
		{what: "nothing to do", config: Config{RetentionMs: Unlimited}, hw: 100, age: 9999 * time.Hour},
		{what: "by size", config: Config{RetentionMs: Unlimited, RetentionBytes: 5000}, hw: 100, start: 50},
		{what: "by size, zero keeps nothing", config: resolved(Config{RetentionMs: Unlimited}), hw: 100, start: 100},
		{what: "by size, not above the high watermark", config: Config{RetentionMs: Unlimited, RetentionBytes: 5000}, hw: 52, start: 50},
		{what: "by time", config: Config{RetentionMs: 10_000}, hw: 100, age: 10_000*time.Millisecond - 1, start: 50},
		{what: "by time, all of it", config: Config{RetentionMs: 10_000}, hw: 100, age: 10 * time.Minute, start: 100},
		{what: "by time, not above the high watermark", config: Config{RetentionMs: 10_000}, hw: 30, age: 10 * time.Minute, start: 25},
		{what: "below the log start", config: Config{RetentionMs: Unlimited}, hw: 100, delete: 60, start: 60},
		{what: "compacted: only below the log start", config: Config{RetentionMs: 1, RetentionBytes: 1, Compact: true}, hw: 100, delete: 60, age: time.Hour, start: 60},
	} {
		t.Run(c.what, func(t *testing.T) {
			clock := newClock()
			mem := vfs.NewMem(0)
			s := openStore(t, mem, withClock(clock))
			c.config.SegmentBytes = 25 * 176
			l := openLog(t, s, c.config)
			now := clock.now().UnixMilli()
			for i := range int64(100) {
				mustAppend(t, l, records(1, 100, now+min(0, i-75)), AppendOptions{})
			}
			l.SetHighWatermark(c.hw)
			if c.delete > 0 {
				must(t, l.AdvanceStart(c.delete))
			}
			clock.add(c.age)
			s.Retain()
			if l.StartOffset() != c.start || l.EndOffset() != 100 {
				t.Fatalf("log is %d to %d, want to start at %d", l.StartOffset(), l.EndOffset(), c.start)
			}
			if n, want := countFiles(t, l, ".log"+deletedSuffix), int(c.start/25); n != want {
				t.Errorf("%d segments are on their way out, want %d", n, want)
			}
			if _, err := l.Read(c.start-1, 100, 100, true); c.start > 0 && !errors.Is(err, ErrOffsetOutOfRange) {
				t.Errorf("read below the start: %v", err)
			}
			if n := int64(len(readAll(t, l, c.start))); n != 100-c.start {
				t.Errorf("%d records are left", n)
			}
			must(t, s.Close(false)) // the start is durable
			l = openLog(t, openStore(t, mem, withClock(clock)), c.config)
			if l.StartOffset() != c.start || l.EndOffset() != 100 {
				t.Fatalf("after a kill the log is %d to %d", l.StartOffset(), l.EndOffset())
			}
			if a := mustAppend(t, l, records(1, 1, 1), AppendOptions{}); a.FirstOffset != 100 {
				t.Fatalf("%+v", a)
			}
		})
	}
}

func resolved(c Config) Config {
	c.Resolved, c.Delete, c.IndexIntervalBytes, c.FileDeleteDelayMs = true, true, 4096, 3_600_000
	return c
}

// TestDelayedRemoval: files go after file.delete.delay.ms, and by themselves.
func TestDelayedRemoval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := vfs.NewMem(0)
		s := openStore(t, mem, func(o *Options) { o.RetentionInterval = time.Minute })
		defer s.Close(false)
		l := openLog(t, s, Config{SegmentBytes: 1000, RetentionBytes: 1000, FileDeleteDelayMs: 5000})
		for range 50 {
			mustAppend(t, l, records(1, 100, time.Now().UnixMilli()), AppendOptions{})
		}
		l.SetHighWatermark(50)
		time.Sleep(61 * time.Second)
		synctest.Wait()
		gone := countFiles(t, l, ".log"+deletedSuffix)
		if gone == 0 || countFiles(t, l, snapshotSuffix+deletedSuffix) == 0 {
			t.Fatalf("%d segments were deleted", gone)
		}
		time.Sleep(3 * time.Second)
		if n := countFiles(t, l, ".log"+deletedSuffix); n != gone {
			t.Fatalf("%d of %d files were removed too early", gone-n, gone)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := countFiles(t, l, deletedSuffix); n != 0 {
			t.Fatalf("%d files were left", n)
		}
		used := mem.Used()
		must(t, s.Delete(testTP))
		if _, ok := s.Log(testTP); ok || len(s.Logs()) != 0 {
			t.Fatal("a deleted log is there")
		}
		if mem.Used() != used {
			t.Fatal("a deleted log was removed too early")
		}
		time.Sleep(5001 * time.Millisecond)
		synctest.Wait()
		if entries, err := mem.ReadDir("/data"); err != nil || hasDir(entries) {
			t.Fatalf("the directory of a deleted log was left, %v", err)
		}
	})
}

func hasDir[E interface{ IsDir() bool }](entries []E) bool {
	for _, e := range entries {
		if e.IsDir() {
			return true
		}
	}
	return false
}

func TestAdvanceStart(t *testing.T) {
	mem := vfs.NewMem(0)
	fsys := vfs.NewErr(mem)
	s := openStore(t, fsys)
	l := openLog(t, s, Config{})
	for range 10 {
		mustAppend(t, l, records(2, 10, 1), AppendOptions{})
	}
	l.SetHighWatermark(15)
	for _, offset := range []int64{-1, 16} {
		if err := l.AdvanceStart(offset); !errors.Is(err, ErrOffsetOutOfRange) {
			t.Fatalf("start at %d: %v", offset, err)
		}
	}
	rule := fsys.Add(vfs.Rule{Ops: vfs.OpSync, Match: vfs.Base(logStartFile + "*"), Err: syscall.ENOSPC})
	if err := l.AdvanceStart(3); !errors.Is(err, ErrStorage) || l.StartOffset() != 0 {
		t.Fatalf("start is %d, %v", l.StartOffset(), err)
	}
	rule.Remove()
	must(t, l.AdvanceStart(3)) // inside a batch
	must(t, l.AdvanceStart(2)) // changes nothing
	if raw, err := vfs.ReadFile(mem, "/data/"+logStartFile); err != nil || string(raw) != "0\n1\nt 0 3\n" {
		t.Fatalf("%s is %q, %v", logStartFile, raw, err)
	}
	f, err := l.Read(3, 1000, 20, true)
	must(t, err)
	f.Release()
	if l.StartOffset() != 3 || f.FirstOffset != 2 { // the whole batch comes
		t.Fatalf("start is %d, first batch at %d", l.StartOffset(), f.FirstOffset)
	}
	if at, ok, err := l.OffsetForTime(0, 20); err != nil || !ok || at.Offset != 3 {
		t.Fatalf("first record by time: %+v %v %v", at, ok, err)
	}
	must(t, s.Close(false))
	s = openStore(t, mem)
	if l = openLog(t, s, Config{}); l.StartOffset() != 3 {
		t.Fatalf("after a kill the start is %d", l.StartOffset())
	}
}

func TestProducersExpire(t *testing.T) {
	clock := newClock()
	s := openStore(t, vfs.NewMem(0), withClock(clock), func(o *Options) { o.ProducerIDExpiration = time.Hour })
	l := openLog(t, s, Config{})
	old := clock.now().UnixMilli() - 48*3600_000 // stamped in the past
	mustAppend(t, l, records(1, 1, old, idempotent(1, 0, 0)), AppendOptions{})
	mustAppend(t, l, records(1, 1, old, idempotent(2, 0, 0), transactional), AppendOptions{})
	clock.add(59 * time.Minute)
	mustAppend(t, l, records(1, 1, old, idempotent(3, 0, 0)), AppendOptions{})
	s.Retain()
	if n := len(l.ActiveProducers()); n != 3 {
		t.Fatalf("%d producers are known", n)
	}
	clock.add(2 * time.Minute)
	s.Retain()
	if p := l.ActiveProducers(); len(p) != 2 || p[0].ProducerID != 2 || p[1].ProducerID != 3 { // 2 has a transaction
		t.Fatalf("producers %+v", p)
	}
	if a := mustAppend(t, l, records(1, 1, old, idempotent(1, 0, 9)), AppendOptions{}); a.Duplicate {
		t.Fatal("an expired producer is known")
	}
}

// TestMemoryMode fills a store in memory many times over.
func TestMemoryMode(t *testing.T) {
	const limit = 8 << 20
	mem := vfs.NewMem(limit)
	s := openStore(t, mem, func(o *Options) { o.MaxMemory = limit })
	plain := openLog(t, s, Config{FileDeleteDelayMs: 3600_000})
	old, err := s.Create(LogSpec{Topic: "old", Config: Config{}})
	must(t, err)
	compacted, err := s.Create(LogSpec{Topic: "compacted", Config: Config{Compact: true}})
	must(t, err)
	internal, err := s.Create(LogSpec{Topic: "__internal", Config: Config{Internal: true}})
	must(t, err)
	for i := range 15 {
		for _, l := range []*Log{old, compacted, internal} {
			a := mustAppend(t, l, records(1, 100_000, int64(i)), AppendOptions{})
			l.SetHighWatermark(a.LastOffset + 1)
		}
	}
	for i := range 500 {
		a := mustAppend(t, plain, records(1, 100_000, int64(1000+i)), AppendOptions{})
		plain.SetHighWatermark(a.LastOffset + 1)
	}
	if used := mem.Used(); used > limit {
		t.Fatalf("%d bytes are used of %d", used, limit)
	}
	if old.StartOffset() != 10 { // the oldest went first, but for its active segment
		t.Errorf("the old log starts at %d", old.StartOffset())
	}
	if plain.StartOffset() == 0 || plain.EndOffset() != 500 || plain.EndOffset()-plain.StartOffset() < 30 {
		t.Errorf("the log is %d to %d", plain.StartOffset(), plain.EndOffset())
	}
	if n := int64(len(readAll(t, plain, plain.StartOffset()))); n != plain.EndOffset()-plain.StartOffset() {
		t.Errorf("%d records are read", n)
	}
	for _, l := range []*Log{compacted, internal} {
		if l.StartOffset() != 0 || len(readAll(t, l, 0)) != 15 {
			t.Errorf("%s starts at %d", l.TopicPartition(), l.StartOffset())
		}
	}
	// What may not go fills the rest.
	var last error
	for range 200 {
		a, err := compacted.Append(records(1, 100_000, 1), AppendOptions{})
		if last = err; err != nil {
			break
		}
		compacted.SetHighWatermark(a.LastOffset + 1)
	}
	if !errors.Is(last, ErrStorage) || !errors.Is(last, syscall.ENOSPC) {
		t.Fatalf("append to a full store: %v", last)
	}
	if compacted.StartOffset() != 0 || int64(len(readAll(t, compacted, 0))) != compacted.EndOffset() {
		t.Error("the compacted log has lost records")
	}
}

// TestMemoryModeActive: when there is nothing else, the active segment goes.
func TestMemoryModeActive(t *testing.T) {
	const limit = 1 << 20
	s := openStore(t, vfs.NewMem(limit), func(o *Options) { o.MaxMemory = limit })
	l := openLog(t, s, Config{})
	for i := range 50 {
		a := mustAppend(t, l, records(1, 100_000, int64(i)), AppendOptions{})
		l.SetHighWatermark(a.LastOffset + 1)
	}
	if l.EndOffset() != 50 || l.StartOffset() < 40 || len(readAll(t, l, l.StartOffset())) == 0 {
		t.Fatalf("log is %d to %d", l.StartOffset(), l.EndOffset())
	}
}

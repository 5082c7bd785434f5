package logstore

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kq/pkg/broker/vfs"
)

// TestCleanFailsAtEveryChange makes each change of the disk fail once that
// cleanings make: nothing is lost, in this process and for the next one, and the
// next cleaning goes through.
func TestCleanFailsAtEveryChange(t *testing.T) {
	seed := testSeed(t)
	for _, op := range []vfs.Op{vfs.OpCreate, vfs.OpWriteAt, vfs.OpSync, vfs.OpRename, vfs.OpRemove, vfs.OpSyncDir} {
		for n := range 12 {
			fsys := vfs.NewErr(vfs.NewMem(0))
			p := newCleanPlayer(t, seed, fsys)
			p.s.memory = nil // what is replaced is renamed, as on a disk
			for range 120 {
				p.step()
			}
			if err := p.l.Flush(); err != nil {
				t.Fatal(err)
			}
			p.settleSyncs()
			table := p.committed()
			rule := fsys.Add(vfs.Rule{Ops: op, Skip: n, Times: 1, Err: vfs.ErrNoSpace})
			_, _, err := tryClean(p.l, CleanerOptions{})
			rule.Remove()
			if err != nil && p.l.Err() == nil {
				p.checkCommitted(table)
				cleanNow(t, p.l, CleanerOptions{})
				p.checkCommitted(table)
			}
			if p.l.Err() != nil && op != vfs.OpSync && op != vfs.OpSyncDir {
				t.Fatalf("op %x, call %d took the log offline: %v", op, n, p.l.Err())
			}
			if err := p.s.Close(false); err != nil {
				t.Fatal(err)
			}
			p.open()
			p.checkCommitted(table)
			cleanNow(t, p.l, CleanerOptions{})
			p.checkCommitted(table)
			if rule.Hits() == 0 {
				break
			}
		}
	}
}

// TestCleanerThread lets the cleaner choose by itself: it cleans what is dirty
// enough, stops for good where a batch is corrupt, and names that log.
func TestCleanerThread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines bytes.Buffer
		mem, told := vfs.NewMem(0), map[bool]int{}
		s, err := Open(context.Background(), Options{
			FS: mem, Dir: "/data", Logger: slog.New(slog.NewTextHandler(&lines, nil)),
			Cleaner:  CleanerOptions{Threads: 1, Backoff: time.Second},
			Cleaning: func(begins bool) { told[begins]++ },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close(false)
		names := []string{"dirty", "damaged", "deleted", "slow"}
		for _, name := range names {
			c := Config{Compact: name != "deleted", SegmentBytes: 500, MinCleanableDirtyRatio: 0.6}
			if name == "slow" {
				c.MinCompactionLagMs = time.Hour.Milliseconds()
			}
			l, err := s.Create(LogSpec{Topic: name, Config: c})
			if err != nil {
				t.Fatal(err)
			}
			for i := range 20 {
				mustAppend(t, l, pairs(time.Now().UnixMilli(), "key", fmt.Sprintf("%0100d", i)), AppendOptions{})
			}
			if name == "damaged" {
				flip(t, mem, l.place.path(0, logSuffix))
			}
		}
		synctest.Wait() // what was rolled is durable
		for _, l := range s.Logs() {
			l.SetHighWatermark(l.EndOffset())
		}
		time.Sleep(10 * time.Second) // the bubble's clock
		synctest.Wait()
		if got := fmt.Sprint(s.Uncleanable()); got != "[damaged-0]" {
			t.Errorf("uncleanable: %s", got)
		}
		if !strings.Contains(lines.String(), "log cannot be cleaned") || !strings.Contains(lines.String(), "partition=damaged-0") {
			t.Errorf("logged: %s", lines.String())
		}
		for _, name := range names {
			l, _ := s.Log(TopicPartition{Topic: name})
			_, cleaned := s.files.cleanedTo(l.tp)
			if cleaned != (name == "dirty") {
				t.Errorf("%s was cleaned: %v", name, cleaned)
			}
			from := int64(0)
			if name == "damaged" {
				from = l.view.Load().segs[1].base // reads go on
			}
			n := int32(0)
			for _, b := range readAll(t, l, from) {
				n += b.Count()
			}
			if (n < 10) != (name == "dirty") {
				t.Errorf("%s has %d records", name, n)
			}
		}
		if told[true] != 2 || told[false] != 2 { // the damaged one was begun too
			t.Errorf("told of %d beginnings and %d ends, want 2", told[true], told[false])
		}
		if stats := s.CleanerStats(); stats.Runs != 1 || stats.RecordsRead == 0 {
			t.Errorf("stats: %+v", stats)
		}
	})
}

// flip changes a byte of a file's last record.
func flip(t *testing.T, fsys vfs.FS, name string) {
	t.Helper()
	p, err := vfs.ReadFile(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	p[len(p)-2] ^= 1
	if err := writeWhole(fsys, name, p); err != nil {
		t.Fatal(err)
	}
}

// TestDueForCleaning pins what decides when and how far a log is cleaned.
func TestDueForCleaning(t *testing.T) {
	const batches = 12 // three a segment
	for name, c := range map[string]struct {
		edit     func(*Config)
		age      time.Duration
		open     bool // a transaction begins in the middle
		cleaned  int64
		from, to int64
		due      bool
	}{
		"all of it":              {from: 0, to: 9, due: true},
		"a part":                 {cleaned: 3, from: 3, to: 9, due: true},
		"too little":             {cleaned: 6, from: 6, to: 9, due: false},
		"more is asked for":      {edit: func(c *Config) { c.MinCleanableDirtyRatio = 1 }, from: 0, to: 9, due: false},
		"overdue":                {edit: func(c *Config) { c.MinCleanableDirtyRatio, c.MaxCompactionLagMs = 1, 1000 }, age: time.Minute, from: 0, to: 9, due: true},
		"not overdue":            {edit: func(c *Config) { c.MinCleanableDirtyRatio, c.MaxCompactionLagMs = 1, 60_000 }, age: time.Second, from: 0, to: 9, due: false},
		"too young":              {edit: func(c *Config) { c.MinCompactionLagMs = 60_000 }, age: time.Second},
		"old enough":             {edit: func(c *Config) { c.MinCompactionLagMs = 60_000 }, age: time.Hour, from: 0, to: 9, due: true},
		"a transaction is open":  {open: true, from: 0, to: 3, due: true},
		"cleaned beyond the end": {cleaned: 99, from: 0, to: 9, due: true},
		"nothing new":            {cleaned: 9},
		"not a compacted topic":  {edit: func(c *Config) { c.Compact, c.Delete = false, true }},
	} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			s := openStore(t, vfs.NewMem(0), withClock(clock))
			conf := Config{Compact: true}
			one := pairs(clock.ms, "key", "value")
			conf.SegmentBytes = 3*len(one) + len(one)/2
			if c.edit != nil {
				c.edit(&conf)
			}
			l := openLog(t, s, conf)
			for i := range batches {
				b := pairs(clock.ms, "key", "value")
				if c.open && i == 4 {
					b = records(1, 1, clock.ms, idempotent(5, 0, 0), transactional)
				}
				mustAppend(t, l, b, AppendOptions{})
			}
			l.SetHighWatermark(l.EndOffset())
			if err := l.Flush(); err != nil {
				t.Fatal(err)
			}
			if c.cleaned > 0 {
				if err := s.files.setCleaned(l.tp, c.cleaned); err != nil {
					t.Fatal(err)
				}
			}
			clock.add(c.age)
			d, ok, err := l.dirtiness(clock.ms)
			if err != nil || ok != (c.to > 0) {
				t.Fatalf("dirty: %v, %v", ok, err)
			}
			if ok && (d.from != c.from || d.to != c.to || d.due() != c.due) {
				t.Fatalf("dirty from %d to %d, due %v, ratio %v", d.from, d.to, d.due(), d.ratio)
			}
		})
	}
}

package logstore

import (
	"errors"
	"strings"
	"testing"

	"kq/pkg/broker/vfs"
)

func TestCreateAndDelete(t *testing.T) {
	mem := vfs.NewMem(0)
	s := openStore(t, mem)
	spec := LogSpec{Topic: "a", Partition: 2, TopicID: [16]byte{7}}
	l, err := s.Create(spec)
	must(t, err)
	if again, err := s.Create(spec); err != nil || again != l {
		t.Fatalf("created twice: %v", err)
	}
	spec.TopicID = [16]byte{8}
	if _, err := s.Create(spec); err == nil {
		t.Fatal("created under another topic id")
	}
	if raw, err := vfs.ReadFile(mem, "/data/a-2/partition.metadata"); err != nil || string(raw) != "version: 0\ntopic_id: BwAAAAAAAAAAAAAAAAAAAA" {
		t.Fatalf("partition.metadata is %q, %v", raw, err)
	}
	mustAppend(t, l, records(3, 10, 1), AppendOptions{})
	must(t, s.Delete(TopicPartition{"a", 2}))
	if err := s.Delete(TopicPartition{"a", 2}); !errors.Is(err, ErrNotFound) {
		t.Fatalf("deleted twice: %v", err)
	}
	if _, err := l.Append(records(1, 1, 1), AppendOptions{}); !errors.Is(err, ErrClosed) {
		t.Fatalf("append to a deleted log: %v", err)
	}
	if _, err := l.Read(0, 100, 3, true); !errors.Is(err, ErrClosed) {
		t.Fatalf("read of a deleted log: %v", err)
	}
	l, err = s.Create(spec) // the next incarnation
	must(t, err)
	if l.EndOffset() != 0 || l.TopicID() != spec.TopicID {
		t.Fatalf("the new log ends at %d", l.EndOffset())
	}
	mustAppend(t, l, records(1, 10, 1), AppendOptions{})
	must(t, s.Close(false))
	s = openStore(t, mem)
	l, err = s.Create(spec)
	must(t, err)
	if l.EndOffset() != 1 || len(s.Strays()) != 0 {
		t.Fatalf("after a kill the log ends at %d, strays %v", l.EndOffset(), s.Strays())
	}
}

// TestDeletionMissed: the directory is of an earlier incarnation of the topic.
func TestDeletionMissed(t *testing.T) {
	mem := vfs.NewMem(0)
	s := openStore(t, mem)
	l, err := s.Create(LogSpec{Topic: "a", TopicID: [16]byte{7}})
	must(t, err)
	mustAppend(t, l, records(3, 10, 1), AppendOptions{})
	must(t, l.Flush())
	must(t, s.Checkpoint())
	must(t, s.Close(false))
	s = openStore(t, mem)
	l, err = s.Create(LogSpec{Topic: "a", TopicID: [16]byte{8}})
	must(t, err)
	if l.EndOffset() != 0 || l.HighWatermark() != 0 || l.SyncedOffset() != 0 {
		t.Fatalf("log ends at %d", l.EndOffset())
	}
	entries, err := mem.ReadDir("/data")
	must(t, err)
	kept := false
	for _, e := range entries {
		tp, mark, ok := ParseDirName(e.Name())
		kept = kept || ok && mark == strayDirSuffix && tp == TopicPartition{"a", 0}
	}
	if !kept {
		t.Fatal("the old directory was not set aside")
	}
}

func TestStrays(t *testing.T) {
	mem := vfs.NewMem(0)
	s := openStore(t, mem)
	for _, topic := range []string{"b", "a"} {
		_, err := s.Create(LogSpec{Topic: topic, TopicID: [16]byte{topic[0]}})
		must(t, err)
	}
	must(t, s.Close(true))
	must(t, mem.MkdirAll("/data/not a partition", 0o755))
	s = openStore(t, mem)
	openLog(t, s, Config{})
	strays := s.Strays()
	if len(strays) != 2 || strays[0].TopicPartition != (TopicPartition{"a", 0}) || strays[1].TopicID != [16]byte{'b'} {
		t.Fatalf("strays %+v", strays)
	}
	must(t, s.Delete(strays[0].TopicPartition))
	if strays = s.Strays(); len(strays) != 1 {
		t.Fatalf("strays %+v", strays)
	}
	must(t, s.Close(true)) // keeps what it knows of the one that was not loaded
	s = openStore(t, mem)
	l, err := s.Create(LogSpec{Topic: "b"})
	must(t, err)
	if !l.atOpen.clean || l.TopicID() != [16]byte{'b'} && l.StartOffset() != 0 {
		t.Fatal("the stray log was not closed as clean")
	}
}

func TestCheckpointFiles(t *testing.T) {
	mem := vfs.NewMem(0)
	s := openStore(t, mem, func(o *Options) { o.BrokerEpoch = 42 })
	l := openLog(t, s, Config{SegmentBytes: 500})
	for range 10 {
		mustAppend(t, l, records(1, 100, 1), AppendOptions{LeaderEpoch: 3})
	}
	l.SetHighWatermark(7)
	must(t, l.AdvanceStart(3))
	must(t, s.WriteMetaProperties(MetaProperties{ClusterID: "c", NodeID: 4}))
	must(t, s.Close(true))
	for name, want := range map[string]string{
		recoveryPointFile:  "0\n1\nt 0 10\n",
		logStartFile:       "0\n1\nt 0 3\n",
		highWatermarkFile:  "0\n1\nt 0 7\n",
		cleanShutdownFile:  `{"version":0,"brokerEpoch":42}`,
		"t-0/" + epochFile: "0\n1\n3 3\n",
	} {
		if raw, err := vfs.ReadFile(mem, "/data/"+name); err != nil || string(raw) != want {
			t.Errorf("%s is %q, want %q, %v", name, raw, want, err)
		}
	}
	s = openStore(t, mem)
	if s.LastBrokerEpoch() != 42 || !s.CleanShutdown() {
		t.Errorf("broker epoch %d", s.LastBrokerEpoch())
	}
	if m, ok, err := s.MetaProperties(); err != nil || !ok || m.NodeID != 4 || m.ClusterID != "c" {
		t.Errorf("meta.properties %+v %v %v", m, ok, err)
	}
	l = openLog(t, s, Config{})
	if l.HighWatermark() != 7 || l.StartOffset() != 3 || l.EndOffset() != 10 || l.RecoveryPoint() != 10 {
		t.Errorf("log is %d to %d, high watermark %d", l.StartOffset(), l.EndOffset(), l.HighWatermark())
	}
	if files := countFiles(t, l, indexSuffix); files != 5 {
		t.Errorf("%d index files", files)
	}
}

func TestOptions(t *testing.T) {
	for _, name := range []string{"none", "interval", "commit", "always"} {
		if m, err := ParseSyncMode(name); err != nil || m.String() != name {
			t.Errorf("%s: %v %v", name, m, err)
		}
	}
	if _, err := ParseSyncMode("often"); err == nil || !strings.Contains(err.Error(), "often") {
		t.Errorf("often: %v", err)
	}
	for _, o := range []Options{{}, {Dir: "/x", Sync: 9}, {Dir: "/x", SyncInterval: -1}, {Dir: "/x", MaxMemory: -1}} {
		if _, err := Open(t.Context(), o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
	c := Config{RetentionMs: 5, Compact: true}.withDefaults()
	if c.SegmentBytes != 1<<30 || c.RetentionMs != 5 || c.RetentionBytes != Unlimited || c.Delete {
		t.Errorf("%+v", c)
	}
	if c := (Config{Resolved: true, Delete: true}).withDefaults(); c.RetentionMs != 0 || c.RetentionBytes != 0 || c.FileDeleteDelayMs != 0 {
		t.Errorf("%+v", c)
	}
}

// TestRepair mends damage below the recovery point, both ways.
func TestRepair(t *testing.T) {
	for _, c := range []struct {
		what      string
		do        func(*wrecker)
		problems  int
		action    RepairAction
		end, lost int64
		kept      int
	}{
		{what: "nothing", do: func(*wrecker) {}, end: 60},
		{what: "cut at a bad batch", do: func(w *wrecker) { w.flip(20, 3) }, problems: 1, end: 23, lost: 37, kept: 4},
		{what: "skip a bad batch", do: func(w *wrecker) { w.flip(20, 3) }, problems: 1, action: RepairSkip, end: 60, lost: 1, kept: 1},
		{what: "skip a bad batch at the end of a segment", do: func(w *wrecker) { w.flip(20, 9) }, problems: 1, action: RepairSkip, end: 60, lost: 1, kept: 1},
		{what: "skip several", do: func(w *wrecker) { w.flip(0, 0); w.flip(20, 3); w.flip(20, 5); w.flip(50, 9) }, problems: 4, action: RepairSkip, end: 59, lost: 4, kept: 4},
		{what: "skip a header that is gone", do: func(w *wrecker) { w.zero(30, 2*209, 70) }, problems: 1, action: RepairSkip, end: 60, lost: 1, kept: 1},
		{what: "skip a missing segment", do: func(w *wrecker) { w.removeSegment(20) }, problems: 1, action: RepairSkip, end: 60, lost: 10},
		{what: "cut at a missing segment", do: func(w *wrecker) { w.removeSegment(20) }, problems: 1, end: 20, lost: 40, kept: 3},
		{what: "an end that is gone", do: func(w *wrecker) { w.truncate(50, -3*209) }, problems: 1, end: 57, lost: 3},
		{what: "skip an end that is gone", do: func(w *wrecker) { w.truncate(50, -3*209) }, problems: 1, action: RepairSkip, end: 57, lost: 3},
	} {
		t.Run(c.what, func(t *testing.T) {
			mem := beforeWreck(t, 60, Config{})
			c.do(&wrecker{t, mem})
			report, err := Inspect(mem, "/data", testTP)
			must(t, err)
			if len(report.Problems) != c.problems || c.problems == 0 && (report.EndOffset != 60 || report.Batches != 60 || report.Segments != 6) {
				t.Fatalf("report %+v", report)
			}
			dry, err := Repair(mem, "/data", testTP, c.action, false)
			must(t, err)
			if dry.Applied || (len(dry.Actions) > 0) != (c.problems > 0) {
				t.Fatalf("dry run %+v", dry)
			}
			if again, err := Inspect(mem, "/data", testTP); err != nil || len(again.Problems) != c.problems {
				t.Fatalf("a dry run has changed something: %+v, %v", again, err)
			}
			done, err := Repair(mem, "/data", testTP, c.action, true)
			must(t, err)
			if done.Applied != (c.problems > 0) {
				t.Fatalf("repair %+v", done)
			}
			s := openStore(t, mem)
			l := openLog(t, s, Config{SegmentBytes: 2100, IndexIntervalBytes: 400})
			var have int64
			for _, b := range readAll(t, l, 0) {
				have += int64(b.Count())
			}
			if l.EndOffset() != c.end || have != 60-c.lost {
				t.Fatalf("log ends at %d with %d records, want %d and %d", l.EndOffset(), have, c.end, 60-c.lost)
			}
			if err := checkIndexes(l); err != nil {
				t.Fatal(err)
			}
			if n := countFiles(t, l, cutSuffix); n != c.kept {
				t.Errorf("%d files are kept, want %d", n, c.kept)
			}
			if _, err := Repair(mem, "/data", testTP, c.action, true); !errors.Is(err, ErrLocked) {
				t.Errorf("repair under a running broker: %v", err)
			}
		})
	}
	if _, err := Inspect(vfs.NewMem(0), "/data", testTP); !errors.Is(err, ErrNotFound) {
		t.Errorf("inspect nothing: %v", err)
	}
}

// zero overwrites a range of a log file.
func (w *wrecker) zero(base, pos, n int64) {
	f := w.open(w.path(base, logSuffix))
	_, err := f.WriteAt(make([]byte, n), pos)
	must(w.t, err)
	must(w.t, f.Close())
}

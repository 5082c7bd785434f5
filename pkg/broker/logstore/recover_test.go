package logstore

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"kq/pkg/broker/vfs"
)

// wreck is what became of a log of 60 batches in segments of 10, which was not
// closed; below the recovery point lie rp of them.
type wreck struct {
	name   string
	rp     int64
	do     func(*wrecker)
	end    int64    // of the recovered log
	cut    []string // names that are kept
	err    string   // part of why it is offline
	config Config
}

// wrecker changes files behind the store's back.
type wrecker struct {
	t  *testing.T
	fs *vfs.Mem
}

func (w *wrecker) path(base int64, suffix string) string {
	return "/data/t-0/" + segmentName(base, suffix)
}

func (w *wrecker) open(name string) vfs.File {
	f, err := w.fs.OpenFile(name, os.O_RDWR, 0)
	must(w.t, err)
	return f
}

func (w *wrecker) size(name string) int64 {
	fi, err := w.fs.Stat(name)
	must(w.t, err)
	return fi.Size()
}

func (w *wrecker) truncate(base, by int64) {
	f := w.open(w.path(base, logSuffix))
	must(w.t, f.Truncate(w.size(w.path(base, logSuffix))+by))
	must(w.t, f.Close())
}

// flip changes a byte of batch n of a segment.
func (w *wrecker) flip(base, n int64) {
	name := w.path(base, logSuffix)
	f := w.open(name)
	size := w.size(name)
	batchSize := size / 10
	p := []byte{0}
	_, err := f.ReadAt(p, n*batchSize+100)
	must(w.t, err)
	p[0] ^= 0x10
	_, err = f.WriteAt(p, n*batchSize+100)
	must(w.t, err)
	must(w.t, f.Close())
}

func (w *wrecker) remove(names ...string) {
	for _, n := range names {
		must(w.t, w.fs.Remove(n))
	}
}

func (w *wrecker) write(name, data string) { must(w.t, writeWhole(w.fs, name, []byte(data))) }

var wrecks = []wreck{
	{name: "nothing happened", end: 60},
	{name: "torn tail", do: func(w *wrecker) { w.truncate(50, -7) }, end: 59, cut: []string{"00000000000000000050.log.1881.cut"}},
	{name: "torn to less than a header", do: func(w *wrecker) { w.truncate(50, -200) }, end: 59, cut: []string{"00000000000000000050.log.1881.cut"}},
	{name: "tail of zeros", do: func(w *wrecker) { w.truncate(50, 5000) }, end: 60},
	{name: "hole before the end", do: func(w *wrecker) { w.truncate(50, -300); w.truncate(50, 300) }, end: 58, cut: []string{"00000000000000000050.log.1672.cut"}},
	{name: "bad crc above the recovery point", rp: 40, do: func(w *wrecker) { w.flip(50, 3) }, end: 53, cut: []string{"00000000000000000050.log.627.cut"}},
	{
		name: "bad crc two segments from the end", rp: 35, do: func(w *wrecker) { w.flip(40, 3) }, end: 43,
		cut: []string{"00000000000000000040.log.627.cut", "00000000000000000050.log.0.cut"},
	},
	{name: "bad crc in the segment of the recovery point, above it", rp: 45, do: func(w *wrecker) { w.flip(40, 7) }, end: 47, cut: []string{"00000000000000000040.log.1463.cut", "00000000000000000050.log.0.cut"}},
	{name: "bad crc in the segment of the recovery point, below it", rp: 45, do: func(w *wrecker) { w.flip(40, 3) }, err: "00000000000000000040.log at position 627, offset 43, below the recovery point 45"},
	{name: "bad crc in a sealed segment's last batch", rp: 45, do: func(w *wrecker) { w.flip(20, 9) }, err: "00000000000000000020.log at position 1881, offset 29"},
	{name: "segment missing below", rp: 45, do: func(w *wrecker) { w.removeSegment(20) }, err: "offsets 20 to 29 are missing"},
	{name: "log of a segment missing below", rp: 45, do: func(w *wrecker) { w.remove(w.path(20, logSuffix)) }, err: "segment 00000000000000000020.log is missing"},
	{name: "segment missing above", rp: 15, do: func(w *wrecker) { w.removeSegment(40) }, end: 40, cut: []string{"00000000000000000050.log.0.cut"}},
	{name: "log shorter than the recovery point", rp: 55, do: func(w *wrecker) { w.truncate(50, -1254) }, err: "the log ends at offset 54, 55 was durable"},
	{name: "last segment gone below the recovery point", rp: 55, do: func(w *wrecker) { w.removeSegment(50) }, err: "the log ends at offset 50, 55 was durable"},
	{name: "last segment gone above it", rp: 50, do: func(w *wrecker) { w.removeSegment(50) }, end: 50},
	{name: "no segment left", rp: 50, do: func(w *wrecker) {
		for b := int64(0); b < 60; b += 10 {
			w.removeSegment(b)
		}
	}, err: "no segment, and 50 offsets were durable"},
	{name: "directory gone", rp: 50, do: func(w *wrecker) { must(w.t, w.fs.RemoveAll("/data/t-0")) }, err: "the directory is missing"},
	{name: "sealed segment cut short", rp: 50, do: func(w *wrecker) { w.truncate(20, -209) }, err: "offsets 29 to 29 are missing"},
	{name: "sealed segment torn", rp: 50, do: func(w *wrecker) { w.truncate(20, -20) }, err: "00000000000000000020.log at position 1881"},
	{name: "gap that compaction left", rp: 50, do: func(w *wrecker) { w.removeSegment(20) }, end: 60, config: Config{Compact: true}},
	{name: "indexes gone", rp: 50, do: func(w *wrecker) {
		for b := int64(0); b < 60; b += 10 {
			w.remove(w.path(b, indexSuffix), w.path(b, timeIndexSuffix))
		}
	}, end: 60},
	{name: "indexes of garbage", rp: 50, do: func(w *wrecker) {
		for b := int64(0); b < 60; b += 10 {
			w.write(w.path(b, indexSuffix), "garbage of 24 bytes.....")
			w.write(w.path(b, timeIndexSuffix), "garbage of 24 bytes.....")
		}
	}, end: 60},
	{name: "snapshots gone", rp: 50, do: func(w *wrecker) { w.eachSnapshot(func(n string) { w.remove(n) }) }, end: 60},
	{name: "snapshots torn", rp: 50, do: func(w *wrecker) { w.eachSnapshot(func(n string) { w.write(n, "\x00\x01") }) }, end: 60},
	{name: "epochs gone", rp: 50, do: func(w *wrecker) { w.remove("/data/t-0/" + epochFile) }, end: 60},
	{name: "epochs torn", rp: 50, do: func(w *wrecker) { w.write("/data/t-0/"+epochFile, "0\n7\n0 0\n") }, end: 60},
	{name: "partition.metadata torn", rp: 50, do: func(w *wrecker) { w.write("/data/t-0/"+partitionMetaFile, "\x00\x00") }, end: 60},
	{name: "checkpoints gone", rp: 50, do: func(w *wrecker) { w.remove("/data/"+recoveryPointFile, "/data/"+highWatermarkFile) }, end: 60},
	{name: "checkpoints of garbage", rp: 50, do: func(w *wrecker) { w.write("/data/"+recoveryPointFile, "what") }, end: 60},
	{name: "leftovers of a roll", rp: 50, do: func(w *wrecker) {
		w.write(w.path(60, indexSuffix), "")
		w.write(w.path(60, timeIndexSuffix), "")
		w.write(w.path(60, snapshotSuffix)+tmpSuffix, "half")
	}, end: 60},
	{name: "rolled, then killed", rp: 50, do: func(w *wrecker) { w.write(w.path(60, logSuffix), "") }, end: 60},
	{name: "leftovers of a deletion", rp: 50, do: func(w *wrecker) {
		must(w.t, w.fs.Rename(w.path(0, logSuffix), w.path(0, logSuffix+deletedSuffix)))
	}, end: 60},
	{name: "leftovers of a checkpoint", rp: 50, do: func(w *wrecker) { w.write("/data/"+recoveryPointFile+tmpSuffix, "0\n1") }, end: 60},
	{name: "a replacement that was being written", rp: 50, do: func(w *wrecker) {
		w.write(w.path(50, logSuffix+cleanedSuffix), "half of it")
		w.write(w.path(50, logSuffix+swapSuffix), "more")
	}, end: 60},
	{name: "a replacement that was complete", rp: 45, do: func(w *wrecker) {
		must(w.t, w.fs.Rename(w.path(50, logSuffix), w.path(50, logSuffix+swapSuffix)))
	}, end: 60},
}

func (w *wrecker) removeSegment(base int64) {
	w.remove(w.path(base, logSuffix), w.path(base, indexSuffix), w.path(base, timeIndexSuffix))
	if base > 0 {
		w.remove(w.path(base, snapshotSuffix))
	}
}

func (w *wrecker) eachSnapshot(f func(string)) {
	entries, err := w.fs.ReadDir("/data/t-0")
	must(w.t, err)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), snapshotSuffix) {
			f("/data/t-0/" + e.Name())
		}
	}
}

// beforeWreck writes the log and kills its process.
func beforeWreck(t *testing.T, rp int64, c Config) *vfs.Mem {
	mem := vfs.NewMem(0)
	s := openStore(t, mem)
	c.SegmentBytes, c.IndexIntervalBytes = 2100, 400
	l := openLog(t, s, c)
	for i := range int32(60) {
		b := records(1, 134, int64(1000+i), idempotent(int64(i%3), 0, i/3))
		if len(b) != 209 {
			t.Fatalf("batches have %d bytes", len(b))
		}
		mustAppend(t, l, b, AppendOptions{LeaderEpoch: i / 20})
	}
	l.SetHighWatermark(60)
	waitFor(t, func() bool { return l.wants.Load() == 0 })
	l.recoveryPoint.Store(rp)
	must(t, s.files.write())
	must(t, s.Close(false))
	return mem
}

func TestRecovery(t *testing.T) {
	for _, w := range wrecks {
		t.Run(w.name, func(t *testing.T) {
			mem := beforeWreck(t, w.rp, w.config)
			if w.do != nil {
				w.do(&wrecker{t, mem})
			}
			s := openStore(t, mem)
			w.config.SegmentBytes, w.config.IndexIntervalBytes = 2100, 400
			l := loadLog(t, s, w.config)
			other, err := s.Create(LogSpec{Topic: "other"})
			must(t, err)
			mustAppend(t, other, records(1, 1, 1), AppendOptions{}) // others go on
			if w.err != "" {
				if err := l.Err(); !errors.Is(err, ErrOffline) || !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), w.err) || !strings.Contains(err.Error(), "t-0") {
					t.Fatalf("log is %v", err)
				}
				return
			}
			must(t, l.Err())
			checkRecovered(t, l, w)
			must(t, s.Close(true))
			l = openLog(t, openStore(t, mem), w.config)
			if _, err := l.opened(); err != nil || l.EndOffset() != w.end {
				t.Fatalf("after a clean shutdown the log ends at %d, %v", l.EndOffset(), err)
			}
		})
	}
}

func checkRecovered(t *testing.T, l *Log, w wreck) {
	t.Helper()
	if l.EndOffset() != w.end {
		t.Fatalf("log ends at %d, want %d", l.EndOffset(), w.end)
	}
	batches := readAll(t, l, l.StartOffset())
	if err := errors.Join(checkIndexes(l), checkEpochs(l, batches)); err != nil {
		t.Fatal(err)
	}
	entries, err := l.place.fs.ReadDir(l.Dir())
	must(t, err)
	var cut []string
	for _, e := range entries {
		name := e.Name()
		if strings.HasSuffix(name, cutSuffix) {
			cut = append(cut, name)
		}
		for _, ext := range []string{swapSuffix, cleanedSuffix, deletedSuffix, tmpSuffix} {
			if strings.HasSuffix(name, ext) {
				t.Errorf("%s was left", name)
			}
		}
	}
	if !slices.Equal(cut, w.cut) {
		t.Errorf("kept %v, want %v", cut, w.cut)
	}
	var lastSeq [3]int32
	for _, b := range batches {
		lastSeq[b.ProducerID()] = b.BaseSequence()
	}
	for _, p := range l.ActiveProducers() {
		if want := lastSeq[p.ProducerID]; p.LastSequence != want {
			t.Errorf("producer %d has sequence %d, want %d", p.ProducerID, p.LastSequence, want)
		}
	}
	if len(l.ActiveProducers()) != 3 {
		t.Errorf("%d producers are known", len(l.ActiveProducers()))
	}
}

// TestCutIsKept compares the bytes that were cut with what was there.
func TestCutIsKept(t *testing.T) {
	mem := beforeWreck(t, 40, Config{})
	w := &wrecker{t, mem}
	w.flip(50, 3)
	before, err := vfs.ReadFile(mem, w.path(50, logSuffix))
	must(t, err)
	s := openStore(t, mem)
	openLog(t, s, Config{})
	must(t, s.Close(false))
	after, err := vfs.ReadFile(mem, w.path(50, logSuffix))
	must(t, err)
	kept, err := vfs.ReadFile(mem, w.path(50, logSuffix)+".627.cut")
	must(t, err)
	if string(after)+string(kept) != string(before) {
		t.Fatalf("%d bytes were left and %d kept, of %d", len(after), len(kept), len(before))
	}
	// Cut at the same place again, with other bytes.
	w.write(w.path(50, logSuffix), string(before[:len(before)-1]))
	openLog(t, openStore(t, mem), Config{})
	if _, err := vfs.ReadFile(mem, w.path(50, logSuffix)+".627.1.cut"); err != nil {
		t.Fatal(err)
	}
}

// TestManyLogsOpenLazily starts on thousands of partitions without touching
// their directories.
func TestManyLogsOpenLazily(t *testing.T) {
	const n = 3000
	mem := vfs.NewMem(0)
	s := openStore(t, mem)
	specs := make([]LogSpec, n)
	for i := range specs {
		specs[i] = LogSpec{Topic: fmt.Sprintf("t%d", i/100), Partition: int32(i % 100), TopicID: [16]byte{byte(i / 100), 1}}
	}
	logs, err := s.Load(t.Context(), specs)
	must(t, err)
	for _, l := range logs {
		if l.tp.Partition == 7 {
			mustAppend(t, l, records(2, 10, 1), AppendOptions{LeaderEpoch: 3})
		}
	}
	must(t, s.Close(true))

	fsys := vfs.NewErr(mem)
	s = openStore(t, fsys)
	before := fsys.Count(vfs.OpAny)
	logs, err = s.Load(t.Context(), specs)
	must(t, err)
	for _, l := range logs {
		must(t, l.Err())
		must(t, l.AssignEpoch(4, l.EndOffset()))
		l.SetHighWatermark(l.EndOffset())
		if want := map[bool]int64{true: 2, false: 0}[l.tp.Partition == 7]; l.EndOffset() != want || l.SyncedOffset() != want {
			t.Fatalf("%s ends at %d", l.tp, l.EndOffset())
		}
	}
	if calls := fsys.Count(vfs.OpAny) - before; calls > 0 {
		t.Fatalf("%d file system calls", calls)
	}
	l := logs[TopicPartition{"t3", 7}]
	if e, _ := l.LatestEpoch(); e != 4 || l.StartOffset() != 0 || len(readAll(t, l, 0)) != 1 || l.LastStableOffset() != 2 {
		t.Fatalf("latest epoch is %d", e)
	}
	must(t, s.Close(true))
}

// TestTrustIsChecked: a log that is not what a clean shutdown left goes offline.
func TestTrustIsChecked(t *testing.T) {
	mem := vfs.NewMem(0)
	s := openStore(t, mem)
	l := openLog(t, s, Config{})
	for range 5 {
		mustAppend(t, l, records(1, 134, 1), AppendOptions{})
	}
	must(t, s.Close(true))
	(&wrecker{t, mem}).truncate(0, -209)
	s = openStore(t, mem)
	l = openLog(t, s, Config{})
	if _, err := l.Read(0, 100, 5, true); !errors.Is(err, ErrOffline) || !errors.Is(err, ErrCorrupt) {
		t.Fatalf("read: %v", err)
	}
	if err := s.Close(true); err == nil {
		t.Fatal("a damaged log was closed without a word")
	}
	if s = openStore(t, mem); s.CleanShutdown() {
		t.Fatal("a damaged log was closed as clean")
	}
}

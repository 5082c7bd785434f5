package logstore

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kq/pkg/broker/vfs"
)

// importTree copies a directory of the host to a file system.
func importTree(t *testing.T, fsys vfs.FS, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		dest := filepath.Join(to, strings.TrimPrefix(path, from))
		if d.IsDir() {
			return fsys.MkdirAll(dest, 0o755)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return writeWhole(fsys, dest, data)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestApacheDirectories opens what Kafka wrote, after a kill and after a clean
// shutdown, and what is left of it without any of the files we can rebuild.
func TestApacheDirectories(t *testing.T) {
	for _, dir := range []string{"killed", "clean"} {
		for _, bare := range []bool{false, true} {
			name := dir
			if bare {
				name += ", logs only"
			}
			t.Run(name, func(t *testing.T) {
				mem := vfs.NewMem(0)
				importTree(t, mem, "testdata/apache-4.3.1/"+dir, "/data")
				if bare {
					keepLogsOnly(t, mem)
				}
				s := openStore(t, mem)
				if s.CleanShutdown() != (dir == "clean" && !bare) {
					t.Fatalf("clean shutdown: %v", s.CleanShutdown())
				}
				checkApache(t, s, dir == "clean")
				if err := s.Close(true); err != nil {
					t.Fatal(err)
				}
				checkApache(t, openStore(t, mem), dir == "clean")
			})
		}
	}
}

func keepLogsOnly(t *testing.T, mem vfs.FS) {
	t.Helper()
	entries, err := mem.ReadDir("/data")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		path := "/data/" + e.Name()
		if !e.IsDir() {
			if err := mem.Remove(path); err != nil {
				t.Fatal(err)
			}
			continue
		}
		files, err := mem.ReadDir(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if filepath.Ext(f.Name()) != logSuffix {
				if err := mem.Remove(path + "/" + f.Name()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func checkApache(t *testing.T, s *Store, clean bool) {
	t.Helper()
	logs, err := s.Load(t.Context(), []LogSpec{{Topic: "plain"}, {Topic: "txn"}})
	if err != nil {
		t.Fatal(err)
	}
	plain, txn := logs[TopicPartition{"plain", 0}], logs[TopicPartition{"txn", 0}]
	for _, l := range logs {
		l.SetHighWatermark(l.EndOffset())
		if _, err := l.opened(); err != nil {
			t.Fatal(err)
		}
		if err := checkIndexes(l); err != nil {
			t.Error(err)
		}
	}
	wantEnd, wantTxnEnd, wantStable := int64(150), int64(29), int64(25)
	wantAborted := []int64{5, 15}
	if clean {
		wantTxnEnd, wantStable, wantAborted = 30, 30, []int64{5, 15, 25}
	}
	if plain.EndOffset() != wantEnd || txn.EndOffset() != wantTxnEnd || txn.LastStableOffset() != wantStable {
		t.Errorf("plain ends at %d, txn at %d, stable to %d", plain.EndOffset(), txn.EndOffset(), txn.LastStableOffset())
	}
	if n := len(readAll(t, plain, 0)); n != 60 {
		t.Errorf("plain has %d batches", n)
	}
	aborted, err := txn.AbortedTxns(0, wantTxnEnd)
	if err != nil {
		t.Error(err)
	}
	var first []int64
	for _, a := range aborted {
		first = append(first, a.FirstOffset)
	}
	if !slices.Equal(first, wantAborted) {
		t.Errorf("aborted transactions begin at %v", first)
	}
	if p := plain.ActiveProducers(); len(p) != 1 || p[0].LastSequence != 149 || p[0].LastOffset != 149 {
		t.Errorf("producers of plain: %+v", p)
	}
	if e, end, ok := plain.EndOffsetForEpoch(0); e != 0 || end != 150 || !ok {
		t.Errorf("epoch 0 ends at %d", end)
	}
	// Records 1 to 4 of batch i are at 7i - 20(i mod 5) ms.
	at, ok, err := plain.OffsetForTime(1_700_000_000_000+7*59-20*4, 150)
	if err != nil || !ok || at.Timestamp < 1_700_000_000_000+7*59-20*4 {
		t.Errorf("offset for time: %+v %v %v", at, ok, err)
	}
	top, ok, err := plain.MaxTimestamp()
	if err != nil || !ok || top.Timestamp != 1_700_000_000_000+7*55 {
		t.Errorf("max timestamp: %+v %v %v", top, ok, err)
	}
}

// TestApacheCheckpointBytes rewrites Kafka's files from what was parsed.
func TestApacheCheckpointBytes(t *testing.T) {
	read := func(name string) []byte {
		p, err := os.ReadFile("testdata/apache-4.3.1/clean/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	e, err := parseEpochs(read("plain-0/leader-epoch-checkpoint"))
	if err != nil || !bytes.Equal(e.encode(), read("plain-0/leader-epoch-checkpoint")) {
		t.Errorf("epochs: %v, %v", e, err)
	}
	id, err := parsePartitionMetadata(read("plain-0/partition.metadata"))
	if err != nil || !bytes.Equal(encodePartitionMetadata(id), read("plain-0/partition.metadata")) {
		t.Errorf("partition.metadata: %x, %v", id, err)
	}
	m, err := parseMetaProperties(read(metaFile))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.SplitN(string(read(metaFile)), "\n", 3) // comment, date, keys
	if got := strings.SplitN(string(m.encode(newClock().now())), "\n", 3); got[0] != want[0] || got[2] != want[2] {
		t.Errorf("meta.properties is\n%s\nwant\n%s", got, want)
	}
	if got := string(encodeCleanShutdown(parseCleanShutdown(read(cleanShutdownFile)))); got != string(read(cleanShutdownFile)) {
		t.Errorf("clean shutdown file is %s", got)
	}
	for _, name := range []string{recoveryPointFile, highWatermarkFile, logStartFile} {
		o, err := parseOffsets(read(name))
		if err != nil {
			t.Error(err)
		}
		sorted := func(p []byte) []string {
			lines := strings.Split(string(p), "\n")
			slices.Sort(lines)
			return lines
		}
		if got := sorted(o.encode()); !slices.Equal(got, sorted(read(name))) { // Kafka's order is that of a hash table
			t.Errorf("%s is %q", name, got)
		}
	}
	for _, name := range []string{"plain-0/00000000000000000090.snapshot", "txn-0/00000000000000000030.snapshot"} {
		entries, err := parseSnapshot(read(name))
		if err != nil || !bytes.Equal(encodeSnapshot(entries), read(name)) {
			t.Errorf("%s: %+v, %v", name, entries, err)
		}
	}
}

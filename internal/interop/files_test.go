//go:build interop

package interop

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestFiles does the same to Apache Kafka and to kq, stops both, and compares
// the data directories: the same files, byte for byte but for ids and dates.
func TestFiles(t *testing.T) {
	kafka, kq := startApache(t, t.TempDir()), startServer(t, t.TempDir(), "--set", "node.id=1")
	for _, s := range []*server{kafka, kq} {
		RunRow(t, &Row{Name: "files", Run: fillForFiles}, s.addr, 1)
		if err := s.stop(); err != nil {
			t.Fatal(err)
		}
	}
	compareDirs(t, kafka.data, kq.data)
}

// TestFilesFresh compares the directories of brokers that were only started and stopped.
func TestFilesFresh(t *testing.T) {
	kafka, kq := startApache(t, t.TempDir()), startServer(t, t.TempDir(), "--set", "node.id=1")
	for _, s := range []*server{kafka, kq} {
		if err := s.stop(); err != nil {
			t.Fatal(err)
		}
	}
	compareDirs(t, kafka.data, kq.data)
}

// fillForFiles leaves indexes, several segments, producer state, log starts
// inside and between segments, and an empty partition.
func fillForFiles(s *Session) {
	s.Topic("empty", 1)
	s.Topic("two", 2)
	s.Fill("two", Records("a", "b"), Records("c"))
	s.Topic("idem", 1)
	for seq := range int32(7) {
		b := Records("v")
		b.FirstTimestamp = 1700000000000 + int64(seq)
		b.Producer = &Producer{ID: 4711, Epoch: 3, Seq: seq}
		s.Fill("idem", b)
	}
	b := Records("x", "y")
	b.Producer = &Producer{ID: 99, Epoch: 0, Seq: 5}
	s.Fill("idem", b)
	s.Topic("segments", 1, "segment.bytes=1048576", "index.interval.bytes=100000")
	big := BatchSpec{FirstTimestamp: 1700000000000, Recs: []Rec{{Value: bytes.Repeat([]byte("0123456789"), 9000)}}}
	for i := range 30 {
		big.FirstTimestamp += int64(i%5) * 1000
		s.Fill("segments", big)
	}
	s.Topic("trimmed", 1)
	s.Fill("trimmed", Records("a"), Records("b"), Records("c"))
	s.Do(deleteRecords(2, "trimmed", 0, 2))
	s.Topic("gone", 1)
	s.deleteTopic("gone")
	s.Until(listOffsets(7, "segments", 0, -1), func(r kmsg.Response) bool {
		return r.(*kmsg.ListOffsetsResponse).Topics[0].Partitions[0].Offset == 30
	})
}

// compareDirs compares two data directories.
func compareDirs(t *testing.T, kafka, kq string) {
	t.Helper()
	want, got := readDir(t, kafka), readDir(t, kq)
	names := map[string]bool{}
	for n := range want {
		names[n] = true
	}
	for n := range got {
		names[n] = true
	}
	sorted := make([]string, 0, len(names))
	for n := range names {
		sorted = append(sorted, n)
	}
	sort.Strings(sorted)
	for _, n := range sorted {
		w, inKafka := want[n]
		g, inKQ := got[n]
		switch {
		case !inKafka:
			t.Errorf("%s: only kq has it", n)
		case !inKQ:
			t.Errorf("%s: only Kafka has it", n)
		case strings.HasSuffix(n, ".snapshot") && len(g) >= len(w) && len(w) > 6:
			// behind Kafka's entries kq keeps the batches of the window; the checksum covers them
			if !bytes.Equal(w[:2], g[:2]) || !bytes.Equal(w[6:], g[6:len(w)]) {
				t.Errorf("%s differs:\nKafka %x\nkq    %x", n, w, g)
			}
		case !bytes.Equal(w, g):
			t.Errorf("%s differs:\nKafka %s\nkq    %s", n, show(w, true), show(g, true))
			if strings.HasSuffix(n, "checkpoint") || strings.HasSuffix(n, ".properties") || strings.HasSuffix(n, "metadata") {
				t.Logf("Kafka: %q\nkq: %q", w, g)
			}
		}
	}
}

var (
	idLine      = regexp.MustCompile(`(?m)^(directory\.id=|cluster\.id=|topic_id: )[A-Za-z0-9_-]{22}$`)
	dateLine    = regexp.MustCompile(`(?m)^#\w{3} \w{3} \d\d \d\d:\d\d:\d\d \w+ \d{4}$`)
	brokerEpoch = regexp.MustCompile(`"brokerEpoch":-?\d+`)
	deletedDir  = regexp.MustCompile(`\.[0-9a-f]{32}-delete`)
)

// ownFile names files that are each broker's own affair: raft's state, Kafka's
// bootstrap snapshot, the metadata log, which the dump test reads, the lock,
// which kq leaves in place (a removed lock file can be locked twice), and the
// indexes of a deleted partition, which Kafka leaves at their full size.
func ownFile(name string) bool {
	return strings.HasPrefix(name, "__cluster_metadata-0/") || name == "bootstrap.checkpoint" || name == ".lock" ||
		strings.Contains(name, "-delete/") && strings.HasSuffix(name, "index")
}

// readDir reads a data directory: masked content by relative name.
func readDir(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name = deletedDir.ReplaceAllString(filepath.ToSlash(name), ".HEX-delete")
		if ownFile(name) {
			return nil
		}
		p, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files[name] = maskFile(name, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func maskFile(name string, p []byte) []byte {
	p = idLine.ReplaceAll(p, []byte("${1}ID"))
	p = dateLine.ReplaceAll(p, []byte("#DATE"))
	p = brokerEpoch.ReplaceAll(p, []byte(`"brokerEpoch":N`))
	if strings.HasSuffix(name, "-offset-checkpoint") {
		p = maskOffsets(p)
	}
	return p
}

// maskOffsets sorts the lines of an offset checkpoint, which Kafka writes in
// hash order, and leaves out the metadata log's: kq keeps that log's recovery
// point here too, so that damage below it is noticed, while Kafka keeps none.
// A file that Kafka creates and does not fill is one without entries.
func maskOffsets(p []byte) []byte {
	lines := strings.SplitAfter(string(p), "\n")
	if len(p) == 0 {
		return []byte("0\n0\n")
	}
	if len(lines) < 3 || lines[1] != strconv.Itoa(len(lines)-3)+"\n" {
		return p // not the format, which the comparison will show
	}
	entries := slices.DeleteFunc(lines[2:len(lines)-1], func(l string) bool { return strings.HasPrefix(l, "__cluster_metadata ") })
	slices.Sort(entries)
	return []byte(fmt.Sprintf("%s%d\n%s", lines[0], len(entries), strings.Join(entries, "")))
}

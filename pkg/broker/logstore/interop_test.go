//go:build interop

package logstore

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/vfs"
)

// dumpLogSegments runs Kafka's own tool on files and gives what it says.
func dumpLogSegments(t *testing.T, flags []string, files []string) string {
	t.Helper()
	jars := os.Getenv("KQ_KAFKA_JARS")
	if jars == "" {
		t.Fatal("KQ_KAFKA_JARS must name the directory of Apache Kafka's jars")
	}
	args := []string{"-cp", filepath.Join(jars, "*"), "-XX:TieredStopAtLevel=1", "org.apache.kafka.tools.DumpLogSegments", "--files", strings.Join(files, ",")}
	out, err := exec.Command("java", append(args, flags...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("DumpLogSegments: %v\n%s", err, out)
	}
	return string(out)
}

var complaint = regexp.MustCompile(`(?i)mismatch|corrupt|invalid|out of order|isvalid: false|not found|exception|\d is followed by`)

// The tool of 4.3.1 says of every segment that does not begin at 0 that its
// first offset follows -1.
const firstFollowsNothing = " -1 is followed by"

func checkDump(t *testing.T, dir string) (out string) {
	t.Helper()
	return checkDumpBut(t, dir, firstFollowsNothing)
}

// checkDumpBut is checkDump for files of which something may be said.
func checkDumpBut(t *testing.T, dir, fine string) (out string) {
	t.Helper()
	byExt := map[string][]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			byExt[filepath.Ext(path)] = append(byExt[filepath.Ext(path)], path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(byExt[".log"]) < 3 || len(byExt[".snapshot"]) < 2 || len(byExt[".txnindex"]) < 1 {
		t.Fatalf("not much to look at: %v", byExt)
	}
	out = dumpLogSegments(t, []string{"--deep-iteration", "--print-data-log"}, byExt[".log"])
	out += dumpLogSegments(t, []string{"--index-sanity-check"}, slices.Concat(byExt[".index"], byExt[".timeindex"]))
	out += dumpLogSegments(t, nil, slices.Concat(byExt[".index"], byExt[".timeindex"], byExt[".txnindex"], byExt[".snapshot"]))
	for line := range strings.Lines(out) {
		if complaint.MatchString(line) && !strings.Contains(line, fine) {
			t.Errorf("DumpLogSegments says: %s", line)
		}
	}
	return out
}

// TestDumpLogSegments lets Kafka read what we write: while the log is open, after
// a kill, after recovery from it, after a clean shutdown.
func TestDumpLogSegments(t *testing.T) {
	dir := t.TempDir()
	open := func() (*Store, *Log) {
		s := openStore(t, vfs.OS(), func(o *Options) { o.Dir = dir })
		return s, openLog(t, s, Config{SegmentBytes: 60_000, IndexIntervalBytes: 1000})
	}
	s, l := open()
	for i := range 300 {
		writeMixed(t, l, i)
	}
	checkDump(t, dir)
	if err := s.Close(false); err != nil {
		t.Fatal(err)
	}
	checkDump(t, dir)
	s, l = open()
	checkDump(t, dir)
	for i := range 100 {
		writeMixed(t, l, 300+i)
	}
	end := l.EndOffset()
	if err := s.Close(true); err != nil {
		t.Fatal(err)
	}
	out := checkDump(t, dir)
	if last := fmt.Sprintf("offset: %d ", end-1); !strings.Contains(out, last) {
		t.Errorf("the last record, %s, was not printed", last)
	}
	if n := strings.Count(out, "endTxnMarker: ABORT"); n != strings.Count(out, "lastStableOffset:") || n == 0 {
		t.Errorf("%d aborts, %d entries of transaction indexes", n, strings.Count(out, "lastStableOffset:"))
	}
}

// writeMixed appends something of every kind.
func writeMixed(t *testing.T, l *Log, i int) {
	ts := int64(1_700_000_000_000 + i*10 - (i%7)*25)
	epoch := AppendOptions{LeaderEpoch: int32(i / 90)}
	codec := func(o *batch.BuilderOptions) { o.Codec = batch.Codec(i % 5) }
	mustAppend(t, l, records(1+i%9, 200, ts, codec), epoch)
	mustAppend(t, l, records(2, 20, ts+3, idempotent(77, 0, int32(2*i))), epoch)
	pid := int64(100 + i%3)
	mustAppend(t, l, records(1, 50, ts+1, idempotent(pid, 1, int32(i/3)), transactional), epoch)
	epoch.Origin = OriginCoordinator
	mustAppend(t, l, batch.EndTxnMarker(batch.MarkerOptions{
		Type: batch.MarkerType(i % 2), ProducerID: pid, ProducerEpoch: 1, CoordinatorEpoch: 3, TimestampMs: ts + 2,
	}), epoch)
}

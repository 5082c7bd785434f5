//go:build interop

package interop

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
)

const dumpTool = "org.apache.kafka.tools.DumpLogSegments"

// trouble is what Kafka's log dumper says about files it does not like.
var trouble = regexp.MustCompile(`(?i)mismatch|corrupt|invalid|out of order|isvalid: false|exception|could not`)

// TestDump lets Kafka's DumpLogSegments read what kq wrote: after a clean stop
// and after kill -9.
func TestDump(t *testing.T) {
	for _, end := range []string{"a clean stop", "kill -9"} {
		t.Run(end, func(t *testing.T) {
			s := startServer(t, t.TempDir())
			fillForDump(t, s)
			stop := s.stop
			if end == "kill -9" {
				stop = s.kill
			}
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			checkDump(t, s, end == "a clean stop")
		})
	}
}

// dumpTopics have several segments, all codecs, an idempotent producer, old
// records cut off, and log append times.
var dumpTopics = []struct {
	name     string
	settings []string
	codec    string
	records  int
}{
	{"plain", []string{"segment.bytes=1048576"}, "none", 40000},
	{"gzipped", nil, "gzip", 5000},
	{"snappied", nil, "snappy", 5000},
	{"lz4ed", nil, "lz4", 5000},
	{"zstded", nil, "zstd", 5000},
	{"recompressed", []string{"compression.type=lz4"}, "none", 5000},
	{"stamped", []string{"message.timestamp.type=LogAppendTime"}, "none", 5000},
	{"trimmed", []string{"segment.bytes=1048576"}, "none", 30000},
}

func fillForDump(t *testing.T, s *server) {
	t.Helper()
	for _, topic := range dumpTopics {
		createWith(t, s.addr, topic.name, 2, topic.settings...)
		var b strings.Builder
		for i := range topic.records {
			k, v := record(i)
			fmt.Fprintf(&b, "%s:%s\n", k, v)
		}
		tool(t, strings.NewReader(b.String()), installed.kcat, "-P", "-b", s.addr, "-t", topic.name, "-K:",
			"-z", topic.codec, "-X", "enable.idempotence=true", "-X", "batch.num.messages=500")
	}
	row := &Row{Name: "trim", Run: func(s *Session) { s.Do(deleteRecords(2, "trimmed", 0, 12345)) }}
	RunRow(t, row, s.addr, 1)
}

// checkDump runs the dumper over every file of every partition and over the metadata log.
func checkDump(t *testing.T, s *server, clean bool) {
	t.Helper()
	files := func(suffix string) []string {
		found, err := filepath.Glob(filepath.Join(s.data, "*-[0-9]*", "*"+suffix))
		if err != nil {
			t.Fatal(err)
		}
		sort.Strings(found)
		var topics []string
		for _, f := range found {
			if !strings.HasPrefix(filepath.Base(filepath.Dir(f)), "__") {
				topics = append(topics, f)
			}
		}
		return topics
	}
	logs := files(".log")
	if len(logs) < 2*len(dumpTopics)+4 {
		t.Errorf("only %d segments: rolling does not work", len(logs))
	}
	got := map[string]int{}
	dumpRecords(t, got, dump(t, logs, "--deep-iteration", "--print-data-log"))
	for _, topic := range dumpTopics {
		if got[topic.name] != topic.records && topic.name != "trimmed" {
			t.Errorf("%s: the dump has %d records, want %d", topic.name, got[topic.name], topic.records)
		}
	}
	dump(t, files(".index"), "--index-sanity-check")
	dump(t, files(".timeindex"), "--index-sanity-check")
	if clean {
		dump(t, files(".index"))
		dump(t, files(".timeindex"))
		dump(t, files(".index"), "--verify-index-only")
		if len(files(".snapshot")) == 0 {
			t.Error("a clean stop left no producer snapshots")
		}
	}
	dump(t, files(".txnindex"))
	if out := dump(t, files(".snapshot")); clean && !strings.Contains(out, "producerId: ") {
		t.Errorf("the snapshots name no producer: %s", out)
	}
	dumpMetadata(t, s)
}

// dump runs the tool on files in one JVM and fails on every line of trouble.
func dump(t *testing.T, files []string, args ...string) string {
	t.Helper()
	if len(files) == 0 {
		return ""
	}
	argv := append(javaArgs(dumpTool), "--files", strings.Join(files, ","))
	out, errs, err := run(t, nil, "java", append(argv, args...)...)
	if err != nil {
		t.Errorf("DumpLogSegments %v: %v", args, err)
	}
	shown := 0
	for _, line := range strings.Split(out+errs, "\n") {
		if !strings.HasPrefix(line, "|") && trouble.MatchString(line) && shown < 20 {
			t.Errorf("DumpLogSegments %v: %s", args, line)
			shown++
		}
	}
	return out
}

var (
	dumping = regexp.MustCompile(`^Dumping .*/([^/]+)-(\d+)/\d+\.log`)
	entry   = regexp.MustCompile(`^\| offset: (\d+) .*key: (\S+) payload: (.*)$`)
)

// dumpRecords counts the records of each topic and checks their content and
// that offsets rise by one within a partition.
func dumpRecords(t *testing.T, got map[string]int, out string) {
	t.Helper()
	topic, partition, next := "", "", -1
	lines := bufio.NewScanner(strings.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if m := dumping.FindStringSubmatch(lines.Text()); m != nil {
			if m[1] != topic || m[2] != partition {
				next = -1
			}
			topic, partition = m[1], m[2]
			continue
		}
		m := entry.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		var offset, i int
		if _, err := fmt.Sscan(m[1], &offset); err != nil || next >= 0 && offset != next {
			t.Fatalf("%s-%s: offset %s, want %d", topic, partition, m[1], next)
		}
		next = offset + 1
		if _, err := fmt.Sscanf(m[3], "%d ", &i); err != nil {
			t.Fatalf("%s-%s: offset %d holds %q", topic, partition, offset, m[3])
		}
		if key, value := record(i); m[2] != key || m[3] != value {
			t.Fatalf("%s-%s: offset %d holds %q %q, want %q %q", topic, partition, offset, m[2], m[3], key, value)
		}
		got[topic]++
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

// dumpMetadata decodes the metadata log: every topic and its settings are in it.
func dumpMetadata(t *testing.T, s *server) {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(s.data, "__cluster_metadata-0", "*.log"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("no metadata log in %s: %v", s.data, err)
	}
	snapshots, err := filepath.Glob(filepath.Join(s.data, "__cluster_metadata-0", "*.checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	out := dump(t, append(logs, snapshots...), "--cluster-metadata-decoder", "--deep-iteration", "--print-data-log")
	for _, line := range strings.Split(out, "\n") {
		if strings.HasPrefix(line, "|") && trouble.MatchString(line) {
			t.Errorf("metadata log: %s", line)
		}
	}
	for _, topic := range dumpTopics {
		if !strings.Contains(out, fmt.Sprintf(`"name":%q`, topic.name)) {
			t.Errorf("the metadata log does not name topic %s", topic.name)
		}
	}
	for _, want := range []string{"FEATURE_LEVEL_RECORD", "REGISTER_BROKER_RECORD", "TOPIC_RECORD", "PARTITION_RECORD", "CONFIG_RECORD", "PRODUCER_IDS_RECORD", `"value":"1048576"`} {
		if !strings.Contains(out, want) {
			t.Errorf("the metadata log holds no %s", want)
		}
	}
	indexes, err := filepath.Glob(filepath.Join(s.data, "__cluster_metadata-0", "*.*index"))
	if err != nil {
		t.Fatal(err)
	}
	dump(t, indexes, "--index-sanity-check")
}

func writeFile(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

//go:build interop

package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
)

// Kafka's tools, by class.
const (
	topicsTool  = "org.apache.kafka.tools.TopicCommand"
	offsetsTool = "org.apache.kafka.tools.GetOffsetShell"
	configsTool = "kafka.admin.ConfigCommand"
	deleteTool  = "org.apache.kafka.tools.DeleteRecordsCommand"
	dirsTool    = "org.apache.kafka.tools.LogDirsCommand"
	clusterTool = "org.apache.kafka.tools.ClusterTool"
)

// toolCalls is one session of an administrator; each call is made on Apache
// Kafka and on kq, and must say the same.
func toolCalls(deleteFile string) [][]string {
	return [][]string{
		{topicsTool, "--create", "--topic", "t1", "--partitions", "3", "--config", "retention.ms=5000", "--config", "cleanup.policy=compact,delete"},
		{topicsTool, "--create", "--topic", "t1"},
		{topicsTool, "--create", "--topic", "t1", "--if-not-exists"},
		{topicsTool, "--create", "--topic", "bad name"},
		{topicsTool, "--create", "--topic", "t9", "--replication-factor", "3"},
		{topicsTool, "--create", "--topic", "t9", "--partitions", "0"},
		{topicsTool, "--create", "--topic", "t9", "--config", "retention.ms=soon"},
		{topicsTool, "--create", "--topic", "t.2"},
		{topicsTool, "--create", "--topic", "t3", "--replica-assignment", "1,1"},
		{topicsTool, "--list"},
		{topicsTool, "--describe", "--topic", "t1"},
		{topicsTool, "--describe"},
		{topicsTool, "--describe", "--topics-with-overrides"},
		{topicsTool, "--describe", "--topic", "missing"},
		{topicsTool, "--alter", "--topic", "t3", "--partitions", "4"},
		{topicsTool, "--alter", "--topic", "t3", "--partitions", "2"},
		{topicsTool, "--describe", "--topic", "t3"},
		{configsTool, "--describe", "--entity-type", "topics", "--entity-name", "t1"},
		{configsTool, "--alter", "--entity-type", "topics", "--entity-name", "t1", "--add-config", "flush.ms=777,cleanup.policy=[compact]", "--delete-config", "retention.ms"},
		{configsTool, "--describe", "--entity-type", "topics", "--entity-name", "t1"},
		{configsTool, "--describe", "--entity-type", "topics", "--entity-name", "t1", "--all"},
		{configsTool, "--alter", "--entity-type", "topics", "--entity-name", "t1", "--add-config", "no.such=1"},
		{configsTool, "--alter", "--entity-type", "topics", "--entity-name", "t1", "--add-config", "flush.ms=never"},
		{configsTool, "--describe", "--entity-type", "topics", "--entity-name", "missing"},
		{configsTool, "--alter", "--entity-type", "brokers", "--entity-name", "1", "--add-config", "log.retention.ms=99000"},
		{configsTool, "--describe", "--entity-type", "brokers", "--entity-name", "1"},
		{configsTool, "--alter", "--entity-type", "brokers", "--entity-default", "--add-config", "log.retention.ms=88000"},
		{configsTool, "--describe", "--entity-type", "brokers", "--entity-default"},
		{configsTool, "--describe", "--entity-type", "brokers", "--entity-name", "1"},
		{configsTool, "--alter", "--entity-type", "brokers", "--entity-name", "1", "--add-config", "broker.id=9"},
		{"kcat", "t3"},
		{offsetsTool, "--topic", "t3"},
		{offsetsTool, "--topic", "t3", "--time", "earliest"},
		{offsetsTool, "--topic", "t3", "--time", "max-timestamp"},
		{offsetsTool, "--topic", "t3", "--time", "1000"},
		{offsetsTool, "--topic-partitions", "t3:0-2,t1"},
		{offsetsTool, "--topic", "missing"},
		{deleteTool, "--offset-json-file", deleteFile},
		{offsetsTool, "--topic", "t3", "--time", "earliest"},
		{dirsTool, "--describe", "--topic-list", "t3"},
		{clusterTool, "cluster-id"},
		{topicsTool, "--delete", "--topic", "t3"},
		{topicsTool, "--delete", "--topic", "missing"},
		{topicsTool, "--list"},
	}
}

// TestTools compares what Kafka's own tools say about kq with what they said
// about Kafka (testdata/tools.txt, which -update writes).
func TestTools(t *testing.T) {
	file := filepath.Join(t.TempDir(), "delete.json")
	writeFile(t, file, `{"partitions":[{"topic":"t3","partition":0,"offset":2},{"topic":"t3","partition":1,"offset":99}],"version":1}`)
	s := startServer(t, t.TempDir(), "--set", "node.id=1")
	if *update {
		s = startApache(t, t.TempDir())
	}
	compareTools(t, "testdata/tools.txt", toolCalls(file), func(t *testing.T, call []string) string { return callTool(t, s, call) }, file)
}

// compareTools makes calls one after the other and compares what is said with
// the golden file, which -update writes. The path named is masked.
func compareTools(t *testing.T, golden string, calls [][]string, make func(t *testing.T, call []string) string, path string) {
	t.Helper()
	want := toolGoldens(t, golden)
	var recorded strings.Builder
	for i, call := range calls {
		name := fmt.Sprintf("%02d %s %s", i, last(call[0]), strings.ReplaceAll(strings.Join(call[1:], " "), path, "FILE"))
		t.Run(name, func(t *testing.T) {
			got := strings.ReplaceAll(make(t, call), path, "FILE")
			fmt.Fprintf(&recorded, "$ %s\n%s", name, got)
			if !*update && strings.TrimSpace(got) != strings.TrimSpace(want[name]) {
				t.Errorf("Kafka:\n%s\nkq:\n%s", want[name], got)
			}
		})
	}
	if *update {
		writeFile(t, golden, recorded.String())
	}
}

// toolGoldens reads what the tools said about Kafka, by call.
func toolGoldens(t *testing.T, file string) map[string]string {
	t.Helper()
	p, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, part := range strings.Split("\n"+string(p), "\n$ ") {
		name, text, _ := strings.Cut(part, "\n")
		said[name] = text + "\n"
	}
	return said
}

// callTool makes one call and returns exit state, stdout and stderr without
// what differs from run to run.
func callTool(t *testing.T, s *server, call []string) string {
	t.Helper()
	if call[0] == "kcat" {
		for p := range 4 {
			records := strings.Repeat(fmt.Sprintf("record of partition %d\n", p), p+2)
			tool(t, strings.NewReader(records), installed.kcat, "-P", "-b", s.addr, "-t", call[1], "-p", fmt.Sprint(p), "-X", "linger.ms=200")
		}
		return ""
	}
	bootstrap := []string{"--bootstrap-server", s.addr}
	args := append(javaArgs(call[0]), call[1:]...)
	switch call[0] {
	case clusterTool:
		bootstrap[0] = "-b"
	case txnTool:
		args, bootstrap = append(javaArgs(call[0]), bootstrap...), call[1:]
	}
	out, errs, err := run(t, nil, "java", append(args, bootstrap...)...)
	return fmt.Sprintf("failed: %v\n%s--\n%s", err != nil, plain(s, out), plain(s, errs))
}

var (
	ids     = regexp.MustCompile(`TopicId: \S+`)
	cluster = regexp.MustCompile(`Cluster ID: \S+`)
	stamps  = regexp.MustCompile(`\[\d{4}-[^\]]*\] |\d{4}-\d\d-\d\dT\S+Z |\(\S+ @ \S+\)`)
	dirs    = regexp.MustCompile(`"logDir":"[^"]*"`)
	sizes   = regexp.MustCompile(`"(total|usable)Bytes":\d+`)
	frames  = regexp.MustCompile(`(?m)^\s+(at |\.\.\. \d+ more).*\n`)
)

// plain masks addresses, ids, times, folders and stack frames, and sorts lines:
// tools print maps in hash order.
func plain(s *server, text string) string {
	text = strings.ReplaceAll(text, s.addr, "BROKER")
	text = ids.ReplaceAllString(text, "TopicId: ID")
	text = cluster.ReplaceAllString(text, "Cluster ID: ID")
	text = stamps.ReplaceAllString(text, "")
	text = dirs.ReplaceAllString(text, `"logDir":"DIR"`)
	text = sizes.ReplaceAllString(text, `"${1}Bytes":N`)
	text = frames.ReplaceAllString(text, "")
	text = strings.ReplaceAll(text, "partition: ", "\npartition: ") // a log line without an end may stand before it
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, "{") { // one JSON document: its lists come in hash order too
			parts := strings.Split(l, "{")
			sort.Strings(parts)
			lines[i] = strings.Join(parts, "{")
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n") + "\n"
}

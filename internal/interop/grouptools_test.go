//go:build interop

package interop

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Kafka's tools for groups and transactions, by class.
const (
	groupsTool  = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
	txnTool     = "org.apache.kafka.tools.TransactionsCommand"
	consoleTool = "org.apache.kafka.tools.consumer.ConsoleConsumer"
	perfTool    = "org.apache.kafka.tools.ConsumerPerformance"
)

// groupCalls is one session of an operator, with what happens between the
// calls (groupSteps).
func groupCalls(offsets string) [][]string {
	return [][]string{
		{"step", "records"},
		{consoleTool, "--topic", "t1", "--group", "g1", "--from-beginning", "--max-messages", "20", "--timeout-ms", "20000"},
		{groupsTool, "--list"},
		{groupsTool, "--list", "--state"},
		{groupsTool, "--describe", "--group", "g1"},
		{groupsTool, "--describe", "--group", "g1", "--state"},
		{groupsTool, "--describe", "--group", "missing"},
		{groupsTool, "--reset-offsets", "--group", "g1", "--topic", "t1", "--to-earliest", "--dry-run"},
		{groupsTool, "--reset-offsets", "--group", "g1", "--topic", "t1:0", "--shift-by", "-3", "--execute"},
		{groupsTool, "--reset-offsets", "--group", "g1", "--topic", "t1", "--to-datetime", "2030-01-01T00:00:00.000", "--execute"},
		{groupsTool, "--reset-offsets", "--group", "g2", "--from-file", offsets, "--execute"},
		{consoleTool, "--topic", "t1", "--group", "g2", "--max-messages", "16", "--timeout-ms", "20000", "--command-property", "group.protocol=consumer"},
		{groupsTool, "--describe", "--group", "g2"},
		{groupsTool, "--delete-offsets", "--group", "g1", "--topic", "t1:0"},
		{groupsTool, "--describe", "--all-groups"},
		{"step", "members"},
		{groupsTool, "--describe", "--group", "classic", "--members", "--verbose"},
		{groupsTool, "--describe", "--group", "modern"},
		{groupsTool, "--describe", "--group", "modern", "--members", "--verbose"},
		{groupsTool, "--list", "--type", "consumer"},
		{groupsTool, "--delete", "--group", "classic"},
		{groupsTool, "--reset-offsets", "--group", "modern", "--all-topics", "--to-earliest", "--execute"},
		{"step", "members leave"},
		{groupsTool, "--delete", "--group", "g1", "--group", "missing"},
		{groupsTool, "--list"},
		{"step", "transactions"},
		{txnTool, "list"},
		{txnTool, "describe", "--transactional-id", "open"},
		{txnTool, "describe", "--transactional-id", "missing"},
		{txnTool, "describe-producers", "--topic", "t2", "--partition", "0"},
		{txnTool, "find-hanging", "--broker-id", "1", "--max-transaction-timeout", "15"},
		{txnTool, "abort", "--topic", "t2", "--partition", "0", "--start-offset", "0"},
		{txnTool, "abort", "--topic", "t2", "--partition", "0", "--start-offset", "12"},
		{txnTool, "describe-producers", "--topic", "t2", "--partition", "0"},
		{txnTool, "forceTerminateTransaction", "--transactionalId", "open"},
		{txnTool, "list"},
		{consoleTool, "--topic", "t2", "--group", "g3", "--from-beginning", "--max-messages", "1", "--timeout-ms", "20000", "--isolation-level", "read_committed"},
		{perfTool, "--topic", "t1", "--num-records", "20", "--group", "perf", "--hide-header", "--timeout", "20000"},
	}
}

// TestGroupTools compares what Kafka's tools for groups and transactions say
// about kq with what they said about Kafka (testdata/grouptools.txt, which
// -update writes).
func TestGroupTools(t *testing.T) {
	file := t.TempDir() + "/offsets.csv"
	writeFile(t, file, "t1,0,2\nt1,1,2\n")
	s := startServer(t, t.TempDir(), "--set", "node.id=1")
	if *update {
		s = startApache(t, t.TempDir())
	}
	steps := &groupSteps{whole: t, s: s, changed: make(watch, 1)}
	compareTools(t, "testdata/grouptools.txt", groupCalls(file), func(t *testing.T, call []string) string {
		if call[0] == "step" {
			steps.take(t, call[1])
			return ""
		}
		return maskMembers(callTool(t, s, call))
	}, file)
}

// groupSteps is what happens between the calls.
type groupSteps struct {
	whole   *testing.T // what is started lives as long
	s       *server
	changed watch
	members []*worker
}

func (g *groupSteps) take(t *testing.T, name string) {
	switch name {
	case "records":
		createWith(t, g.s.addr, "t1", 2)
		for p := range 2 {
			records := strings.Repeat(fmt.Sprintf("record of partition %d\n", p), 10)
			tool(t, strings.NewReader(records), installed.kcat, "-P", "-b", g.s.addr, "-t", "t1", "-p", fmt.Sprint(p), "-X", "linger.ms=200")
		}
	case "members":
		for group, protocol := range map[string]string{"classic": "classic", "modern": "consumer"} {
			o := map[string]string{"bootstrap": g.s.addr, "topic": "t1", "group": group, "protocol": protocol, "instance": "one"}
			g.members = append(g.members, libraryNamed(t, "java").start(g.whole, g.changed, group, "group", o))
		}
		cl, err := kgo.NewClient(kgo.SeedBrokers(g.s.addr))
		if err != nil {
			t.Fatal(err)
		}
		defer cl.Close()
		for _, w := range g.members {
			g.changed.until(t, 40*time.Second, w.name+" has read and committed everything", func() bool {
				return maps.Equal(committedOffsets(t, cl, w.name), map[int32]int64{0: 10, 1: 10})
			})
		}
	case "members leave":
		for _, w := range g.members {
			w.stop(t)
		}
	case "transactions":
		createWith(t, g.s.addr, "t2", 1)
		o := map[string]string{"bootstrap": g.s.addr, "topic": "t2", "id": "ended"}
		libraryNamed(t, "confluent-kafka").once(t, "txn", o)
		openTransaction(g.whole, g.s.addr)
	}
}

// openTransaction leaves a transaction open until the end of the test.
func openTransaction(t *testing.T, addr string) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.TransactionalID("open"), kgo.TransactionTimeout(2*time.Minute), kgo.DefaultProduceTopic("t2"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	if err := cl.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := cl.ProduceSync(context.WithoutCancel(t.Context()), kgo.StringRecord("open")).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// memberMasks are patterns and what stands for them.
var memberMasks = []struct {
	re   *regexp.Regexp
	mask string
}{
	{regexp.MustCompile(`[ \t]+`), " "},
	{regexp.MustCompile(` +\n`), "\n"},
	{regexp.MustCompile(`(\S+?)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "$1-UUID"},
	{regexp.MustCompile(`\b[\w-]{22}((\s+one)?\s+/127)`), "MEMBER$1"},
	{regexp.MustCompile(`\b1[78]\d{11}( +\d+ +t2-0)?`), "TIME"},
	{regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\d \S+, \d{4}-\d\d-\d\d \S+, [\d.]+, [\d.]+, (\d+), .*$`), "$1 records"},
}

// maskMembers masks member ids and the width of columns.
func maskMembers(text string) string {
	for _, m := range memberMasks {
		text = m.re.ReplaceAllString(text, m.mask)
	}
	return text
}

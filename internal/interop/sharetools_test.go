//go:build interop

package interop

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Kafka's tools for share groups, by class.
const (
	shareTool        = "org.apache.kafka.tools.consumer.group.ShareGroupCommand"
	consoleShareTool = "org.apache.kafka.tools.consumer.ConsoleShareConsumer"
)

// onePartition is a record of the partition that a share session begins with. That
// turns with the session's epoch, so with how often the client asks before it has
// an assignment and records.
var onePartition = regexp.MustCompile(`record of partition \d`)

// shareCalls is one session of an operator, with what happens between the calls
// (shareSteps).
func shareCalls() [][]string {
	return [][]string{
		{"step", "records"},
		{consoleShareTool, "--topic", "s1", "--group", "q", "--max-messages", "12", "--timeout-ms", "20000"},
		{shareTool, "--list", "--state"},
		{shareTool, "--describe", "--group", "q", "--offsets", "--verbose"},
		{shareTool, "--describe", "--group", "q", "--state", "--verbose"},
		{shareTool, "--describe", "--group", "missing"},
		{shareTool, "--reset-offsets", "--group", "q", "--topic", "s1", "--to-earliest", "--execute"},
		{shareTool, "--describe", "--group", "q"},
		{consoleShareTool, "--topic", "s1", "--group", "q", "--max-messages", "3", "--timeout-ms", "20000", "--reject"},
		{shareTool, "--reset-offsets", "--group", "q", "--all-topics", "--to-latest", "--execute"},
		{shareTool, "--describe", "--group", "q"},
		{shareTool, "--reset-offsets", "--group", "q", "--topic", "s1", "--to-datetime", "2000-01-01T00:00:00.000", "--execute"},
		{shareTool, "--reset-offsets", "--group", "q", "--topic", "missing", "--to-earliest", "--execute"},
		{"step", "members"},
		{shareTool, "--describe", "--group", "q", "--members", "--verbose"},
		{shareTool, "--describe", "--group", "q", "--state", "--verbose"},
		{shareTool, "--delete", "--group", "q"},
		{shareTool, "--delete-offsets", "--group", "q", "--topic", "s1"},
		{shareTool, "--reset-offsets", "--group", "q", "--topic", "s1", "--to-earliest", "--execute"},
		{"step", "members leave"},
		{shareTool, "--delete-offsets", "--group", "q", "--topic", "s1"},
		{shareTool, "--describe", "--group", "q"},
		{shareTool, "--delete", "--group", "q", "--group", "missing"},
		{shareTool, "--list"},
	}
}

// TestShareTools compares what Kafka's tools for share groups say about kq with what
// they said about Kafka (testdata/sharetools.txt, which -update writes).
func TestShareTools(t *testing.T) {
	s := startServer(t, t.TempDir(), "--set", "node.id=1", "--set", "group.share.assignment.interval.ms=0")
	if *update {
		s = startApacheWith(t, t.TempDir(), map[string]string{"group.share.assignment.interval.ms": "0"})
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(s.addr), kgo.ClientID("raw"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	compareTools(t, "testdata/sharetools.txt", shareCalls(), func(t *testing.T, call []string) string {
		if call[0] == "step" {
			shareStep(t, cl, s.addr, call[1])
			return ""
		}
		said := maskMembers(callTool(t, s, call))
		if slices.Contains(call, "--reject") {
			first := onePartition.FindString(said) // all are of the same one
			said = strings.ReplaceAll(said, first, "record of partition N")
		}
		return said
	}, s.addr)
}

// shareStep is what happens between the calls.
func shareStep(t *testing.T, cl *kgo.Client, addr, name string) {
	ctx := t.Context()
	switch name {
	case "records":
		createWith(t, addr, "s1", 2)
		for p := range 2 {
			records := strings.Repeat(fmt.Sprintf("record of partition %d\n", p), 6)
			tool(t, strings.NewReader(records), installed.kcat, "-P", "-b", addr, "-t", "s1", "-p", fmt.Sprint(p), "-X", "linger.ms=200")
		}
		req := kmsg.NewPtrIncrementalAlterConfigsRequest()
		r := kmsg.NewIncrementalAlterConfigsRequestResource()
		r.ResourceType, r.ResourceName = kmsg.ConfigResourceTypeGroupConfig, "q"
		c := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		c.Name, c.Value = "share.auto.offset.reset", ptr("earliest")
		r.Configs = append(r.Configs, c)
		req.Resources = append(req.Resources, r)
		resp, err := req.RequestWith(ctx, cl)
		if err != nil || resp.Resources[0].ErrorCode != 0 {
			t.Fatalf("set the config of a group: %+v, %v", resp, err)
		}
	case "members":
		for epoch := int32(0); ; {
			r := shareMember(t, cl, "member-a", epoch)
			if r.Assignment != nil && len(r.Assignment.TopicPartitions) > 0 {
				break
			}
			epoch = r.MemberEpoch
			<-time.After(100 * time.Millisecond)
		}
	case "members leave":
		shareMember(t, cl, "member-a", -1)
	}
}

// shareMember sends one heartbeat of a member that subscribes to s1.
func shareMember(t *testing.T, cl *kgo.Client, member string, epoch int32) *kmsg.ShareGroupHeartbeatResponse {
	t.Helper()
	req := shareBeat("q", member, epoch)
	if epoch == 0 {
		req.SubscribedTopicNames = []string{"s1"}
	}
	resp, err := req.RequestWith(t.Context(), cl)
	if err != nil || resp.ErrorCode != 0 {
		t.Fatalf("heartbeat of %s: %+v, %v", member, resp, err)
	}
	return resp
}

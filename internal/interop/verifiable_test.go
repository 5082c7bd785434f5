//go:build interop

package interop

import (
	"fmt"
	"strings"
	"testing"
)

// TestVerifiable runs Kafka's verifiable producer, and its verifiable consumer
// in a group of either protocol: all is acknowledged, read and committed.
func TestVerifiable(t *testing.T) {
	s := startServer(t, t.TempDir())
	const n = 5000
	createWith(t, s.addr, "verified", 3)
	out := jvm(t, nil, "org.apache.kafka.tools.VerifiableProducer", "--bootstrap-server", s.addr, "--topic", "verified", "--max-messages", fmt.Sprint(n), "--acks", "-1")
	if want := fmt.Sprintf(`"sent":%d,"acked":%d`, n, n); !strings.Contains(out, want) {
		t.Errorf("the producer does not say %s: %s", want, lastBytes(out, 500))
	}
	together(t, []string{"classic", "consumer"}, strings.Clone, func(t *testing.T, protocol string) {
		out := jvm(t, nil, "org.apache.kafka.tools.VerifiableConsumer", "--bootstrap-server", s.addr, "--topic", "verified", "--group-id", protocol,
			"--group-protocol", protocol, "--max-messages", fmt.Sprint(n))
		read := 0
		for line := range strings.Lines(out) {
			var count int
			if _, rest, ok := strings.Cut(line, `"records_consumed"`); ok {
				if _, rest, ok = strings.Cut(rest, `"count":`); ok {
					if _, err := fmt.Sscanf(rest, "%d", &count); err != nil {
						t.Fatalf("%v: %s", err, line)
					}
				}
			}
			read += count
		}
		if read != n {
			t.Errorf("%d records consumed, want %d", read, n)
		}
		for _, event := range []string{`"name":"partitions_assigned"`, `"name":"offsets_committed"`, `"name":"shutdown_complete"`} {
			if !strings.Contains(out, event) {
				t.Errorf("no %s in the consumer's events", event)
			}
		}
		if strings.Contains(out, `"success":false`) {
			t.Errorf("a commit failed: %s", lastBytes(out, 1000))
		}
	})
}

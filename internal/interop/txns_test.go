//go:build interop

package interop

import (
	"strings"
	"testing"
)

// TestTransactions: every library commits, aborts, is fenced by a second
// producer of its id, and reads what it should at both isolation levels.
func TestTransactions(t *testing.T) {
	s := startServer(t, t.TempDir())
	together(t, libraries(), func(l library) string { return l.name }, func(t *testing.T, l library) {
		createWith(t, s.addr, l.name, 1)
		options := map[string]string{"bootstrap": s.addr, "topic": l.name, "id": "txn-" + l.name}
		if got := strings.TrimSpace(l.once(t, "txn", options)); got != "fenced: True" {
			t.Errorf("the first producer after the second began: %s", got)
		}
		for isolation, want := range map[string]string{"read_committed": "c1 c2 c3 c4", "read_uncommitted": "c1 c2 c3 a1 a2 a3 z1 c4"} {
			options["isolation"] = isolation
			if got := strings.Join(strings.Fields(l.once(t, "read", options)), " "); got != want {
				t.Errorf("%s: read %s, want %s", isolation, got, want)
			}
		}
	})
}

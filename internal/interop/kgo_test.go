//go:build interop

package interop

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// kgoSkips are the tests of kgo that may skip themselves: they need SCRAM, or a
// broker that refuses Produce v2 (kq serves it).
var kgoSkips = regexp.MustCompile(`^(TestSCRAMAuth.*|TestIssueProduceBrokerTooOldFailsRecords)$`)

var kgoResult = regexp.MustCompile(`(?m)^--- (PASS|FAIL|SKIP): (\S+)`)

// TestKgo runs franz-go's own broker tests, of the version in go.mod, against
// a broker of one node: group, transaction, KIP-848 and share group chains among them.
func TestKgo(t *testing.T) {
	module := strings.TrimSpace(tool(t, nil, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/twmb/franz-go"))
	program := filepath.Join(t.TempDir(), "kgo.test")
	if err := command(t.Context(), module, "go", "test", "-c", "-o", program, "./pkg/kgo"); err != nil {
		t.Fatal(err)
	}
	s := startServer(t, t.TempDir())
	// most of their time is waiting: all at once
	cmd := exec.CommandContext(t.Context(), program, "-test.v", "-test.parallel=32", "-test.timeout=5m")
	cmd.Dir = filepath.Join(module, "pkg", "kgo") // one of them reads its own source
	cmd.Env = append(os.Environ(), "KGO_SEEDS="+s.addr, "KGO_TEST_RF=1", "KGO_TEST_RECORDS=50000", "KGO_LOG_LEVEL=none")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	passed := 0
	for _, m := range kgoResult.FindAllStringSubmatch(out.String(), -1) {
		switch {
		case m[1] == "PASS":
			passed++
		case m[1] == "FAIL" || !kgoSkips.MatchString(m[2]):
			t.Errorf("%s: %s", m[2], m[1])
		}
	}
	if err != nil || passed < 130 {
		t.Errorf("kgo's tests: %v, %d passed\n%s", err, passed, lastBytes(out.String(), 20000))
	}
}

// lastBytes is the end of a long text.
func lastBytes(s string, n int) string { return s[max(0, len(s)-n):] }

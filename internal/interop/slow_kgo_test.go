//go:build interop

package interop

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What kgo does last when it meets a topic, and the same with a pause before it
// that is longer than a transaction takes.
const (
	kgoModule   = "github.com/twmb/franz-go"
	storesTopic = "defer l.v.Store(lv)"
	storesLate  = "defer func() { time.Sleep(5 * time.Millisecond); l.v.Store(lv) }()"
)

// TestSlowStore runs the tests of those who end transactions of kgo clients with a
// kgo that is slow to store the partitions of new topics: what internal/newtopic
// waits for.
func TestSlowStore(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	mod := filepath.Join(t.TempDir(), "slow.mod")
	for from, to := range map[string]string{"go.mod": mod, "go.sum": strings.TrimSuffix(mod, ".mod") + ".sum"} {
		b, err := os.ReadFile(filepath.Join(root, from))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	goRun(t, "mod", "edit", "-replace="+kgoModule+"="+slowKgo(t), mod)
	goRun(t, "test", "-count=1", "-modfile="+mod,
		"kq/internal/newtopic", "kq/pkg/produce", "kq/pkg/broker/ingest", "kq/pkg/consume/transfer", "kq/pkg/streams/run/sender")
}

// slowKgo is the folder of a copy of kgo's module that stores topics late.
func slowKgo(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "kgo")
	module := strings.TrimSpace(goRun(t, "list", "-m", "-f={{.Dir}}", kgoModule))
	if err := os.CopyFS(dir, os.DirFS(module)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "pkg", "kgo", "topics_and_partitions.go")
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Count(src, []byte(storesTopic)) != 1 {
		t.Fatalf("%s no longer has %q once: look whether internal/newtopic is still needed", file, storesTopic)
	}
	src = bytes.Replace(src, []byte(storesTopic), []byte(storesLate), 1)
	if !bytes.Contains(src, []byte("\t\"time\"\n")) {
		src = bytes.Replace(src, []byte("import (\n"), []byte("import (\n\t\"time\"\n"), 1)
	}
	if err := os.Remove(file); err != nil { // it may be read-only
		t.Fatal(err)
	}
	if err := os.WriteFile(file, src, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// goRun runs the go command and returns what it prints.
func goRun(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

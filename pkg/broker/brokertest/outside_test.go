package brokertest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// outsideTest is what somebody else's module may hold that tests against a
// broker.
const outsideTest = `package outside

import (
	"net"
	"testing"

	"kq/pkg/broker/brokertest"
)

func TestAgainstABroker(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("orders:3"))
	conn, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	b.Crash()
	b.Restart()
}
`

// A module outside of this one builds and runs a test with a broker in it, with
// nothing but what the module cache holds.
func TestOutsideModule(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Fatalf("this test builds a module: %v", err)
	}
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"go.mod":          []byte(outsideMod(t, root)),
		"go.sum":          sum,
		"outside_test.go": []byte(outsideTest),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(goTool, "test", "-mod=mod", "-count=1", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOPROXY=off", "GOWORK=off", "GOTOOLCHAIN=local")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go test in an outside module: %v\n%s", err, out)
	}
}

// outsideMod is the go.mod of such a module, with the replace directive that the
// README shows. As after a go mod tidy it lists what kq needs.
func outsideMod(t *testing.T, root string) string {
	t.Helper()
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(mod), "module kq\n")
	if !ok {
		t.Fatal("go.mod does not begin as expected")
	}
	return "module example.org/outside\n" + rest + "\nrequire kq v0.0.0\n\nreplace kq => " + root + "\n"
}

package golden

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files instead of comparing with them")

// Update tells whether the test was asked to write its files anew.
func Update() bool { return *update }

// Equal fails the test unless got is what testdata/golden/NAME holds.
func Equal(t testing.TB, name, got string) {
	t.Helper()
	EqualFile(t, filepath.Join("testdata", "golden", name), got)
}

// EqualFile is Equal with a path of the caller's choice.
func EqualFile(t testing.TB, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("%v (write it with -update)", err)
		return
	}
	if string(want) != got {
		t.Errorf("%s differs (write it anew with -update)\n%s", path, firstDifference(string(want), got))
	}
}

// firstDifference shows the first lines that differ.
func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		var a, b string
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b || i >= len(w) || i >= len(g) {
			return "want: " + a + "\n got: " + b
		}
	}
	return ""
}

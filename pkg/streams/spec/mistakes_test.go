package spec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kq/internal/golden"
)

// mistakes are job files with a mistake each, by file.
func mistakes(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/mistakes/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no mistakes: %v", err)
	}
	out := map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[f] = string(b)
	}
	return out
}

// Each mistake is told as its .want file says: the place, the line, a caret, a hint.
func TestMistakes(t *testing.T) {
	for name, src := range mistakes(t) {
		job, err := Parse("job.yaml", []byte(src), Options{Getenv: noEnv})
		if err == nil {
			err = job.Validate()
		}
		if err == nil {
			t.Errorf("%s is read without a word", name)
			continue
		}
		golden.EqualFile(t, strings.TrimSuffix(name, ".yaml")+".want", err.Error()+"\n")
	}
}

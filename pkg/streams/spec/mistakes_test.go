package spec

import (
	"strings"
	"testing"

	"kq/internal/golden"
)

// Each mistake is told as its .want file says: the place, the line, a caret, a hint.
func TestMistakes(t *testing.T) {
	for name, src := range sources(t, "mistakes") {
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

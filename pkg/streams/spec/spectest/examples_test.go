package spectest_test

import (
	"io/fs"
	"testing"
	"time"

	"kq/docs/examples"
	"kq/pkg/streams/spec"
	"kq/pkg/streams/spec/spectest"
)

// TestExamples runs the tests of every example.
func TestExamples(t *testing.T) {
	names, err := fs.Glob(examples.Files(), "*.yaml")
	if err != nil || len(names) < 10 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			src, err := fs.ReadFile(examples.Files(), name)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			job, err := spec.Parse(name, src, spec.Options{})
			if err != nil {
				t.Fatal(err)
			}
			c, err := job.Compile(spec.CompileOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if len(job.Tests) == 0 {
				t.Error("no tests")
			}
			for _, test := range job.Tests {
				if r := spectest.Run(spectest.New(name, job, c), test); !r.OK() {
					t.Errorf("%s:%d: %s\n%s", name, r.At.Line, r.Name, report([]spectest.Result{r}))
				}
			}
			t.Logf("%d tests in %s", len(job.Tests), time.Since(began))
		})
	}
}

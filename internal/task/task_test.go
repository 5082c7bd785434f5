package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestFuzzTargets(t *testing.T) {
	src := func(body string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("package x\n\nimport \"testing\"\n\n" + body)}
	}
	root := fstest.MapFS{
		"a/a_test.go":          src("func FuzzB(f *testing.F) {}\n\nfunc FuzzA(f *testing.F) {}\n\nfunc FuzzNot(t *testing.T) {}\n\nfunc TestFuzz(t *testing.T) {}\n"),
		"a/a.go":               src("func FuzzIgnored(f *testing.F) {}\n"),
		"b/c/c_test.go":        src("func FuzzC(f *testing.F) {}\n"),
		"testdata/x_test.go":   src("func FuzzNo(f *testing.F) {}\n"),
		"nested/go.mod":        &fstest.MapFile{Data: []byte("module nested\n")},
		"nested/n_test.go":     src("func FuzzNo(f *testing.F) {}\n"),
		".hidden/h_test.go":    src("func FuzzNo(f *testing.F) {}\n"),
		"b/c/testdata/fuzz/x":  &fstest.MapFile{Data: []byte("go test fuzz v1")},
		"_skipped/s_test.go":   src("func FuzzNo(f *testing.F) {}\n"),
		"a/method_test.go":     src("type s struct{}\n\nfunc (s) FuzzNo(f *testing.F) {}\n"),
		"a/wrong_args_test.go": src("func FuzzNo() {}\n"),
	}
	got, err := fuzzTargets(root)
	if err != nil {
		t.Fatal(err)
	}
	want := []target{{"a", "FuzzA"}, {"a", "FuzzB"}, {"b/c", "FuzzC"}}
	if !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
}

func TestPut(t *testing.T) {
	var out bytes.Buffer
	e := env{root: t.TempDir(), out: &out}
	if err := e.put("docs/a.md", []byte("one\n")); err != nil {
		t.Fatal(err)
	}
	e.check = true
	if err := e.put("docs/a.md", []byte("one\n")); err != nil {
		t.Errorf("an equal file: %v", err)
	}
	if err := e.put("docs/a.md", []byte("two\n")); err == nil || !strings.Contains(err.Error(), "out of date") {
		t.Errorf("a file that drifted: %v", err)
	}
	if err := e.put("docs/b.md", []byte("two\n")); err == nil {
		t.Error("a missing file passes the check")
	}
	if p, err := os.ReadFile(filepath.Join(e.root, "docs/a.md")); err != nil || string(p) != "one\n" {
		t.Errorf("the check wrote: %q, %v", p, err)
	}
}

func TestCompatPage(t *testing.T) {
	page := string(compatPage([]kmsg.ApiVersionsResponseApiKey{{ApiKey: 3, MinVersion: 0, MaxVersion: 13}}))
	if !strings.Contains(page, "| 3 | Metadata | 0-13 |\n") {
		t.Errorf("no row for Metadata in %q", page)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"no-such-task"}} {
		var out, errs bytes.Buffer
		if code := run(context.Background(), args, &out, &errs); code != 2 {
			t.Errorf("run(%q) exits %d, want 2", args, code)
		}
		for _, task := range tasks() {
			if !strings.Contains(errs.String(), "  "+task.name) {
				t.Errorf("run(%q) does not name the task %s", args, task.name)
			}
		}
	}
}

func TestLostDeadlineRace(t *testing.T) {
	const progress = "fuzz: elapsed: 7s, execs: 103746 (9339/sec), new interesting: 19 (total: 77)\n"
	for name, c := range map[string]struct {
		output string
		want   bool
	}{
		"the race":                     {progress + "--- FAIL: FuzzX (7.23s)\n    context deadline exceeded\nFAIL\nexit status 1\n", true},
		"a pass":                       {progress + "PASS\nok  \tkq/internal/x\t6.944s\n", false},
		"a failing input":              {progress + "--- FAIL: FuzzX (1.02s)\n    --- FAIL: FuzzX (0.00s)\n        x_test.go:9: wrong\n    \n    Failing input written to testdata/fuzz/FuzzX/582528ddfad69eb5\nFAIL\n", false},
		"a target that says so itself": {progress + "--- FAIL: FuzzX (1.02s)\n    --- FAIL: FuzzX (0.00s)\n        x_test.go:9: context deadline exceeded\nFAIL\n", false},
		"a seed that says so":          {progress + "--- FAIL: FuzzX (1.02s)\n    context deadline exceeded\n    Failing input written to testdata/fuzz/FuzzX/58\nFAIL\n", false},
		"a hang":                       {progress + "--- FAIL: FuzzX (11.02s)\n    fuzzing process hung or terminated unexpectedly: exit status 2\nFAIL\n", false},
		"a build error":                {"# kq/internal/x\nx.go:1: context deadline exceeded\nFAIL\tkq/internal/x [build failed]\n", false},
	} {
		if got := lostDeadlineRace(c.output); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

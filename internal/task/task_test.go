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

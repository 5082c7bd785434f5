package lint

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// TestRepository runs every rule on the module this package belongs to.
func TestRepository(t *testing.T) {
	tree, err := Load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Files) < 20 {
		t.Fatalf("only %d files found", len(tree.Files))
	}
	for _, p := range Run(tree, Rules(), Exceptions()) {
		t.Error(p)
	}
}

// load builds a tree of in-memory files, each with a package comment so that
// only the rule under test can complain.
func load(t *testing.T, files map[string]string) *Tree {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, src := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(src)}
	}
	tree, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// check runs one rule on files and compares the messages with the wanted
// parts: none wanted means none may come.
func check(t *testing.T, rule Rule, files map[string]string, want ...string) {
	t.Helper()
	got := Run(load(t, files), []Rule{rule}, nil)
	if len(got) != len(want) {
		t.Fatalf("%d problems, want %d: %v", len(got), len(want), got)
	}
	for i, w := range want {
		if !strings.Contains(got[i].String(), w) {
			t.Errorf("problem %d is %q, want it to say %q", i, got[i], w)
		}
	}
}

func TestLaw(t *testing.T) {
	importing := func(from, to string) map[string]string {
		return map[string]string{from + "/x.go": "package x\n\nimport _ \"kq/" + to + "\"\n"}
	}
	for _, ok := range [][2]string{
		{"pkg/broker/logstore", "pkg/broker/vfs"},
		{"pkg/broker/logstore", "pkg/broker/batch"},
		{"pkg/broker/internal/topic", "pkg/broker/logstore"},
		{"pkg/broker/internal/cluster", "pkg/broker/internal/topic"},
		{"pkg/broker/internal/api", "pkg/broker/internal/wire"},
		{"pkg/broker", "pkg/broker/internal/api"},
		{"pkg/broker/internal/meta", "pkg/broker/internal/configdef"},
		{"pkg/broker/brokertest", "pkg/broker"},
		{"cmd/kq", "pkg/broker"},
		{"cmd/kq", "internal/cli"},
		{"internal/compat", "pkg/broker"},
		{"pkg/admin", "pkg/broker/logstore"},
		{"pkg/consume/transfer", "pkg/produce"},
		{"pkg/consume", "internal/format"},
		{"pkg/broker/registry", "internal/serde"},
	} {
		check(t, Law, importing(ok[0], ok[1]))
	}
	for _, bad := range [][2]string{
		{"pkg/broker/vfs", "pkg/broker/logstore"},
		{"pkg/broker/batch", "pkg/broker/vfs"},
		{"pkg/broker/internal/wire", "pkg/broker/batch"},
		{"pkg/broker/logstore", "pkg/broker/internal/wire"},
		{"pkg/broker/internal/configdef", "pkg/broker/internal/meta"},
		{"pkg/broker/logstore", "pkg/broker/internal/configdef"},
		{"pkg/broker/internal/meta", "pkg/broker/internal/topic"},
		{"pkg/broker/internal/group", "pkg/broker/internal/txn"},
		{"pkg/broker/internal/cluster", "pkg/broker/internal/api"},
		{"pkg/broker", "pkg/admin"},
		{"pkg/broker", "internal/out"},
		{"pkg/admin", "pkg/broker"},
		{"pkg/admin", "pkg/produce"},
		{"pkg/produce", "pkg/consume"},
		{"pkg/consume", "internal/cli"},
		{"pkg/consume", "internal/out"},
		{"pkg/streams", "pkg/broker"},
		{"internal/cli", "pkg/broker"},
		{"internal/out", "internal/cli"},
		{"pkg/broker", "pkg/broker/registry"},
		{"pkg/broker/ingest", "pkg/broker"},
		{"internal/lint", "pkg/broker/vfs"},
	} {
		check(t, Law, importing(bad[0], bad[1]), "may not import")
	}
	check(t, Law, map[string]string{"pkg/broker/internal/newthing/x.go": "package newthing\n"}, "no place in the import law")
	check(t, Law, map[string]string{"pkg/consume/x_test.go": "package consume\n\nimport _ \"kq/pkg/broker/brokertest\"\n"})
	check(t, Law, map[string]string{"pkg/consume/x.go": "package consume\n\nimport _ \"kq/pkg/broker/brokertest\"\n"}, "may not import")
	check(t, Law, map[string]string{
		"bench/go.mod": "module bench\n", "bench/main.go": "package main\n\nimport _ \"kq/pkg/broker\"\n",
	})
}

func TestLibraries(t *testing.T) {
	importing := func(file, lib string) map[string]string {
		return map[string]string{file: "package x\n\nimport _ \"" + lib + "\"\n"}
	}
	check(t, Libraries, importing("cmd/kq/root.go", "github.com/spf13/cobra"))
	check(t, Libraries, importing("pkg/consume/perf/x.go", "github.com/twmb/franz-go/pkg/kgo"))
	check(t, Libraries, importing("pkg/broker/x_test.go", "github.com/twmb/franz-go/pkg/kgo"))
	check(t, Libraries, importing("pkg/broker/internal/api/x.go", "github.com/twmb/franz-go/pkg/kmsg"))
	check(t, Libraries, importing("pkg/admin/x.go", "github.com/spf13/cobra"), "only cmd/kq")
	check(t, Libraries, importing("pkg/broker/x.go", "github.com/twmb/franz-go/pkg/kgo"), "may not import")
	check(t, Libraries, importing("pkg/broker/internal/api/x.go", "github.com/prometheus/client_golang/prometheus"), "may not import")
	check(t, Libraries, importing("pkg/admin/x_test.go", "github.com/stretchr/testify/require"), "no package may import")
}

func TestExceptions(t *testing.T) {
	files := map[string]string{"a/x.go": "package a\n\nfunc init() {}\n"}
	one := func(e ...Exception) []Problem { return Run(load(t, files), []Rule{NoInit}, e) }
	if got := one(Exception{"init", "a/x.go", "registers a driver"}); len(got) != 0 {
		t.Errorf("a listed exception is reported: %v", got)
	}
	if got := one(Exception{"init", "a/x.go", ""}); len(got) != 1 || !strings.Contains(got[0].Msg, "no reason") {
		t.Errorf("an exception without a reason: %v", got)
	}
	if got := one(Exception{"init", "b/*.go", "gone"}, Exception{"init", "a/*.go", "x"}); len(got) != 1 || !strings.Contains(got[0].Msg, "not needed") {
		t.Errorf("an exception that matches nothing: %v", got)
	}
	if got := one(Exception{"exit", "a/x.go", "another rule"}); len(got) != 2 {
		t.Errorf("an exception of another rule: %v", got)
	}
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path"
	"sort"
	"strconv"
	"strings"
	"time"
)

// target is one fuzz function.
type target struct{ dir, name string }

// fuzz gives every fuzz target of the module a share of KQ_FUZZ_SECONDS (all
// targets together, default 300), but at least two seconds.
func fuzz(ctx context.Context, e env) error {
	total := 300
	if s := os.Getenv("KQ_FUZZ_SECONDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n <= 0 {
			return fmt.Errorf("KQ_FUZZ_SECONDS is %q, not a number of seconds", s)
		}
		total = n
	}
	targets, err := fuzzTargets(os.DirFS(e.root))
	if err != nil {
		return err
	}
	if len(targets) == 0 {
		return errors.New("no fuzz targets found")
	}
	share := max(2*time.Second, time.Duration(total)*time.Second/time.Duration(len(targets)))
	fmt.Fprintf(e.out, "%d fuzz targets, %v each\n", len(targets), share.Round(100*time.Millisecond))
	var errs []error
	for _, t := range targets {
		errs = append(errs, e.fuzzOne(ctx, t, share))
	}
	return errors.Join(errs...)
}

// fuzzOne runs one target for d. A run that lost Go's race at the end of its
// time is repeated; three in a row are a failure whatever the reason.
func (e env) fuzzOne(ctx context.Context, t target, d time.Duration) error {
	args := []string{"test", "-run=^$", "-fuzz=^" + t.name + "$", "-fuzztime=" + d.String(), "-fuzzminimizetime=10s", "./" + t.dir}
	var err error
	for range 3 {
		var seen bytes.Buffer
		shown := e
		shown.out = io.MultiWriter(e.out, &seen)
		if err = shown.sh(ctx, "go", args...); err == nil || !lostDeadlineRace(seen.String()) {
			return err
		}
		fmt.Fprintf(e.out, "%s ended with Go's deadline race (go.dev/issue/75804) and without a failing input: once more\n", t.name)
	}
	return err
}

// lostDeadlineRace tells whether a failed fuzz run failed only because its time
// was over: before Go 1.27 the coordinator may report its own deadline as the
// target's failure (go.dev/issue/75804). A failing or hanging input is written
// to testdata and named; here the deadline is all the failure says.
func lostDeadlineRace(output string) bool {
	_, told, failed := strings.Cut(output, "--- FAIL: ")
	if !failed || strings.Contains(output, "Failing input written") {
		return false
	}
	lines := strings.Split(told, "\n")
	return len(lines) > 2 && strings.TrimSpace(lines[1]) == "context deadline exceeded" && lines[2] == "FAIL"
}

// fuzzTargets finds func FuzzX(*testing.F) in the module's test files.
func fuzzTargets(root fs.FS) ([]target, error) {
	var found []target
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return enter(root, name)
		}
		if !strings.HasSuffix(name, "_test.go") {
			return nil
		}
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Fuzz") && takesF(fn) {
				found = append(found, target{path.Dir(name), fn.Name.Name})
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find fuzz targets: %w", err)
	}
	sort.Slice(found, func(i, j int) bool { return found[i].dir+found[i].name < found[j].dir+found[j].name })
	return found, nil
}

// enter leaves out hidden folders, testdata and modules of their own.
func enter(root fs.FS, name string) error {
	base := path.Base(name)
	if name != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata") {
		return fs.SkipDir
	}
	if _, err := fs.Stat(root, path.Join(name, "go.mod")); err == nil && name != "." {
		return fs.SkipDir
	}
	return nil
}

func takesF(fn *ast.FuncDecl) bool {
	if len(fn.Type.Params.List) != 1 {
		return false
	}
	star, ok := fn.Type.Params.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	sel, ok := star.X.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "F"
}

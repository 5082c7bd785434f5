package lint

import (
	"bytes"
	"go/ast"
	"go/format"
	"path"
	"strings"
)

const (
	fileLines    = 500 // tests too
	funcLines    = 80
	commandLines = 150 // cmd/kq/<noun>_<verb>.go
	mainLines    = 25  // cmd/kq/main.go
	ifaceMethods = 5
)

// Size holds files and functions to their budgets. Tables of data (table_*.go)
// and generated files may be long; their functions may not.
var Size = Rule{Name: "size", Check: func(t *Tree, report func(string, int, string, ...any)) {
	for _, f := range t.Files {
		if f.Generated {
			continue
		}
		n := bytes.Count(f.Src, []byte("\n"))
		if limit := lineLimit(f); n > limit {
			report(f.Path, n, "%d lines, the limit is %d", n, limit)
		}
		eachFunc(f, func(name string, fn ast.Node, _ *ast.BlockStmt) {
			if n := t.line(fn.End()) - t.line(fn.Pos()) + 1; n > funcLines {
				report(f.Path, t.line(fn.Pos()), "%s has %d lines, the limit is %d", name, n, funcLines)
			}
		})
	}
}}

func lineLimit(f *File) int {
	base := path.Base(f.Path)
	switch {
	case f.Path == "cmd/kq/main.go":
		return mainLines
	case f.Dir == "cmd/kq" && !f.Test && strings.Contains(base, "_"):
		return commandLines
	case strings.HasPrefix(base, "table_"):
		return 1 << 30
	}
	return fileLines
}

// Format is gofmt.
var Format = Rule{Name: "gofmt", Check: func(t *Tree, report func(string, int, string, ...any)) {
	for _, f := range t.Files {
		want, err := format.Source(f.Src)
		if err != nil {
			report(f.Path, 1, "%v", err)
			continue
		}
		if bytes.Equal(want, f.Src) {
			continue
		}
		a, b := bytes.Split(f.Src, []byte("\n")), bytes.Split(want, []byte("\n"))
		i := 0
		for i < min(len(a), len(b)) && bytes.Equal(a[i], b[i]) {
			i++
		}
		report(f.Path, i+1, "not gofmt's form")
	}
}}

// Interfaces stay small; the file system is as large as it is.
var Interfaces = Rule{Name: "interfaces", Check: func(t *Tree, report func(string, int, string, ...any)) {
	for _, f := range t.Files {
		ast.Inspect(f.AST, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			iface, ok := spec.Type.(*ast.InterfaceType)
			if !ok {
				return true
			}
			methods := 0
			for _, m := range iface.Methods.List {
				methods += len(m.Names)
			}
			if methods > ifaceMethods {
				report(f.Path, t.line(spec.Pos()), "interface %s has %d methods, the limit is %d", spec.Name.Name, methods, ifaceMethods)
			}
			return true
		})
	}
}}

package lint

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
)

// NoInit forbids init functions: what runs is what main calls.
var NoInit = Rule{Name: "init", Check: func(t *Tree, report func(string, int, string, ...any)) {
	eachDecl(t, func(f *File, d *ast.FuncDecl) {
		if d.Recv == nil && d.Name.Name == "init" {
			report(f.Path, t.line(d.Pos()), "no init functions")
		}
	})
}}

// NoExit lets only main end the process (a test's TestMain may).
var NoExit = Rule{Name: "exit", Check: func(t *Tree, report func(string, int, string, ...any)) {
	for _, f := range t.Files {
		if f.Test && (declares(f, "TestMain") || strings.HasPrefix(path.Base(f.Path), "example")) {
			continue // an example is a small program
		}
		eachCall(f, func(call *ast.CallExpr, p, fn string) {
			if p == "os" && fn == "Exit" || p == "log" && (strings.HasPrefix(fn, "Fatal") || strings.HasPrefix(fn, "Panic")) {
				report(f.Path, t.line(call.Pos()), "only cmd/kq/main.go ends the process: return an error")
			}
		})
	}
}}

// NoPanic forbids panic in library code.
var NoPanic = Rule{Name: "panic", Check: func(t *Tree, report func(string, int, string, ...any)) {
	for _, f := range t.Files {
		if f.Test {
			continue
		}
		ast.Inspect(f.AST, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "panic" {
				report(f.Path, t.line(call.Pos()), "library code does not panic: return an error")
			}
			return true
		})
	}
}}

// NoSleep forbids time.Sleep: wait for the condition, or use testing/synctest,
// in whose bubbles sleeping costs nothing.
var NoSleep = Rule{Name: "sleep", Check: func(t *Tree, report func(string, int, string, ...any)) {
	for _, f := range t.Files {
		var bubbles []*ast.CallExpr
		eachCall(f, func(call *ast.CallExpr, p, fn string) {
			if p == "testing/synctest" {
				bubbles = append(bubbles, call)
			}
			inside := func(b *ast.CallExpr) bool { return b.Pos() < call.Pos() && call.End() <= b.End() }
			if p == "time" && fn == "Sleep" && !slices.ContainsFunc(bubbles, inside) {
				report(f.Path, t.line(call.Pos()), "no sleeping: wait for the condition, or use testing/synctest")
			}
		})
	}
}}

// NoSkip wants a listed reason for every skipped test.
var NoSkip = Rule{Name: "skip", Check: func(t *Tree, report func(string, int, string, ...any)) {
	for _, f := range t.Files {
		ast.Inspect(f.AST, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if id, isID := selX(sel); ok && isID && slices.Contains([]string{"t", "b", "f", "tb", "tt"}, id) && strings.HasPrefix(sel.Sel.Name, "Skip") {
				report(f.Path, t.line(call.Pos()), "a skipped test needs its reason in internal/lint/exceptions.go")
			}
			return true
		})
	}
}}

func selX(sel *ast.SelectorExpr) (string, bool) {
	if sel == nil {
		return "", false
	}
	id, ok := sel.X.(*ast.Ident)
	if !ok {
		return "", false
	}
	return id.Name, true
}

// NoPrint keeps printing out of the libraries: stdout is the commands' data.
var NoPrint = Rule{Name: "print", Check: func(t *Tree, report func(string, int, string, ...any)) {
	for _, f := range t.Files {
		if f.Test || f.Main || !strings.HasPrefix(f.Dir, "pkg/") {
			continue
		}
		names := imports(f)
		eachCall(f, func(call *ast.CallExpr, p, fn string) {
			if p == "fmt" && strings.HasPrefix(fn, "Print") || p == "log" {
				report(f.Path, t.line(call.Pos()), "libraries do not print: return it, or log to the Options' logger")
			}
		})
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if id, isID := selX(sel); isID && names[id] == "os" && (sel.Sel.Name == "Stdout" || sel.Sel.Name == "Stderr") {
					report(f.Path, t.line(sel.Pos()), "libraries do not print: take an io.Writer")
				}
			}
			return true
		})
	}
}}

// storage are the packages whose files go through vfs.
var storage = []string{
	"pkg/broker/logstore", "pkg/broker/batch", "pkg/broker/internal/meta", "pkg/broker/internal/topic", "pkg/broker/internal/group",
	"pkg/broker/internal/txn", "pkg/broker/internal/replica", "pkg/broker/internal/cluster",
}

// harmless are the names of os that touch no file.
var harmless = []string{
	"O_RDONLY", "O_RDWR", "O_WRONLY", "O_CREATE", "O_EXCL", "O_TRUNC", "O_APPEND", "FileMode", "FileInfo", "DirEntry", "PathError",
	"ErrNotExist", "ErrExist", "ErrClosed", "ErrPermission", "IsNotExist", "IsExist", "Getpid", "ModePerm", "SyscallError",
}

// Storage keeps the file system a parameter: no os, ioutil or filepath walk
// below vfs, so that crash and fault tests are wrappers. Tests may use os.
var Storage = Rule{Name: "storage", Check: func(t *Tree, report func(string, int, string, ...any)) {
	for _, f := range t.Files {
		if f.Test || !slices.Contains(storage, f.Dir) {
			continue
		}
		names := imports(f)
		ast.Inspect(f.AST, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			id, isID := selX(sel)
			switch p := names[id]; {
			case !isID:
			case p == "os" && !slices.Contains(harmless, sel.Sel.Name),
				p == "path/filepath" && slices.Contains([]string{"Walk", "WalkDir", "Glob", "EvalSymlinks"}, sel.Sel.Name),
				p == "io/ioutil", p == "golang.org/x/sys/unix":
				report(f.Path, t.line(sel.Pos()), "%s.%s: storage code reaches files through vfs only", id, sel.Sel.Name)
			}
			return true
		})
	}
}}

// vague names say nothing about what is in a package.
var vague = []string{"util", "utils", "common", "helper", "helpers", "types", "model", "models", "misc", "shared", "base", "lib", "core"}

// Names forbids packages that are drawers.
var Names = Rule{Name: "names", Check: func(t *Tree, report func(string, int, string, ...any)) {
	seen := map[string]bool{}
	for _, f := range t.Files {
		if seen[f.Dir] {
			continue
		}
		seen[f.Dir] = true
		if slices.Contains(vague, path.Base(f.Dir)) || slices.Contains(vague, f.AST.Name.Name) {
			report(f.Path, 1, "package %s: name it for what it does", f.Dir)
		}
	}
}}

// Globals forbids package variables that are state: locks, atomics, channels.
// Pools and sync.Once values hold no state of the program.
var Globals = Rule{Name: "globals", Check: func(t *Tree, report func(string, int, string, ...any)) {
	for _, f := range t.Files {
		if f.Test {
			continue
		}
		names := imports(f)
		for _, d := range f.AST.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				if s, ok := spec.(*ast.ValueSpec); ok && stateful(s, names) {
					report(f.Path, t.line(s.Pos()), "package variable %s is mutable state: make it a field", s.Names[0].Name)
				}
			}
		}
	}
}}

func stateful(s *ast.ValueSpec, names map[string]string) bool {
	nodes := []ast.Node{}
	if s.Type != nil {
		nodes = append(nodes, s.Type)
	}
	for _, v := range s.Values {
		if lit, ok := v.(*ast.CompositeLit); ok && lit.Type != nil {
			nodes = append(nodes, lit.Type)
		}
		if call, ok := v.(*ast.CallExpr); ok {
			if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "make" && len(call.Args) > 0 {
				return true // an empty map, slice or channel is there to be filled
			}
		}
	}
	bad := false
	for _, n := range nodes {
		ast.Inspect(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncType:
				return false
			case *ast.ChanType:
				bad = true
			case *ast.SelectorExpr:
				id, _ := selX(n)
				bad = bad || names[id] == "sync/atomic" || names[id] == "sync" && n.Sel.Name != "Pool" && n.Sel.Name != "Once"
			}
			return true
		})
	}
	return bad
}

// OneAPI keeps one Kafka API a file: a handler file of pkg/broker/internal/api
// names one request type in its exported or handler functions.
var OneAPI = Rule{Name: "one-api", Check: func(t *Tree, report func(string, int, string, ...any)) {
	for _, f := range t.Files {
		if f.Test || f.Dir != "pkg/broker/internal/api" || path.Base(f.Path) == "api.go" {
			continue
		}
		first := ""
		for _, d := range f.AST.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			kind := requestType(fn)
			switch {
			case kind == "":
			case first == "":
				first = kind
			case kind != first:
				report(f.Path, t.line(fn.Pos()), "%s handles %s in the file of %s: one API a file", fn.Name.Name, kind, first)
			}
		}
	}
}}

// requestType is the kmsg request a handler takes beside its *Service, "" for other functions.
func requestType(fn *ast.FuncDecl) string {
	service, kind := fn.Recv != nil && receiverName(fn.Recv.List[0].Type) == "Service", ""
	for _, p := range fn.Type.Params.List {
		star, ok := p.Type.(*ast.StarExpr)
		if !ok {
			continue
		}
		switch x := star.X.(type) {
		case *ast.Ident:
			service = service || x.Name == "Service"
		case *ast.SelectorExpr:
			if id, _ := selX(x); id == "kmsg" && strings.HasSuffix(x.Sel.Name, "Request") {
				kind = x.Sel.Name
			}
		}
	}
	if !service || fn.Type.Results == nil {
		return ""
	}
	return kind
}

func eachDecl(t *Tree, f func(file *File, d *ast.FuncDecl)) {
	for _, file := range t.Files {
		for _, d := range file.AST.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				f(file, fn)
			}
		}
	}
}

func declares(f *File, name string) bool {
	for _, d := range f.AST.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == name {
			return true
		}
	}
	return false
}

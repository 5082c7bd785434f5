package lint

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"sort"
	"strings"
)

// Module is the module path that import paths of this repository begin with.
const Module = "kq"

// File is one Go source file.
type File struct {
	Path      string // slash-separated, from the module root
	Dir       string // directory of Path, "." for the root
	Src       []byte
	AST       *ast.File
	Test      bool // *_test.go
	Generated bool // carries the standard "Code generated … DO NOT EDIT." line
	Main      bool // package main
	Nested    bool // belongs to a module of its own below the root
}

// Text is a file that is not Go: documents, scripts.
type Text struct {
	Path string
	Src  []byte
}

// Tree is everything the rules look at.
type Tree struct {
	Fset  *token.FileSet
	Files []*File
	Texts []Text
}

// Problem is one broken rule.
type Problem struct {
	Path string
	Line int
	Rule string
	Msg  string
}

func (p Problem) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", p.Path, p.Line, p.Rule, p.Msg)
}

// Rule is one check over the tree.
type Rule struct {
	Name  string
	Check func(t *Tree, report func(path string, line int, format string, args ...any))
}

var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// Load parses every Go file below root and reads the documents and scripts.
// Folders that begin with "_" or "." (but .ci) and testdata are left out.
func Load(root fs.FS) (*Tree, error) {
	t := &Tree{Fset: token.NewFileSet()}
	nested := map[string]bool{}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if d.IsDir() {
			if name != "." && base != ".ci" && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata") {
				return fs.SkipDir
			}
			if _, err := fs.Stat(root, path.Join(name, "go.mod")); err == nil && name != "." {
				nested[name] = true
			}
			return nil
		}
		return t.add(root, name, nested)
	})
	if err != nil {
		return nil, fmt.Errorf("load sources: %w", err)
	}
	sort.Slice(t.Files, func(i, j int) bool { return t.Files[i].Path < t.Files[j].Path })
	return t, nil
}

func (t *Tree) add(root fs.FS, name string, nested map[string]bool) error {
	text := isText(name)
	if !text && path.Ext(name) != ".go" {
		return nil
	}
	src, err := fs.ReadFile(root, name)
	if err != nil {
		return err
	}
	if text {
		t.Texts = append(t.Texts, Text{Path: name, Src: src})
		return nil
	}
	parsed, err := parser.ParseFile(t.Fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	f := &File{
		Path: name, Dir: path.Dir(name), Src: src, AST: parsed,
		Test: strings.HasSuffix(name, "_test.go"), Generated: generated.Match(src), Main: parsed.Name.Name == "main",
	}
	for dir := f.Dir; dir != "."; dir = path.Dir(dir) {
		f.Nested = f.Nested || nested[dir]
	}
	t.Files = append(t.Files, f)
	return nil
}

func isText(name string) bool {
	switch path.Ext(name) {
	case ".md", ".sh", ".py", ".java":
		return true
	}
	return name == ".ci/run"
}

// Run applies rules to t, leaves out what exceptions allow, and returns the
// problems sorted by position. An exception that matches nothing is a problem itself.
func Run(t *Tree, rules []Rule, exceptions []Exception) []Problem {
	var out []Problem
	used := make([]bool, len(exceptions))
	for _, r := range rules {
		r.Check(t, func(file string, line int, format string, args ...any) {
			if allowed(r.Name, file, exceptions, used) {
				return
			}
			out = append(out, Problem{Path: file, Line: line, Rule: r.Name, Msg: fmt.Sprintf(format, args...)})
		})
	}
	for i, e := range exceptions {
		switch {
		case e.Reason == "":
			out = append(out, Problem{Path: e.Path, Rule: e.Rule, Msg: "the exception has no reason"})
		case !used[i]:
			out = append(out, Problem{Path: e.Path, Rule: e.Rule, Msg: "the exception is not needed any more"})
		}
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Path != out[j].Path {
			return out[i].Path < out[j].Path
		}
		return out[i].Line < out[j].Line
	})
	return out
}

// line is the line of pos in its file.
func (t *Tree) line(pos token.Pos) int { return t.Fset.Position(pos).Line }

// eachFunc calls f with every function declaration and function literal that
// stands in a package variable, with its name.
func eachFunc(file *File, f func(name string, fn ast.Node, body *ast.BlockStmt)) {
	for _, d := range file.AST.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Body != nil {
				f(d.Name.Name, d, d.Body)
			}
		case *ast.GenDecl:
			ast.Inspect(d, func(n ast.Node) bool {
				if lit, ok := n.(*ast.FuncLit); ok {
					f("function literal", lit, lit.Body)
					return false
				}
				return true
			})
		}
	}
}

// imports maps the names a file knows its imports by to their paths.
func imports(f *File) map[string]string {
	out := map[string]string{}
	for _, spec := range f.AST.Imports {
		p := strings.Trim(spec.Path.Value, `"`)
		name := guessName(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		out[name] = p
	}
	return out
}

var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

// guessName is the package name an import path usually has.
func guessName(p string) string {
	base := path.Base(p)
	if majorVersion.MatchString(base) {
		base = path.Base(path.Dir(p))
	}
	return base
}

// eachCall calls f with every call of pkg.fn, pkg being an import path.
func eachCall(file *File, f func(call *ast.CallExpr, importPath, fn string)) {
	names := imports(file)
	ast.Inspect(file.AST, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok {
				if p, ok := names[id.Name]; ok {
					f(call, p, sel.Sel.Name)
				}
			}
		}
		return true
	})
}

package lint

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
)

// PackageDoc wants a doc.go with a package comment in every package (a command
// may keep it in main.go).
var PackageDoc = Rule{Name: "package-doc", Check: func(t *Tree, report func(string, int, string, ...any)) {
	documented, first := map[string]bool{}, map[string]*File{}
	for _, f := range t.Files {
		if f.Test || f.Nested && !f.Main {
			continue
		}
		if first[f.Dir] == nil {
			first[f.Dir] = f
		}
		home := path.Base(f.Path) == "doc.go" || f.Main
		if doc := f.AST.Doc; home && doc != nil && (f.Main || strings.HasPrefix(doc.Text(), opening(f))) {
			documented[f.Dir] = true
		}
	}
	for dir, f := range first {
		if !documented[dir] {
			report(f.Path, 1, "package %s has no doc.go whose comment begins %q", dir, opening(f))
		}
	}
}}

// opening is how the package comment of a library begins; a command's may begin as it likes.
func opening(f *File) string {
	return "Package " + f.AST.Name.Name + " "
}

// ExportedDoc wants a comment on every exported declaration of library code.
var ExportedDoc = Rule{Name: "exported-doc", Check: func(t *Tree, report func(string, int, string, ...any)) {
	for _, f := range t.Files {
		if f.Test || f.Main || f.Generated {
			continue
		}
		for i, d := range f.AST.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if i > 0 && t.covers(f.AST.Decls[i-1], d) {
					continue
				}
				if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d) && !slices.Contains(selfEvident, d.Name.Name) {
					report(f.Path, t.line(d.Pos()), "exported %s has no comment", d.Name.Name)
				}
			case *ast.GenDecl:
				undocumented(t, f, d, report)
			}
		}
	}
}}

// covers reports whether the comment of the function just above d speaks of d too.
func (t *Tree) covers(above ast.Decl, d *ast.FuncDecl) bool {
	fn, ok := above.(*ast.FuncDecl)
	return ok && fn.Doc != nil && t.line(fn.End())+1 == t.line(d.Pos()) && strings.Contains(fn.Doc.Text(), d.Name.Name)
}

// selfEvident are methods whose meaning their interface gives.
var selfEvident = []string{"Error", "Unwrap", "Is", "String", "Len", "Less", "Swap", "Read", "Write", "ReadAt", "WriteAt", "Close", "MarshalJSON", "UnmarshalJSON", "Name", "Size", "Mode", "ModTime", "IsDir", "Sys", "Type", "Info", "Set"}

func undocumented(t *Tree, f *File, d *ast.GenDecl, report func(string, int, string, ...any)) {
	if d.Tok == token.IMPORT || d.Doc != nil && d.Tok != token.TYPE {
		return // a comment on a group covers it
	}
	if d.Tok == token.CONST && enumeration(d) {
		return
	}
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && s.Doc == nil && s.Comment == nil && (d.Doc == nil || len(d.Specs) > 1) {
				report(f.Path, t.line(s.Pos()), "exported type %s has no comment", s.Name.Name)
			}
		case *ast.ValueSpec:
			for _, n := range s.Names {
				if n.IsExported() && s.Doc == nil && s.Comment == nil {
					report(f.Path, t.line(n.Pos()), "exported %s has no comment", n.Name)
				}
			}
		}
	}
}

// enumeration reports whether a constant group explains itself: its first
// constant has a type, whose comment covers them, or one of them has a comment.
func enumeration(d *ast.GenDecl) bool {
	for i, spec := range d.Specs {
		s, ok := spec.(*ast.ValueSpec)
		if ok && (i == 0 && s.Type != nil && len(d.Specs) > 1 || s.Doc != nil) {
			return true
		}
	}
	return false
}

// exportedReceiver reports whether d is a function, or a method of an exported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	return receiverName(d.Recv.List[0].Type) == "" || ast.IsExported(receiverName(d.Recv.List[0].Type))
}

func receiverName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiverName(e.X)
	case *ast.IndexExpr:
		return receiverName(e.X)
	case *ast.IndexListExpr:
		return receiverName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// signatureLibraries are the outside packages that exported signatures of pkg/ may name.
var signatureLibraries = []string{
	"github.com/twmb/franz-go/pkg/kgo", "github.com/twmb/franz-go/pkg/kadm", "github.com/twmb/franz-go/pkg/kmsg",
}

// Signatures keeps internal and foreign types out of the public surface.
var Signatures = Rule{Name: "signatures", Check: func(t *Tree, report func(string, int, string, ...any)) {
	for _, f := range t.Files {
		if f.Test || f.Nested || f.Main || !strings.HasPrefix(f.Dir, "pkg/") || strings.Contains(f.Dir, "internal") {
			continue
		}
		names := imports(f)
		check := func(what string, n ast.Node) {
			surface(n, func(sel *ast.SelectorExpr) {
				id, ok := sel.X.(*ast.Ident)
				if !ok || !hidden(names[id.Name]) {
					return
				}
				report(f.Path, t.line(sel.Pos()), "exported %s names %s of %s", what, sel.Sel.Name, names[id.Name])
			})
		}
		for _, d := range f.AST.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && exportedReceiver(d) {
					check(d.Name.Name, d.Type)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if s, ok := spec.(*ast.TypeSpec); ok && s.Name.IsExported() {
						check(s.Name.Name, s.Type)
					}
				}
			}
		}
	}
}}

func hidden(importPath string) bool {
	if strings.HasPrefix(importPath, Module+"/") {
		return strings.Contains(importPath, "/internal/")
	}
	first, _, _ := strings.Cut(importPath, "/")
	return strings.Contains(first, ".") && !slices.Contains(signatureLibraries, importPath)
}

// surface calls f with each qualified type name an importer can see in n:
// unexported struct fields are not followed.
func surface(n ast.Node, f func(*ast.SelectorExpr)) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StructType:
			for _, field := range n.Fields.List {
				seen := func(id *ast.Ident) bool { return id.IsExported() }
				if len(field.Names) == 0 || slices.ContainsFunc(field.Names, seen) {
					surface(field.Type, f)
				}
			}
			return false
		case *ast.SelectorExpr:
			f(n)
			return false
		}
		return true
	})
}

package expr

import (
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"kq/internal/nearest"
)

// hint says what a name that is not known was probably meant to be. root is
// the checked tree, nil where parsing failed.
func hint(message string, e *Env, root ast.Node) string {
	if name, ok := strings.CutPrefix(message, "unknown name "); ok {
		if n := nearest.Name(name, e.known()); n != "" {
			return "did you mean " + n + "?"
		}
		return "variables here: " + strings.Join(e.Names(), ", ")
	}
	name, ok := strings.CutPrefix(message, "unknown field ")
	if !ok || root == nil {
		return ""
	}
	fields := siblings(root, name)
	if n := nearest.Name(name, fields); n != "" {
		return "did you mean " + n + "?"
	}
	return "declared fields: " + strings.Join(fields, ", ")
}

// siblings are the fields of the object that the first unknown field of that
// name was asked of, sorted.
func siblings(node ast.Node, name string) []string {
	if m, ok := node.(*ast.MemberNode); ok {
		if s, ok := m.Property.(*ast.StringNode); ok && s.Value == name {
			if n := m.Node.Nature(); n.TypeData != nil && n.Strict {
				if _, ok := n.Fields[name]; !ok {
					return slices.Sorted(maps.Keys(n.Fields))
				}
			}
		}
	}
	for _, c := range children(node) {
		if found := siblings(c, name); found != nil {
			return found
		}
	}
	return nil
}

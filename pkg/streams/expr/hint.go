package expr

import (
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// hint says what a name that is not known was probably meant to be. root is
// the checked tree, nil where parsing failed.
func hint(message string, e *Env, root ast.Node) string {
	if name, ok := strings.CutPrefix(message, "unknown name "); ok {
		if n := nearest(name, e.known()); n != "" {
			return "did you mean " + n + "?"
		}
		return "variables here: " + strings.Join(e.Names(), ", ")
	}
	name, ok := strings.CutPrefix(message, "unknown field ")
	if !ok || root == nil {
		return ""
	}
	fields := siblings(root, name)
	if n := nearest(name, fields); n != "" {
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

// nearest is the candidate that s is most likely meant to be, "" for none.
func nearest(s string, candidates []string) string {
	best, at := "", 1+len(s)/3
	for _, c := range candidates {
		d := distance(strings.ToLower(s), strings.ToLower(c), at+1)
		if d < at || d == at && (best == "" || c < best) {
			best, at = c, d
		}
	}
	return best
}

// distance is the number of letters to insert, delete, change or swap between
// a and b; limit or more are all the same.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	var two []int
	one := make([]int, len(b)+1)
	for j := range one {
		one[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(one[j]+1, row[j-1]+1, one[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], two[j-2]+1)
			}
		}
		two, one = one, row
	}
	return min(one[len(b)], limit)
}

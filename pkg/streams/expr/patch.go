package expr

import (
	"slices"

	"github.com/expr-lang/expr/ast"
)

// touched collects the variables of a program.
type touched struct {
	env   *Env
	slots map[int]bool
}

func (t *touched) Visit(node *ast.Node) {
	if id, ok := (*node).(*ast.IdentifierNode); ok {
		if i := t.env.Slot(id.Value); i >= 0 {
			t.slots[i] = true
		} else if id.Value == "$env" {
			for i := range t.env.vars {
				t.slots[i] = true
			}
		}
	}
}

// safeFields makes every field of null null: a.b is a?.b.
type safeFields struct{}

func (safeFields) Visit(node *ast.Node) {
	m, ok := (*node).(*ast.MemberNode)
	if !ok || m.Method {
		return
	}
	m.Optional = true
	ast.Patch(node, &ast.ChainNode{Node: m})
}

// softTruth makes null false where true or false is needed.
type softTruth struct{}

func (softTruth) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.UnaryNode:
		if n.Operator == "!" || n.Operator == "not" {
			soften(&n.Node)
		}
	case *ast.BinaryNode:
		if slices.Contains([]string{"and", "&&", "or", "||"}, n.Operator) {
			soften(&n.Left)
			soften(&n.Right)
		}
	case *ast.ConditionalNode:
		soften(&n.Cond)
	case *ast.BuiltinNode:
		if !slices.Contains([]string{"all", "any", "none", "one", "filter", "count", "find", "findIndex", "findLast", "findLastIndex"}, n.Name) {
			return
		}
		for _, a := range n.Arguments {
			if p, ok := a.(*ast.PredicateNode); ok {
				soften(&p.Node)
			}
		}
	}
}

func soften(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BoolNode, *ast.UnaryNode:
		return
	case *ast.BinaryNode:
		if n.Operator != "??" {
			return
		}
	}
	ast.Patch(node, &ast.BinaryNode{Operator: "??", Left: *node, Right: &ast.BoolNode{}})
}

// nullWord lets null be written as JSON writes it.
type nullWord struct{}

func (nullWord) Visit(node *ast.Node) {
	if id, ok := (*node).(*ast.IdentifierNode); ok && id.Value == "null" {
		ast.Patch(node, &ast.NilNode{})
	}
}

// wideInts gives the numbers in lists and maps the type that data have, so
// that lists and maps of both can be compared.
type wideInts struct{}

func (wideInts) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.ArrayNode:
		for i := range n.Nodes {
			widen(&n.Nodes[i])
		}
	case *ast.PairNode:
		widen(&n.Value)
	}
}

func widen(node *ast.Node) {
	if n, ok := (*node).(*ast.IntegerNode); ok {
		ast.Patch(node, &ast.ConstantNode{Value: int64(n.Value)})
	}
}

// meter counts the rounds of loops inside of loops against the budget of a run:
// the language counts the elements that a loop makes, and one may make none.
type meter map[*ast.PredicateNode]bool

func (m meter) Visit(node *ast.Node) {
	outer, ok := (*node).(*ast.PredicateNode)
	if !ok {
		return
	}
	m.inside(outer.Node)
}

func (m meter) inside(node ast.Node) {
	if p, ok := node.(*ast.PredicateNode); ok && !m[p] {
		m[p] = true
		one := &ast.ArrayNode{Nodes: []ast.Node{p.Node}} // which is an element more
		ast.Patch(&p.Node, &ast.MemberNode{Node: one, Property: &ast.IntegerNode{}})
	}
	for _, c := range children(node) {
		m.inside(c)
	}
}

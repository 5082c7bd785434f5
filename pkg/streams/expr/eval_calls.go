package expr

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"

	"kq/pkg/streams/codec"
)

func (b *builder) nodes(list []ast.Node) []thunk {
	out := make([]thunk, len(list))
	for i, n := range list {
		out[i] = b.node(n).run
	}
	return out
}

// values evaluates parts into decoded values.
func values(f *frame, parts []thunk) ([]any, error) {
	out := make([]any, len(parts))
	for i, p := range parts {
		v, err := p(f)
		if err != nil {
			return nil, err
		}
		out[i] = v.Value()
	}
	return out, nil
}

func (b *builder) list(n *ast.ArrayNode) built {
	parts := b.nodes(n.Nodes)
	return built{run: func(f *frame) (val, error) {
		list, err := values(f, parts)
		return val{Kind: codec.KindOther, Other: list}, err
	}}
}

func (b *builder) object(n *ast.MapNode) built {
	var keys, parts []thunk
	names := make([]string, 0, len(n.Pairs))
	fixed := true
	for _, p := range n.Pairs {
		pair, ok := p.(*ast.PairNode)
		if !ok {
			return b.refuse()
		}
		if s, ok := pair.Key.(*ast.StringNode); ok {
			names = append(names, s.Value)
		} else {
			fixed = false
		}
		keys = append(keys, b.node(pair.Key).run)
		parts = append(parts, b.node(pair.Value).run)
	}
	if b.failed {
		return built{}
	}
	if !fixed {
		return computedKeys(keys, parts, b.at(n))
	}
	return built{run: func(f *frame) (val, error) {
		m := make(map[string]any, len(parts))
		for i, p := range parts {
			v, err := p(f)
			if err != nil {
				return val{}, err
			}
			if _, twice := m[names[i]]; !twice { // of a key that stands twice the first counts
				m[names[i]] = v.Value()
			}
		}
		return val{Kind: codec.KindOther, Other: m}, nil
	}}
}

func computedKeys(keys, parts []thunk, at placed) built {
	return built{run: func(f *frame) (val, error) {
		m := make(map[string]any, len(parts))
		for i := range parts {
			k, err := keys[i](f)
			if err != nil {
				return val{}, err
			}
			v, err := parts[i](f)
			if err != nil {
				return val{}, err
			}
			if k.Kind != codec.KindText {
				return val{}, at.failf("a key of a map is text, not %s", kindName(k))
			}
			name, _ := k.Value().(string)
			if _, twice := m[name]; !twice {
				m[name] = v.Value()
			}
		}
		return val{Kind: codec.KindOther, Other: m}, nil
	}}
}

func (b *builder) call(n *ast.CallNode) built {
	id, ok := n.Callee.(*ast.IdentifierNode)
	if !ok || b.local(id.Value) {
		return b.refuse()
	}
	fn, ok := b.funcs[id.Value]
	if !ok {
		return b.refuse()
	}
	return b.invoke(n, n.Arguments, fn.call)
}

// invoke calls a function with decoded values.
func (b *builder) invoke(n ast.Node, args []ast.Node, call func(args ...any) (any, error)) built {
	parts, at := b.nodes(args), b.at(n)
	return built{run: func(f *frame) (val, error) {
		in, err := values(f, parts)
		if err != nil {
			return val{}, err
		}
		out, err := call(in...)
		if err != nil {
			return val{}, at.fail(err)
		}
		return codec.ScalarOf(out), nil
	}}
}

// builtin calls a function of the language itself.
func (b *builder) builtin(n *ast.BuiltinNode) built {
	fn, ok := builtinOf(n.Name)
	if !ok {
		return b.refuse()
	}
	if simple := textFunction(n); simple != nil {
		return b.textCall(n, simple)
	}
	var call func(args ...any) (any, error)
	switch {
	case fn.Fast != nil:
		call = func(args ...any) (any, error) { return fn.Fast(args[0]), nil }
	case fn.Safe != nil:
		call = func(args ...any) (any, error) {
			out, memory, err := fn.Safe(args...)
			if memory > memoryUnit {
				return nil, fmt.Errorf("%s needs too much memory", fn.Name)
			}
			return out, err
		}
	case fn.Func != nil:
		call = fn.Func
	default:
		return b.refuse()
	}
	return b.invoke(n, n.Arguments, guarded(call))
}

// guarded turns the panics of the language's functions into errors.
func guarded(call func(args ...any) (any, error)) func(args ...any) (any, error) {
	return func(args ...any) (out any, err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("%v", r)
			}
		}()
		return call(args...)
	}
}

func textFunction(n *ast.BuiltinNode) func(string) string {
	if len(n.Arguments) != 1 {
		return nil
	}
	switch n.Name {
	case "lower":
		return strings.ToLower
	case "upper":
		return strings.ToUpper
	case "trim":
		return strings.TrimSpace
	}
	return nil
}

func (b *builder) textCall(n *ast.BuiltinNode, fn func(string) string) built {
	x, at := b.node(n.Arguments[0]), b.at(n)
	return built{run: func(f *frame) (val, error) {
		v, err := x.run(f)
		if err != nil {
			return val{}, err
		}
		if v.Kind != codec.KindText {
			return val{}, at.failf("%s of %s", n.Name, kindName(v))
		}
		v.Text = fn(v.Text) // which may be the same bytes: Shared stays
		return v, nil
	}}
}

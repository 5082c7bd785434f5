package expr

import (
	"regexp"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"

	"kq/pkg/streams/codec"
)

// builder turns a tree into thunks. What it does not know (loops, ranges,
// methods of dates) it refuses: the whole expression then runs on the machine
// of the language, with the same results.
type builder struct {
	src    string
	env    *Env
	funcs  map[string]function
	sets   map[int]int // slot of a variable that is read by fields only, its set
	fields [][][]string
	slots  []int // of the sets
	scope  []string
	locals int
	failed bool
}

// built is a part and, where it does not depend on variables, its value.
type built struct {
	run      thunk
	constant *val
}

func constant(v val) built {
	return built{run: func(*frame) (val, error) { return v, nil }, constant: &v}
}

// build is the thunk of a tree, nil where only the machine knows how.
func build(src string, root ast.Node, e *Env, funcs map[string]function) (thunk, *frame) {
	b := &builder{src: src, env: e, funcs: funcs, sets: map[int]int{}}
	whole := map[int]bool{}
	read := map[int]bool{}
	b.uses(root, whole, read)
	for slot := range read {
		if !whole[slot] {
			b.sets[slot] = len(b.slots)
			b.slots = append(b.slots, slot)
		}
	}
	b.fields = make([][][]string, len(b.slots))
	out := b.node(root)
	if b.failed {
		return nil, nil
	}
	f := &frame{locals: make([]val, b.locals)}
	for i, slot := range b.slots {
		f.fields = append(f.fields, fieldSet{slot: slot, paths: codec.NewPaths(b.fields[i]), out: make([]val, len(b.fields[i]))})
	}
	return out.run, f
}

// path is the variable and the keys of a.b["c"]; ok is false for other nodes.
func (b *builder) path(node ast.Node) (slot int, keys []string, ok bool) {
	switch n := node.(type) {
	case *ast.ChainNode:
		return b.path(n.Node)
	case *ast.IdentifierNode:
		slot = b.env.Slot(n.Value)
		return slot, nil, slot >= 0 && !b.local(n.Value)
	case *ast.MemberNode:
		name, text := n.Property.(*ast.StringNode)
		if !text || n.Method {
			return 0, nil, false
		}
		slot, keys, ok = b.path(n.Node)
		return slot, append(keys, name.Value), ok
	}
	return 0, nil, false
}

func (b *builder) local(name string) bool {
	for _, n := range b.scope {
		if n == name {
			return true
		}
	}
	return false
}

// uses finds the variables that are read whole and those read by fields.
func (b *builder) uses(node ast.Node, whole, read map[int]bool) {
	if slot, keys, ok := b.path(node); ok {
		if len(keys) == 0 {
			whole[slot] = true
		} else {
			read[slot] = true
		}
		return
	}
	for _, c := range children(node) {
		b.uses(c, whole, read)
	}
}

func (b *builder) refuse() built {
	b.failed = true
	return built{}
}

func (b *builder) at(node ast.Node) placed { return placed{src: b.src, at: node.Location().From} }

func (b *builder) node(node ast.Node) built {
	if b.failed {
		return built{}
	}
	switch n := node.(type) {
	case *ast.NilNode:
		return constant(val{})
	case *ast.IntegerNode:
		return constant(codec.IntScalar(int64(n.Value)))
	case *ast.ConstantNode:
		return constant(codec.ScalarOf(n.Value))
	case *ast.FloatNode:
		return constant(codec.DoubleScalar(n.Value))
	case *ast.BoolNode:
		return constant(codec.BoolScalar(n.Value))
	case *ast.StringNode:
		return constant(codec.TextScalar(n.Value))
	case *ast.IdentifierNode:
		return b.identifier(n)
	case *ast.ChainNode:
		return b.node(n.Node)
	case *ast.MemberNode:
		return b.member(n)
	case *ast.UnaryNode:
		return b.unary(n)
	case *ast.BinaryNode:
		return b.binary(n)
	case *ast.ConditionalNode:
		return b.conditional(n)
	case *ast.VariableDeclaratorNode:
		return b.declaration(n)
	case *ast.ArrayNode:
		return b.list(n)
	case *ast.MapNode:
		return b.object(n)
	case *ast.CallNode:
		return b.call(n)
	case *ast.BuiltinNode:
		return b.builtin(n)
	}
	return b.refuse()
}

func (b *builder) identifier(n *ast.IdentifierNode) built {
	for i := len(b.scope) - 1; i >= 0; i-- {
		if b.scope[i] == n.Value {
			return built{run: func(f *frame) (val, error) { return f.locals[i], nil }}
		}
	}
	slot := b.env.Slot(n.Value)
	if slot < 0 {
		return b.refuse()
	}
	at := b.at(n)
	return built{run: func(f *frame) (val, error) {
		v, err := f.vars.scalar(slot)
		if err != nil {
			return val{}, at.fail(err)
		}
		return v, nil
	}}
}

// member is a field of a set, or of whatever stands before it.
func (b *builder) member(n *ast.MemberNode) built {
	at := b.at(n)
	if slot, keys, ok := b.path(n); ok {
		if set, ok := b.sets[slot]; ok {
			return b.fieldOf(set, keys, at)
		}
	}
	if n.Method {
		return b.refuse()
	}
	base, prop := b.node(n.Node), b.node(n.Property)
	return built{run: func(f *frame) (val, error) {
		v, err := base.run(f)
		if err != nil || v.Kind == codec.KindNull {
			return val{}, err
		}
		p, err := prop.run(f)
		if err != nil {
			return val{}, err
		}
		v, err = fetch(v, p)
		if err != nil {
			return val{}, at.fail(err)
		}
		return v, nil
	}}
}

func (b *builder) fieldOf(set int, keys []string, at placed) built {
	i := -1
	for j, known := range b.fields[set] {
		if equalKeys(known, keys) {
			i = j
		}
	}
	if i < 0 {
		i = len(b.fields[set])
		b.fields[set] = append(b.fields[set], keys)
	}
	return built{run: func(f *frame) (val, error) {
		v, err := f.field(set, i)
		if err != nil {
			return val{}, at.fail(err)
		}
		if v.Kind == codec.KindNoObject {
			return val{}, at.failf("no field %s in %s", keys[len(keys)-1], kindName(v))
		}
		return v, nil
	}}
}

func equalKeys(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// constantRegexp is the pattern of matches where it is known, else nil.
func constantRegexp(n *ast.BinaryNode) *regexp.Regexp {
	s, ok := n.Right.(*ast.StringNode)
	if !ok {
		return nil
	}
	re, err := regexp.Compile(s.Value)
	if err != nil {
		return nil
	}
	return re
}

// builtinOf is the function of the language of that name that needs no loop.
func builtinOf(name string) (*builtin.Function, bool) {
	i, ok := builtin.Index[name]
	if !ok || builtin.Builtins[i].Predicate {
		return nil, false
	}
	return builtin.Builtins[i], true
}

package expr

import (
	"fmt"

	"github.com/expr-lang/expr/ast"

	"kq/pkg/streams/codec"
)

// truth is a condition: null is false, what is neither true nor false an error.
func truth(v val, at placed) (bool, error) {
	switch v.Kind {
	case codec.KindBool:
		return v.Bits != 0, nil
	case codec.KindNull:
		return false, nil
	}
	return false, at.failf("%s where true or false is needed", kindName(v))
}

func fetch(v, p val) (val, error) {
	switch x := v.Other.(type) {
	case map[string]any:
		if p.Kind == codec.KindText {
			return codec.ScalarOf(x[p.Text]), nil
		}
		return val{}, fmt.Errorf("%s is not a key", kindName(p))
	case []any:
		if p.Kind == codec.KindInt {
			i := p.Bits
			if i < 0 {
				i += int64(len(x))
			}
			if i < 0 || i >= int64(len(x)) {
				return val{}, fmt.Errorf("index out of range: %d (array length is %d)", p.Bits, len(x))
			}
			return codec.ScalarOf(x[i]), nil
		}
	}
	if p.Kind == codec.KindText {
		return val{}, fmt.Errorf("no field %s in %s", p.Text, kindName(v))
	}
	return slow("fetch", v, p)
}

func (b *builder) unary(n *ast.UnaryNode) built {
	x, at := b.node(n.Node), b.at(n)
	switch n.Operator {
	case "+":
		return x
	case "!", "not":
		return built{run: func(f *frame) (val, error) {
			v, err := x.run(f)
			if err != nil {
				return val{}, err
			}
			t, err := truth(v, at)
			return codec.BoolScalar(!t), err
		}}
	case "-":
		if c := x.constant; c != nil && c.Kind == codec.KindInt {
			return constant(codec.IntScalar(-c.Bits))
		}
		return built{run: func(f *frame) (val, error) {
			v, err := x.run(f)
			if err != nil {
				return val{}, err
			}
			switch v.Kind {
			case codec.KindInt:
				return codec.IntScalar(-v.Bits), nil
			case codec.KindDouble:
				return codec.DoubleScalar(-v.Double()), nil
			}
			if v, err = slow("negate", v, val{}); err != nil {
				return val{}, at.fail(err)
			}
			return v, nil
		}}
	}
	return b.refuse()
}

func (b *builder) binary(n *ast.BinaryNode) built {
	switch n.Operator {
	case "and", "&&", "or", "||":
		return b.logic(n)
	case "??":
		l, r := b.node(n.Left), b.node(n.Right)
		return built{run: func(f *frame) (val, error) {
			if v, err := l.run(f); err != nil || v.Kind != codec.KindNull {
				return v, err
			}
			return r.run(f)
		}}
	case "matches":
		return b.matches(n)
	}
	op := operators(n.Operator)
	if op == nil {
		return b.refuse()
	}
	l, r, at := b.node(n.Left), b.node(n.Right), b.at(n)
	if b.failed {
		return built{}
	}
	if r.constant != nil {
		c := *r.constant
		return built{run: func(f *frame) (val, error) {
			x, err := l.run(f)
			if err != nil {
				return val{}, err
			}
			if x, err = op(x, c); err != nil {
				return val{}, at.fail(err)
			}
			return x, nil
		}}
	}
	return built{run: func(f *frame) (val, error) {
		x, err := l.run(f)
		if err != nil {
			return val{}, err
		}
		y, err := r.run(f)
		if err != nil {
			return val{}, err
		}
		if x, err = op(x, y); err != nil {
			return val{}, at.fail(err)
		}
		return x, nil
	}}
}

// logic evaluates the right side only where the left one does not decide.
func (b *builder) logic(n *ast.BinaryNode) built {
	decides := n.Operator == "or" || n.Operator == "||"
	l, r, at := b.node(n.Left), b.node(n.Right), b.at(n)
	return built{run: func(f *frame) (val, error) {
		for _, side := range [2]thunk{l.run, r.run} {
			v, err := side(f)
			if err != nil {
				return val{}, err
			}
			t, err := truth(v, at)
			if err != nil || t == decides {
				return codec.BoolScalar(t), err
			}
		}
		return codec.BoolScalar(!decides), nil
	}}
}

func (b *builder) matches(n *ast.BinaryNode) built {
	re := constantRegexp(n)
	if re == nil {
		return b.refuse()
	}
	l, at := b.node(n.Left), b.at(n)
	return built{run: func(f *frame) (val, error) {
		v, err := l.run(f)
		if err != nil {
			return val{}, err
		}
		switch v.Kind {
		case codec.KindNull:
			return codec.BoolScalar(false), nil
		case codec.KindText:
			return codec.BoolScalar(re.MatchString(v.Text)), nil
		}
		if raw, ok := v.Other.([]byte); ok {
			return codec.BoolScalar(re.Match(raw)), nil
		}
		return val{}, at.failf("matches is for text, not for %s", kindName(v))
	}}
}

func (b *builder) conditional(n *ast.ConditionalNode) built {
	cond, yes, no, at := b.node(n.Cond), b.node(n.Exp1), b.node(n.Exp2), b.at(n)
	return built{run: func(f *frame) (val, error) {
		v, err := cond.run(f)
		if err != nil {
			return val{}, err
		}
		t, err := truth(v, at)
		if err != nil {
			return val{}, err
		}
		if t {
			return yes.run(f)
		}
		return no.run(f)
	}}
}

func (b *builder) declaration(n *ast.VariableDeclaratorNode) built {
	value := b.node(n.Value)
	i := len(b.scope)
	b.scope = append(b.scope, n.Name)
	b.locals = max(b.locals, len(b.scope))
	body := b.node(n.Expr)
	b.scope = b.scope[:i]
	return built{run: func(f *frame) (val, error) {
		v, err := value.run(f)
		if err != nil {
			return val{}, err
		}
		f.locals[i] = v
		return body.run(f)
	}}
}

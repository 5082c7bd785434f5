package expr

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/expr-lang/expr/vm/runtime"

	"kq/pkg/streams/codec"
)

var (
	errDivision = errors.New("division by zero")
	errLongText = errors.New("a text of more than 16 MiB")
)

// maxText bounds what + can make of texts, bytes.
const maxText = 16 << 20

// operator gives the value of two operands.
type operator func(a, b val) (val, error)

// operators are the binary ones whose operands are both evaluated first.
func operators(name string) operator {
	switch name {
	case "==":
		return func(a, b val) (val, error) { return codec.BoolScalar(equal(a, b)), nil }
	case "!=":
		return func(a, b val) (val, error) { return codec.BoolScalar(!equal(a, b)), nil }
	case "<", "<=", ">", ">=":
		return comparison(name)
	case "+", "-", "*":
		return arithmetic(name)
	case "/", "%", "**", "^":
		return division(name)
	case "contains", "startsWith", "endsWith":
		return textual(name)
	case "in":
		return func(a, b val) (val, error) { return in(a, b) }
	}
	return nil
}

func equal(a, b val) bool {
	if a.Kind == b.Kind {
		switch a.Kind {
		case codec.KindText:
			return a.Text == b.Text
		case codec.KindDouble:
			return a.Double() == b.Double()
		case codec.KindOther:
			return equalTrees(a.Other, b.Other)
		}
		return a.Bits == b.Bits
	}
	if x, y, ok := doubles(a, b); ok {
		return x == y
	}
	return false
}

// equalTrees compares lists and maps by their elements.
func equalTrees(a, b any) bool {
	switch x := a.(type) {
	case []any:
		y, ok := b.([]any)
		if !ok {
			break
		}
		for i := range x {
			if len(x) != len(y) || !equal(codec.ScalarOf(x[i]), codec.ScalarOf(y[i])) {
				return false
			}
		}
		return len(x) == len(y)
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok {
			return false
		}
		for k := range x {
			if e, ok := y[k]; !ok || !equal(codec.ScalarOf(x[k]), codec.ScalarOf(e)) {
				return false
			}
		}
		return len(x) == len(y)
	}
	return runtime.Equal(a, b)
}

// doubles are two numbers, one of them not an int, as doubles.
func doubles(a, b val) (x, y float64, ok bool) {
	x, ok1 := double(a)
	y, ok2 := double(b)
	return x, y, ok1 && ok2
}

func double(v val) (float64, bool) {
	switch v.Kind {
	case codec.KindInt:
		return float64(v.Bits), true
	case codec.KindDouble:
		return v.Double(), true
	}
	return 0, false
}

// comparison gives <, <=, > and >=: ints exactly, numbers as doubles, texts by
// their bytes, dates and durations as the language does.
func comparison(name string) operator {
	less, same := name[0] == '<', len(name) == 2
	holds := func(c int) val {
		return codec.BoolScalar(c == 0 && same || c != 0 && (c < 0) == less)
	}
	return func(a, b val) (val, error) {
		if a.Kind == codec.KindInt && b.Kind == codec.KindInt {
			switch {
			case a.Bits < b.Bits:
				return holds(-1), nil
			case a.Bits > b.Bits:
				return holds(1), nil
			}
			return holds(0), nil
		}
		if a.Kind == codec.KindText && b.Kind == codec.KindText {
			return holds(strings.Compare(a.Text, b.Text)), nil
		}
		if x, y, ok := doubles(a, b); ok {
			switch {
			case x < y:
				return holds(-1), nil
			case x > y:
				return holds(1), nil
			case x == y:
				return holds(0), nil
			}
			return codec.BoolScalar(false), nil // not a number
		}
		return slow(name, a, b)
	}
}

func arithmetic(name string) operator {
	op := name[0]
	return func(a, b val) (val, error) {
		if a.Kind == codec.KindInt && b.Kind == codec.KindInt {
			switch op {
			case '+':
				a.Bits += b.Bits
			case '-':
				a.Bits -= b.Bits
			default:
				a.Bits *= b.Bits
			}
			return a, nil
		}
		if x, y, ok := doubles(a, b); ok {
			switch op {
			case '+':
				x += y
			case '-':
				x -= y
			default:
				x *= y
			}
			return codec.DoubleScalar(x), nil
		}
		if op == '+' && a.Kind == codec.KindText && b.Kind == codec.KindText {
			if len(a.Text)+len(b.Text) > maxText {
				return val{}, errLongText
			}
			return codec.TextScalar(a.Text + b.Text), nil
		}
		return slow(name, a, b)
	}
}

// division gives / and ** , which are doubles, and %, which is of ints.
func division(name string) operator {
	return func(a, b val) (val, error) {
		if name == "%" {
			if a.Kind != codec.KindInt || b.Kind != codec.KindInt {
				return slow(name, a, b)
			}
			if b.Bits == 0 {
				return val{}, errDivision
			}
			return codec.IntScalar(a.Bits % b.Bits), nil
		}
		x, y, ok := doubles(a, b)
		if !ok {
			return slow(name, a, b)
		}
		if name == "/" {
			return codec.DoubleScalar(x / y), nil
		}
		return codec.DoubleScalar(math.Pow(x, y)), nil
	}
}

func textual(name string) operator {
	holds := strings.Contains
	switch name {
	case "startsWith":
		holds = strings.HasPrefix
	case "endsWith":
		holds = strings.HasSuffix
	}
	return func(a, b val) (val, error) {
		if a.Kind == codec.KindNull || b.Kind == codec.KindNull {
			return codec.BoolScalar(false), nil
		}
		if a.Kind != codec.KindText || b.Kind != codec.KindText {
			return val{}, fmt.Errorf("%s is for text, not for %s and %s", name, kindName(a), kindName(b))
		}
		return codec.BoolScalar(holds(a.Text, b.Text)), nil
	}
}

func in(a, b val) (val, error) {
	switch x := b.Other.(type) {
	case []any:
		for _, e := range x {
			if equal(a, codec.ScalarOf(e)) {
				return codec.BoolScalar(true), nil
			}
		}
		return codec.BoolScalar(false), nil
	case map[string]any:
		if a.Kind == codec.KindText {
			_, ok := x[a.Text]
			return codec.BoolScalar(ok), nil
		}
		return codec.BoolScalar(false), nil
	case nil:
		if b.Kind == codec.KindNull {
			return codec.BoolScalar(false), nil
		}
	}
	return slow("in", a, b)
}

// slow leaves what is rare (dates, durations, mistakes) to the language.
func slow(name string, a, b val) (out val, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	x, y := a.Value(), b.Value()
	switch name {
	case "<":
		return codec.BoolScalar(runtime.Less(x, y)), nil
	case "<=":
		return codec.BoolScalar(runtime.LessOrEqual(x, y)), nil
	case ">":
		return codec.BoolScalar(runtime.More(x, y)), nil
	case ">=":
		return codec.BoolScalar(runtime.MoreOrEqual(x, y)), nil
	case "+":
		return codec.ScalarOf(runtime.Add(x, y)), nil
	case "-":
		return codec.ScalarOf(runtime.Subtract(x, y)), nil
	case "*":
		return codec.ScalarOf(runtime.Multiply(x, y)), nil
	case "/":
		return codec.ScalarOf(runtime.Divide(x, y)), nil
	case "%":
		return codec.ScalarOf(runtime.Modulo(x, y)), nil
	case "**", "^":
		return codec.ScalarOf(runtime.Exponent(x, y)), nil
	case "in":
		return codec.BoolScalar(runtime.In(x, y)), nil
	case "fetch":
		return codec.ScalarOf(runtime.Fetch(x, y)), nil
	case "negate":
		return codec.ScalarOf(runtime.Negate(x)), nil
	}
	return val{}, fmt.Errorf("unknown operator %s", name)
}

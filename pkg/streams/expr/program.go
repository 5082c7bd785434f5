package expr

import (
	"errors"
	"fmt"
	"slices"

	"github.com/expr-lang/expr/vm"

	"kq/pkg/streams/codec"
)

// Program is a compiled expression. It keeps its stack between runs: one
// goroutine at a time; Clone makes another for another goroutine.
type Program struct {
	src       string
	env       *Env
	typ, want Type
	slots     []int // of the variables that it touches
	code      *vm.Program
	funcs     map[string]function
	machine   vm.VM
	scope     map[string]any // what the machine reads variables from
}

// Clone is the same program with a stack of its own.
func (p *Program) Clone() *Program {
	c := *p
	c.machine = vm.VM{MemoryBudget: memoryUnit}
	c.scope = nil
	return &c
}

// Source is the text that was compiled.
func (p *Program) Source() string { return p.src }

// Type is the static type of the result, Any where it is not known.
func (p *Program) Type() Type { return p.typ }

// Uses says that the program touches a variable.
func (p *Program) Uses(name string) bool { return slices.Contains(p.slots, p.env.Slot(name)) }

// Run gives the result for the values of v, which belong to the Env that the
// program was compiled for: int64, float64, string, bool, []byte, []any,
// map[string]any or nil, and a codec.Windowed where a windowed key is passed
// on. Where Bool is wanted null is false, where Double is wanted an int is
// turned into one.
//
// A failure is an *Error, or the *codec.DecodeError of a variable.
func (p *Program) Run(v *Vars) (any, error) {
	x, err := p.onMachine(v)
	if err != nil {
		return nil, err
	}
	return p.wanted(x)
}

// onMachine runs the code of the language.
func (p *Program) onMachine(v *Vars) (any, error) {
	if p.scope == nil {
		p.scope = make(map[string]any, len(p.slots))
	}
	for _, i := range p.slots {
		x, err := v.load(i)
		if err == nil {
			x, err = plain(x)
		}
		if err != nil {
			return nil, p.failed(err)
		}
		p.scope[p.env.vars[i].name] = x
	}
	x, err := p.machine.Run(p.code, p.scope)
	if err != nil {
		return nil, p.failed(err)
	}
	return normal(x)
}

// failed is err with the expression in it; bytes that do not decode are the
// record's fault and stay what they are.
func (p *Program) failed(err error) error {
	var de *codec.DecodeError
	var ours *Error
	if errors.As(err, &de) || errors.As(err, &ours) {
		return err
	}
	return located(p.src, err)
}

// wanted brings a normal result into the type that is wanted.
func (p *Program) wanted(x any) (any, error) {
	switch p.want {
	case Any:
		return x, nil
	case Bool:
		switch x.(type) {
		case bool:
			return x, nil
		case nil:
			return false, nil
		}
	case Int:
		if n, err := codec.Whole(x); err == nil {
			return n, nil
		}
	case Double:
		if f, err := codec.Number(x); err == nil {
			return f, nil
		}
	default:
		if hasType(x, p.want) {
			return x, nil
		}
	}
	if x == nil {
		return nil, nil
	}
	return nil, &Error{Src: p.src, Line: 1, Column: 1, Message: fmt.Sprintf("this gave %s, but %s is needed", typeName(x), p.want)}
}

func hasType(x any, t Type) bool {
	switch t {
	case String:
		_, ok := x.(string)
		return ok
	case Bytes:
		switch x.(type) {
		case []byte, string:
			return true
		}
		return false
	}
	switch x.(type) {
	case []any:
		_, ok := t.(*ListType)
		return ok || t == List
	case map[string]any:
		_, ok := t.(*ObjectType)
		return ok || t == Map
	}
	return false
}

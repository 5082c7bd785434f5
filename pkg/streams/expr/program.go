package expr

import (
	"errors"
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"
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
	identity  int   // the variable that is all of the program, or -1
	words     int   // the variable whose words are all of the program, or -1

	// eval runs the program where it consists of what builder knows; the
	// machine of the language runs the others.
	eval    thunk
	frame   *frame
	code    *vm.Program
	machine vm.VM
	scope   map[string]any // what the machine reads variables from
}

// Clone is the same program with a stack of its own.
func (p *Program) Clone() *Program {
	c := *p
	c.machine = vm.VM{MemoryBudget: memoryUnit}
	c.scope = nil
	if p.frame != nil {
		c.frame = p.frame.clone()
	}
	return &c
}

// Source is the text that was compiled.
func (p *Program) Source() string { return p.src }

// Type is the static type of the result, Any where it is not known.
func (p *Program) Type() Type { return p.typ }

// Uses says that the program touches a variable.
func (p *Program) Uses(name string) bool { return slices.Contains(p.slots, p.env.Slot(name)) }

// shape finds the programs that need no evaluation at all.
func (p *Program) shape(root ast.Node) {
	p.identity, p.words = -1, -1
	if id, ok := root.(*ast.IdentifierNode); ok {
		p.identity = p.env.Slot(id.Value)
	}
	call, ok := root.(*ast.CallNode)
	if !ok || len(call.Arguments) != 1 {
		return
	}
	fn, ok1 := call.Callee.(*ast.IdentifierNode)
	arg, ok2 := call.Arguments[0].(*ast.IdentifierNode)
	if ok1 && ok2 && fn.Value == "words" && p.env.funcs["words"].call == nil {
		p.words = p.env.Slot(arg.Value)
	}
}

// Run gives the result for the values of v, which belong to the Env that the
// program was compiled for: int64, float64, string, bool, []byte, []any,
// map[string]any or nil, and a codec.Windowed where a windowed key is passed
// on. Where Bool is wanted null is false, where Double is wanted an int is
// turned into one. A result shares parts of the variables and must not be changed.
//
// A failure is an *Error, or the *codec.DecodeError of a variable.
func (p *Program) Run(v *Vars) (any, error) {
	x, err := p.run(v)
	if err != nil || p.want == Any {
		return x, err
	}
	return p.wanted(x)
}

func (p *Program) run(v *Vars) (any, error) {
	switch {
	case p.identity >= 0:
		return v.load(p.identity)
	case p.eval == nil:
		return p.onMachine(v)
	}
	p.frame.begin(v)
	x, err := p.eval(p.frame)
	p.frame.end()
	if err != nil {
		return nil, err
	}
	if x.Kind == codec.KindOther {
		return normal(x.Other)
	}
	return x.Value(), nil
}

// RunValue is Run as a value of a record. A variable that is passed on as it
// is keeps its bytes and is not decoded.
func (p *Program) RunValue(v *Vars) (codec.Value, error) {
	if p.identity >= 0 && p.want == Any {
		if s := &v.slots[p.identity]; s.kind == slotValue && s.val != nil {
			return *s.val, nil
		}
	}
	x, err := p.Run(v)
	return codec.Of(x), err
}

// Test is Run for conditions: null is false, what is not a boolean an error.
func (p *Program) Test(v *Vars) (bool, error) {
	x, err := p.Run(v)
	if err != nil {
		return false, err
	}
	switch t := x.(type) {
	case bool:
		return t, nil
	case nil:
		return false, nil
	}
	return false, p.unwanted(x, Bool)
}

// Each gives the elements of the list that the program makes, one by one; null
// is a list without any. Words of a text are cut out of its bytes.
func (p *Program) Each(v *Vars, emit func(codec.Value) error) error {
	if p.words >= 0 {
		if s := &v.slots[p.words]; s.kind == slotValue && s.val != nil {
			line, err := lineOf(s.val)
			if err != nil {
				return p.failed(err)
			}
			return cutWords(line, func(w []byte) error { return emit(codec.Encoded(w, codec.String{})) })
		}
	}
	x, err := p.Run(v)
	if err != nil || x == nil {
		return err
	}
	list, ok := x.([]any)
	if !ok {
		return p.unwanted(x, List)
	}
	for _, e := range list {
		if err := emit(codec.Of(e)); err != nil {
			return err
		}
	}
	return nil
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
	return nil, p.unwanted(x, p.want)
}

func (p *Program) unwanted(x any, want Type) error {
	return &Error{Src: p.src, Line: 1, Column: 1, Message: fmt.Sprintf("this gave %s, but %s is needed", typeName(x), want)}
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

package expr

import (
	"maps"
	"slices"

	"github.com/expr-lang/expr/types"
)

// Env declares the variables and functions that an expression may use. It is
// not changed once something is compiled against it.
type Env struct {
	vars  []variable
	index map[string]int
	funcs map[string]function
}

type variable struct {
	name string
	typ  Type
}

// function is what an expression calls. sig is a pointer to a func type that
// the checker reads: the static types of arguments and result.
type function struct {
	call func(args ...any) (any, error)
	sigs []any
}

// NewEnv has no variables, but the functions of the language.
func NewEnv() *Env { return &Env{index: map[string]int{}, funcs: map[string]function{}} }

// Var declares a variable, or its type anew, and returns e.
func (e *Env) Var(name string, t Type) *Env {
	if i, ok := e.index[name]; ok {
		e.vars[i].typ = t
		return e
	}
	e.index[name] = len(e.vars)
	e.vars = append(e.vars, variable{name: name, typ: t})
	return e
}

// Func declares a function, in place of the language's own of that name. The
// arguments are normalised values: int64, float64, string, bool, []byte,
// []any, map[string]any or nil. The result has to be one of these.
func (e *Env) Func(name string, call func(args ...any) (any, error), result Type) *Env {
	e.funcs[name] = function{call: normalArgs(call), sigs: []any{signature(result)}}
	return e
}

func signature(result Type) any {
	switch result {
	case String:
		return new(func(...any) string)
	case Int:
		return new(func(...any) int)
	case Double:
		return new(func(...any) float64)
	case Bool:
		return new(func(...any) bool)
	case Bytes:
		return new(func(...any) []byte)
	case List:
		return new(func(...any) []any)
	case Map:
		return new(func(...any) map[string]any)
	}
	return new(func(...any) any)
}

func normalArgs(call func(args ...any) (any, error)) func(args ...any) (any, error) {
	return func(args ...any) (any, error) {
		in := make([]any, len(args))
		for i := range args {
			v, err := normal(args[i])
			if err != nil {
				return nil, err
			}
			in[i] = v
		}
		return call(in...)
	}
}

// Slot is the number of a variable in Vars, -1 for none of that name.
func (e *Env) Slot(name string) int {
	if i, ok := e.index[name]; ok {
		return i
	}
	return -1
}

// Names are the variables, in the order of their declaration.
func (e *Env) Names() []string {
	names := make([]string, len(e.vars))
	for i := range e.vars {
		names[i] = e.vars[i].name
	}
	return names
}

// Vars are slots for the variables of e.
func (e *Env) Vars() *Vars { return &Vars{slots: make([]slot, len(e.vars)), names: e.Names()} }

func (e *Env) typed() types.Map {
	m := types.Map{}
	for _, v := range e.vars {
		m[v.name] = inLang(v.typ)
	}
	return m
}

func (e *Env) untyped() types.Map {
	m := types.Map{}
	for _, v := range e.vars {
		m[v.name] = types.Any
	}
	return m
}

// functions are those of the language and, before them, those of e.
func (e *Env) functions() map[string]function {
	all := library()
	maps.Copy(all, e.funcs)
	return all
}

// Functions are the names of the functions that every expression has beside
// those of the language or in their place, sorted.
func Functions() []string { return slices.Sorted(maps.Keys(library())) }

// known are all names that an expression can begin with, for suggestions.
func (e *Env) known() []string {
	names := e.Names()
	names = append(names, slices.Sorted(maps.Keys(e.functions()))...)
	return append(names, "len", "filter", "map", "all", "any", "none", "count", "sum", "lower", "upper", "trim")
}

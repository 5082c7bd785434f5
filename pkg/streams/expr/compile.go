package expr

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	lang "github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/vm"
)

// The bounds of one expression.
const (
	maxSource  = 16 << 10 // bytes
	maxNodes   = 5000
	maxLoops   = 4       // predicates in predicates
	memoryUnit = 1 << 20 // elements that one run may make
)

// ErrTooLarge is the cause of errors about expressions beyond the bounds.
var ErrTooLarge = errors.New("expression too large")

// Compile compiles src for the variables of e. want is the type of result that
// the caller needs; Any takes every one. A failure is an *Error.
//
// It compiles twice: once with the declared types, which finds mistakes and
// the type of the result, and once without: data need not keep the promises of
// a declaration, and code that trusts them would fail in worse ways.
func Compile(src string, e *Env, want Type) (*Program, error) {
	if want == nil {
		want = Any
	}
	if len(src) > maxSource {
		return nil, &Error{Src: src[:40] + "…", Message: fmt.Sprintf("an expression of %d bytes, %d are allowed", len(src), maxSource), Err: ErrTooLarge}
	}
	if strings.TrimSpace(src) == "" {
		return nil, &Error{Src: src, Message: "an empty expression"}
	}
	funcs := e.functions()
	typ, err := check(src, e, funcs)
	if err != nil {
		return nil, err
	}
	if !fits(typ, want) {
		return nil, &Error{Src: src, Line: 1, Column: 1, Message: fmt.Sprintf("this gives %s, but %s is needed", typ, want)}
	}
	touched := &touched{env: e, slots: map[int]bool{}}
	code, err := lang.Compile(src, append(options(funcs, false), lang.Env(e.untyped()), lang.Optimize(false), lang.MaxNodes(maxNodes),
		lang.Patch(touched), lang.Patch(safeFields{}), lang.Patch(softTruth{}), lang.Patch(wideInts{}), lang.Patch(meter{}))...)
	if err != nil {
		return nil, located(src, err)
	}
	p := &Program{src: src, env: e, typ: typ, want: want, slots: slices.Sorted(maps.Keys(touched.slots)), code: code}
	p.machine = vm.VM{MemoryBudget: memoryUnit}
	p.eval, p.frame = build(src, code.Node(), e, funcs)
	p.shape(code.Node())
	return p, nil
}

// check compiles with the declared types.
func check(src string, e *Env, funcs map[string]function) (Type, error) {
	c := conf.CreateNew()
	c.WithEnv(e.typed())
	c.MaxNodes = maxNodes
	for _, o := range options(funcs, true) {
		o(c)
	}
	tree, err := checker.ParseCheck(src, c)
	if err != nil {
		out := located(src, err)
		out.Hint = hint(out.Message, e, tree.Node)
		return nil, out
	}
	if d := loops(tree.Node); d > maxLoops {
		return nil, &Error{Src: src, Message: fmt.Sprintf("%d loops inside one another, %d are allowed", d, maxLoops), Err: ErrTooLarge}
	}
	return typeOf(tree.Node.Nature()), nil
}

func options(funcs map[string]function, typed bool) []lang.Option {
	list := []lang.Option{lang.Patch(nullWord{})}
	for _, name := range slices.Sorted(maps.Keys(funcs)) {
		if f := funcs[name]; typed {
			list = append(list, lang.Function(name, f.call, f.sigs...))
		} else {
			list = append(list, lang.Function(name, f.call))
		}
	}
	return list
}

// loops is how deep predicates such as that of map and filter are nested.
func loops(node ast.Node) int {
	d := &depth{}
	d.walk(node)
	return d.most
}

type depth struct{ now, most int }

func (d *depth) walk(node ast.Node) {
	if p, ok := node.(*ast.PredicateNode); ok {
		d.now++
		d.most = max(d.most, d.now)
		defer func() { d.now-- }()
		node = p.Node
	}
	for _, c := range children(node) {
		d.walk(c)
	}
}

package expr

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/checker/nature"
	"github.com/expr-lang/expr/types"
)

// Type is what is known of a value before it is there. Every type includes
// null; Any is everything.
type Type interface {
	// String is the type's name, such as int or {amount: double}.
	String() string
	sealed()
}

// simple are the types without parts.
type simple uint8

// The types of values. Int has 64 bits, List and Map have elements of any type.
const (
	Any simple = iota
	String
	Int
	Double
	Bool
	Bytes
	List
	Map
)

func (t simple) String() string {
	return [...]string{"any", "string", "int", "double", "bool", "bytes", "list", "map"}[t]
}

func (simple) sealed() {}

// TypeNamed is the type of that name: any, string, int, double, bool, bytes,
// list or map; long, short, float and uuid are names of the same for codecs.
func TypeNamed(name string) (Type, bool) {
	switch name {
	case "long", "short":
		return Int, true
	case "float":
		return Double, true
	case "uuid":
		return String, true
	case "json":
		return Any, true
	}
	for t := Any; t <= Map; t++ {
		if t.String() == name {
			return t, true
		}
	}
	return nil, false
}

// ObjectType is a map whose keys are known.
type ObjectType struct{ fields map[string]Type }

// Object is the type of maps with exactly these fields: an expression that
// names another one does not compile.
func Object(fields map[string]Type) Type { return &ObjectType{fields: maps.Clone(fields)} }

// Field is the type of a field.
func (t *ObjectType) Field(name string) (Type, bool) {
	f, ok := t.fields[name]
	return f, ok
}

func (t *ObjectType) names() []string { return slices.Sorted(maps.Keys(t.fields)) }

func (t *ObjectType) String() string {
	parts := make([]string, 0, len(t.fields))
	for _, n := range t.names() {
		parts = append(parts, n+": "+t.fields[n].String())
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (*ObjectType) sealed() {}

// ListType is a list whose elements are of one type.
type ListType struct{ elem Type }

// ListOf is the type of lists of elem.
func ListOf(elem Type) Type { return &ListType{elem: elem} }

func (t *ListType) String() string { return "list of " + t.elem.String() }

func (*ListType) sealed() {}

// inLang is t as the language's checker knows it.
func inLang(t Type) types.Type {
	switch x := t.(type) {
	case *ObjectType:
		m := types.Map{}
		for n, f := range x.fields {
			m[n] = inLang(f)
		}
		return m
	case *ListType:
		return types.Array(inLang(x.elem))
	}
	switch t {
	case String:
		return types.String
	case Int:
		return types.Int
	case Double:
		return types.Float64
	case Bool:
		return types.Bool
	case Bytes:
		return types.TypeOf([]byte(nil))
	case List:
		return types.TypeOf([]any(nil))
	case Map:
		return types.TypeOf(map[string]any(nil))
	}
	return types.Any
}

// typeOf is the type that the checker found, after results are normalised.
func typeOf(n *nature.Nature) Type {
	t := n.Type
	if t == nil {
		return Any
	}
	switch t {
	case reflect.TypeFor[time.Time]():
		return String
	case reflect.TypeFor[time.Duration]():
		return Int
	case reflect.TypeFor[[]byte]():
		return Bytes
	}
	switch t.Kind() {
	case reflect.Bool:
		return Bool
	case reflect.String:
		return String
	case reflect.Int, reflect.Int64:
		return Int
	case reflect.Float64:
		return Double
	case reflect.Slice:
		return List
	case reflect.Map:
		return Map
	}
	return Any
}

// fits says that a value of type t may be wanted as want.
func fits(t, want Type) bool {
	if t == Any || want == Any || t == want {
		return true
	}
	switch want.(type) {
	case *ObjectType:
		return t == Map
	case *ListType:
		return t == List
	}
	return t == Int && want == Double || t == Double && want == Int || t == String && want == Bytes
}

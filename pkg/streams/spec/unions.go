package spec

import (
	"errors"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Type is how keys or values are written: the name of a serde, or a map of a
// windowed form and the type inside, as {timeWindowed: string}.
type Type struct {
	Where
	// Name is string, long, int, short, double, float, bool, bytes, uuid, json, timeWindowed, sessionWindowed or windowedJson.
	Name string
	// Inner is the type of the key in a window, nil for others.
	Inner *Type
	// Size is that of the windows of a timeWindowed key, whose bytes have no end (window.size.ms).
	Size time.Duration
}

func (t *Type) String() string {
	if t.Inner != nil {
		return t.Name + "(" + t.Inner.String() + ")"
	}
	return t.Name
}

func plainTypes() []string {
	return []string{"string", "long", "int", "short", "double", "float", "bool", "bytes", "uuid", "json"}
}

func windowedTypes() []string { return []string{"timeWindowed", "sessionWindowed", "windowedJson"} }

func (t *Type) read(f *file, n *yaml.Node) {
	t.node = n
	switch {
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str":
		t.Name = f.interpolate(n)
		if slices.Contains(plainTypes(), t.Name) {
			return
		}
		if slices.Contains(windowedTypes(), t.Name) {
			f.wrong(n, "write {"+t.Name+": string}", "%s needs the type of the key inside", t.Name)
			return
		}
		f.wrong(n, suggest(t.Name, append(plainTypes(), windowedTypes()...)), "unknown type %q", clip(t.Name))
	case n.Kind == yaml.MappingNode && len(n.Content) > 0:
		f.eachKey(n, func(key, value *yaml.Node) { t.part(f, key, resolve(value)) })
		if t.Name == "" {
			f.wrong(n, "write {timeWindowed: string, size: 5m}", "size: has no type beside it")
		}
		if t.Size != 0 && t.Inner != nil && t.Name != "timeWindowed" {
			f.wrong(n, "", "size: is for timeWindowed, whose bytes have no end")
		}
	default:
		f.wrong(n, "it is one of "+strings.Join(plainTypes(), ", ")+", or {timeWindowed: string}", "a type is %s", kindOf(n))
	}
}

// part reads one key of a type that is a map.
func (t *Type) part(f *file, key, value *yaml.Node) {
	switch {
	case key.Value == "size" && value.Kind != yaml.ScalarNode:
		f.wrong(value, "", "size: is %s, not a duration", kindOf(value))
	case key.Value == "size":
		d, err := parseDuration(f.interpolate(value))
		if err == nil && d < time.Millisecond {
			err = errors.New("the least is a millisecond")
		}
		if t.Size = d; err != nil {
			f.wrong(value, "", "size: %v", err)
		}
	case t.Inner != nil:
		f.wrong(key, "", "a key has one type: %s is the second", clip(key.Value))
	case !slices.Contains(windowedTypes(), key.Value):
		t.Name = key.Value
		f.wrong(key, suggest(key.Value, append(windowedTypes(), "size")), "unknown type %q", clip(key.Value))
	default:
		t.Name, t.Inner = key.Value, &Type{}
		if value.Kind != yaml.ScalarNode {
			f.wrong(value, "", "the type of a windowed key is %s, not a name", kindOf(value))
			return
		}
		t.Inner.read(f, value)
	}
}

// Fields are the declared fields of a JSON value.
type Fields []Field

// Field is a field: Type is string, long, double, bool, bytes, list or any, or
// "" where Fields says what the object in it holds.
type Field struct {
	Name   string
	Type   string
	Fields Fields
}

func fieldTypes() []string {
	return []string{"string", "long", "int", "double", "bool", "bytes", "list", "map", "any"}
}

func (l *Fields) read(f *file, n *yaml.Node) { *l = f.fields(n, 0) }

func (f *file) fields(n *yaml.Node, depth int) Fields {
	if n.Kind != yaml.MappingNode || depth > 16 {
		f.wrong(n, "write {amount: double, user: string}", "fields: is %s, not a map of names and types", kindOf(n))
		return nil
	}
	var out Fields
	f.eachKey(n, func(key, value *yaml.Node) {
		field := Field{Name: key.Value}
		switch value = resolve(value); value.Kind {
		case yaml.MappingNode:
			field.Fields = f.fields(value, depth+1)
		case yaml.SequenceNode:
			field.Type = "list"
		default:
			if field.Type = f.interpolate(value); !slices.Contains(fieldTypes(), field.Type) {
				f.wrong(value, suggest(field.Type, fieldTypes()), "unknown type %q of the field %s", clip(field.Type), clip(key.Value))
			}
		}
		out = append(out, field)
	})
	return out
}

// Until is the end of a suppression.
type Until struct {
	Where
	// WindowClose waits for the end of the window and its grace.
	WindowClose bool
	// After waits this long after the first update of a key, in stream time.
	After time.Duration
}

func (u *Until) read(f *file, n *yaml.Node) {
	u.node = n
	if n.Kind != yaml.ScalarNode {
		f.wrong(n, "", "until: is %s, not windowClose or a duration", kindOf(n))
		return
	}
	text := f.interpolate(n)
	if u.WindowClose = text == "windowClose"; u.WindowClose {
		return
	}
	d, err := parseDuration(text)
	if err != nil {
		f.wrong(n, suggest(text, []string{"windowClose"}), "until: %q is neither windowClose nor a duration, as 10s", clip(text))
		return
	}
	u.After = d
}

// Lets are names and the expressions that they stand for, in order.
type Lets []Let

// Let is one of them.
type Let struct {
	Where
	Name string
	Expr Expr
}

func (l *Lets) read(f *file, n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		f.wrong(n, "write {prev: 'get(\"last\", key)'}", "let: is %s, not a map of names and expressions", kindOf(n))
		return
	}
	f.eachKey(n, func(key, value *yaml.Node) {
		if value = resolve(value); value.Kind != yaml.ScalarNode || isNull(value) {
			f.wrong(value, "put the expression between single quotes", "%s is %s, not an expression", key.Value, kindOf(value))
			return
		}
		one := Let{Name: key.Value, Expr: Expr(f.interpolate(value))}
		one.node, one.keys = key, map[string]mark{"expr": {key, value}}
		*l = append(*l, one)
	})
}

// pick notes the operator of a step.
func (s *Step) pick(f *file) { s.op = onlyKey(f, &s.Where, "a step") }

func (a *Action) pick(f *file) { a.op = onlyKey(f, &a.Where, "an action") }

// onlyKey is the one key that a map must have.
func onlyKey(f *file, w *Where, what string) string {
	if len(w.keys) == 1 {
		for k := range w.keys {
			return k
		}
	}
	if len(w.keys) == 0 {
		f.wrong(w.node, "", "%s is empty: it is a map of one key", what)
		return ""
	}
	second := w.node.Content[2]
	f.wrong(second, "begin each with its own dash; options of a step stand one level deeper", "%s has one key: %q is the second", what, second.Value)
	return ""
}

package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// fieldTag is what the tag of a field says: key:"name,option,…" and more.
type fieldTag struct {
	name     string
	required bool
	bare     bool // a scalar in the map's place is this key's value
	null     bool // the value may be empty
	one      bool // a single value stands for a list of one
	named    bool // a map, whose keys become the items' Name
	negative bool // a duration that may be below zero
	enum     []string
	pattern  string
	min      string
	example  string
}

func tagOf(sf reflect.StructField) (fieldTag, bool) {
	words := strings.Split(sf.Tag.Get("key"), ",")
	if words[0] == "" {
		return fieldTag{}, false
	}
	has := func(w string) bool { return slices.Contains(words[1:], w) }
	return fieldTag{
		name: words[0], required: has("required"), bare: has("bare"), null: has("null"), one: has("one"), named: has("named"),
		negative: has("negative"), enum: strings.Fields(sf.Tag.Get("enum")), pattern: sf.Tag.Get("pattern"), min: sf.Tag.Get("min"),
		example: sf.Tag.Get("example"),
	}, true
}

// shape is the fields of a struct by their keys.
type shape struct {
	keys   []string
	fields map[string]int
	tags   map[string]fieldTag
	bare   string
}

func shapeOf(t reflect.Type) shape {
	s := shape{fields: map[string]int{}, tags: map[string]fieldTag{}}
	for i := range t.NumField() {
		if tag, ok := tagOf(t.Field(i)); ok {
			s.keys = append(s.keys, tag.name)
			s.fields[tag.name], s.tags[tag.name] = i, tag
			if tag.bare {
				s.bare = tag.name
			}
		}
	}
	return s
}

// own is a value that reads itself.
type own interface {
	read(f *file, n *yaml.Node)
}

// resolve is what an alias stands for.
func resolve(n *yaml.Node) *yaml.Node {
	for i := 0; n.Kind == yaml.AliasNode && i < 8; i++ {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// decode reads n into v.
func (f *file) decode(n *yaml.Node, v reflect.Value, tag fieldTag) {
	if f.left--; f.left <= 0 {
		if f.left == 0 {
			f.wrong(n, "", "the file holds more than %d values", mostNodes)
		}
		return
	}
	n = resolve(n)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		if o, ok := v.Interface().(own); ok {
			o.read(f, n)
			return
		}
		v = v.Elem()
	} else if v.CanAddr() {
		if o, ok := v.Addr().Interface().(own); ok {
			o.read(f, n)
			return
		}
	}
	switch v.Kind() {
	case reflect.Struct:
		f.decodeStruct(n, v, tag)
	case reflect.Slice:
		f.decodeSlice(n, v, tag)
	case reflect.Map:
		f.decodeMap(n, v)
	case reflect.Interface:
		if x := f.any(n); x != nil {
			v.Set(reflect.ValueOf(x))
		}
	default:
		f.decodeScalar(n, v, tag)
	}
}

func (f *file) decodeStruct(n *yaml.Node, v reflect.Value, tag fieldTag) {
	s := shapeOf(v.Type())
	w := v.Addr().Interface().(interface{ where() *Where }).where()
	w.node, w.keys = n, map[string]mark{}
	switch {
	case isNull(n) && tag.null:
		return
	case n.Kind != yaml.MappingNode && s.bare != "" && !isNull(n) && (n.Kind == yaml.ScalarNode || v.Field(s.fields[s.bare]).Kind() == reflect.Slice):
		w.keys[s.bare] = mark{value: n}
		f.decodeField(n, v, s, s.bare)
	case n.Kind != yaml.MappingNode:
		f.wrong(n, keysHint(s), "%sis %s, not %s", label(tag), kindOf(n), wanted(s, tag))
		return
	default:
		f.decodeKeys(n, v, s, w)
	}
	for _, k := range s.keys {
		if s.tags[k].required && !w.Has(k) && !w.misspelt(k) {
			f.wrong(n, "", "%shas no %s:", label(tag), k)
		}
	}
	if step, ok := v.Addr().Interface().(oneKey); ok {
		step.pick(f)
	}
}

// oneKey is a map that must have exactly one key.
type oneKey interface{ pick(f *file) }

func (f *file) decodeKeys(n *yaml.Node, v reflect.Value, s shape, w *Where) {
	f.eachKey(n, func(key, value *yaml.Node) {
		w.keys[key.Value] = mark{key, value}
		if _, ok := s.fields[key.Value]; !ok {
			f.wrong(key, suggest(key.Value, s.keys), "unknown key %q", key.Value)
			return
		}
		f.decodeField(value, v, s, key.Value)
	})
}

func (f *file) decodeField(n *yaml.Node, v reflect.Value, s shape, key string) {
	tag := s.tags[key]
	if isNull(resolve(n)) && !tag.null && !f.free(v.Field(s.fields[key])) {
		f.wrong(n, "", "%s: has no value", key)
		return
	}
	f.decode(n, v.Field(s.fields[key]), tag)
}

// free says whether a field takes any value, null among them.
func (f *file) free(v reflect.Value) bool { return v.Kind() == reflect.Interface }

// eachKey calls g with the keys of a map, each once; a key that is there twice is a mistake.
func (f *file) eachKey(n *yaml.Node, g func(key, value *yaml.Node)) {
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := resolve(n.Content[i]), n.Content[i+1]
		switch first := seen[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			f.wrong(key, "", "a key is %s, not a text", kindOf(key))
			continue
		case key.ShortTag() == "!!merge":
			f.wrong(key, "write the keys out; an anchor may stand for a whole value", "<< merges no maps here")
			continue
		case first != nil:
			f.wrong(key, fmt.Sprintf("the first is on line %d", first.Line), "duplicate key %q", key.Value)
			continue
		}
		seen[key.Value] = key
		g(key, value)
	}
}

func (f *file) decodeSlice(n *yaml.Node, v reflect.Value, tag fieldTag) {
	switch {
	case tag.named:
		f.decodeNamed(n, v, tag)
	case n.Kind == yaml.SequenceNode:
		for _, c := range n.Content {
			item := reflect.New(v.Type().Elem()).Elem()
			if isNull(resolve(c)) {
				f.wrong(c, "", "%shas an empty item", label(tag))
				continue
			}
			f.decode(c, item, fieldTag{name: tag.name, enum: tag.enum, pattern: tag.pattern})
			v.Set(reflect.Append(v, item))
		}
		if tag.required && len(n.Content) == 0 {
			f.wrong(n, "", "%sis empty", label(tag))
		}
	case tag.one:
		item := reflect.New(v.Type().Elem()).Elem()
		f.decode(n, item, fieldTag{name: tag.name, enum: tag.enum, pattern: tag.pattern})
		v.Set(reflect.Append(v, item))
	default:
		f.wrong(n, "", "%sis %s, not a list", label(tag), kindOf(n))
	}
}

// decodeNamed reads a map whose keys are the names of its items.
func (f *file) decodeNamed(n *yaml.Node, v reflect.Value, tag fieldTag) {
	if n.Kind != yaml.MappingNode {
		f.wrong(n, "write NAME: {…} for each", "%sis %s, not a map of names", label(tag), kindOf(n))
		return
	}
	f.eachKey(n, func(key, value *yaml.Node) {
		item := reflect.New(v.Type().Elem().Elem())
		if isNull(resolve(value)) && !tag.null {
			f.wrong(key, "", "%s has no value", key.Value)
			return
		}
		f.decode(value, item, fieldTag{name: key.Value, null: tag.null})
		item.Elem().FieldByName("Name").SetString(key.Value)
		w := item.Interface().(interface{ where() *Where }).where()
		if w.keys == nil {
			w.keys = map[string]mark{}
		}
		w.node = key
		v.Set(reflect.Append(v, item))
	})
	if tag.required && v.Len() == 0 {
		f.wrong(n, "", "%sis empty", label(tag))
	}
}

func (f *file) decodeMap(n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		f.wrong(n, "", "%s, not a map", kindOf(n))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	f.eachKey(n, func(key, value *yaml.Node) {
		item := reflect.New(v.Type().Elem()).Elem()
		if value = resolve(value); item.Kind() == reflect.String {
			if value.Kind != yaml.ScalarNode || isNull(value) {
				f.wrong(value, "", "%s is %s, not a text", key.Value, kindOf(value))
				return
			}
			item.SetString(f.interpolate(value))
		} else {
			f.decode(value, item, fieldTag{name: key.Value})
		}
		v.SetMapIndex(reflect.ValueOf(key.Value), item)
	})
}

var durationType = reflect.TypeFor[time.Duration]()

// kindOf says what a node is, for messages.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "empty"
	case "!!bool":
		return n.Value
	case "!!int", "!!float":
		return "the number " + n.Value
	}
	return fmt.Sprintf("the text %q", clip(n.Value))
}

func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// label begins a message about the value of a key.
func label(tag fieldTag) string {
	if tag.name == "" {
		return ""
	}
	return tag.name + ": "
}

func wanted(s shape, tag fieldTag) string {
	switch {
	case s.bare != "":
		return "a map or its " + s.bare
	case tag.null:
		return "a map or nothing"
	}
	return "a map"
}

func keysHint(s shape) string {
	if len(s.keys) > 14 {
		return ""
	}
	return "its keys are " + strings.Join(s.keys, ", ")
}

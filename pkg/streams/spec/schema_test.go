package spec

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"kq/internal/golden"
)

// object is a JSON object whose keys keep their order.
type object []pair

type pair struct {
	key   string
	value any
}

func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		k, _ := json.Marshal(p.key)
		b.Write(k)
		b.WriteByte(':')
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(p.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// writer makes a schema of Go types.
type writer struct {
	docs map[string]string // of TYPE and TYPE.FIELD
	defs object
	done map[reflect.Type]bool
}

// comments reads the comments of the package's types.
func comments(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	docs := map[string]string{}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range g.Specs {
				if ts, ok := s.(*ast.TypeSpec); ok {
					note(docs, ts, g.Doc)
				}
			}
		}
	}
	return docs
}

func note(docs map[string]string, ts *ast.TypeSpec, group *ast.CommentGroup) {
	name := ts.Name.Name
	if group != nil {
		docs[name] = sentence(strings.TrimPrefix(strings.TrimPrefix(group.Text(), name+" is "), name+" "))
	}
	st, ok := ts.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range st.Fields.List {
		if f.Doc == nil || len(f.Names) == 0 {
			continue
		}
		text, field := f.Doc.Text(), f.Names[0].Name
		for _, p := range []string{" is ", " are ", " "} {
			if s, ok := strings.CutPrefix(text, field+p); ok {
				text = s
				break
			}
		}
		docs[name+"."+field] = sentence(text)
	}
}

// sentence is a comment on one line, with a capital letter.
func sentence(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func ref(name string) object { return object{{"$ref", "#/$defs/" + name}} }

const durationPattern = "^([0-9]+(ms|s|m|h|d))+$"

// interpolated is a pattern that ${…} matches too.
func interpolated(pattern string) string { return pattern + `|\$\{` }

func (w *writer) scalars() object {
	either := func(types ...object) object { return object{{"anyOf", types}} }
	text := func(pattern string) object { return object{{"type", "string"}, {"pattern", pattern}} }
	reference := text(`\$\{`)
	return object{
		{"expr", object{{"type", []string{"string", "number", "boolean"}}, {"description", "an expression (expr-lang)"}}},
		{"duration", object{{"type", "string"}, {"pattern", interpolated(durationPattern)}, {"description", "a duration: 500ms, 5s, 10m, 24h, 7d, or a sum as 1h30m"}}},
		{"size", object{{"type", "string"}, {"pattern", interpolated("^[0-9]+(B|KB|MB|GB)$")}, {"description", "a number of bytes: 0B, 512KB, 10MB, 1GB"}}},
		{"time", object{{"type", []string{"integer", "string"}}, {"description", "milliseconds since 1970, RFC 3339, or a duration since 1970 as 5s"}}},
		{"integer", either(object{{"type", "integer"}}, reference)},
		{"boolean", either(object{{"type", "boolean"}}, reference)},
		{"type", object{{"description", "how keys or values are written"}, {"anyOf", []object{
			{{"enum", plainTypes()}},
			{{"type", "object"}, {"minProperties", 1}, {"maxProperties", 2}, {"additionalProperties", false}, {"properties", object{
				{"size", object{{"$ref", "#/$defs/duration"}, {"description", "the size of the windows of timeWindowed keys of an input (window.size.ms)"}}},
				{"timeWindowed", object{{"enum", plainTypes()}, {"description", "the key, then the start of the window in 8 bytes (TimeWindowedSerializer)"}}},
				{"sessionWindowed", object{{"enum", plainTypes()}, {"description", "the key, then the end and the start of the session in 8 bytes each (SessionWindowedSerializer)"}}},
				{"windowedJson", object{{"enum", plainTypes()}, {"description", "{\"key\":…,\"start\":…,\"end\":…}"}}},
			}}},
			reference,
		}}}},
		{"fields", object{{"type", "object"}, {"description", "fields and their types"}, {"additionalProperties", object{{"anyOf", []object{
			{{"enum", fieldTypes()}}, ref("fields"), {{"type", "array"}}, reference,
		}}}}}},
		{"texts", object{{"type", "object"}, {"additionalProperties", object{{"type", []string{"string", "number", "boolean"}}}}}},
		{"until", text(interpolated("^windowClose$|" + durationPattern))},
		{"lets", object{{"type", "object"}, {"additionalProperties", ref("expr")}}},
	}
}

// of is the schema of a value of type t.
func (w *writer) of(t reflect.Type, tag fieldTag) any {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for _, s := range []struct {
		t    reflect.Type
		name string
	}{
		{reflect.TypeFor[Expr](), "expr"},
		{durationType, "duration"},
		{reflect.TypeFor[Size](), "size"},
		{reflect.TypeFor[Time](), "time"},
		{reflect.TypeFor[Type](), "type"},
		{reflect.TypeFor[Fields](), "fields"},
		{reflect.TypeFor[Until](), "until"},
		{reflect.TypeFor[Lets](), "lets"},
		{reflect.TypeFor[map[string]string](), "texts"},
	} {
		if s.t == t {
			if t == durationType && tag.negative {
				return object{{"type", "string"}, {"pattern", interpolated("^-?([0-9]+(ms|s|m|h|d))+$")}}
			}
			return ref(s.name)
		}
	}
	switch t {
	case reflect.TypeFor[Given]():
		return object{
			{"type", "object"},
			{"minProperties", 1},
			{"maxProperties", 1},
			{"properties", object{{"advance", ref("duration")}}},
			{"additionalProperties", object{{"anyOf", []any{object{{"type", "array"}, {"items", w.of(reflect.TypeFor[Record](), fieldTag{})}}, w.of(reflect.TypeFor[Record](), fieldTag{})}}}},
		}
	case reflect.TypeFor[ExpectedStore]():
		return object{{"type", []string{"object", "array"}}}
	}
	switch t.Kind() {
	case reflect.Struct:
		return w.structOf(t, tag)
	case reflect.Slice:
		return w.sliceOf(t, tag)
	case reflect.Map, reflect.Interface:
		if t.Kind() == reflect.Map {
			return object{{"type", "object"}}
		}
		return true
	case reflect.Bool:
		return ref("boolean")
	case reflect.String:
		return textOf(tag)
	}
	if tag.min != "" {
		return object{{"anyOf", []object{{{"type", "integer"}, {"minimum", json.RawMessage(tag.min)}}, {{"type", "string"}, {"pattern", `\$\{`}}}}}
	}
	return ref("integer")
}

func textOf(tag fieldTag) object {
	if len(tag.enum) > 0 {
		return object{{"anyOf", []object{{{"enum", tag.enum}}, {{"type", "string"}, {"pattern", `\$\{`}}}}}
	}
	out := object{{"type", "string"}, {"minLength", 1}}
	if tag.pattern != "" {
		out = append(out, pair{"pattern", interpolated(tag.pattern)})
	}
	return out
}

func (w *writer) sliceOf(t reflect.Type, tag fieldTag) any {
	item := w.of(t.Elem(), fieldTag{pattern: tag.pattern, enum: tag.enum, null: tag.null && tag.named})
	if tag.named {
		out := object{{"type", "object"}, {"additionalProperties", item}}
		if tag.required {
			out = append(out, pair{"minProperties", 1})
		}
		return out
	}
	list := object{{"type", "array"}, {"items", item}}
	if tag.required {
		list = append(list, pair{"minItems", 1})
	}
	if tag.one {
		return object{{"anyOf", []any{item, list}}}
	}
	return list
}

// structOf is a reference to the definition of a struct, or what may stand for it.
func (w *writer) structOf(t reflect.Type, tag fieldTag) any {
	name := strings.ToLower(t.Name()[:1]) + t.Name()[1:]
	s := shapeOf(t)
	if !w.done[t] {
		w.done[t] = true
		at := len(w.defs)
		w.defs = append(w.defs, pair{name, nil})
		w.defs[at].value = w.define(t, s)
	}
	alternatives := []any{ref(name)}
	if s.bare != "" {
		bare := s.tags[s.bare]
		bare.required = false
		alternatives = append(alternatives, w.of(t.Field(s.fields[s.bare]).Type, bare))
	}
	if tag.null {
		alternatives = append(alternatives, object{{"type", "null"}})
	}
	if len(alternatives) == 1 {
		return alternatives[0]
	}
	return object{{"anyOf", alternatives}}
}

func (w *writer) define(t reflect.Type, s shape) object {
	out := object{{"type", "object"}}
	if d := w.docs[t.Name()]; d != "" {
		out = append(out, pair{"description", d})
	}
	props := object{}
	var required []string
	for _, k := range s.keys {
		f, tag := t.Field(s.fields[k]), s.tags[k]
		body, ok := w.of(f.Type, tag).(object)
		if !ok {
			body = object{}
		}
		if d := w.docs[t.Name()+"."+f.Name]; d != "" {
			body = append(object{{"description", d}}, body...)
		}
		if tag.example != "" {
			body = append(body, pair{"examples", []string{tag.example}})
		}
		props = append(props, pair{k, body})
		if tag.required {
			required = append(required, k)
		}
	}
	out = append(out, pair{"properties", props}, pair{"additionalProperties", false})
	if len(required) > 0 {
		out = append(out, pair{"required", required})
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[oneKey]()) {
		out = append(out, pair{"minProperties", 1}, pair{"maxProperties", 1})
	}
	if t == reflect.TypeFor[Window]() {
		var kinds []object
		for _, k := range windowKinds() {
			kinds = append(kinds, object{{"required", []string{k}}})
		}
		out = append(out, pair{"oneOf", kinds})
	}
	return out
}

// schemaText is the schema as committed.
func schemaText(t *testing.T) string {
	t.Helper()
	w := &writer{docs: comments(t), done: map[reflect.Type]bool{}}
	w.defs = w.scalars()
	w.of(reflect.TypeFor[Job](), fieldTag{})
	root := object{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"$id", "kq-streams.schema.json"}, {"title", "kq streams job"}, {"$ref", "#/$defs/job"}, {"$defs", w.defs}}
	b, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", " "); err != nil {
		t.Fatal(err)
	}
	return out.String() + "\n"
}

func TestSchemaIsThatOfTheStructs(t *testing.T) {
	golden.EqualFile(t, "schema.json", schemaText(t))
}

func TestEverySchemaKeyIsDescribed(t *testing.T) {
	docs := comments(t)
	for _, typ := range []reflect.Type{
		reflect.TypeFor[Job](), reflect.TypeFor[Config](), reflect.TypeFor[Kafka](), reflect.TypeFor[Stream](), reflect.TypeFor[Table](),
		reflect.TypeFor[Step](), reflect.TypeFor[Join](), reflect.TypeFor[Window](), reflect.TypeFor[Process](), reflect.TypeFor[Sink](),
	} {
		for i := range typ.NumField() {
			f := typ.Field(i)
			if _, ok := tagOf(f); ok && docs[typ.Name()+"."+f.Name] == "" {
				t.Errorf("%s.%s has no comment", typ.Name(), f.Name)
			}
		}
	}
}

func examples(t testing.TB) map[string]string {
	t.Helper()
	out := sources(t, "jobs")
	files, err := filepath.Glob("../../../docs/examples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[f] = string(b)
	}
	return out
}

func TestExamplesFitTheSchema(t *testing.T) {
	root := loadSchema(t)
	for name, src := range examples(t) {
		for _, e := range root.check(yamlValue(t, src)) {
			t.Errorf("%s: %s", name, e)
		}
		if _, err := Parse(name, []byte(src), Options{Getenv: noEnv}); err != nil {
			t.Errorf("%v", err)
		}
	}
}

// The schema and the parser agree on what is a mistake.
func TestMistakesDoNotFitTheSchema(t *testing.T) {
	root := loadSchema(t)
	for name, src := range sources(t, "mistakes") {
		if strings.Contains(src, "# not in the schema") {
			continue
		}
		var v any
		if v = yamlValueOrNil(src); v == nil {
			continue // no YAML at all
		}
		if len(root.check(v)) == 0 {
			t.Errorf("%s fits the schema", name)
		}
	}
}

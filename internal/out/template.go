package out

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/template"
)

// TemplatePrefix begins a -o that is a Go template.
const TemplatePrefix = "template="

// ErrTemplate is a template that cannot be read, or that asks for a field that
// is not there.
var ErrTemplate = errors.New("bad template")

// TemplateFuncs names what templates can call beside Go's own functions.
func TemplateFuncs() []string {
	return []string{"default", "join", "json", "lower", "replace", "split", "upper"}
}

func parseTemplate(text string) (*template.Template, error) {
	t, err := template.New("template").Option("missingkey=error").Funcs(template.FuncMap{
		"default": orDefault,
		"join":    join,
		"json":    inline,
		"lower":   strings.ToLower,
		"replace": func(old, with, s string) string { return strings.ReplaceAll(s, old, with) },
		"split":   func(sep, s string) []string { return strings.Split(s, sep) },
		"upper":   strings.ToUpper,
	}).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrTemplate, plainReason(err))
	}
	return t, nil
}

// printTemplate runs a template over v, whose fields have their JSON names.
// Nothing is written when it fails.
func printTemplate(w io.Writer, text string, v any) error {
	t, err := parseTemplate(text)
	if err != nil {
		return err
	}
	shape, err := shapeOf(reflect.ValueOf(v))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, shape); err != nil {
		return fmt.Errorf("%w: %s", ErrTemplate, plainReason(err))
	}
	_, err = w.Write(b.Bytes())
	return err
}

// plainReason is the text of an error without the name of the template.
func plainReason(err error) string {
	s := strings.TrimPrefix(err.Error(), "template: ")
	return strings.TrimPrefix(s, "template:")
}

// shapeOf turns a result into what its JSON reads as: maps by the names of the
// tags, lists, strings, integers and floats. Fields that JSON leaves out when
// they are empty are there as nil, so that a template can ask for them.
func shapeOf(v reflect.Value) (any, error) {
	if !v.IsValid() {
		return nil, nil
	}
	if marshals(v.Type()) {
		return decoded(v.Interface())
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil, nil
		}
		return shapeOf(v.Elem())
	case reflect.Struct:
		m := map[string]any{}
		return m, shapeFields(m, v)
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return decoded(v.Interface())
		}
		list := make([]any, v.Len())
		for i := range list {
			var err error
			if list[i], err = shapeOf(v.Index(i)); err != nil {
				return nil, err
			}
		}
		return list, nil
	case reflect.Map:
		m := map[string]any{}
		for it := v.MapRange(); it.Next(); {
			var err error
			if m[fmt.Sprint(it.Key().Interface())], err = shapeOf(it.Value()); err != nil {
				return nil, err
			}
		}
		return m, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return v.Uint(), nil
	}
	return decoded(v.Interface())
}

func shapeFields(m map[string]any, v reflect.Value) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			if err := shapeFields(m, v.Field(i)); err != nil {
				return err
			}
			continue
		case name == "-" || !f.IsExported():
			continue
		case name == "":
			name = f.Name
		}
		if strings.Contains(options, "omit") && v.Field(i).IsZero() {
			m[name] = nil
			continue
		}
		var err error
		if m[name], err = shapeOf(v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

// decoded is v by way of its JSON.
func decoded(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out any
	err = json.Unmarshal(text, &out)
	return out, err
}

func inline(v any) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// join puts the items of a list together: {{join "," .isr}}, {{.isr | join ","}}.
func join(sep string, list any) (string, error) {
	v := reflect.ValueOf(list)
	if !v.IsValid() {
		return "", nil
	}
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return "", fmt.Errorf("join needs a list, not %v", list)
	}
	items := make([]string, v.Len())
	for i := range items {
		items[i] = fmt.Sprint(v.Index(i).Interface())
	}
	return strings.Join(items, sep), nil
}

// orDefault stands in for null and "": {{.rack | default "-"}}.
func orDefault(instead, v any) any {
	if v == nil || v == "" {
		return instead
	}
	return v
}

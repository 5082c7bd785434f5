package spec

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"testing"

	"go.yaml.in/yaml/v3"
)

// checker checks values against the part of JSON Schema that ours uses; a
// keyword that it does not know fails the test.
type checker struct {
	t    testing.TB
	root map[string]any
}

func loadSchema(t testing.TB) *checker {
	t.Helper()
	c := &checker{t: t}
	if err := json.Unmarshal(Schema(), &c.root); err != nil {
		t.Fatal(err)
	}
	return c
}

func yamlValue(t testing.TB, src string) any {
	t.Helper()
	v := yamlValueOrNil(src)
	if v == nil {
		t.Fatalf("not YAML: %s", src)
	}
	return v
}

func yamlValueOrNil(src string) any {
	var v any
	if yaml.Unmarshal([]byte(src), &v) != nil {
		return nil
	}
	return v
}

func (c *checker) check(v any) []string { return c.at("", c.root, v) }

func (c *checker) at(path string, schema any, v any) []string {
	if schema == true {
		return nil
	}
	if schema == false {
		return []string{path + ": not allowed"}
	}
	var out []string
	fail := func(format string, a ...any) { out = append(out, path+": "+fmt.Sprintf(format, a...)) }
	s := schema.(map[string]any)
	for k, arg := range s {
		switch k {
		case "$schema", "$id", "$defs", "title", "description", "examples":
		case "$ref":
			name := regexp.MustCompile(`^#/\$defs/(\w+)$`).FindStringSubmatch(arg.(string))[1]
			out = append(out, c.at(path, c.root["$defs"].(map[string]any)[name], v)...)
		case "type":
			if !hasJSONType(v, arg) {
				fail("%v is no %v", v, arg)
			}
		case "enum":
			found := false
			for _, e := range arg.([]any) {
				found = found || reflect.DeepEqual(e, v)
			}
			if !found {
				fail("%v is none of %v", v, arg)
			}
		case "pattern":
			if x, ok := v.(string); ok && !regexp.MustCompile(arg.(string)).MatchString(x) {
				fail("%q is not %s", x, arg)
			}
		case "minLength":
			if x, ok := v.(string); ok && len(x) < int(arg.(float64)) {
				fail("too short")
			}
		case "minimum":
			if x, ok := v.(int); ok && float64(x) < arg.(float64) {
				fail("%d is too small", x)
			}
		case "anyOf", "oneOf":
			out = append(out, c.alternatives(path, k, arg.([]any), v)...)
		case "items":
			if l, ok := v.([]any); ok {
				for i, x := range l {
					out = append(out, c.at(fmt.Sprintf("%s[%d]", path, i), arg, x)...)
				}
			}
		case "minItems":
			if l, ok := v.([]any); ok && len(l) < int(arg.(float64)) {
				fail("too few items")
			}
		case "properties", "additionalProperties", "required", "minProperties", "maxProperties":
			if m, ok := v.(map[string]any); ok {
				out = append(out, c.object(path, k, s, m)...)
			}
		default:
			c.t.Fatalf("the schema uses %s", k)
		}
	}
	return out
}

func (c *checker) alternatives(path, kind string, list []any, v any) []string {
	fits := 0
	var why []string
	for _, s := range list {
		e := c.at(path, s, v)
		if len(e) == 0 {
			fits++
		}
		why = append(why, e...)
	}
	if fits == 0 || kind == "oneOf" && fits > 1 {
		return append(why, path+": fits none, or several, of the alternatives")
	}
	return nil
}

func (c *checker) object(path, keyword string, s, m map[string]any) []string {
	var out []string
	props, _ := s["properties"].(map[string]any)
	switch keyword {
	case "properties":
		for k, p := range props {
			if x, ok := m[k]; ok {
				out = append(out, c.at(path+"."+k, p, x)...)
			}
		}
	case "additionalProperties":
		for k, x := range m {
			if _, ok := props[k]; !ok {
				out = append(out, c.at(path+"."+k, s[keyword], x)...)
			}
		}
	case "required":
		for _, k := range s[keyword].([]any) {
			if _, ok := m[k.(string)]; !ok {
				out = append(out, fmt.Sprintf("%s: no %s", path, k))
			}
		}
	case "minProperties":
		if len(m) < int(s[keyword].(float64)) {
			out = append(out, path+": too few keys")
		}
	case "maxProperties":
		if len(m) > int(s[keyword].(float64)) {
			out = append(out, path+": too many keys")
		}
	}
	return out
}

func hasJSONType(v, want any) bool {
	if l, ok := want.([]any); ok {
		for _, w := range l {
			if hasJSONType(v, w) {
				return true
			}
		}
		return false
	}
	switch v := v.(type) {
	case nil:
		return want == "null"
	case bool:
		return want == "boolean"
	case int:
		return want == "integer" || want == "number"
	case float64:
		return want == "number" || want == "integer" && v == math.Trunc(v)
	case []any:
		return want == "array"
	case map[string]any:
		return want == "object"
	}
	return want == "string" // texts, and times that YAML knows as such
}

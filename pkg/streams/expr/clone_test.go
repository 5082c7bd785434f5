package expr_test

import (
	"fmt"
	"sync"
	"testing"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/expr"
)

// Clones of one program run on goroutines of their own.
func TestClonesShareNothingThatChanges(t *testing.T) {
	e := env()
	var programs []*expr.Program
	for _, src := range []string{
		`let x = value.n; {"n": x + 1, "t": value.t}`, `filter(value.l, # > value.n)`, `value.t matches "^a"`, `words(value.t)`, `value`,
	} {
		p, err := expr.Compile(src, e, expr.Any)
		if err != nil {
			t.Fatal(err)
		}
		programs = append(programs, p)
	}
	var wait sync.WaitGroup
	for g := range 4 {
		mine := make([]*expr.Program, len(programs))
		for i, p := range programs {
			mine[i] = p.Clone()
		}
		wait.Go(func() {
			v := e.Vars()
			var value codec.Value
			v.SetValue(e.Slot("value"), &value)
			for n := range 50 {
				value = codec.Encoded(fmt.Appendf(nil, `{"n":%d,"t":"a b","l":[1,9]}`, n*10+g), codec.JSON{})
				for i, p := range mine {
					x, err := p.Run(v)
					if err != nil {
						t.Error(err)
						return
					}
					if m, ok := x.(map[string]any); ok && i == 0 && m["n"] != int64(n*10+g+1) {
						t.Errorf("n is %v", m["n"])
					}
				}
			}
		})
	}
	wait.Wait()
}

// What a run gives holds when the record's bytes are used again.
func TestResultsHold(t *testing.T) {
	e := env()
	p, err := expr.Compile(`{"a": value.a, "l": value.l, "k": key + "!", "same": key}`, e, expr.Any)
	if err != nil {
		t.Fatal(err)
	}
	doc, k := []byte(`{"a":"one","l":["two"]}`), []byte("key")
	value, key := codec.Encoded(doc, codec.JSON{}), codec.Encoded(k, codec.String{})
	v := e.Vars()
	v.SetValue(e.Slot("value"), &value)
	v.SetValue(e.Slot("key"), &key)
	x, err := p.Run(v)
	if err != nil {
		t.Fatal(err)
	}
	clear(doc)
	clear(k)
	if b, err := codec.AppendJSON(nil, x); err != nil || string(b) != `{"a":"one","k":"key!","l":["two"],"same":"key"}` {
		t.Errorf("the result became %s, %v", b, err)
	}
}

func TestResultsOfTheWantedType(t *testing.T) {
	tests := []struct {
		src   string
		want  expr.Type
		value string
		out   any
		fails string
	}{
		{"value", expr.Bool, "null", false, ""},
		{"value", expr.Bool, "true", true, ""},
		{"value", expr.Bool, "1", nil, "this gave an int, but bool is needed"},
		{"value", expr.Double, "2", 2.0, ""},
		{"value", expr.Int, "2.0", int64(2), ""},
		{"value", expr.Int, "2.5", nil, "this gave a double, but int is needed"},
		{"value", expr.Int, "null", nil, ""},
		{"value", expr.String, `"x"`, "x", ""},
		{"value", expr.String, `5`, nil, "this gave an int, but string is needed"},
		{"value", expr.List, `{}`, nil, "this gave a map, but list is needed"},
		{"value.a", expr.Map, `{"a":[]}`, nil, "this gave a list, but map is needed"},
	}
	for _, tt := range tests {
		e := env()
		p, err := expr.Compile(tt.src, e, tt.want)
		if err != nil {
			t.Fatal(err)
		}
		v := e.Vars()
		value := codec.Encoded([]byte(tt.value), codec.JSON{})
		v.SetValue(e.Slot("value"), &value)
		got, err := p.Run(v)
		ee, _ := err.(*expr.Error)
		if got != tt.out || (tt.fails == "") != (err == nil) || ee != nil && ee.Message != tt.fails {
			t.Errorf("%s of %s as %s: %v, %v", tt.src, tt.value, tt.want, got, err)
		}
	}
}

func TestStaticTypesAndUses(t *testing.T) {
	e := env().Var("order", expr.Object(map[string]expr.Type{"amount": expr.Double, "n": expr.Int, "tags": expr.ListOf(expr.String)}))
	for src, want := range map[string]string{
		"value": "any", "timestamp": "int", "timestamp / 2": "double", "topic + 'x'": "string", "key == 1": "bool", "order.amount": "double", "order.n + 1": "int",
		"order.tags": "list", "order.tags[0]": "string", "{'a': 1}": "map", "order": "map", "words(topic)": "list", "round(order.amount)": "int", "round(order.amount, 2)": "double",
		"len(value)": "int", "value.a + 1": "any", "date('2026-01-02')": "string", "null": "any", "string(value)": "string", "order.n ?? 0": "int",
	} {
		p, err := expr.Compile(src, e, expr.Any)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if p.Type().String() != want {
			t.Errorf("%s is %s, want %s", src, p.Type(), want)
		}
	}
	p, err := expr.Compile("map(value.l, # + offset)", e, expr.Any)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Uses("value") || !p.Uses("offset") || p.Uses("key") || p.Uses("nosuch") {
		t.Error("Uses is wrong")
	}
}

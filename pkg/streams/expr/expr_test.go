package expr_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/expr"
)

// env has all the variables that steps declare.
func env() *expr.Env {
	e := expr.NewEnv()
	for _, n := range []string{"key", "value", "headers", "agg", "left", "right", "a", "b", "item", "prev"} {
		e.Var(n, expr.Any)
	}
	for _, n := range []string{"timestamp", "partition", "offset", "now"} {
		e.Var(n, expr.Int)
	}
	return e.Var("topic", expr.String).Var("window", expr.Object(map[string]expr.Type{"start": expr.Int, "end": expr.Int}))
}

// run compiles src and runs it; vars are JSON, or numbers for those with a static type.
func run(t *testing.T, src string, vars map[string]string) (any, error) {
	t.Helper()
	e := env()
	p, err := expr.Compile(src, e, expr.Any)
	if err != nil {
		t.Fatalf("%v", err)
	}
	v := e.Vars()
	values := make([]codec.Value, len(e.Names()))
	for name, doc := range vars {
		i := e.Slot(name)
		values[i] = codec.Encoded([]byte(doc), codec.JSON{})
		v.SetValue(i, &values[i])
	}
	return p.Run(v)
}

func decode(t *testing.T, doc string) any {
	t.Helper()
	v, err := codec.JSON{}.Decode([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

type vars = map[string]string

// Every expression of the examples, and what they give.
func TestExpressionsOfTheExamples(t *testing.T) {
	tests := []struct {
		src  string
		vars vars
		want string
	}{
		{`words(value)`, vars{"value": `"Hello, Kafka  streams!"`}, `["hello","kafka","streams"]`},
		{`value`, vars{"value": `"kafka"`}, `"kafka"`},
		{`value.ts`, vars{"value": `{"ts":1700000000123}`}, `1700000000123`},
		{`{"clicks": 0, "pages": []}`, nil, `{"clicks":0,"pages":[]}`},
		{`{"clicks": agg.clicks + 1, "pages": append(agg.pages, value.page)}`, vars{"agg": `{"clicks":1,"pages":["/a"]}`, "value": `{"page":"/b"}`}, `{"clicks":2,"pages":["/a","/b"]}`},
		{`{"clicks": a.clicks + b.clicks, "pages": concat(a.pages, b.pages)}`, vars{"a": `{"clicks":1,"pages":["/a"]}`, "b": `{"clicks":2,"pages":["/b"]}`}, `{"clicks":3,"pages":["/a","/b"]}`},
		{`value.customerId`, vars{"value": `{"customerId":"c1"}`}, `"c1"`},
		{`{"order": left, "customer": right, "known": right != nil}`, vars{"left": `{"id":1}`}, `{"order":{"id":1},"customer":null,"known":false}`},
		{`merge(left, {"price": right.price * left.qty})`, vars{"left": `{"qty":3,"id":"o"}`, "right": `{"price":1.5}`}, `{"qty":3,"id":"o","price":4.5}`},
		{`{"imp": left, "click": right}`, vars{"left": `1`, "right": `2`}, `{"imp":1,"click":2}`},
		{`value.temp`, vars{"value": `{"temp":21.5}`}, `21.5`},
		{`value.id`, vars{"value": `{"id":9007199254740993}`}, `9007199254740993`},
		{`value.total > 0`, vars{"value": `{"total":0.5}`}, `true`},
		{`{"id": value.id, "total": round(value.total * 100)}`, vars{"value": `{"id":"a","total":19.95}`}, `{"id":"a","total":1995}`},
		{`value.total >= 100000`, vars{"value": `{"total":99999}`}, `false`},
		{`headers["src"] == "test"`, vars{"headers": `{"src":"test"}`}, `true`},
		{`"orders-" + value.region`, vars{"value": `{"region":"eu"}`}, `"orders-eu"`},
		{`prev != nil && value.v - prev.v > 10`, vars{"value": `{"v":30}`, "prev": `{"v":10}`}, `true`},
		{`prev != nil && value.v - prev.v > 10`, vars{"value": `{"v":30}`}, `false`},
		{`{"jump": value.v - prev.v}`, vars{"value": `{"v":30}`, "prev": `{"v":10}`}, `{"jump":20}`},
		{`now - item.timestamp > 60000`, vars{"now": `100000`, "item": `{"timestamp":1}`}, `true`},
		{`item.key`, vars{"item": `{"key":"k"}`}, `"k"`},
		{`window.start + timestamp`, vars{"window": `{"start":5,"end":10}`, "timestamp": `7`}, `12`},
		{`left + "-" + right`, vars{"left": `"a"`, "right": `"b"`}, `"a-b"`},
	}
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			got, err := run(t, tt.src, tt.vars)
			if err != nil {
				t.Fatal(err)
			}
			if want := decode(t, tt.want); !reflect.DeepEqual(got, want) {
				t.Errorf("gives %#v, want %#v", got, want)
			}
		})
	}
}

func TestFieldsOfNullAreNull(t *testing.T) {
	for _, src := range []string{"value.a", "value.a.b.c", `value["a"]`, "value?.a", "value.a[0].b", "(value.a ?? {}).b", "headers.none"} {
		got, err := run(t, src, vars{"headers": "{}"})
		if err != nil || got != nil {
			t.Errorf("%s gives %v, %v", src, got, err)
		}
	}
}

func TestWhatDoesNotCompile(t *testing.T) {
	e := env().Var("order", expr.Object(map[string]expr.Type{
		"amount": expr.Double, "user": expr.Object(map[string]expr.Type{"name": expr.String}),
		"lines": expr.ListOf(expr.Object(map[string]expr.Type{"sku": expr.String})),
	}))
	tests := []struct {
		src, message, hint string
		want               expr.Type
		line, column       int
	}{
		{"order.amout > 1", "unknown field amout", "did you mean amount?", expr.Bool, 1, 7},
		{"order.user.nmae", "unknown field nmae", "did you mean name?", expr.Any, 1, 12},
		{"order.lines[0].skn", "unknown field skn", "did you mean sku?", expr.Any, 1, 16},
		{"order.zzzzzzz", "unknown field zzzzzzz", "declared fields: amount, lines, user", expr.Any, 1, 7},
		{"vlaue.x", "unknown name vlaue", "did you mean value?", expr.Any, 1, 1},
		{"wrods(value)", "unknown name wrods", "did you mean words?", expr.Any, 1, 1},
		{"1 +\n  order.user", "invalid operation: + (mismatched types int and map)", "", expr.Any, 1, 3},
		{"value.x >", "unexpected token EOF", "", expr.Any, 1, 9},
		{"order.amount", "this gives double, but string is needed", "", expr.String, 1, 1},
		{"words(1)", "cannot use int as argument (type string) to call words", "", expr.Any, 1, 7},
		{"round()", "not enough arguments to call round", "", expr.Any, 1, 1},
		{`value matches "("`, "error parsing regexp: missing closing ): `(`", "", expr.Any, 1, 7},
		{"  ", "an empty expression", "", expr.Any, 0, 0},
		{strings.Repeat("1+", 4000) + "1", "compilation failed: expression exceeds maximum allowed nodes", "", expr.Any, 1, 5002},
		{strings.Repeat("(", 20000), "an expression of 20000 bytes, 16384 are allowed", "", expr.Any, 0, 0},
		{"map(1..9, map(1..9, map(1..9, map(1..9, map(1..9, 1)))))", "5 loops inside one another, 4 are allowed", "", expr.Any, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.src[:min(len(tt.src), 30)], func(t *testing.T) {
			_, err := expr.Compile(tt.src, e, tt.want)
			var ee *expr.Error
			if !errors.As(err, &ee) {
				t.Fatalf("error %v", err)
			}
			if ee.Message != tt.message || ee.Hint != tt.hint || ee.Line != tt.line || ee.Column != tt.column {
				t.Errorf("%q hint %q at %d:%d", ee.Message, ee.Hint, ee.Line, ee.Column)
			}
		})
	}
}

func TestErrorsShowThePlace(t *testing.T) {
	_, err := expr.Compile("value.a > 1 &&\n  valeu.b < 2", env(), expr.Bool)
	want := "unknown name valeu (2:3)\n |   valeu.b < 2\n | ..^"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
	_, err = run(t, `value.total * 2 > 10`, vars{"value": `{"total":"much"}`})
	want = "invalid operation: string * int (1:13)\n | value.total * 2 > 10\n | ............^"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
}

func TestBytesThatDoNotDecodeStayTheRecordsError(t *testing.T) {
	_, err := run(t, "value.a", vars{"value": "{"})
	var de *codec.DecodeError
	if !errors.As(err, &de) {
		t.Errorf("error %v", err)
	}
	if got, err := run(t, "key", vars{"value": "{", "key": "1"}); err != nil || got != int64(1) {
		t.Errorf("a value that is not touched is decoded: %v, %v", got, err)
	}
}

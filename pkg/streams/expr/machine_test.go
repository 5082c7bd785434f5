package expr

import (
	"reflect"
	"strings"
	"testing"

	"kq/pkg/streams/codec"
)

func sampleEnv() *Env {
	return NewEnv().Var("value", Any).Var("key", Any).Var("timestamp", Int).Var("topic", String)
}

// sources are expressions of every kind that builder knows.
func sources() []string {
	return []string{
		"value.a + value.b * 2 - 1", "value.a / value.b", "value.a % 3", "value.a ** 2", "-value.a", "+value.a",
		"value.a == 1", `value.a != "x"`, "value.a == value.b", "value.a < value.b", `value.s >= "b"`, "value.a <= 1.5",
		"value.t and value.a > 0", "value.t or value.u", "not value.t", "!value.u && true", "value.t ? value.a : value.b", "value.t ? 1 : 'x'",
		`value.s contains "a"`, `value.s startsWith "a"`, `value.s endsWith key`, `value.s matches "^a+"`, `value.a in [1, 2, 3]`, `value.s in ["a", "b"]`,
		`value.s in value.o`, "value.a in value.l", "value.o.x.y", "value.o?.x", "value?.a ?? 5", "value.l[0]", "value.l[-1]", "value.l[5]", "value[key]", "value.s[0]",
		"[value.a, key, timestamp, null]", `{"a": value.a, "b": {"c": value.l}}`, `{(value.s): 1}`, `{"a": 1, "a": 2}`, "let x = value.a; let y = x + 1; x * y",
		"lower(value.s)", "upper(value.s) + trim(value.s)", "len(value.l)", "round(value.d * 100)", "round(value.d, 1)", "abs(value.a)", "int(value.d)", "float(value.a)", "max(value.a, 2)", "string(value)",
		"words(value.s)", `split(value.s, "a")`, "append(value.l, 1)", "concat(value.l, value.l)", `merge(value.o, {"z": 1})`, "keys(value.o)", "hash(value)", "sha256(value.s)",
		"timestamp + 1", `topic + "-" + value.s`, "value", "key == nil", "value.a.b", "value.l.x", "toJSON(value)", `date("2026-01-02") > date("2026-01-01")`, `duration("1h") + duration("2m")`,
		"value.a == value.l", "value.o == {'x': 1}", "value.l == [1, 'a']", "1 / 0", "value.a % 0", `startOf("day", timestamp, "Europe/Amsterdam")`, "value.a > value.s", "value.u > 1", "min(value.l)", "take(value.l, 1)", "first(value.l)",
	}
}

func documents() []string {
	return []string{
		`{"a":3,"b":2,"s":"abc","t":true,"u":null,"d":1.255,"l":[1,"a",2.5],"o":{"x":{"y":1}}}`,
		`{"a":9007199254740993,"b":-0.5,"s":"","t":false,"d":-2.5,"l":[],"o":{"x":1}}`,
		`{"a":"1","b":"1","s":5,"t":1,"d":"x","l":{"0":1},"o":[1]}`,
		`null`, `{}`, `[1,2]`, `"text"`, `5`,
	}
}

// both runs a program in both ways.
func both(t *testing.T, src, doc string) {
	t.Helper()
	e := sampleEnv()
	p, err := Compile(src, e, Any)
	if err != nil || p.eval == nil {
		return
	}
	v := e.Vars()
	value := codec.Encoded([]byte(doc), codec.JSON{})
	key := codec.Of("a")
	v.SetValue(0, &value)
	v.SetValue(1, &key)
	v.SetInt(2, 1700000000123)
	v.Set(3, "orders")
	p.frame.begin(v)
	fast, err1 := p.eval(p.frame)
	got, err := normal(fast.Value())
	if err1 == nil {
		err1 = err
	}
	want, err2 := p.onMachine(v)
	if (err1 == nil) != (err2 == nil) {
		t.Fatalf("%s of %s: evaluated %v, on the machine %v", src, doc, err1, err2)
	}
	if err1 == nil && !sameResult(got, want) {
		t.Fatalf("%s of %s: evaluated %#v, on the machine %#v", src, doc, got, want)
	}
}

func sameResult(a, b any) bool {
	x, err1 := codec.AppendJSON(nil, a)
	y, err2 := codec.AppendJSON(nil, b)
	if err1 != nil || err2 != nil {
		return (err1 == nil) == (err2 == nil)
	}
	return string(x) == string(y) && reflect.TypeOf(a) == reflect.TypeOf(b)
}

func TestEvaluationAgreesWithTheMachine(t *testing.T) {
	for _, src := range sources() {
		for _, doc := range documents() {
			both(t, src, doc)
		}
	}
}

func TestWhatIsEvaluatedWithoutTheMachine(t *testing.T) {
	for _, src := range sources() {
		p, err := Compile(src, sampleEnv(), Any)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		if p.eval == nil && p.identity < 0 {
			t.Errorf("%s needs the machine", src)
		}
	}
	for _, src := range []string{"filter(value, # > 1)", "map(value.l, #.x)", "1..3", "value.s[1:2]", `date("2026-01-02").Year()`, "value.s matches key", "$env"} {
		p, err := Compile(src, sampleEnv(), Any)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		if p.eval != nil {
			t.Errorf("%s does not need the machine", src)
		}
	}
}

func FuzzEvaluation(f *testing.F) {
	docs := documents()
	for i, src := range sources() {
		f.Add(src, docs[i%len(docs)])
		f.Add(src, docs[0])
	}
	f.Fuzz(func(t *testing.T, src, doc string) {
		for _, chance := range []string{"now", "uuid", "timezone", "repeat", "^", "**", "sort", "$env"} {
			if strings.Contains(src, chance) {
				return
			}
		}
		both(t, src, doc)
	})
}

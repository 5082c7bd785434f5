package expr_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"kq/pkg/streams/expr"
)

// Values of Kafka's own tests (murmur2), of Java's UUID.nameUUIDFromBytes and
// of sha256sum and md5sum.
func TestFunctions(t *testing.T) {
	tests := []struct{ src, want string }{
		{`words("Hello, World")`, `["hello","world"]`},
		{`split("a1b22c", "[0-9]+")`, `["a","b","c"]`},
		{`append(null, 1, "x")`, `[1,"x"]`},
		{`append([1], [2])`, `[1,[2]]`},
		{`concat([1], null, [2, 3])`, `[1,2,3]`},
		{`merge({"a": 1, "b": 1}, null, {"b": 2})`, `{"a":1,"b":2}`},
		{`pick({"a": 1, "b": 2}, "b", "c")`, `{"b":2}`},
		{`without({"a": 1, "b": 2}, "b", "c")`, `{"a":1}`},
		{`keys({"b": 1, "a": 2})`, `["a","b"]`},
		{`values({"b": 1, "a": 2})`, `[2,1]`},
		{`toPairs({"b": 1, "a": 2})`, `[["a",2],["b",1]]`},
		{`fromPairs([["a", 1]])`, `{"a":1}`},
		{`keys(null)`, `[]`},
		{`string(1) + string(1.5) + string(true) + string([1]) + string(null)`, `"11.5true[1]null"`},
		{`len("héllo") + len([1, 2]) + len({"a": 1}) + len(null)`, `8`},
		{`toJSON({"b": [1.0, null], "a": "x"})`, `"{\"a\":\"x\",\"b\":[1.0,null]}"`},
		{`fromJSON("{\"n\": 9007199254740993}").n`, `9007199254740993`},
		{`replaceAll("a1b22", "[0-9]+", "<$0>")`, `"a<1>b<22>"`},
		{`[round(2.5), round(-2.5), round(7), round(1.2345, 2), round(3, 1)]`, `[3,-3,7,1.23,3.0]`},
		{`murmur2("foobar")`, `1357151166`},
		{`[murmur2("21"), murmur2("a-little-bit-long-string"), murmur2("abc")]`, `[1173551340,1161502112,479470107]`},
		{`["", "a", "kafka", "streams", "hello"] | map(murmur2(#) % 6)`, `[3,4,4,2,3]`},
		{`hash("a") == hash("a") && hash("a") != hash("b") && hash("a") >= 0`, `true`},
		{`sha256("abc")`, `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`},
		{`md5("abc")`, `"900150983cd24fb0d6963f7d28e17f72"`},
		{`uuid("abc")`, `"90015098-3cd2-3fb0-9696-3f7d28e17f72"`},
		{`uuid() != uuid()`, `true`},
		{`lower("ÀB") + upper("c") + trim(" d ")`, `"àbCd"`},
		{`sum([1, 2.5]) + max(1, 2) + min(3, 4)`, `8.5`},
		{`[abs(-2), int("12"), int(2.9), float(1), ceil(1.2), floor(1.8), 7 % 4, 2 ** 3, 1 / 2]`, `[2,12,2,1.0,2.0,1.0,3,8.0,0.5]`},
		{`filter([1, null, 3], # != nil && # > 1)`, `[3]`},
		{`map([{"n": 1}, {"n": 2}], {{"m": .n + 1}})`, `[{"m":2},{"m":3}]`},
		{`groupBy([{"k": 1}, {"k": 2}, {"k": 1}], .k)`, `{"1":[{"k":1},{"k":1}],"2":[{"k":2}]}`},
		{`sortBy([{"n": 2}, {"n": 1}], .n)`, `[{"n":1},{"n":2}]`},
		{`reduce([1, 2, 3], #acc + #, 0)`, `6`},
		{`any([{"x": null}, {}], .x) || all([true], #)`, `true`},
		{`1..3`, `[1,2,3]`},
		{`duration("90s")`, `90000`},
		{`null ?? "x"`, `"x"`},
		{`not key`, `true`},
		{`key ? 1 : 2`, `2`},
		{`if key { 1 } else { 2 }`, `2`},
		{`{"a": [1]} == {"a": [1.0]}`, `true`},
		{`9223372036854775807 - 1`, `9223372036854775806`},
	}
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			got, err := run(t, tt.src, nil)
			if err != nil {
				t.Fatal(err)
			}
			if want := decode(t, tt.want); !reflect.DeepEqual(got, want) {
				t.Errorf("gives %#v, want %#v", got, want)
			}
		})
	}
}

func TestTimesAndZones(t *testing.T) {
	tests := []struct{ src, want string }{
		{`millis("2026-01-02T03:04:05.678Z")`, `1767323045678`},
		{`millis("2026-01-02")`, `1767312000000`},
		{`millis("2026-01-02 00:00:00", "Europe/Amsterdam")`, `1767308400000`},
		{`millis(1700000000123)`, `1700000000123`},
		{`millis(date("2026-01-02T00:00:00+01:00"))`, `1767308400000`},
		{`parseTime("02/01/2026 03:04", "02/01/2006 15:04")`, `1767323040000`},
		{`parseTime("02/01/2026 03:04", "02/01/2006 15:04", "America/New_York")`, `1767341040000`},
		{`formatTime(1700000000123)`, `"2023-11-14T22:13:20.123Z"`},
		{`formatTime(1700000000000, "2006-01-02 15h", "Asia/Kolkata")`, `"2023-11-15 03h"`},
		{`startOf("day", 1700000000000)`, `1699920000000`},
		{`formatTime(startOf("day", "2026-03-29T12:00:00Z", "Europe/Amsterdam"))`, `"2026-03-28T23:00:00Z"`},
		{`formatTime(startOf("week", "2026-11-22T12:00:00Z"))`, `"2026-11-16T00:00:00Z"`},
		{`formatTime(startOf("month", "2026-11-22T12:00:00Z"))`, `"2026-11-01T00:00:00Z"`},
		{`formatTime(startOf("year", "2026-11-22T12:00:00Z"))`, `"2026-01-01T00:00:00Z"`},
		{`formatTime(startOf("hour", "2026-11-22T12:34:56.7Z"))`, `"2026-11-22T12:00:00Z"`},
		{`formatTime(startOf("minute", "2026-11-22T12:34:56.7Z"))`, `"2026-11-22T12:34:00Z"`},
		{`date("2026-01-02").Year()`, `2026`},
		{`date("2026-01-02") + duration("1h")`, `"2026-01-02T01:00:00Z"`},
		{`date("2026-01-02") - date("2026-01-01")`, `86400000`},
	}
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			got, err := run(t, tt.src, nil)
			if err != nil {
				t.Fatal(err)
			}
			if want := decode(t, tt.want); got != want {
				t.Errorf("gives %#v, want %#v", got, want)
			}
		})
	}
}

func TestRunTimeErrorsNameWhatIsWrong(t *testing.T) {
	tests := []struct{ src, message string }{
		{`value.a > 1`, "invalid operation: null > int"},
		{`words(value)`, "words takes text, not a map"},
		{`words(value.a)`, "words of null"},
		{`value.s.x`, "no field x in a string"},
		{`value.l.x`, "no field x in a list"},
		{`value.l[9]`, "index out of range: 9 (array length is 1)"},
		{`value.n % 0`, "division by zero"},
		{`value.n ? 1 : 2`, "an int where true or false is needed"},
		{`value.s && true`, "a string where true or false is needed"},
		{`value.n contains "x"`, `contains is for text, not for an int and a string`},
		{`lower(value.n)`, "lower of an int"},
		{`append(value.s, 1)`, "append takes a list, not a string"},
		{`merge(value.n)`, "merge takes a map, not an int"},
		{`round(value.s)`, "round takes a number, not a string"},
		{`round(1e300)`, "round: 1e+300 does not fit 64 bits"},
		{`millis("tomorrow")`, `"tomorrow" is not a time such as 2026-01-02T03:04:05Z`},
		{`formatTime(1, "2006", value.s)`, `"text" is not a zone such as Europe/Amsterdam`},
		{`startOf(value.s, 1)`, `startOf "text": minute, hour, day, week, month or year`},
		{`fromJSON("{")`, "unexpected end of JSON"},
		{`split(value.s, "(")`, "error parsing regexp: missing closing ): `(`"},
		{`{(value.n): 1}`, "a key of a map is text, not an int"},
		{`map(value.l, # + "x")`, "invalid operation: int + string"},
		{`filter(value.l, #)`, "this is int, but bool is needed"},
	}
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			_, err := run(t, tt.src, vars{"value": `{"s":"text","l":[1],"n":5}`})
			ee, ok := err.(*expr.Error)
			if !ok {
				t.Fatalf("error %v", err)
			}
			if ee.Message != tt.message || ee.Line != 1 || ee.Src != tt.src {
				t.Errorf("%q at %d:%d of %q, want %q", ee.Message, ee.Line, ee.Column, ee.Src, tt.message)
			}
		})
	}
}

func TestHugeWorkIsRefused(t *testing.T) {
	for _, src := range []string{
		`1..100000000`,
		`repeat("x", 1000000000)`,
		`map(1..100000, map(1..100000, #))`,
		`let r = 1..2000; count(r, count(r, count(r, # > 0) > 0) > 0)`,
		`let r = 1..2000; any(r, all(r, all(r, # > 0)))`,
		`let x = repeat("x", 100000); let y = x+x+x+x+x+x+x+x+x+x; let z = y+y+y+y+y+y+y+y+y+y; z+z+z+z+z`,
	} {
		if v, err := run(t, src, nil); err == nil || !regexp.MustCompile("memory|MiB").MatchString(err.Error()) {
			t.Errorf("%.40s: error %v %.20v", src, err, v)
		}
	}
	if _, err := run(t, strings.Repeat("[", 400)+strings.Repeat("]", 400), nil); err != nil {
		t.Error(err)
	}
}

func TestLoopsInLoopsWork(t *testing.T) {
	got, err := run(t, `map(value, map(#.l, {{"n": # + 1, "even": # % 2 == 0}}))`, vars{"value": `[{"l":[1,2]},{"l":[]}]`})
	if want := decode(t, `[[{"n":2,"even":false},{"n":3,"even":true}],[]]`); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("gives %#v, %v", got, err)
	}
}

func TestEveryFunctionIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../../docs/expressions.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range expr.Functions() {
		if !strings.Contains(string(page), "`"+name+"(") {
			t.Errorf("docs/expressions.md says nothing of %s", name)
		}
	}
}

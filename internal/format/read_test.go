package format_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/format"
)

// readAll reads all records of data, all of it at once or, with step > 0, with
// so many bytes more at a time.
func readAll(t testing.TB, spec, data string, step int) ([]kgo.Record, error) {
	t.Helper()
	reader, err := format.ParseReader(spec)
	if err != nil {
		t.Fatalf("%s: %v", spec, err)
	}
	var got []kgo.Record
	if reader.Lines() {
		for line := range strings.Lines(data) {
			r := kgo.Record{Partition: -1}
			if _, err := reader.Read(&r, []byte(strings.TrimSuffix(line, "\n")), false); err != nil {
				return got, err
			}
			got = append(got, r)
		}
		return got, nil
	}
	for from, to := 0, 0; from < len(data); {
		if to = to + step; step == 0 || to > len(data) {
			to = len(data)
		}
		r := kgo.Record{Partition: -1}
		n, err := reader.Read(&r, []byte(data[from:to]), to < len(data))
		if errors.Is(err, format.ErrShort) && to < len(data) {
			continue
		}
		if err != nil {
			return got, err
		}
		got = append(got, r)
		from += n
	}
	return got, nil
}

// show is what of a record has to come back.
func show(r *kgo.Record) string {
	text := func(b []byte) string {
		if b == nil {
			return "null"
		}
		return fmt.Sprintf("%q", b)
	}
	s := fmt.Sprintf("%s=%s p%d", text(r.Key), text(r.Value), r.Partition)
	if !r.Timestamp.IsZero() {
		s += fmt.Sprint(" ", r.Timestamp.UnixMilli())
	}
	for _, h := range r.Headers {
		s += fmt.Sprintf(" %q:%s", h.Key, text(h.Value))
	}
	return s
}

func TestReadEnvelope(t *testing.T) {
	for line, want := range map[string]string{
		`{"topic":"t","partition":3,"offset":42,"ts":1700000000123,"tstype":"create","key":"k","value":"v","headers":[["h","v"],["n",null],["h",""]]}`: `"k"="v" p3 1700000000123 "h":"v" "n":null "h":""`,
		`{"value":"v"}`:                                                           `null="v" p-1`,
		`{"key":null,"value":null,"headers":[]}`:                                  `null=null p-1`,
		`{"key":"","value":""}`:                                                   `""="" p-1`,
		` { "value" : "a" , "key" : "b" } ` + "\r":                                `"b"="a" p-1`,
		`{"keyb64":"/w==","valueb64":""}`:                                         `"\xff"="" p-1`,
		`{"value":"","headers":[[{"b64":"/g=="},{"b64":"gA=="}]]}`:                `null="" p-1 "\xfe":"\x80"`,
		`{"value":"\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83d\ude00\u0000"}`:        `null="\"\\/\b\f\n\r\tAé€😀\x00" p-1`,
		`{"value":"é` + "\x7f" + `"}`:                                             `null="é\x7f" p-1`,
		`{"value":{ "a" : [1, 2.50e+3 ,true , null, "x\u0041 y" ] , "b" : { } }}`: `null="{\"a\":[1,2.50e+3,true,null,\"x\\u0041 y\"],\"b\":{}}" p-1`,
		`{"key":12,"value":[ ]}`:                                                  `"12"="[]" p-1`,
		`{"key":true,"value":-0.0}`:                                               `"true"="-0.0" p-1`,
		`{"value":null,"ts":-1,"offset":-9223372036854775808}`:                    `null=null p-1 -1`,
		`{"tstype":"append","partition":2147483647,"value":null}`:                 `null=null p2147483647`,
		`{"\u0076alue":"v"}`:                                                      `null="v" p-1`,
	} {
		got, err := readAll(t, "json", line, 0)
		if err != nil || len(got) != 1 || show(&got[0]) != want {
			t.Errorf("%s\ngot  %v %v\nwant %s", line, show(&got[0]), err, want)
		}
	}
}

// TestReadOtherTools: JSON as kcat -J, rpk and kaf print it.
func TestReadOtherTools(t *testing.T) {
	for line, want := range map[string]string{
		`{"topic":"t","partition":1,"offset":0,"tstype":"create","ts":1700000000123,"broker":1,"headers":["a","b","c",null,"d",""],"key":"k1","payload":"v1"}`: `"k1"="v1" p1 1700000000123 "a":"b" "c":null "d":""`,
		`{"topic":"t","key":"k","value":"v","headers":[{"key":"a","value":"b"}, {"key":"c","value":null}],"timestamp":1700000000123,"partition":0,"offset":7}`: `"k"="v" p0 1700000000123 "a":"b" "c":null`,
		`{"headers":[],"timestamp":"2023-11-14T22:13:20.123Z","partition":2,"offset":7,"key":"k","payload":{"a": 1}}`:                                          `"k"="{\"a\":1}" p2 1700000000123`,
	} {
		got, err := readAll(t, "json", line, 0)
		if err != nil || len(got) != 1 || show(&got[0]) != want {
			t.Errorf("%s\ngot  %v %v\nwant %s", line, got, err, want)
		}
	}
	for line, want := range map[string]string{
		`{"value":"v","payload":"v"}`:       `"payload" is there twice`,
		`{"ts":1,"timestamp":1,"value":""}`: `"timestamp" is there twice`,
		`{"timestamp":"now","value":""}`:    `"now" is no time`,
		`{"headers":["a"],"value":""}`:      "unexpected character ']'",
		`{"headers":["a",1],"value":""}`:    "unexpected character '1'",
		`{"headers":[{"value":"a"}]}`:       `"value" stands where a header has its key`,
		`{"headers":[{"key":"a"}]}`:         "unexpected character '}'",
		`{"headers":[{"key":null}]}`:        "unexpected character 'n'",
	} {
		if _, err := readAll(t, "json", line, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
}

func TestReadEnvelopeMistakes(t *testing.T) {
	deep := strings.Repeat("[", 2000) + strings.Repeat("]", 2000)
	for line, want := range map[string]string{
		"":                               "the line is empty",
		"x":                              "byte 1: unexpected character 'x'",
		"{":                              "byte 2: it ends too early",
		"{}":                             `it has no "value", which may be null`,
		`{"value":"v"`:                   "byte 13: it ends too early",
		`{"value":"v"}}`:                 "byte 14: unexpected character '}'",
		`{"value":"v",}`:                 "byte 14: unexpected character '}'",
		`{"valeu":"v"}`:                  `byte 2: no field is named "valeu"`,
		`{"value":"v","value":"w"}`:      `"value" is there twice`,
		`{"value":"v","valueb64":""}`:    `"valueb64" is there twice`,
		`{"key":"v","keyb64":""}`:        `"keyb64" is there twice`,
		`{"value":"` + "\x01" + `"}`:     "a control character in a string",
		"{\"value\":\"\xff\"}":           "bytes that are not UTF-8",
		"{\"value\":[\"\xff\"]}":         "bytes that are not UTF-8",
		`{"value":"\ud800"}`:             "half of a surrogate pair",
		`{"value":"\ud800\u0041"}`:       "half of a surrogate pair",
		`{"value":"\udc00\ud800"}`:       "half of a surrogate pair",
		`{"value":"\x41"}`:               "an escape that JSON does not have",
		`{"value":"\u12"`:                "it ends too early",
		`{"value":"\`:                    "it ends too early",
		`{"value":"\u`:                   "it ends too early",
		`{"value":nul}`:                  "unexpected character 'n'",
		`{"value":01}`:                   "a number that JSON does not have",
		`{"value":1.}`:                   "a number that JSON does not have",
		`{"value":[1,]}`:                 "unexpected character ']'",
		`{"value":{"a"}}`:                "unexpected character '}'",
		`{"value":{1:2}}`:                "unexpected character '1'",
		`{"value":` + deep + `}`:         "too deep",
		`{"valueb64":"!"}`:               "not base64",
		`{"partition":-1,"value":""}`:    "partition -1",
		`{"partition":1.5,"value":1}`:    "a whole number",
		`{"partition":4294967296}`:       "partition 4294967296",
		`{"offset":9223372036854775808}`: "a whole number of 64 bits",
		`{"ts":"now","value":""}`:        "unexpected character '\"'",
		`{"tstype":"x","value":""}`:      `tstype "x"`,
		`{"headers":{"a":"b"}}`:          "unexpected character '{'",
		`{"headers":[["a"]]}`:            "unexpected character ']'",
		`{"headers":[["a","b","c"]]}`:    "unexpected character ','",
		`{"headers":[["a",{"x":"b"}]]}`:  `no field is named "x"`,
		`{"headers":[["a",1]]}`:          "unexpected character '1'",
		`{"topic":3}`:                    "unexpected character '3'",
	} {
		got, err := readAll(t, "json", line+"\n", 0)
		if err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, format.ErrRecord) {
			t.Errorf("%.80s: got %d records and %v, want %s", line, len(got), err, want)
		}
	}
}

func TestNotReadable(t *testing.T) {
	for spec, want := range map[string]error{
		"pretty": format.ErrNotReadable, "{{.Value}}": format.ErrNotReadable, "values": format.ErrFormat,
		"%v": format.ErrVerb, "%k%v\n": format.ErrVerb, "%h %v\n": format.ErrVerb, "%h{%k=%v;}%v\n": format.ErrVerb,
		"%d{go[2006]} %v\n": format.ErrVerb, "%a{compression} %v\n": format.ErrVerb, "%z": format.ErrVerb, "%": format.ErrVerb,
		"%v{unpack[>H]}\n": format.ErrVerb, "100%%": format.ErrVerb, "%t\n": format.ErrVerb, "%v\\q": format.ErrEscape, "%v{\n": format.ErrVerb,
		"%H%h{%k=%v}%v\n": format.ErrVerb, "%R{big32}%v": format.ErrVerb, "%o{bool}%v\n": format.ErrVerb,
	} {
		if _, err := format.ParseReader(spec); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", spec, err, want)
		}
	}
	for _, name := range format.ReadableNames() {
		if _, err := format.ParseReader(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadTemplate(t *testing.T) {
	for _, tt := range []struct{ spec, data, want string }{
		{`%k\t%v\n`, "a\t1\nb\t2", `"a"="1" p-1|"b"="2" p-1`},
		{`%k=%v;`, "=;a=", `""="" p-1|"a"="" p-1`},
		{`%p %T %v\n`, "3 1700 x\n4 -1 y\n", `null="x" p3 1700|null="y" p4 -1`},
		{`%K %V %k%v`, "-1 0 2 3 k1val0 -1 ", `null="" p-1|"k1"="val" p-1|""=null p-1`},
		{`%R%v`, "\x00\x00\x00\x02hi\xff\xff\xff\xff", `null="hi" p-1|null=null p-1`},
		{`%v{hex} %k{base64}\n`, "6869 azE=\n", `"k1"="hi" p-1`},
		{`%V %v{hex}`, "2 6869", `null="hi" p-1`},
		{`%k{q}:%v{q}\n`, `null:"a\nb"` + "\n" + `{"b64":"/w=="}:""` + "\n", `null="a\nb" p-1|"\xff"="" p-1`},
		{`%h{json} %v\n`, `[["h","v"],["n",null]] x` + "\n", `null="x" p-1 "h":"v" "n":null`},
		{`%H %h{%K %k %V %v,}%v\n`, "2 1 h 1 v,1 n -1 ,x\n0 y\n", `null="x" p-1 "h":"v" "n":null|null="y" p-1`},
		{`%T{rfc3339} %v\n`, "2023-11-14T22:13:20.123Z x\n", `null="x" p-1 1700000000123`},
		{`%T{s}:%v%%`, "1700:x%", `null="x" p-1 1700000`},
		{`%t [%p] at offset %o: key %k: %s\n`, "orders [3] at offset 42: key k1: v\n", `"k1"="v" p3`},
	} {
		for _, step := range []int{0, 1, 3} {
			got, err := readAll(t, tt.spec, tt.data, step)
			var shown []string
			for i := range got {
				shown = append(shown, show(&got[i]))
			}
			if err != nil || strings.Join(shown, "|") != tt.want {
				t.Errorf("%s by %d: %v %v, want %s", tt.spec, step, shown, err, tt.want)
			}
		}
	}
	for _, tt := range []struct{ spec, data string }{
		{`%k\t%v\n`, "a\n"},
		{`%K %k%v\n`, "x"},
		{`%K %k\n`, "5 ab"},
		{`%K %k\n`, "-2 ab"},
		{`%v{hex}\n`, "zz\n"},
		{`%K %k\n`, "9223372036854775807 ab"},
		{`%p %v\n`, "-1 x"},
		{`%v{q}\n`, "1"},
		{`%v{q}\n`, `"a`},
		{`x%v\n`, "y\n"},
		{`%T{rfc3339} %v\n`, "now x\n"},
		{`%H %h{%k=}%v\n`, "99999999 a=b"},
		{`%h{json}%v\n`, "nul"},
		{`%H %h{%K%k}%v\n`, "3 "},
		{`%h{json}%v\n`, `"x"y`},
	} {
		if got, err := readAll(t, tt.spec, tt.data, 0); !errors.Is(err, format.ErrRecord) {
			t.Errorf("%s of %q: %d records, %v", tt.spec, tt.data, len(got), err)
		}
	}
}

var odd = []rune("abc\"\\/\n\t\x00\x1f\x7f\u0085é€😀\u2028{}[]:,=")

// randomBytes is nothing, text, or any bytes.
func randomBytes(rnd *rand.Rand, null bool) []byte {
	switch n := rnd.IntN(12); {
	case n == 0 && null:
		return nil
	case n < 3:
		return []byte{}
	case n < 6:
		b := make([]byte, rnd.IntN(20))
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		return b
	default:
		var b []byte
		for range rnd.IntN(20) {
			b = utf8.AppendRune(b, odd[rnd.IntN(len(odd))])
		}
		return b
	}
}

func randomRecord(rnd *rand.Rand) *kgo.Record {
	r := &kgo.Record{
		Topic: "t", Partition: rnd.Int32N(3), Offset: rnd.Int64N(1000), Timestamp: time.UnixMilli(rnd.Int64N(1 << 42)),
		Key: randomBytes(rnd, true), Value: randomBytes(rnd, true),
	}
	for range max(rnd.IntN(7)-3, 0) {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: string(randomBytes(rnd, false)), Value: randomBytes(rnd, true)})
	}
	return r
}

// TestIdentity: what a format prints, it reads.
func TestIdentity(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	for _, spec := range []string{
		"json",
		`%p %T %K %V %H %h{%K:%V %k%v}%k%v`,
		`%p{byte}%d{big64}%K{hex32}%k{hex}%V{little32}%v{base64}%H{big16}%h{%K{hex64}%V{big64}%k{base64raw}%v{hex}}`,
		`%p,%T{ms},%k{q},%v{q},%h{json}` + "\n",
		`%T{ns}|%p|%R%v|%k{q}%h{json}`,
	} {
		f, err := format.Parse(spec, format.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var printed []byte
		var want []string
		for range 300 {
			r := randomRecord(rnd)
			printed = f.Append(printed, r)
			want = append(want, show(r))
		}
		for _, step := range []int{0, 50} {
			got, err := readAll(t, spec, string(printed), step)
			if err != nil || len(got) != len(want) {
				t.Fatalf("seed %d, %s: %d records, %v", seed, spec, len(got), err)
			}
			for i := range got {
				if show(&got[i]) != want[i] {
					t.Fatalf("seed %d, %s:\ngot  %s\nwant %s", seed, spec, show(&got[i]), want[i])
				}
			}
		}
	}
}

// FuzzReadEnvelope: a line that is read is what encoding/json takes it for, and
// printing the record and reading it again changes nothing.
func FuzzReadEnvelope(f *testing.F) {
	f.Add([]byte(`{"topic":"t","partition":3,"offset":42,"ts":1700,"tstype":"create","key":"k","value":"v","headers":[["h","v"],["n",null]]}`))
	f.Add([]byte(`{"keyb64":"/w==","value":{"a": [1.5e3, "\ud83d\ude00"]}}`))
	f.Add([]byte(`{"topic":"t","broker":1,"headers":["a","b","c",null],"key":"k1","payload":"v1"}`))
	f.Add([]byte(`{"timestamp":"2023-11-14T22:13:20Z","headers":[{"key":"a","value":"b"}],"payload":null}`))
	f.Add([]byte(`{"value":"\u00e9\\\"","headers":[[{"b64":"/g=="},""]]}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		reader, err := format.ParseReader("json")
		if err != nil {
			t.Fatal(err)
		}
		r := kgo.Record{Partition: -1}
		if _, err := reader.Read(&r, bytes.Clone(line), false); err != nil {
			return
		}
		second := kgo.Record{Partition: -1}
		if _, err := reader.Read(&second, bytes.Clone(line), false); err != nil || show(&second) != show(&r) {
			t.Fatalf("%q was read again: %v", line, err)
		}
		var e map[string]any
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&e); err != nil {
			t.Fatalf("%q was read; %v", line, err)
		}
		same(t, line, "key", r.Key, e["key"], e["keyb64"])
		text := e["value"]
		if payload, ok := e["payload"]; ok {
			text = payload
		}
		same(t, line, "value", r.Value, text, e["valueb64"])
		headers := pairs(e["headers"])
		if len(headers) != len(r.Headers) {
			t.Fatalf("%q: %d headers", line, len(r.Headers))
		}
		for i, h := range headers {
			same(t, line, "header", []byte(r.Headers[i].Key), h[0], nil)
			same(t, line, "header", r.Headers[i].Value, h[1], nil)
		}
		if r.Partition < 0 {
			r.Partition = 0
		}
		f, _ := format.Parse("json", format.Options{})
		again := kgo.Record{Partition: -1}
		printed := f.Append(nil, &r)
		if _, err := reader.Read(&again, bytes.Clone(printed), false); err != nil || !r.Timestamp.IsZero() && show(&again) != show(&r) {
			t.Fatalf("%q printed as %q: %v", line, printed, err)
		}
	})
}

// pairs is the headers of any of the shapes that are read.
func pairs(headers any) [][2]any {
	var all [][2]any
	list, _ := headers.([]any)
	for i := 0; i < len(list); i++ {
		switch h := list[i].(type) {
		case []any:
			all = append(all, [2]any{h[0], h[1]})
		case map[string]any:
			all = append(all, [2]any{h["key"], h["value"]})
		default:
			all = append(all, [2]any{h, list[i+1]})
			i++
		}
	}
	return all
}

// same compares bytes that were read with what encoding/json has for them.
func same(t *testing.T, line []byte, what string, got []byte, text, b64 any) {
	t.Helper()
	if bytes, ok := text.(map[string]any); ok && what == "header" {
		b64, text = bytes["b64"], nil
	}
	var want []byte
	switch {
	case b64 != nil:
		var err error
		if want, err = base64.StdEncoding.DecodeString(b64.(string)); err != nil {
			t.Fatalf("%q: %s: %v", line, what, err)
		}
	case text == nil:
		if got != nil {
			t.Fatalf("%q: %s is %q, want null", line, what, got)
		}
		return
	default:
		s, ok := text.(string)
		if !ok { // a value for its own text
			var a, b any
			da := json.NewDecoder(bytes.NewReader(got))
			da.UseNumber()
			if err := da.Decode(&a); err != nil {
				t.Fatalf("%q: %s %q: %v", line, what, got, err)
			}
			if b = text; !reflect.DeepEqual(a, b) {
				t.Fatalf("%q: %s is %q", line, what, got)
			}
			return
		}
		want = []byte(s)
	}
	if got == nil || !bytes.Equal(got, want) {
		t.Fatalf("%q: %s is %q, want %q", line, what, got, want)
	}
}

// FuzzReadTemplate: no input makes a template panic, take what is not there, or
// read without end.
func FuzzReadTemplate(f *testing.F) {
	specs := []string{`%k\t%v\n`, `%K %V %k%v`, `%R%v{hex}`, `%H %h{%K:%V %k%v,}%v{q}\n`, `%h{json}%T{rfc3339} %v\n`, `%p{byte}%d{big64}%V{big64}%v{base64}`}
	f.Add(0, []byte("a\tb\nc\td"))
	f.Add(3, []byte(`1 1:-1 k,"v"`+"\n"))
	f.Add(4, []byte(`[["h",null]]2023-11-14T22:13:20.123Z x`))
	f.Fuzz(func(t *testing.T, spec int, data []byte) {
		s := specs[uint(spec)%uint(len(specs))]
		whole, wholeErr := readAll(t, s, string(data), 0)
		parts, partsErr := readAll(t, s, string(data), 7)
		if (wholeErr == nil) != (partsErr == nil) || wholeErr == nil && len(whole) != len(parts) {
			t.Fatalf("%s of %q: %d records, %v; in pieces %d, %v", s, data, len(whole), wholeErr, len(parts), partsErr)
		}
	})
}

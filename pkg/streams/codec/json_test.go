package codec_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"kq/pkg/streams/codec"
)

func TestJSONNumbers(t *testing.T) {
	tests := []struct {
		in   string
		want any
		out  string
	}{
		{"0", int64(0), "0"},
		{"-0", int64(0), "0"},
		{"9007199254740993", int64(9007199254740993), "9007199254740993"},
		{"9223372036854775807", int64(9223372036854775807), "9223372036854775807"},
		{"-9223372036854775808", int64(-9223372036854775808), "-9223372036854775808"},
		{"9223372036854775808", 9223372036854775808.0, "9223372036854776000.0"},
		{"1.0", 1.0, "1.0"},
		{"1e3", 1000.0, "1000.0"},
		{"1E-9", 1e-9, "1e-09"},
		{"1e22", 1e22, "1e+22"},
		{"0.1", 0.1, "0.1"},
	}
	for _, tt := range tests {
		v, err := codec.JSON{}.Decode([]byte(tt.in))
		if err != nil || v != tt.want {
			t.Errorf("%s: %#v, %v", tt.in, v, err)
			continue
		}
		if b, err := codec.AppendJSON(nil, v); err != nil || string(b) != tt.out {
			t.Errorf("%s: written %s, %v", tt.in, b, err)
		}
	}
}

func TestJSONRefuses(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", "unexpected end of JSON"},
		{"{", "unexpected end of JSON"},
		{`{"a"`, "unexpected end of JSON"},
		{`{"a":1,}`, `character '}' where a key begins at byte 7`},
		{`[1 2]`, `character '2' after a value of a list at byte 3`},
		{`{"a":1 "b":2}`, `character '"' after a value of an object at byte 7`},
		{`{a:1}`, `character 'a' where a key begins at byte 1`},
		{"1 1", "character '1' after the document at byte 2"},
		{"01", "character '1' after the document at byte 1"},
		{"-", "unexpected end of JSON"},
		{"1.", "unexpected end of JSON"},
		{"1e+", "unexpected end of JSON"},
		{"1e999", "number 1e999 is out of range"},
		{"nul", "unexpected end of JSON"},
		{"nulL", "character 'L' in null at byte 3"},
		{`"a`, "unexpected end of JSON"},
		{"\"a\nb\"", `character '\n' in a string at byte 2`},
		{`"\x"`, `character 'x' in an escape at byte 2`},
		{`"\u12g4"`, `character 'g' in an escape at byte 5`},
		{"\ufeff1", `character '\ufeff' where a value begins at byte 0`},
		{strings.Repeat("[", 20000), "more than 10000 levels of JSON"},
	}
	for _, tt := range tests {
		if v, err := (codec.JSON{}).Decode([]byte(tt.in)); err == nil || err.Error() != tt.want {
			t.Errorf("%.40q: %v, %v; want %s", tt.in, v, err, tt.want)
		}
	}
}

// What the standard library reads, we read alike, and we refuse what it refuses.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,2.5,-3e4,"x\u00e9\ud83d\ude00\n",null,true,false,{}],"a":2}`, `" "`, `[]`, ` [ 1 , 2 ] `,
		"\"\xff\"", "\"\\ud800\xff\"", `"\ud800\u0041"`, `9007199254740993`, `-0`, `1e400`, "\"\u2028\x7f\"", `{"":{"":[]}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		ours, err := codec.JSON{}.Decode(b)
		theirs, want := standard(b)
		if (err == nil) != (want == nil) {
			t.Fatalf("%q: ours %v, standard %v", b, err, want)
		}
		if err != nil {
			return
		}
		if !reflect.DeepEqual(ours, theirs) {
			t.Fatalf("%q: ours %#v, standard %#v", b, ours, theirs)
		}
		out, err := codec.AppendJSON(nil, ours)
		if err != nil {
			t.Fatal(err)
		}
		again, err := codec.JSON{}.Decode(out)
		if err != nil || !reflect.DeepEqual(again, ours) {
			t.Fatalf("%q: written as %q, read as %#v, %v", b, out, again, err)
		}
		if !json.Valid(out) {
			t.Fatalf("%q: written as %q", b, out)
		}
	})
}

// standard decodes with encoding/json and brings the numbers into our types.
func standard(b []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if !json.Valid(b) {
		return nil, json.Unmarshal(b, new(any))
	}
	return numbers(v)
}

func numbers(v any) (any, error) {
	var err error
	switch x := v.(type) {
	case json.Number:
		if n, err := x.Int64(); err == nil {
			return n, nil
		}
		return x.Float64()
	case []any:
		for i := range x {
			if x[i], err = numbers(x[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for k := range x {
			if x[k], err = numbers(x[k]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

const order = `{"id":"o-1234567","customerId":"c-42","total":19.95,"qty":3,"paid":true,"region":"eu","tags":["a","b"]}`

func BenchmarkJSONDecode(b *testing.B) {
	doc := []byte(order)
	b.SetBytes(int64(len(doc)))
	b.Run("codec", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if _, err := (codec.JSON{}).Decode(doc); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("standard", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			var v any
			if err := json.Unmarshal(doc, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkJSONEncode(b *testing.B) {
	v, err := codec.JSON{}.Decode([]byte(order))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("codec", func(b *testing.B) {
		b.ReportAllocs()
		var dst []byte
		for range b.N {
			dst, _ = codec.AppendJSON(dst[:0], v)
		}
	})
	b.Run("standard", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if _, err := json.Marshal(v); err != nil {
				b.Fatal(err)
			}
		}
	})
}

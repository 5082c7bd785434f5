package codec_test

import (
	"errors"
	"reflect"
	"testing"

	"kq/pkg/streams/codec"
)

func picked() (*codec.Paths, [][]string) {
	paths := [][]string{{"a"}, {"b", "c"}, {"b"}, {"d", "e", "f"}, {"d", "g"}, {""}, {"é"}}
	return codec.NewPaths(paths), paths
}

// wanted is the field at a path of a decoded document.
func wanted(doc any, path []string) (any, bool) {
	for _, name := range path {
		if doc == nil {
			return nil, true
		}
		m, ok := doc.(map[string]any)
		if !ok {
			return nil, false
		}
		doc = m[name]
	}
	return doc, true
}

func checkPaths(t *testing.T, doc []byte) {
	t.Helper()
	p, paths := picked()
	out := make([]codec.Scalar, len(paths))
	for i := range out {
		out[i] = codec.TextScalar("of the document before")
	}
	err := p.Read(doc, out)
	full, want := codec.JSON{}.Decode(doc)
	if (err == nil) != (want == nil) || err != nil && err.Error() != want.Error() {
		t.Fatalf("%q: paths say %v, the decoder %v", doc, err, want)
	}
	if err != nil {
		return
	}
	walked := make([]codec.Scalar, len(paths))
	p.Walk(full, walked)
	for i, path := range paths {
		v, ok := wanted(full, path)
		for _, s := range []codec.Scalar{out[i], walked[i]} {
			if (s.Kind != codec.KindNoObject) != ok || !reflect.DeepEqual(s.Value(), v) && ok {
				t.Fatalf("%q: %q is %#v, want %#v %v", doc, path, s, v, ok)
			}
		}
	}
}

func TestPathsGiveWhatTheDecoderGives(t *testing.T) {
	for _, doc := range []string{
		`{}`, `null`, `1`, `"x"`, `[]`, `{"a":1}`, `{"a":"x\n","b":{"c":[1,{"z":2.5}]},"d":{"e":{"f":true},"g":null}}`,
		`{"a":1,"a":"two"}`, `{"b":{"c":1},"b":5}`, `{"d":{"e":{"f":1}},"d":{"g":2}}`, `{"d":{"e":{"f":1},"e":3}}`,
		`{"\u0061":7,"":1,"é":2,"\u00e9":3}`, `{"x":{"deep":[[{}]]},"a":-0.5e3}`, ` { "a" : [ 1 , 2 ] , "z" : "\ud83d\ude00" } `,
		`{"a":1}}`, `{"a":1,"z":[1,}`, `{"a":1,"z":"\x"}`, `{"z":1e999}`, `{"a"`, ``, `{"z":01}`, `{"d":{"e":tru}}`,
	} {
		checkPaths(t, []byte(doc))
	}
}

func TestPathsShareNothingOnceTaken(t *testing.T) {
	doc := []byte(`{"a":"one"}`)
	p := codec.NewPaths([][]string{{"a"}})
	out := make([]codec.Scalar, 1)
	if err := errors.Join(p.Read(doc, out)); err != nil {
		t.Fatal(err)
	}
	v := out[0].Value()
	copy(doc, "xxxxxxxxxxx")
	if v != "one" {
		t.Errorf("the value changed to %q", v)
	}
}

func FuzzPaths(f *testing.F) {
	f.Add([]byte(`{"a":"x\n","b":{"c":[1,{"z":2.5}]},"d":{"e":{"f":true},"g":null},"":0,"é":1}`))
	f.Add([]byte(`{"d":{"e":{"f":1},"e":3},"d":null,"z":["\ud83d",-1.5e3]}`))
	f.Add([]byte("{\"\xff\":1}"))
	f.Fuzz(func(t *testing.T, doc []byte) { checkPaths(t, doc) })
}

func BenchmarkJSONPath(b *testing.B) {
	doc := []byte(order)
	b.SetBytes(int64(len(doc)))
	p := codec.NewPaths([][]string{{"total"}, {"region"}})
	out := make([]codec.Scalar, 2)
	b.ReportAllocs()
	for range b.N {
		if err := p.Read(doc, out); err != nil {
			b.Fatal(err)
		}
	}
}

package properties

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// readGolden decodes one JSON document a line of what Goldens.java printed.
func readGolden[T any](t *testing.T, file string) []T {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var out []T
	for dec := json.NewDecoder(bytes.NewReader(data)); dec.More(); {
		var v T
		if err := dec.Decode(&v); err != nil {
			t.Fatalf("%s: document %d: %v", file, len(out)+1, err)
		}
		out = append(out, v)
	}
	if len(out) == 0 {
		t.Fatalf("%s is empty", file)
	}
	return out
}

// TestPropertiesAgreeWithJava reads what java.util.Properties read.
func TestPropertiesAgreeWithJava(t *testing.T) {
	type golden struct {
		In  string
		Out map[string]string
		Err string
	}
	for _, g := range readGolden[golden](t, "properties.jsonl") {
		in, err := base64.StdEncoding.DecodeString(g.In)
		if err != nil {
			t.Fatal(err)
		}
		list, err := Parse(bytes.NewReader(in), Options{})
		if g.Err != "" {
			if !errors.Is(err, ErrMalformed) {
				t.Errorf("%q: got %v, %v, Java says %s", in, list, err, g.Err)
			}
			continue
		}
		if got, _ := LastWins(list); err != nil || !maps.Equal(got, g.Out) {
			t.Errorf("%q:\n got %q, %v\nwant %q", in, got, err, g.Out)
		}
	}
}

func TestPropertyLines(t *testing.T) {
	const file = "# comment\n\na=1\r\n\n  ! more\rb = 2 \\\n   and \\\n   more\nc\n\\\n  d=4\na=5"
	list, err := Parse(strings.NewReader(file), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Property{{"a", "1", 3}, {"b", "2 and more", 6}, {"c", "", 9}, {"d", "4", 11}, {"a", "5", 12}}
	if len(list) != len(want) {
		t.Fatalf("got %v", list)
	}
	for i := range want {
		if list[i] != want[i] {
			t.Errorf("property %d: got %+v, want %+v", i, list[i], want[i])
		}
	}
	values, replaced := LastWins(list)
	if values["a"] != "5" || len(replaced) != 1 || replaced[0] != want[0] {
		t.Errorf("LastWins: %v, %v", values, replaced)
	}
}

func TestPropertyText(t *testing.T) {
	const text = "# comment\r\n! another\n\n a = b \nc:d\ne f\n\ng\\=h=i\\\n   j\\\\\nk\nl=\\u00e4\\ud83d\\ude00\\t\\x\n\xef\xbb\xbfm=\\\n"
	got, err := Parse(strings.NewReader(text), Options{})
	want := []Property{
		{"a", "b ", 4}, {"c", "d", 5}, {"e", "f", 6}, {"g=h", `ij\`, 8}, {"k", "", 10}, {"l", "ä😀\tx", 11}, {"\ufeffm", "", 12},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

func TestPropertyErrors(t *testing.T) {
	for _, bad := range []string{`a=\u12`, `\uxxxx=1`, "a=b\nc=\\u-123"} {
		if _, err := Parse(strings.NewReader(bad), Options{}); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: got %v", bad, err)
		}
	}
	_, err := Parse(strings.NewReader("a=1\n# x\nb=\\u12\n"), Options{})
	if !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("got %v", err)
	}
	_, err = Parse(strings.NewReader(strings.Repeat("#", 11)), Options{MaxBytes: 10})
	if !errors.Is(err, ErrMalformed) || !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err = Parse(iotest.ErrReader(errors.New("broken")), Options{}); err == nil || errors.Is(err, ErrMalformed) {
		t.Errorf("a failing reader: %v", err)
	}
}

func TestPropertyEncodings(t *testing.T) {
	for in, want := range map[string]string{
		"k=\xe9": "é", "k=é": "é", "k=世": "世", "\ufeffk=x": "x", `k=\uD83D\uDE00`: "😀", `k=\uD83Dx`: "\ufffdx", `k=\uDE00`: "\ufffd", `k=\uD83D\u0041`: "\ufffdA",
	} {
		list, err := Parse(strings.NewReader(in), Options{})
		if err != nil || len(list) != 1 || list[0].Key != "k" || list[0].Value != want {
			t.Errorf("%q: got %+v, %v", in, list, err)
		}
	}
}

func TestEncodeAgreesWithJava(t *testing.T) {
	type golden struct{ Key, Value, Line string }
	for _, g := range readGolden[golden](t, "store.jsonl") {
		if got := string(Encode([]Property{{Key: g.Key, Value: g.Value}})); got != g.Line+"\n" {
			t.Errorf("%q=%q: got %q, want %q", g.Key, g.Value, got, g.Line)
		}
	}
}

// FuzzProperties: any input parses or is refused; what parsed is written and read back the same.
func FuzzProperties(f *testing.F) {
	for _, s := range []string{"a=b", "a\\ b : c\\\n d", "\\u0041=\\uD83D\\uDE00", "#x\n!y\n\\\n\\", "\xff=\xfe", "k=\\", "listeners=PLAINTEXT://:9092"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		list, err := Parse(bytes.NewReader(in), Options{})
		if err != nil {
			return
		}
		again, err := Parse(bytes.NewReader(Encode(list)), Options{})
		if err != nil || len(again) != len(list) {
			t.Fatalf("%q -> %+v -> %+v, %v", in, list, again, err)
		}
		for i := range list {
			if list[i].Key != again[i].Key || list[i].Value != again[i].Value {
				t.Fatalf("property %d: %+v, read back %+v", i, list[i], again[i])
			}
			if !utf8.ValidString(list[i].Key) || list[i].Line < 1 {
				t.Fatalf("property %d: %+v", i, list[i])
			}
		}
	})
}

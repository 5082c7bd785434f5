package configdef

import (
	"bytes"
	"encoding/base64"
	"errors"
	"maps"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

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
		list, err := ParseProperties(bytes.NewReader(in))
		if g.Err != "" {
			if !errors.Is(err, ErrProperties) {
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
	list, err := ParseProperties(strings.NewReader(file))
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

func TestPropertyErrors(t *testing.T) {
	_, err := ParseProperties(strings.NewReader("a=1\n# x\nb=\\u12\n"))
	if !errors.Is(err, ErrProperties) || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("got %v", err)
	}
	_, err = ParseProperties(strings.NewReader(strings.Repeat("#", maxProperties+1)))
	if !errors.Is(err, ErrProperties) {
		t.Errorf("too large: %v", err)
	}
	if _, err = ParseProperties(iotest.ErrReader(errors.New("broken"))); err == nil || errors.Is(err, ErrProperties) {
		t.Errorf("a failing reader: %v", err)
	}
}

func TestPropertyEncodings(t *testing.T) {
	for in, want := range map[string]string{
		"k=\xe9": "é", "k=é": "é", "k=世": "世", "\ufeffk=x": "x", `k=\uD83D\uDE00`: "😀", `k=\uD83Dx`: "\ufffdx", `k=\uDE00`: "\ufffd", `k=\uD83D\u0041`: "\ufffdA",
	} {
		list, err := ParseProperties(strings.NewReader(in))
		if err != nil || len(list) != 1 || list[0].Key != "k" || list[0].Value != want {
			t.Errorf("%q: got %+v, %v", in, list, err)
		}
	}
}

func TestEncodeAgreesWithJava(t *testing.T) {
	type golden struct{ Key, Value, Line string }
	for _, g := range readGolden[golden](t, "store.jsonl") {
		if got := string(EncodeProperties([]Property{{Key: g.Key, Value: g.Value}})); got != g.Line+"\n" {
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
		list, err := ParseProperties(bytes.NewReader(in))
		if err != nil {
			return
		}
		again, err := ParseProperties(bytes.NewReader(EncodeProperties(list)))
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

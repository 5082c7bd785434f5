package expr

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kq/pkg/streams/codec"
)

// What Java 17 gives for line.toLowerCase(Locale.ROOT).split("\\W+").
func TestWordsAreJavas(t *testing.T) {
	tests := []struct {
		line string
		want []string
	}{
		{"", []string{""}},
		{" leading space", []string{"", "leading", "space"}},
		{"trailing space ", []string{"trailing", "space"}},
		{"It's Kafka!", []string{"it", "s", "kafka"}},
		{"a--b", []string{"a", "b"}},
		{" ÀÉ é x", []string{"", "x"}},
		{"!!!", nil},
		{"é", nil},
		{"All_9 streams\tlead", []string{"all_9", "streams", "lead"}},
		{"xÀy", []string{"x", "y"}},
		{"\u212aelvin", []string{"kelvin"}},
		{"a\u0130b", []string{"ai", "b"}},
		{"\u0130", []string{"i"}},
		{"a\xffb", []string{"a", "b"}},
		{"ABC", []string{"abc"}},
		{"aBc aBC", []string{"abc", "abc"}},
	}
	for _, tt := range tests {
		if got := words(tt.line); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.line, got, tt.want)
		}
	}
}

func words(line string) []string {
	var list []string
	for _, w := range wordList(line) {
		list = append(list, w.(string))
	}
	return list
}

// lower is Java's toLowerCase(Locale.ROOT) where it matters to \W.
func lower(s string) string { return strings.ToLower(strings.ReplaceAll(s, "\u0130", "i\u0307")) }

func FuzzWords(f *testing.F) {
	for _, s := range []string{"", " a B ", "\u212a\u0130x", "a\xff\xfeb", "É", "_9Z"} {
		f.Add(s)
	}
	re := regexp.MustCompile(`\W+`)
	f.Fuzz(func(t *testing.T, line string) {
		var want []string
		for _, w := range splitJava(lower(line), re) {
			want = append(want, w.(string))
		}
		if got := words(line); !slices.Equal(got, want) {
			t.Fatalf("%q: %q, want %q", line, got, want)
		}
		raw := codec.Encoded([]byte(line), codec.String{})
		if line == "" {
			raw = codec.Of("")
		}
		p, v := wordProgram(t)
		v.SetValue(0, &raw)
		i := 0
		err := p.Each(v, func(v codec.Value) error {
			b, err := v.Bytes(codec.String{})
			if err != nil || v.Null() || i >= len(want) || string(b) != want[i] {
				t.Fatalf("%q: word %d is %q, %v", line, i, b, err)
			}
			i++
			return nil
		})
		if err != nil || i != len(want) {
			t.Fatalf("%q: %d words, %v", line, i, err)
		}
	})
}

func wordProgram(t testing.TB) (*Program, *Vars) {
	t.Helper()
	e := NewEnv().Var("value", Any)
	p, err := Compile("words(value)", e, List)
	if err != nil {
		t.Fatal(err)
	}
	return p, e.Vars()
}

func TestEachPassesTheErrorOfItsReader(t *testing.T) {
	p, v := wordProgram(t)
	line := codec.Of("a b")
	v.SetValue(0, &line)
	enough := errors.New("enough")
	if err := p.Each(v, func(codec.Value) error { return enough }); err != enough {
		t.Errorf("error %v", err)
	}
	line = codec.Of(int64(1))
	var ee *Error
	if err := p.Each(v, func(codec.Value) error { return nil }); !errors.As(err, &ee) || ee.Message != "words takes text, not an int" {
		t.Errorf("error %v", err)
	}
	line = codec.Value{}
	if err := p.Each(v, func(codec.Value) error { return nil }); !errors.As(err, &ee) || ee.Message != "words of null" {
		t.Errorf("error %v", err)
	}
}

func TestSplitIsJavas(t *testing.T) {
	tests := []struct {
		text, regex string
		want        []string
	}{
		{"a,b,,c,,", ",", []string{"a", "b", "", "c"}},
		{",a", ",", []string{"", "a"}},
		{"abc", "", []string{"a", "b", "c"}},
		{"", ",", []string{""}},
		{",", ",", nil},
		{"a1b22c", "[0-9]+", []string{"a", "b", "c"}},
		{"a.b", ".", nil},
		{"a.b", "\\.", []string{"a", "b"}},
		{"abc", "x", []string{"abc"}},
	}
	for _, tt := range tests {
		v, err := splitFunc(tt.text, tt.regex)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range v.([]any) {
			got = append(got, w.(string))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("split(%q, %q) = %q, want %q", tt.text, tt.regex, got, tt.want)
		}
	}
}

func BenchmarkWords(b *testing.B) {
	p, v := wordProgram(b)
	line := codec.Encoded([]byte("all streams lead to kafka"), codec.String{})
	v.SetValue(0, &line)
	emit := func(codec.Value) error { return nil }
	b.ReportAllocs()
	for range b.N {
		if err := p.Each(v, emit); err != nil {
			b.Fatal(err)
		}
	}
}

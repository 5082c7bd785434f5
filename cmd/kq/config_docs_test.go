package main

import (
	"strings"
	"testing"
)

func TestPlainText(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"a <code>b</code> c":               "a b c",
		"<p>one</p><p>two":                 "one two",
		"<ul><li>x</li><li>y</li></ul>end": "- x - y end",
		"<a href=\"u\">link</a>":           "link",
		"a < b and c > d":                  "a < b and c > d",
		"x <3":                             "x <3",
		"&lt;name&gt; &amp;":               "<name> &",
		"cut <code":                        "cut <code",
		"<":                                "<",
	} {
		if got := strings.Join(strings.Fields(plainText(in)), " "); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzPlainText(f *testing.F) {
	f.Add("a <b>c</b> <1> <<p>> &lt;")
	f.Fuzz(func(t *testing.T, s string) {
		if !strings.ContainsAny(s, "<&") && plainText(s) != s {
			t.Errorf("%q becomes %q", s, plainText(s))
		}
		_ = plainText(s)
	})
}

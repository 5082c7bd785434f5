package conf_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"kq/internal/conf"
)

func TestParseProperties(t *testing.T) {
	const text = "# comment\r\n! another\n\n a = b \nc:d\ne f\n\ng\\=h=i\\\n   j\\\\\nk\nl=\\u00e4\\ud83d\\ude00\\t\\x\n\xef\xbb\xbfm=\\\n"
	got, err := conf.ParseProperties(text)
	if err != nil {
		t.Fatal(err)
	}
	want := []conf.Entry{
		{"a", "b ", 4}, {"c", "d", 5}, {"e", "f", 6}, {"g=h", `ij\`, 8}, {"k", "", 10}, {"l", "ä😀\tx", 11}, {"\ufeffm", "", 12},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	for _, bad := range []string{`a=\u12`, `\uxxxx=1`, "a=b\nc=\\u-123"} {
		if _, err := conf.ParseProperties(bad); !errors.Is(err, conf.ErrProperties) {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

// propertiesText writes what ParseProperties reads.
func propertiesText(all []conf.Entry) string {
	var b strings.Builder
	for _, e := range all {
		for i, s := range []string{e.Name, e.Value} {
			if i == 1 {
				b.WriteByte('=')
			}
			for _, c := range []byte(s) {
				switch c {
				case '\n', '\r', '\t', '\f':
					b.WriteString(`\` + map[byte]string{'\n': "n", '\r': "r", '\t': "t", '\f': "f"}[c])
				case ' ', '\\', '=', ':', '#', '!', 0xef:
					b.WriteByte('\\')
					b.WriteByte(c)
				default:
					b.WriteByte(c)
				}
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func FuzzParseProperties(f *testing.F) {
	for _, s := range []string{"a=b", "a:b\\\n c", "\\u0041=\\ud83d\\ude00", "#x\n\r\ny", "=", "\\", "a\\\r\nb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		all, err := conf.ParseProperties(s)
		if err != nil {
			return
		}
		again, err := conf.ParseProperties(propertiesText(all))
		same := slices.EqualFunc(all, again, func(a, b conf.Entry) bool { return a.Name == b.Name && a.Value == b.Value })
		if err != nil || !same {
			t.Errorf("%q gave %+v, which gives %+v, %v", s, all, again, err)
		}
	})
}

package format_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/format"
)

func TestGoTemplate(t *testing.T) {
	for spec, want := range map[string]string{
		`{{.Topic}}/{{.Partition}}@{{.Offset}} {{.TS}}\n`:                                   "orders/3@42 1700000000123\n",
		`{{.Timestamp.UTC.Format "2006-01-02"}} {{.Key | upper | lower}}`:                   "2023-11-14 k1",
		`{{json .Value}} {{.Value | json}} {{json .Headers}}`:                               `"a \"value\"\n" "a \"value\"\n" [{"Key":"h","Value":"v","ValueNull":false},{"Key":"n","Value":"","ValueNull":true},{"Key":"h","Value":"","ValueNull":false}]`,
		`{{hex .Key}} {{base64 .KeyBytes}} {{json .KeyBytes}} {{hex .Offset}}`:              `6b31 azE= "k1" 3432`,
		`{{range .Headers}}{{.Key}}={{if .ValueNull}}null{{else}}{{.Value}}{{end}};{{end}}`: "h=v;n=null;h=;",
		`{{if .KeyNull}}-{{else}}{{len .KeyBytes}}{{end}}{{.ValueNull}}`:                    "2false",
		`\x41\t{{"\t}}" | printf "%q"}}\\`:                                                  "A\t\"\\t}}\"\\",
		`100% {{.Key}}`:                                                                     "100% k1",
	} {
		if got := printed(t, spec, record()); got != want {
			t.Errorf("%s: got %q, want %q", spec, got, want)
		}
	}
	if got := printed(t, `{{.KeyNull}}{{.ValueNull}}{{json .ValueBytes}}{{json .Value}}{{json .Headers}}`, &kgo.Record{}); got != `truetruenull""[]` {
		t.Errorf("nulls: got %q", got)
	}
	for _, spec := range []string{"{{", "{{.Key", "{{.Nope}}", "{{nope .Key}}", "{{end}}", `\q{{.Key}}`, `{{template "x"}}{{`} {
		if f, err := format.Parse(spec, format.Options{}); !errors.Is(err, format.ErrVerb) && !errors.Is(err, format.ErrEscape) {
			t.Errorf("%s: got %v, %v", spec, f, err)
		}
	}
}

func TestGoTemplateThatFails(t *testing.T) {
	f, err := format.Parse(`{{.Key}}{{index .Headers 0}}`, format.Options{})
	if err != nil {
		t.Fatal(err)
	}
	failing, ok := f.(interface{ Err() error })
	if !ok {
		t.Fatal("it cannot tell")
	}
	if out := f.Append([]byte("before "), record()); failing.Err() != nil || !strings.HasPrefix(string(out), "before k1{h v") {
		t.Errorf("%q, %v", out, failing.Err())
	}
	r := record()
	r.Headers = nil
	out := f.Append([]byte("before"), r)
	if err := failing.Err(); string(out) != "before" || !errors.Is(err, format.ErrExecute) || !strings.Contains(err.Error(), "print orders partition 3 offset 42: ") {
		t.Errorf("%q, %v", out, err)
	}
}

// TestTerminal: what a record holds does not steer a terminal, in any format; a
// template's own text does.
func TestTerminal(t *testing.T) {
	r := record()
	r.Key, r.Value = []byte("\x1b]0;title\x07k"), []byte("a\r\nb\t\xffé\u0085\u202e")
	r.Headers = []kgo.RecordHeader{{Key: "\x1b[2J", Value: []byte("\x00")}}
	o := format.Options{Terminal: true}
	for spec, want := range map[string]string{
		"value":                                 "a\\r\nb\t\\xffé\\xc2\\x85\\xe2\\x80\\xae\n",
		`\x1b[1m%k\x1b[0m %v{hex}`:              "\x1b[1m\\x1b]0;title\\x07k\x1b[0m 610d0a6209ffc3a9c285e280ae",
		`%h %h{\x07%k=%v}`:                      "\\x1b[2J=\\x00 \x07\\x1b[2J=\\x00",
		`%p{big16}`:                             "\\x00\\x03",
		"\x1b[1m{{.Key}}{{hex .KeyBytes}}\\x1b": "\x1b[1m\\x1b]0;title\\x07k1b5d303b7469746c65076b\x1b",
		`{{with .Headers}}{{range .}}{{if .Key}}{{.Key}}{{end}}{{end}}{{end}}{{$x := .Key}}{{define "d"}}{{.}}{{end}}{{template "d" $x}}`: "\\x1b[2J\\x1b]0;title\\x07k",
	} {
		f, err := format.Parse(spec, o)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(f.Append(nil, r)); got != want {
			t.Errorf("%q: got %q, want %q", spec, got, want)
		}
	}
	for _, spec := range append(format.Names(), "%t %k %v %h %h{json} %v{q}\n", "{{.Key}}{{.Value}}{{.Headers}}{{.Timestamp}}{{printf `%s` .ValueBytes}}\n") {
		f, err := format.Parse(spec, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range string(f.Append(nil, r)) {
			if c < 0x20 && c != '\n' && c != '\t' || c >= 0x7f && c < 0xa0 {
				t.Errorf("%s prints %U", spec, c)
			}
		}
	}
}

func TestKeyed(t *testing.T) {
	r := &kgo.Record{Key: []byte("k\x1b"), Value: []byte("v")}
	if got := keyedText(t, "::", format.Options{}, r); got != "k\x1b::v\n" {
		t.Errorf("got %q", got)
	}
	if got := keyedText(t, "\x00", format.Options{Terminal: true}, r); got != "k\\x1b\x00v\n" {
		t.Errorf("terminal: got %q", got)
	}
	if got := keyedText(t, ":", format.Options{}, &kgo.Record{}); got != ":\n" {
		t.Errorf("nulls: got %q", got)
	}
}

// FuzzGoTemplate: any text is a template or an error; what it prints on a
// terminal is harmless where its own text is.
func FuzzGoTemplate(f *testing.F) {
	for _, s := range []string{"{{.Key}}", `{{"}}"}}\n`, "{{range .Headers}}{{.}}{{end}}", "{{/* x */}}", "{{- .Value -}}", "{{`\x07`}}"} {
		f.Add(s)
	}
	r := record()
	f.Fuzz(func(t *testing.T, spec string) {
		if strings.Contains(spec, "printf") || strings.Contains(spec, "define") || strings.Contains(spec, "template") {
			return // widths, and templates that call themselves, cost what they say
		}
		p, err := format.Parse(spec, format.Options{Terminal: true})
		if err != nil {
			return
		}
		p.Append(nil, r)
	})
}

func keyedText(t *testing.T, delim string, o format.Options, r *kgo.Record) string {
	t.Helper()
	f, err := format.Keyed([]byte(delim), o)
	if err != nil {
		t.Fatal(err)
	}
	return string(f.Append(nil, r))
}

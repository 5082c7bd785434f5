package format_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/format"
)

func record() *kgo.Record {
	return &kgo.Record{
		Topic: "orders", Partition: 3, Offset: 42, LeaderEpoch: 7, ProducerID: 9, ProducerEpoch: 1,
		Timestamp: time.UnixMilli(1700000000123),
		Key:       []byte("k1"), Value: []byte("a \"value\"\n"),
		Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("v")}, {Key: "n"}, {Key: "h", Value: []byte{}}},
	}
}

func printed(t *testing.T, spec string, r *kgo.Record) string {
	t.Helper()
	f, err := format.Parse(spec, format.Options{})
	if err != nil {
		t.Fatalf("%s: %v", spec, err)
	}
	return string(f.Append(nil, r))
}

func TestTemplate(t *testing.T) {
	for spec, want := range map[string]string{
		`%t [%p] at offset %o: key %k: %s\n`:  "orders [3] at offset 42: key k1: a \"value\"\n\n", // the example of kcat's help
		`%T %d %K %V %S %H %e %x %y`:          "1700000000123 1700000000123 2 10 10 3 7 9 1",
		`%h`:                                  "h=v,n=NULL,h=",
		`%h{%k=%v;}`:                          "h=v;n=;h=;",
		`%h{%K:%V }`:                          "1:1 1:-1 1:0 ",
		`%h{%k{hex}%}}`:                       "68}6e}68}",
		`%h{json}`:                            `[["h","v"],["n",null],["h",""]]`,
		`%%%{%}100%%`:                         "%{}100%",
		`%R`:                                  "\x00\x00\x00\x0a",
		`%V{big32}%V{hex8}%p{bool}%p{byte}`:   "\x00\x00\x00\x0a0atrue\x03",
		`%o{hex}|%o{hex64}|%o{hex4}`:          "2a|000000000000002a|a",
		`%o{little16}%o{big16}`:               "\x2a\x00\x00\x2a",
		`%k{hex} %k{base64} %t{base64raw}`:    "6b31 azE= b3JkZXJz",
		`%k{q}:%v{q}`:                         `"k1":"a \"value\"\n"`,
		`%T{rfc3339} %T{s} %d{us} %d{ns}`:     "2023-11-14T22:13:20.123Z 1700000000 1700000000123000 1700000000123000000",
		`%d{go[2006-01-02]} %T{strftime[%F]}`: "2023-11-14 2023-11-14",
		`%d{hex}`:                             "18bcfe5687b",
		`%k{unpack[>H]}`:                      "27441",
		`%a{compression} %a{compression;hex8} %a{timestamp-type} %a{control-bit;bool} %a{transactional-bit}`: "none 00 0 false 0",
		`\x41\t\0\\`: "A\t\x00\\",
	} {
		if !strings.Contains(spec, "%") {
			spec += "%%"
			want += "%"
		}
		if got := printed(t, spec, record()); got != want {
			t.Errorf("%s: got %q, want %q", spec, got, want)
		}
	}
	null := &kgo.Record{Topic: "t"}
	if got, want := printed(t, `%k|%v|%K|%V|%R|%k{q}|%h|%h{json}`, null), "||-1|-1|\xff\xff\xff\xff|null||[]"; got != want {
		t.Errorf("nulls: got %q, want %q", got, want)
	}
	f, err := format.Parse("%i ", format.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Append(f.Append(nil, null), null); string(got) != "1 2 " {
		t.Errorf("%%i: got %q", got)
	}
}

func TestBadFormats(t *testing.T) {
	for _, spec := range []string{
		"", "values", "%", "%z", "%v{", "%v{}", "%v{hexx}", "%o{rfc3339}", "%T{x}", "%h{%o}", "%h{%h{%k}}",
		"%a", "%a{}", "%a{compression;x}", "%R{big32}", `%v\q`, `%v\`, `%v\x4`, `%v\xzz`, "%v{unpack[}", "%d{go[}", "%[", "%]", "%|",
	} {
		f, err := format.Parse(spec, format.Options{})
		if err == nil {
			t.Errorf("%q passed: %q", spec, f.Append(nil, record()))
			continue
		}
		if !errors.Is(err, format.ErrFormat) && !errors.Is(err, format.ErrVerb) && !errors.Is(err, format.ErrEscape) {
			t.Errorf("%q: %v is none of the sentinels", spec, err)
		}
	}
}

func TestEnvelope(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(*kgo.Record)
		want string
	}{
		{
			"plain", func(*kgo.Record) {},
			`{"topic":"orders","partition":3,"offset":42,"ts":1700000000123,"tstype":"create","key":"k1","value":"a \"value\"\n","headers":[["h","v"],["n",null],["h",""]]}`,
		},
		{
			"null is not empty", func(r *kgo.Record) { r.Key, r.Value, r.Headers = nil, []byte{}, nil },
			`{"topic":"orders","partition":3,"offset":42,"ts":1700000000123,"tstype":"create","key":null,"value":"","headers":[]}`,
		},
		{
			"bytes", func(r *kgo.Record) {
				r.Key, r.Value = []byte{0xff}, []byte("\xed\xa0\x80") // a lone surrogate is no UTF-8
				r.Headers = []kgo.RecordHeader{{Key: "\xfe", Value: []byte{0x80}}}
			},
			`{"topic":"orders","partition":3,"offset":42,"ts":1700000000123,"tstype":"create","keyb64":"/w==","valueb64":"7aCA","headers":[[{"b64":"/g=="},{"b64":"gA=="}]]}`,
		},
		{
			"control characters", func(r *kgo.Record) {
				r.Key, r.Value, r.Headers = []byte("\x1b[2J\x7f\u0085\u00a0é€😀\u2028"), nil, nil
			},
			`{"topic":"orders","partition":3,"offset":42,"ts":1700000000123,"tstype":"create","key":"\u001b[2J\u007f\u0085` + "\u00a0é€😀\u2028" + `","value":null,"headers":[]}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := record()
			tt.edit(r)
			if got := printed(t, "json", r); got != tt.want+"\n" {
				t.Errorf("got  %swant %s", got, tt.want)
			}
		})
	}
	if line := printed(t, "json", record()); !format.IsEnvelope([]byte(line)) {
		t.Errorf("is no envelope: %s", line)
	}
	for _, line := range []string{"", "x", `{"topic":"t"}`, `{"id":1,"topic":"t","partition":0,"offset":1}`} {
		if format.IsEnvelope([]byte(line)) {
			t.Errorf("is taken for an envelope: %s", line)
		}
	}
	f, err := format.Parse("json", format.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a, b := record(), record()
	b.Partition, b.Topic = 4, "other"
	if got := string(f.Append(f.Append(nil, a), b)); !strings.Contains(got, `{"topic":"other","partition":4,`) {
		t.Errorf("the second partition is not named: %s", got)
	}
}

func TestPrettyEscapesControlCharacters(t *testing.T) {
	r := record()
	r.Key, r.Value = []byte("\x1b]0;title\x07"), []byte("a\nb\xffé\u0085")
	got := printed(t, "pretty", r)
	for _, bad := range []string{"\x1b", "\x07", "\xff", "\u0085"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q holds %q", got, bad)
		}
	}
	if !strings.Contains(got, `a\nb\xffé`) || strings.Count(got, "\n") != 1 {
		t.Errorf("got %q", got)
	}
}

// FuzzEnvelope: what is printed is one line of JSON that holds the same bytes.
func FuzzEnvelope(f *testing.F) {
	f.Add([]byte("k"), []byte("v"), "h", []byte("x"))
	f.Add([]byte{0xc2, 0x80}, []byte{0xc2}, "\xc2", []byte("\x00\x1f\x7f\\\""))
	f.Fuzz(func(t *testing.T, key, val []byte, hk string, hv []byte) {
		r := &kgo.Record{Topic: "t", Key: key, Value: val, Headers: []kgo.RecordHeader{{Key: hk, Value: hv}}}
		line := printed(t, "json", r)
		if strings.Count(line, "\n") != 1 {
			t.Fatalf("not one line: %q", line)
		}
		var e struct {
			Key, Value       *string
			KeyB64, ValueB64 []byte
			Headers          [][2]any
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		same := func(what string, want []byte, text *string, b64 []byte) {
			if text != nil {
				b64 = []byte(*text)
			}
			if !bytes.Equal(want, b64) {
				t.Errorf("%s: %q became %q", what, want, b64)
			}
		}
		same("key", key, e.Key, e.KeyB64)
		same("value", val, e.Value, e.ValueB64)
		for i, want := range [][]byte{[]byte(hk), hv} {
			var got []byte
			switch h := e.Headers[0][i].(type) {
			case string:
				got = []byte(h)
			case map[string]any:
				got, _ = base64.StdEncoding.DecodeString(h["b64"].(string))
			}
			if !bytes.Equal(want, got) {
				t.Errorf("header: %q became %q", want, got)
			}
		}
	})
}

// FuzzTemplate: any text is a template or an error, and prints without a panic.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"%t%p", "%h{%k{hex}=%v}", "%d{strftime[%F]}", "%v{unpack[<bBhH]}", "%a{compression;hex8}", `\x41%%`, "%{%}%h{%%}}", "%d{go##2006##}"} {
		f.Add(s)
	}
	r, null := record(), &kgo.Record{}
	f.Fuzz(func(t *testing.T, spec string) {
		p, err := format.Parse(spec, format.Options{})
		if err != nil {
			return
		}
		p.Append(p.Append(nil, r), null)
	})
}

// FuzzUnescape: what was escaped comes back.
func FuzzUnescape(f *testing.F) {
	f.Add("\t\x00\\")
	f.Fuzz(func(t *testing.T, s string) {
		_, _ = format.Unescape(s) // hostile text
		var quoted strings.Builder
		for i := range len(s) {
			switch c := s[i]; {
			case c == '\\':
				quoted.WriteString(`\\`)
			case c < 0x20:
				quoted.WriteString(`\x` + string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&0xf]))
			default:
				quoted.WriteByte(c)
			}
		}
		got, err := format.Unescape(quoted.String())
		if err != nil || string(got) != s {
			t.Errorf("%q became %q, %v", s, got, err)
		}
	})
}

func TestAppendMakesNoGarbage(t *testing.T) {
	r := record()
	r.Topic = strings.Repeat("long", 20)
	buf := make([]byte, 0, 4096)
	for _, spec := range []string{"value", "json", "pretty", `%t %p %o %k %v{hex} %h %h{%k=%v} %T{rfc3339} %i\n`} {
		f, err := format.Parse(spec, format.Options{})
		if err != nil {
			t.Fatal(err)
		}
		f.Append(buf, r)
		if n := testing.AllocsPerRun(100, func() { f.Append(buf, r) }); n != 0 {
			t.Errorf("%s: %v allocations a record", spec, n)
		}
	}
}

func BenchmarkFormats(b *testing.B) {
	r := record()
	r.Headers = nil
	r.Value = []byte(strings.Repeat(`{"id":12345,"name":"some name"}`, 3))
	buf := make([]byte, 0, 4096)
	for _, spec := range []string{"value", "json", `%t %p %o %k %v\n`} {
		f, err := format.Parse(spec, format.Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(strings.ReplaceAll(spec, "%", ""), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.Append(buf, r)
			}
		})
	}
}

package out_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"kq/internal/golden"
	"kq/internal/out"
)

type failure struct {
	Code int16 `json:"code"`
}

type common struct {
	Rack *string `json:"rack"`
}

type item struct {
	common
	Name  string            `json:"topic"`
	Count int64             `json:"count"`
	Ratio float64           `json:"ratio"`
	ISR   []int32           `json:"isr"`
	Map   map[string]string `json:"map"`
	When  time.Time         `json:"when"`
	Error *failure          `json:"error,omitempty"`
	Skip  string            `json:"-"`
}

func items() []item {
	rack := "r1"
	return []item{
		{Name: "1.5", Count: 1 << 60, Ratio: 0.5, ISR: []int32{1, 2}, common: common{&rack}, When: time.Unix(0, 0).UTC()},
		{Name: "yes", Map: map[string]string{"b": "two\nlines", "a": "0x1F"}, Error: &failure{3}},
		{Name: "2026-01-31"},
		{Name: "~"},
		{Name: ""},
		{Name: "a: b #c"},
		{Name: "日本\x1b[31m"},
		{Name: "12:30:45"},
		{Name: "<&>"},
	}
}

func TestYAML(t *testing.T) {
	got := render(t, out.Printer{Format: out.YAMLFormat}, items())
	golden.Equal(t, "yaml", got)
	// A reader of the YAML sees what a reader of the JSON sees.
	var fromYAML, fromJSON any
	if err := yaml.Unmarshal([]byte(got), &fromYAML); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(render(t, out.Printer{Format: out.JSONFormat}, items())), &fromJSON); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(fromYAML)
	if err != nil {
		t.Fatal(err)
	}
	var normal any
	if err := json.Unmarshal(again, &normal); err != nil || !reflect.DeepEqual(normal, fromJSON) {
		t.Errorf("YAML reads as\n%v\nJSON as\n%v\n%v", normal, fromJSON, err)
	}
	if got := render(t, out.Printer{Format: out.YAMLFormat}, []item(nil)); got != "[]\n" {
		t.Errorf("an empty list prints %q", got)
	}
}

func FuzzYAMLStrings(f *testing.F) {
	for _, s := range []string{"", "no", "1e3", "\r\n", "- a", "\t\n", "\u2028", "\x00", "null", "!!int 3", "0b1", "1_000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		var got []string
		text := render(t, out.Printer{Format: out.YAMLFormat}, []string{s})
		if err := yaml.Unmarshal([]byte(text), &got); err != nil || len(got) != 1 || got[0] != s {
			t.Errorf("%q is printed as %q, which reads as %q, %v", s, text, got, err)
		}
	})
}

func TestTemplates(t *testing.T) {
	for text, want := range map[string]string{
		`{{range .}}{{.topic}} {{end}}`:                                      "1.5 yes 2026-01-31 ~  a: b #c 日本\x1b[31m 12:30:45 <&> ",
		`{{with index . 0}}{{.count}} {{.ratio}} {{.isr | join ","}}{{end}}`: "1152921504606846976 0.5 1,2",
		`{{with index . 0}}{{json .isr}} {{.rack}} {{upper .rack}}{{end}}`:   `[1,2] r1 R1`,
		`{{with index . 1}}{{.rack | default "-"}} {{len .isr}}{{end}}`:      "- 0",
		`{{range .}}{{if .error}}{{.topic}}={{.error.code}}{{end}}{{end}}`:   "yes=3",
		`{{with index . 1}}{{.map.a}} {{split "0x" .map.a | json}}{{end}}`:   `0x1F ["","1F"]`,
		`{{with index . 0}}{{.when}} {{gt .count 5}}{{end}}`:                 "1970-01-01T00:00:00Z true",
		`{{replace "." "-" (index . 0).topic}}`:                              "1-5",
		`{{len .}}{{"\n"}}`:                                                  "9\n",
	} {
		f, err := out.ParseFormat("template=" + text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := render(t, out.Printer{Format: f}, items()); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"{{", "{{nofunc .}}", "{{range .}}", "{{end}}"} {
		if _, err := out.ParseFormat("template=" + text); !errors.Is(err, out.ErrTemplate) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"{{range .}}{{.topc}}{{end}}", "{{(index . 99).topic}}", "{{join 1 2}}"} {
		var b strings.Builder
		b.Reset()
		err := out.Printer{W: &b, Format: out.Format("template=" + text)}.Print(items())
		if !errors.Is(err, out.ErrTemplate) || b.Len() > 0 {
			t.Errorf("%s: %v, and %q", text, err, &b)
		}
		t.Log(err)
	}
}

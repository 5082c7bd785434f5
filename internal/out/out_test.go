package out_test

import (
	"strings"
	"testing"
	"time"

	"kq/internal/golden"
	"kq/internal/out"
)

func render(t *testing.T, p out.Printer, v any, tables ...out.Table) string {
	t.Helper()
	var b strings.Builder
	p.W = &b
	if err := p.Print(v, tables...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func topics() out.Table {
	return out.Table{
		Columns: out.Cols("TOPIC", ">PARTITIONS", "+ID", "NOTE"),
		Rows: [][]string{
			{"orders", "12", "abc", ""},
			{"日本語", "3", "def", "two\nlines, a\x1b[31mcolour and a\ttab"},
			{"a-topic-with-a-long-name", "100", "ghi", "short"},
		},
	}
}

func TestFormats(t *testing.T) {
	for _, name := range out.Formats() {
		f, err := out.ParseFormat(name)
		if err != nil {
			t.Fatal(err)
		}
		if f.Structured() {
			continue
		}
		golden.Equal(t, name, render(t, out.Printer{Format: f}, nil, topics()))
		golden.Equal(t, name+"-bare", render(t, out.Printer{Format: f, NoHeaders: true}, nil, topics()))
	}
	if _, err := out.ParseFormat("xml"); err == nil {
		t.Error("xml passed")
	}
}

func TestSeveralTables(t *testing.T) {
	second := out.Table{Title: "configs", Columns: out.Cols("CONFIG", "VALUE")}
	golden.Equal(t, "several", render(t, out.Printer{}, nil, topics(), second))
	if got := render(t, out.Printer{NoHeaders: true}, nil, out.Table{Columns: out.Cols("A")}); got != "" {
		t.Errorf("an empty table without header prints %q", got)
	}
}

func TestJSONHasNoNullLists(t *testing.T) {
	type inner struct {
		Names []string       `json:"names"`
		Map   map[string]int `json:"map"`
		Bytes []byte         `json:"bytes"`
	}
	type doc struct {
		List  []inner    `json:"list"`
		None  []inner    `json:"none"`
		Ptr   *inner     `json:"ptr"`
		Nil   *inner     `json:"nil"`
		Any   any        `json:"any"`
		When  time.Time  `json:"when"`
		Text  string     `json:"text"`
		Maybe *time.Time `json:"maybe,omitempty"`
	}
	v := []doc{{List: []inner{{}}, Ptr: &inner{}, Any: []string(nil), When: time.Unix(0, 0).UTC(), Text: "<a&b>"}}
	golden.Equal(t, "json", render(t, out.Printer{Format: out.JSONFormat}, v))
	if got := render(t, out.Printer{Format: out.JSONFormat}, []doc(nil)); got != "[]\n" {
		t.Errorf("an empty list prints %q", got)
	}
}

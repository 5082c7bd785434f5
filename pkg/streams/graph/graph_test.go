package graph

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"kq/internal/golden"
	"kq/pkg/streams/codec"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/topology"
)

// orders is a topology with all that is drawn: two parts, a store, a global, a branch, a topic by record.
func orders(t *testing.T) *topology.Topology {
	t.Helper()
	b := dsl.NewBuilder()
	b.Key, b.Value = codec.String{}, codec.String{}
	in := b.Stream([]string{"orders", `odd "name" <&>`}, dsl.Consumed{})
	products := b.GlobalTable("products", dsl.Consumed{}, dsl.Materialized{Store: "products"})
	same := func(r *topology.Record) (codec.Value, error) { return r.Value, nil }
	priced := in.JoinGlobal(products, same, func(_, l, _ *codec.Value) (codec.Value, error) { return *l, nil })
	split := priced.Split()
	split.When(func(*topology.Record) (bool, error) { return true, nil }).ToDynamic(func(*topology.Record, *topology.Origin) (string, error) { return "x", nil }, dsl.Produced{})
	split.Otherwise().GroupBy(same, dsl.Grouped{}).Count(dsl.Materialized{Store: "counts"}).ToStream().To("totals", dsl.Produced{})
	topo, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	return topo
}

func TestGolden(t *testing.T) {
	topo := orders(t)
	golden.Equal(t, "orders.mermaid", Mermaid(topo))
	golden.Equal(t, "orders.dot", DOT(topo))
	golden.Equal(t, "orders.svg", SVG(topo))
}

func TestSVGIsXML(t *testing.T) {
	d := xml.NewDecoder(strings.NewReader(SVG(orders(t))))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// No two boxes of a drawing overlap, and every edge runs from left to right.
func TestLayout(t *testing.T) {
	l := newLayout(newModel(orders(t)))
	for i, a := range l.cells {
		if a.v == nil {
			continue
		}
		if a.x < 0 || a.y < 0 || a.x+a.w > l.width || a.y+a.h > l.height {
			t.Errorf("%s is outside of the drawing", a.v.label)
		}
		for _, to := range a.out {
			if to.x <= a.x {
				t.Errorf("an edge from %s runs backwards", a.v.label)
			}
		}
		for _, b := range l.cells[i+1:] {
			if b.v != nil && a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h {
				t.Errorf("%s and %s overlap", a.v.label, b.v.label)
			}
		}
	}
}

// A topic that the job writes and reads again closes a ring, which is drawn all the same.
func TestRing(t *testing.T) {
	b := dsl.NewBuilder()
	b.Stream([]string{"a"}, dsl.Consumed{}).To("b", dsl.Produced{})
	b.Stream([]string{"b"}, dsl.Consumed{}).To("a", dsl.Produced{})
	topo, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	if s := SVG(topo); !strings.Contains(s, "</svg>") {
		t.Error("no drawing")
	}
	if s := Mermaid(topo); !strings.Contains(s, "v0 --> v1") || !strings.Contains(s, "v1 --> v0") {
		t.Errorf("edges are missing in\n%s", s)
	}
}

func TestShortNames(t *testing.T) {
	for name, want := range map[string]string{
		"KSTREAM-FILTER-0000000001": "filter 1", "KTABLE-TOSTREAM-0000000012": "tostream 12", "KSTREAM-BRANCH-00000000123": "branch 12.3",
		"counts-repartition-filter": "counts-repartition-filter", "COGROUPKSTREAM-AGGREGATE-0000000007": "aggregate 7",
	} {
		if got := short(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

package dsl

import (
	"os"
	"strings"
	"testing"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

func yes(*topology.Record) (bool, error) { return true, nil }

func last(r *topology.Record, _ *codec.Value) (codec.Value, error) { return r.Value, nil }

func empty() (codec.Value, error) { return codec.Of(""), nil }

func both(r *topology.Record) (codec.Value, codec.Value, error) { return r.Value, r.Value, nil }

func ignore(*topology.Record) error { return nil }

func describedCases() map[string]func(*Builder) {
	text := codec.String{}
	by := Grouped{Key: text, Value: text}
	named := func(n Named) Grouped { return Grouped{Name: n, Key: text, Value: text} }
	return map[string]func(*Builder){
		"shared repartition": func(b *Builder) {
			g := stringStream(b, "in").GroupBy(value, named("g"))
			g.Count(Materialized{Store: "one"}).ToStream().To("o1", Produced{})
			g.Reduce(last, Materialized{}).ToStream().To("o2", Produced{})
		},
		"own repartitions": func(b *Builder) {
			g := stringStream(b, "in").SelectKey(value).GroupByKey(by)
			g.Count(Materialized{}).ToStream().To("o1", Produced{})
			g.Reduce(last, Materialized{Store: "red"}).ToStream().To("o2", Produced{})
		},
		"tables": func(b *Builder) {
			stringTable(b, "t", Materialized{}).Filter(yes, Materialized{}).MapValues(value, Materialized{}).ToStream().To("o1", Produced{})
			stringTable(b, "u", Materialized{Store: "us"}).FilterNot(yes, Materialized{Store: "fs"}).MapValues(value, Materialized{}, "mv").ToStream("ts").To("o2", Produced{})
			stringStream(b, "s").SelectKey(value).ToTable(Materialized{}).Filter(yes, Materialized{}).ToStream().To("o3", Produced{})
			stringStream(b, "s2").Map(both).ToTable(Materialized{Store: "tts"}, "tt").ToStream().To("o4", Produced{})
		},
		"table groups": func(b *Builder) {
			t := stringTable(b, "t", Materialized{})
			t.GroupBy(both, by).Count(Materialized{}).ToStream().To("o1", Produced{})
			t.GroupBy(both, named("tg")).Reduce(last, last, Materialized{Store: "rs"}, "red").ToStream().To("o2", Produced{})
		},
		"windows": func(b *Builder) {
			g := stringStream(b, "in").GroupByKey(Grouped{})
			g.WindowedBy(Tumbling(5*time.Second, 0)).Count(Materialized{}).Suppress(Suppressed{WindowClose: true}).ToStream().ForEach(ignore)
			g.WindowedBySession(SessionWindows{Gap: 5 * time.Second}).Reduce(last, Materialized{}).Suppress(Suppressed{Name: "sup", WindowClose: true}).ToStream().Print(Printed{})
			g.WindowedBySliding(SlidingWindows{Difference: 5 * time.Second}).Aggregate(empty, last, nil, Materialized{Store: "as"}, "agg").ToStream().Peek(ignore)
		},
		"cogroup": func(b *Builder) {
			g := stringStream(b, "a").GroupByKey(by)
			h := stringStream(b, "b").SelectKey(value).GroupByKey(by)
			g.Cogroup(last).And(h, last).Aggregate(empty, Materialized{}).ToStream().To("o1", Produced{})
			g.Cogroup(last).And(h, last).WindowedBy(Tumbling(5*time.Second, 0)).Aggregate(empty, nil, nil, Materialized{Store: "cs"}, "cg").ToStream().ForEach(ignore)
		},
		"stateless": describedStateless,
		"globals": func(b *Builder) {
			b.GlobalTable("g", Consumed{}, Materialized{})
			b.GlobalTable("h", Consumed{}, Materialized{Store: "hs"})
			stringStream(b, "in").To("o", Produced{})
			stringTable(b, "t", Materialized{Store: "ts"})
		},
	}
}

func describedStateless(b *Builder) {
	s := stringStream(b, "in")
	split := s.Split()
	one, two, rest := split.When(yes), split.When(yes, "two"), split.Otherwise()
	for _, branch := range []*Stream{rest, one, two} {
		branch.To("o-"+branch.Name(), Produced{})
	}
	s.Split("sp-").When(yes, "x").To("x", Produced{})
	s.Merge(stringStream(b, "in2")).FlatMap(func(*topology.Record, func(k, v codec.Value) error) error { return nil }).Repartition(Repartitioned{}).To("o5", Produced{})
	s.FlatMapValues(func(*topology.Record, func(codec.Value) error) error { return nil }).Repartition(Repartitioned{Name: "rep", Partitions: 3}).To("o6", Produced{})
	s.FilterNot(yes, "named").Handle(func() Handler { return Handler{} }, nil).To("o7", Produced{})
	s.ProcessValues(func() topology.Processor { return &passThrough{} }, nil, "pv").To("o8", Produced{})
	stringStream(b, "in").MapValues(value).To("o9", Produced{})
}

// The texts are what Kafka Streams 4.3.1 describes the same calls of its DSL as.
func TestTopologiesAreDescribedAsKafkaDoes(t *testing.T) {
	golden, err := os.ReadFile("testdata/describe.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases := describedCases()
	for _, part := range strings.Split(string(golden), "## ")[1:] {
		name, want, _ := strings.Cut(part, "\n")
		t.Run(name, func(t *testing.T) {
			b := NewBuilder()
			cases[name](b)
			top, err := b.Build()
			if err != nil {
				t.Fatal(err)
			}
			got := top.Describe()
			if got == want {
				return
			}
			g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
			for i := range min(len(g), len(w)) {
				if g[i] != w[i] {
					t.Fatalf("line %d: %q, want %q\n%s", i, g[i], w[i], got)
				}
			}
			t.Fatalf("%d lines, want %d\n%s", len(g), len(w), got)
		})
	}
}

package dsl

import (
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

func join(sep string) Aggregator {
	return func(r *topology.Record, agg *codec.Value) (codec.Value, error) {
		return codec.Of(textOf(agg) + sep + textOf(&r.Value)), nil
	}
}

func isNot(text string) Predicate {
	return func(r *topology.Record) (bool, error) { return !strings.HasPrefix(textOf(&r.Value), text), nil }
}

func append1(text string) ValueMapper {
	return func(r *topology.Record) (codec.Value, error) { return codec.Of(textOf(&r.Value) + text), nil }
}

func joinTexts(_, a, b *codec.Value) (codec.Value, error) {
	return codec.Of(textOf(a) + textOf(b)), nil
}

// recordedCases are the operators of testdata/records.txt.
func recordedCases() map[string]func(*Builder) {
	text := Materialized{Store: "s", Value: codec.String{}}
	group := func(b *Builder) *Group { return stringStream(b, "in").GroupByKey(Grouped{}) }
	out := func(t *Table) { t.ToStream().As(nil, codec.String{}).To("out", Produced{}) }
	by := Grouped{Name: "g", Key: codec.String{}, Value: codec.String{}}
	windows := func(w Windows) func(*Builder) {
		return func(b *Builder) { out(group(b).WindowedBy(w).Aggregate(empty, join(""), nil, text)) }
	}
	cases := map[string]func(*Builder){
		"tumbling":       windows(Tumbling(10*ms, 4*ms)),
		"hopping":        windows(Hopping(10*ms, 3*ms, 4*ms)),
		"hopping reduce": func(b *Builder) { out(group(b).WindowedBy(Hopping(10*ms, 4*ms, 4*ms)).Reduce(concat, text)) },
		"sliding": func(b *Builder) {
			out(group(b).WindowedBySliding(SlidingWindows{10 * ms, 12 * ms}).Aggregate(empty, join(""), nil, text))
		},
		"sliding reduce": func(b *Builder) {
			out(group(b).WindowedBySliding(SlidingWindows{6 * ms, 30 * ms}).Reduce(concat, text))
		},
		"session": func(b *Builder) {
			out(group(b).WindowedBySession(SessionWindows{5 * ms, 4 * ms}).Aggregate(empty, join(""), joinTexts, text))
		},
		"session reduce": func(b *Builder) {
			out(group(b).WindowedBySession(SessionWindows{5 * ms, 10 * ms}).Reduce(concat, text))
		},
		"session suppressed": func(b *Builder) {
			out(group(b).WindowedBySession(SessionWindows{5 * ms, 4 * ms}).Aggregate(empty, join(""), joinTexts, text).Suppress(Suppressed{Name: "sup", WindowClose: true}))
		},
		"hopping suppressed": func(b *Builder) {
			group(b).WindowedBy(Hopping(10*ms, 5*ms, 4*ms)).Count(Materialized{Store: "s"}).Suppress(Suppressed{Name: "sup", WindowClose: true}).ToStream().To("out", Produced{})
		},
		"aggregate": func(b *Builder) {
			out(stringStream(b, "in").GroupBy(value, by).Aggregate(empty, func(r *topology.Record, agg *codec.Value) (codec.Value, error) {
				if len(textOf(agg)) > 3 {
					return codec.Value{}, nil
				}
				return concat(r, agg)
			}, text))
		},
		"cogroup": func(b *Builder) {
			two := stringStream(b, "in2").SelectKey(value).GroupByKey(by)
			out(group(b).Cogroup(join("")).And(two, join("/")).WindowedBy(Tumbling(10*ms, 4*ms)).
				Aggregate(func() (codec.Value, error) { return codec.Of(">"), nil }, nil, nil, text))
		},
		"toTable": func(b *Builder) {
			out(stringStream(b, "in").SelectKey(value).As(codec.String{}, nil).ToTable(text, "tt").Filter(isNot("p"), Materialized{}))
		},
	}
	recordedTables(cases)
	return cases
}

func recordedTables(cases map[string]func(*Builder)) {
	out := func(t *Table) { t.ToStream().As(nil, codec.String{}).To("out", Produced{}) }
	kept := func(name string) Materialized { return Materialized{Store: name, Value: codec.String{}} }
	by := Grouped{Name: "g", Key: codec.String{}, Value: codec.String{}}
	cases["suppress time"] = func(b *Builder) {
		out(stringTable(b, "t", kept("s")).Suppress(Suppressed{Name: "sup", Wait: 5 * ms, Records: 2}))
	}
	cases["table group"] = func(b *Builder) {
		out(stringTable(b, "t", kept("s")).GroupBy(func(r *topology.Record) (codec.Value, codec.Value, error) {
			v := textOf(&r.Value)
			key := v
			switch v {
			case "p":
				key = "x"
			case "q":
				key = "y"
			}
			return codec.Of(key), codec.Of(textOf(&r.Key) + v), nil
		}, by).Aggregate(empty, join("+"), join("-"), kept("agg")))
	}
	cases["table reduce"] = func(b *Builder) {
		out(stringTable(b, "t", kept("s")).GroupBy(func(r *topology.Record) (codec.Value, codec.Value, error) {
			return codec.Of("all"), codec.Of(textOf(&r.Key) + textOf(&r.Value)), nil
		}, by).Reduce(Reducer(join("+")), func(r *topology.Record, agg *codec.Value) (codec.Value, error) {
			if len(textOf(agg)) > 8 {
				return codec.Value{}, nil
			}
			return join("-")(r, agg)
		}, kept("agg")).Filter(func(r *topology.Record) (bool, error) { return len(textOf(&r.Value)) > 3, nil }, Materialized{}).MapValues(append1("!"), Materialized{}))
	}
	cases["table filters"] = func(b *Builder) {
		out(stringTable(b, "t", kept("s")).MapValues(func(r *topology.Record) (codec.Value, error) {
			return codec.Of(textOf(&r.Value) + textOf(&r.Value)), nil
		}, kept("m")).Filter(isNot("p"), Materialized{}).FilterNot(func(r *topology.Record) (bool, error) {
			return strings.HasPrefix(textOf(&r.Value), "q"), nil
		}, kept("f")).MapValues(append1("!"), Materialized{}))
	}
	cases["versioned"] = func(b *Builder) {
		m := kept("s")
		m.History = 12 * ms
		stringTable(b, "t", m).Filter(isNot("p"), Materialized{}).GroupBy(func(r *topology.Record) (codec.Value, codec.Value, error) {
			return r.Value, r.Key, nil
		}, by).Count(Materialized{Store: "agg"}).ToStream().To("out", Produced{})
	}
}

// What comes out, internal topics included, is what Kafka Streams 4.3.1 makes of the same random records.
func TestRecordsAreThoseOfKafka(t *testing.T) {
	golden, err := os.ReadFile("testdata/records.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases := recordedCases()
	for _, part := range strings.Split(string(golden), "## ")[1:] {
		name, steps, _ := strings.Cut(part, "\n")
		t.Run(name, func(t *testing.T) {
			builder := NewBuilder()
			cases[name](builder)
			b := start(t, builder)
			for i, s := range strings.Split(steps, "> ")[1:] {
				lines := strings.Split(strings.TrimSpace(s), "\n")
				var topic, key, value string
				var ts int64
				if _, err := fmt.Sscan(lines[0], &topic, &key, &value, &ts); err != nil {
					t.Fatal(err)
				}
				b.pipe(topic, key, value, ts)
				if got := b.bytes(); !slices.Equal(got, lines[1:]) {
					t.Fatalf("step %d, %s:\n got %s\nwant %s", i, lines[0], strings.Join(got, "\n     "), strings.Join(lines[1:], "\n     "))
				}
			}
		})
	}
}

// bytes drains all topics, by name.
func (b *bench) bytes() []string {
	text := func(raw []byte) string {
		switch {
		case raw == nil:
			return "null"
		case len(raw) == 0:
			return "-"
		}
		return hex.EncodeToString(raw)
	}
	var out []string
	for _, topic := range b.Topics() {
		for _, r := range b.Output(topic) {
			ts := "null"
			if r.Timestamp >= 0 {
				ts = fmt.Sprint(r.Timestamp)
			}
			out = append(out, fmt.Sprintf("%s %s %s %s", strings.TrimPrefix(topic, "app-"), text(r.Key), text(r.Value), ts))
		}
	}
	return out
}

package dsl

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/driver"
	"kq/pkg/streams/topology"
)

// joinBench has what the cases of testdata/join_records.txt are made of: texts
// joined by "-", tables that keep 100 ms of history, windows of 10 ms.
type joinBench struct{ *Builder }

func (b joinBench) stream(topic string) *Stream { return stringStream(b.Builder, topic) }

// withoutSome is the stream with its keys made anew, null where the value ends in n.
func withoutSome(s *Stream) *Stream {
	return s.SelectKey(func(r *topology.Record) (codec.Value, error) {
		if r.Value.Null() || strings.HasSuffix(textOf(&r.Value), "n") {
			return codec.Value{}, nil
		}
		return r.Key, nil
	}).As(codec.String{}, nil)
}

func (b joinBench) table(topic string) *Table { return b.Table(topic, Consumed{}, Materialized{}) }

func (b joinBench) versioned(topic string) *Table {
	return b.Table(topic, Consumed{}, Materialized{Store: "V" + topic, History: 100 * ms})
}

func (b joinBench) to(s *Stream) { s.To("out", Produced{}) }

// afterBar is the foreign key of a value: what follows the bar, none for "-".
func afterBar(r *topology.Record) (codec.Value, error) {
	_, k, _ := strings.Cut(textOf(&r.Value), "|")
	if r.Value.Null() || k == "-" {
		return codec.Value{}, nil
	}
	return codec.Of(k), nil
}

// joinedCases are the joins of testdata/join_records.txt.
func joinedCases() map[string]func(b joinBench) {
	j := joinWith("-")
	w := func(before, after, grace int) JoinWindows {
		return JoinWindows{Before: time.Duration(before) * ms, After: time.Duration(after) * ms, Grace: time.Duration(grace) * ms}
	}
	grace := 10 * ms
	return map[string]func(b joinBench){
		"stream-inner": func(b joinBench) { b.to(b.stream("left").Join(b.stream("right"), j, w(10, 10, 5), StreamJoined{})) },
		"stream-left":  func(b joinBench) { b.to(b.stream("left").LeftJoin(b.stream("right"), j, w(10, 10, 0), StreamJoined{})) },
		"stream-outer": func(b joinBench) {
			b.to(b.stream("left").OuterJoin(b.stream("right"), j, w(10, 10, 5), StreamJoined{}))
		},
		"stream-left-after": func(b joinBench) { b.to(b.stream("left").LeftJoin(b.stream("right"), j, w(0, 10, 3), StreamJoined{})) },
		"stream-outer-before": func(b joinBench) {
			b.to(b.stream("left").OuterJoin(b.stream("right"), j, w(20, -5, 2), StreamJoined{}))
		},
		"stream-outer-moved": func(b joinBench) {
			l, r := b.stream("left"), b.stream("right")
			b.to(withoutSome(l).OuterJoin(withoutSome(r), j, w(10, 10, 5), StreamJoined{Name: "nm", Store: "st"}))
		},
		"table-inner":          func(b joinBench) { b.to(b.stream("left").JoinTable(b.table("right"), j, Joined{})) },
		"table-left-versioned": func(b joinBench) { b.to(b.stream("left").LeftJoinTable(b.versioned("right"), j, Joined{})) },
		"table-inner-grace":    func(b joinBench) { b.to(b.stream("left").JoinTable(b.versioned("right"), j, Joined{Grace: &grace})) },
		"global-left": func(b joinBench) {
			b.to(b.stream("left").LeftJoinGlobal(b.GlobalTable("right", Consumed{}, Materialized{}), afterBar, j))
		},
		"tables-inner": func(b joinBench) { b.to(b.table("left").Join(b.table("right"), j, Materialized{}).ToStream()) },
		"tables-left": func(b joinBench) {
			b.to(b.table("left").LeftJoin(b.table("right"), j, Materialized{Store: "J"}).ToStream())
		},
		"tables-outer-one": func(b joinBench) { b.to(b.versioned("left").OuterJoin(b.table("right"), j, Materialized{}).ToStream()) },
		"tables-left-versioned": func(b joinBench) {
			b.to(b.versioned("left").LeftJoin(b.versioned("right"), j, Materialized{Store: "J", History: 100 * ms}).ToStream())
		},
		"tables-chain": func(b joinBench) {
			b.to(b.table("left").OuterJoin(b.table("right"), j, Materialized{}).LeftJoin(b.table("third"), j, Materialized{}).ToStream())
		},
		"foreign-inner": func(b joinBench) {
			b.to(b.table("left").JoinForeign(b.table("right"), afterBar, j, TableJoined{}, Materialized{}).ToStream())
		},
		"foreign-left": func(b joinBench) {
			b.to(b.table("left").LeftJoinForeign(b.table("right"), afterBar, j, TableJoined{Name: "fkj"}, Materialized{Store: "J"}).ToStream())
		},
		"foreign-left-versioned": func(b joinBench) {
			b.to(b.versioned("left").LeftJoinForeign(b.versioned("right"), afterBar, j, TableJoined{Name: "fkj"}, Materialized{}).ToStream())
		},
		"foreign-chain": func(b joinBench) {
			l, r, third := b.table("left"), b.table("right"), b.table("third")
			b.to(l.JoinForeign(r, afterBar, j, TableJoined{}, Materialized{}).LeftJoin(third, j, Materialized{}).ToStream())
		},
	}
}

// TestJoinsOfTheJVM sends the records of testdata/join_records.txt, which were
// made at random, and wants what Kafka Streams 4.3.1 made of them: the text of
// Topology#describe and the bytes of every topic.
func TestJoinsOfTheJVM(t *testing.T) {
	text, err := os.ReadFile("testdata/join_records.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases := joinedCases()
	for _, recorded := range strings.Split(string(text), "## ")[1:] {
		name, want, _ := strings.Cut(recorded, "\n")
		t.Run(name, func(t *testing.T) {
			build := cases[name]
			if build == nil {
				t.Fatal("there is no such join")
			}
			delete(cases, name)
			b := textBuilder()
			build(joinBench{b})
			top, d := built(t, b, "app")
			got := top.Describe() + replayed(t, d, want)
			if line, ok := firstDifference(got, want); !ok {
				t.Errorf("differs at %s\n%s", line, got)
			}
		})
	}
	for name := range cases {
		t.Errorf("%s was not recorded", name)
	}
}

// replayed pipes the records of a recorded case and shows what comes out after each.
func replayed(t *testing.T, d *driver.Driver, recorded string) string {
	t.Helper()
	var out strings.Builder
	for line := range strings.Lines(recorded) {
		in, ok := strings.CutPrefix(line, "> ")
		if !ok {
			continue
		}
		f := strings.Fields(in)
		ts, err := strconv.ParseInt(f[3], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		put(t, d, f[0], f[1], f[2], ts)
		out.WriteString(line + dump(d))
	}
	return out.String()
}

func firstDifference(got, want string) (line string, same bool) {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range w {
		if i >= len(g) || g[i] != w[i] {
			return strconv.Itoa(i+1) + ": " + w[i], false
		}
	}
	return "", len(g) == len(w)
}

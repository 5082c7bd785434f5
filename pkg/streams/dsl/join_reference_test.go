package dsl

import (
	"strings"
	"testing"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// The inputs and results in this file are those of Kafka's
// AbstractJoinIntegrationTest and of its children, and of the tables in its documentation.

type side struct {
	topic, key, value string
	ts                int64
}

func inOrder() []side {
	return []side{
		{"l", "0", "null", 1},
		{"r", "0", "null", 2},
		{"l", "0", "A", 3},
		{"r", "0", "a", 4},
		{"l", "0", "B", 5},
		{"r", "0", "b", 6},
		{"l", "0", "null", 7},
		{"r", "0", "null", 8},
		{"l", "0", "C", 9},
		{"r", "0", "c", 10},
		{"r", "0", "null", 11},
		{"l", "0", "null", 12},
		{"r", "0", "null", 13},
		{"r", "0", "d", 14},
		{"l", "0", "D", 15},
		{"l", "null", "E", 16},
		{"r", "null", "e", 17},
	}
}

func outOfOrder() []side {
	return append(inOrder()[:13],
		side{"r", "0", "d", 7}, side{"l", "0", "D", 6}, side{"l", "0", "null", 2}, side{"r", "0", "null", 3}, side{"r", "0", "e", 14},
		side{"l", "0", "E", 15}, side{"l", "0", "null", 10}, side{"r", "0", "null", 9}, side{"l", "0", "F", 4}, side{"r", "0", "f", 3})
}

// results are what comes out, a line for each record in that makes a result: its number and them.
func results(t *testing.T, b *Builder, in []side) string {
	t.Helper()
	d := start(t, b)
	var out []string
	for _, r := range in {
		d.pipe(r.topic, r.key, r.value, r.ts)
		if got := d.show("out", codec.String{}, codec.String{}); got != "" {
			out = append(out, strings.ReplaceAll(got, "0=", ""))
		}
	}
	return strings.Join(out, "; ")
}

func check(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("results:\n got %s\nwant %s", got, want)
	}
}

func TestReferenceStreamStream(t *testing.T) {
	const inner = "A-a@4; B-a@5; A-b@6 B-b@6; C-a@9 C-b@9; A-c@10 B-c@10 C-c@10; A-d@14 B-d@14 C-d@14; D-a@15 D-b@15 D-c@15 D-d@15"
	w := JoinWindows{Before: 10 * time.Second, After: 10 * time.Second, Grace: 24 * time.Hour}
	for _, c := range []struct {
		name string
		join func(l, r *Stream) *Stream
		want string
	}{
		{"inner", func(l, r *Stream) *Stream { return l.Join(r, joinWith("-"), w, StreamJoined{}) }, inner},
		{"left", func(l, r *Stream) *Stream { return l.LeftJoin(r, joinWith("-"), w, StreamJoined{}) }, inner + "; null=E-null@16"},
		{"outer", func(l, r *Stream) *Stream { return l.OuterJoin(r, joinWith("-"), w, StreamJoined{}) }, inner + "; null=E-null@16; null=null-e@17"},
		{"inner, repartitioned", func(l, r *Stream) *Stream {
			return rekeyed(l).Join(rekeyed(r), joinWith("-"), w, StreamJoined{})
		}, inner},
		{"outer, repartitioned", func(l, r *Stream) *Stream {
			return rekeyed(l).OuterJoin(rekeyed(r), joinWith("-"), w, StreamJoined{Name: "j", Store: "j"})
		}, inner + "; null=E-null@16; null=null-e@17"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := textBuilder()
			c.join(stringStream(b, "l"), stringStream(b, "r")).To("out", Produced{})
			check(t, results(t, b, inOrder()), c.want)
		})
	}
}

func rekeyed(s *Stream) *Stream { return s.SelectKey(key).As(codec.String{}, nil) }

func TestReferenceSelfJoin(t *testing.T) {
	in := []side{{"l", "0", "null", 1}, {"l", "0", "A", 2}, {"l", "0", "B", 3}, {"l", "0", "null", 4}, {"l", "0", "C", 5}, {"l", "0", "null", 6}, {"l", "0", "D", 7}}
	b := textBuilder()
	s := stringStream(b, "l")
	s.Join(s, joinWith("-"), JoinWindows{Before: 10 * time.Second, After: 10 * time.Second, Grace: 24 * time.Hour}, StreamJoined{}).To("out", Produced{})
	check(t, results(t, b, in), "A-A@2; B-A@3 A-B@3 B-B@3; C-A@5 C-B@5 A-C@5 B-C@5 C-C@5; D-A@7 D-B@7 D-C@7 A-D@7 B-D@7 C-D@7 D-D@7")
}

// The table of the documentation: windows of 15 seconds, no grace.
func TestReferenceWindows(t *testing.T) {
	in := []side{{"l", "0", "A", 3}, {"r", "0", "a", 4}, {"l", "0", "E", 40}, {"l", "0", "F", 60}, {"r", "0", "f", 80}}
	b := textBuilder()
	stringStream(b, "l").OuterJoin(stringStream(b, "r"), joinWith("-"), Within(15*ms), StreamJoined{}).To("out", Produced{})
	check(t, results(t, b, in), "A-a@4; E-null@40; F-null@60")
}

func TestReferenceStreamTable(t *testing.T) {
	const versioned = "B-a@5; D-b@6; E-e@15; F-a@4"
	for _, c := range []struct {
		name      string
		left      bool
		versioned time.Duration
		want      string
	}{
		{"inner", false, 0, "B-a@5; D-d@6; E-e@15"},
		{"left", true, 0, "A-null@3; B-a@5; C-null@9; D-d@6; E-e@15; F-null@4"},
		{"inner, versioned", false, time.Minute, versioned},
		{"left, versioned", true, time.Minute, "A-null@3; B-a@5; C-null@9; D-b@6; E-e@15; F-a@4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := textBuilder()
			s, table := stringStream(b, "l"), b.Table("r", Consumed{}, Materialized{Store: "R", History: c.versioned})
			join := s.JoinTable
			if c.left {
				join = s.LeftJoinTable
			}
			join(table, joinWith("-"), Joined{}).To("out", Produced{})
			check(t, results(t, b, outOfOrder()), c.want)
		})
	}
}

func TestReferenceTableTable(t *testing.T) {
	for _, c := range []struct {
		kind  joinKind
		steps string // of the documentation
		late  string // of the list that is out of order
	}{
		{
			innerJoin, "A-a@4; B-a@5; B-b@6; null@7; C-c@10; null@11; D-d@15",
			"A-a@4; B-a@5; B-b@6; null@7; C-c@10; null@11; D-d@7; null@7; E-e@15; null@14; F-f@4",
		},
		{
			leftJoin, "A-null@3; A-a@4; B-a@5; B-b@6; null@7; C-null@9; C-c@10; C-null@11; null@12; D-d@15",
			"A-null@3; A-a@4; B-a@5; B-b@6; null@7; C-null@9; C-c@10; C-null@11; null@12; D-d@7; null@7; E-e@15; null@14; F-null@4; F-f@4",
		},
		{
			outerJoin, "A-null@3; A-a@4; B-a@5; B-b@6; null-b@7; null@8; C-null@9; C-c@10; C-null@11; null@12; null-d@14; D-d@15",
			"A-null@3; A-a@4; B-a@5; B-b@6; null-b@7; null@8; C-null@9; C-c@10; C-null@11; null@12; null-d@7; D-d@7; null-d@7; null@3; " +
				"null-e@14; E-e@15; null-e@14; null@9; F-null@4; F-f@4",
		},
	} {
		for _, store := range []string{"", "J"} {
			for _, list := range []struct {
				in   []side
				want string
			}{{inOrder(), c.steps}, {outOfOrder(), c.late}} {
				b := textBuilder()
				l, r := b.Table("l", Consumed{}, Materialized{}), b.Table("r", Consumed{}, Materialized{})
				l.joinTable(r, joinWith("-"), Materialized{Store: store}, nil, c.kind).ToStream().To("out", Produced{})
				check(t, results(t, b, list.in), list.want)
			}
		}
	}
}

// Of versioned tables an update that is not the latest makes no result.
func TestReferenceVersionedTables(t *testing.T) {
	for _, c := range []struct {
		left, right time.Duration
		last        string
	}{{time.Minute, 0, "E-f@15"}, {0, time.Minute, "F-e@14"}} {
		for _, kind := range []joinKind{innerJoin, leftJoin, outerJoin} {
			b := textBuilder()
			l := b.Table("l", Consumed{}, Materialized{Store: "L", History: c.left})
			r := b.Table("r", Consumed{}, Materialized{Store: "R", History: c.right})
			l.joinTable(r, joinWith("-"), Materialized{}, nil, kind).ToStream().To("out", Produced{})
			got := results(t, b, outOfOrder())
			if all := strings.Split(got, "; "); all[len(all)-1] != c.last {
				t.Errorf("results %s, want %s last", got, c.last)
			}
		}
	}
}

// The table of the documentation of foreign-key joins.
func TestReferenceForeignKey(t *testing.T) {
	in := []side{
		{"l", "k", "1", 0},
		{"r", "1", "foo", 0},
		{"l", "k", "2", 0},
		{"l", "k", "3", 0},
		{"r", "3", "bar", 0},
		{"l", "k", "null", 0},
		{"l", "k", "1", 0},
		{"l", "q", "10", 0},
		{"l", "r", "10", 0},
		{"r", "10", "baz", 0},
	}
	for _, c := range []struct {
		left bool
		want string
	}{
		{false, "k=1,foo@0; k=null@0; k=null@0; k=3,bar@0; k=null@0; k=1,foo@0; q=10,baz@0 r=10,baz@0"},
		{true, "k=1,null@0; k=1,foo@0; k=2,null@0; k=3,null@0; k=3,bar@0; k=null@0; k=1,foo@0; q=10,null@0; r=10,null@0; q=10,baz@0 r=10,baz@0"},
	} {
		b := textBuilder()
		l, r := b.Table("l", Consumed{}, Materialized{}), b.Table("r", Consumed{}, Materialized{})
		l.joinForeign(r, value, joinWith(","), TableJoined{}, Materialized{}, c.left).ToStream().To("out", Produced{})
		d := start(t, b)
		var out []string
		for _, r := range in {
			d.pipe(r.topic, r.key, r.value, r.ts)
			if got := d.show("out", codec.String{}, codec.String{}); got != "" {
				out = append(out, got)
			}
		}
		check(t, strings.Join(out, "; "), c.want)
	}
}

func key(r *topology.Record) (codec.Value, error) { return r.Key, nil }

package dsl

import (
	"strings"
	"testing"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// A case is a list of records, each with what the join answers.
type joinStep struct {
	topic, key, value string
	ts                int64
	want              string
}

func runSteps(t *testing.T, b *bench, steps []joinStep) {
	t.Helper()
	for i, s := range steps {
		b.pipe(s.topic, s.key, s.value, s.ts)
		if got := b.show("out", codec.String{}, codec.String{}); got != s.want {
			t.Errorf("record %d, %s %s=%s@%d:\n got %s\nwant %s", i, s.topic, s.key, s.value, s.ts, got, s.want)
		}
	}
}

func retriggered(t *testing.T, left bool, o Joined) *bench {
	t.Helper()
	b := textBuilder()
	s := b.Stream([]string{"s"}, Consumed{})
	table := b.Table("t", Consumed{}, Materialized{Store: "T", History: time.Second})
	join := s.JoinTable
	if left {
		join = s.LeftJoinTable
	}
	join(table, joinWith("-"), o).To("out", Produced{})
	return start(t, b)
}

func TestRetrigger(t *testing.T) {
	cases := []struct {
		name  string
		left  bool
		steps []joinStep
	}{
		{"updates in time order emit nothing", false, []joinStep{
			{"t", "k", "a", 10, ""},
			{"s", "k", "A", 20, "k=A-a@20"},
			{"t", "k", "b", 30, ""},
			{"s", "k", "B", 40, "k=B-b@40"},
		}},
		{"a late update reaches the records from its time to the next version", false, []joinStep{
			{"t", "k", "a", 10, ""},
			{"s", "k", "A", 12, "k=A-a@12"},
			{"s", "k", "B", 15, "k=B-a@15"},
			{"s", "k", "C", 25, "k=C-a@25"},
			{"t", "k", "c", 20, "k=C-c@25"},
			{"t", "k", "b", 14, "k=B-b@15"},
			{"t", "k", "d", 20, "k=C-d@25"},
			{"t", "k", "e", 25, "k=C-e@25"},
		}},
		{"other keys are left alone", false, []joinStep{
			{"s", "k", "A", 12, ""},
			{"s", "q", "B", 12, ""},
			{"t", "q", "b", 10, "q=B-b@12"},
		}},
		{"a record that met nothing gets its first result", false, []joinStep{
			{"s", "k", "A", 12, ""},
			{"t", "k", "a", 12, "k=A-a@12"},
			{"t", "k", "b", 11, ""},
		}},
		{"null where an inner join no longer matches, once", false, []joinStep{
			{"t", "k", "a", 10, ""},
			{"s", "k", "A", 20, "k=A-a@20"},
			{"t", "k", "null", 15, "k=null@20"},
			{"t", "k", "null", 16, ""},
			{"t", "k", "b", 18, "k=A-b@20"},
			{"t", "k", "null", 19, "k=null@20"},
		}},
		{"a left join joins with null again", true, []joinStep{
			{"s", "k", "A", 20, "k=A-null@20"},
			{"t", "k", "a", 10, "k=A-a@20"},
			{"t", "k", "null", 15, "k=A-null@20"},
			{"t", "k", "b", 12, ""},
			{"t", "k", "null", 11, ""},
			{"s", "null", "N", 21, "null=N-null@21"},
		}},
		{"records of one key and time, in their order", false, []joinStep{
			{"s", "k", "A", 20, ""},
			{"s", "k", "B", 20, ""},
			{"t", "k", "a", 5, "k=A-a@20 k=B-a@20"},
		}},
		{"not older than the stream time less the duration", false, []joinStep{
			{"s", "k", "A", 100, ""},
			{"s", "k", "B", 101, ""},
			{"s", "q", "Q", 200, ""},
			{"t", "k", "a", 50, "k=A-a@100 k=B-a@101"},
			{"s", "q", "Q", 201, ""},
			{"t", "k", "b", 50, "k=B-b@101"},
			{"s", "k", "late", 90, "k=late-b@90"},
			{"t", "k", "c", 50, "k=B-c@101"},
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			runSteps(t, retriggered(t, c.left, Joined{Retrigger: 100 * ms}), c.steps)
		})
	}
}

// The buffer is a store with a changelog, which a restored task goes on from.
func TestRetriggerChangelog(t *testing.T) {
	b := retriggered(t, false, Joined{Name: "orders", Retrigger: 100 * ms})
	b.pipe("s", "k", "A", 20)
	b.pipe("t", "k", "a", 10)
	if n := len(b.Output("app-orders-Retrigger-changelog")); n != 2 {
		t.Errorf("%d changelog records, want one of the record and one of its result", n)
	}
}

func TestRetriggerWithGrace(t *testing.T) {
	grace := 10 * ms
	runSteps(t, retriggered(t, false, Joined{Grace: &grace, Retrigger: 100 * ms}), []joinStep{
		{"t", "k", "a", 10, ""},
		{"s", "k", "A", 20, ""},
		{"s", "k", "B", 30, "k=A-a@20"},
		{"t", "k", "b", 15, "k=A-b@20"},
		{"s", "k", "C", 40, "k=B-b@30"},
	})
}

func TestRetriggerDescribesItself(t *testing.T) {
	b := textBuilder()
	s := b.Stream([]string{"s"}, Consumed{})
	table := b.Table("t", Consumed{}, Materialized{Store: "T", History: time.Second})
	s.JoinTable(table, joinWith("-"), Joined{Retrigger: ms}).To("out", Produced{})
	top, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	const want = `
    Processor: KSTREAM-JOIN-0000000003 (stores: [T, KSTREAM-JOIN-0000000003-Retrigger])
      --> KSTREAM-MERGE-0000000005
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-RETRIGGER-0000000004 (stores: [T, KSTREAM-JOIN-0000000003-Retrigger])
      --> KSTREAM-MERGE-0000000005
      <-- KTABLE-SOURCE-0000000002
`
	if got := top.Describe(); !strings.Contains(got, want) {
		t.Errorf("describe:\n%s\nwants%s", got, want)
	}
}

func TestGraceAndRetriggerNeedHistory(t *testing.T) {
	grace := func(d time.Duration) *time.Duration { return &d }
	for _, c := range []struct {
		history time.Duration
		o       Joined
		want    string
	}{
		{0, Joined{Grace: grace(ms)}, "grace needs a versioned table"},
		{0, Joined{Retrigger: ms}, "retrigger needs a versioned table"},
		{ms, Joined{Grace: grace(2 * ms)}, "grace of 2ms is longer than the table's history of 1ms"},
		{ms, Joined{Retrigger: 2 * ms}, "retrigger of 2ms is longer than the table's history of 1ms"},
		{ms, Joined{Grace: grace(-ms)}, "is negative"},
		{ms, Joined{Retrigger: -ms}, "is negative"},
	} {
		b := textBuilder()
		table := b.Table("t", Consumed{}, Materialized{Store: "T", History: c.history})
		b.Stream([]string{"s"}, Consumed{}).JoinTable(table, joinWith("-"), c.o).To("out", Produced{})
		if _, err := b.Build(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
}

func TestCopartitionAuto(t *testing.T) {
	counts := func(topic string) int32 { return map[string]int32{"four": 4, "three": 3}[topic] }
	build := func(join func(*Builder, Copartition), auto Copartition) (*topology.Topology, *topology.Partitions, error) {
		b := textBuilder()
		b.Counts = counts
		join(b, auto)
		top, err := b.Build()
		if err != nil {
			t.Fatal(err)
		}
		p, err := top.Resolve(counts)
		return top, p, err
	}
	stream := func(b *Builder, topic string) *Stream { return b.Stream([]string{topic}, Consumed{}) }
	table := func(b *Builder, topic string) *Table {
		return b.Table(topic, Consumed{}, Materialized{Store: topic, History: time.Second})
	}
	for _, c := range []struct {
		name  string
		topic string // the internal one
		join  func(*Builder, Copartition)
	}{
		{"stream and smaller stream", "j-right-repartition", func(b *Builder, c Copartition) {
			stream(b, "four").Join(stream(b, "three"), joinWith("-"), Within(ms), StreamJoined{Name: "j", Copartition: c})
		}},
		{"stream and larger stream", "j-left-repartition", func(b *Builder, c Copartition) {
			stream(b, "three").Join(stream(b, "four"), joinWith("-"), Within(ms), StreamJoined{Name: "j", Copartition: c})
		}},
		{"stream and smaller table", "j-table-repartition", func(b *Builder, c Copartition) {
			stream(b, "four").JoinTable(table(b, "three"), joinWith("-"), Joined{Name: "j", Retrigger: ms, Copartition: c})
		}},
		{"stream and larger table", "j-repartition", func(b *Builder, c Copartition) {
			stream(b, "three").JoinTable(table(b, "four"), joinWith("-"), Joined{Name: "j", Copartition: c})
		}},
		{"table and smaller table", "j-right-repartition", func(b *Builder, c Copartition) {
			table(b, "four").Join(table(b, "three"), joinWith("-"), Materialized{}, TableJoin{Name: "j", Copartition: c})
		}},
		{"table and larger table", "j-left-repartition", func(b *Builder, c Copartition) {
			table(b, "three").Join(table(b, "four"), joinWith("-"), Materialized{}, TableJoin{Name: "j", Copartition: c})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := build(c.join, CopartitionStrict)
			if err == nil || !strings.Contains(err.Error(), "four has 4 partitions") || !strings.Contains(err.Error(), "three has 3 partitions") {
				t.Errorf("without auto: error %v", err)
			}
			top, p, err := build(c.join, CopartitionAuto)
			if err != nil {
				t.Fatal(err)
			}
			if p.Internal[c.topic] != 4 || len(top.Repartitions) != 1 {
				t.Errorf("internal topics %v, want %s with 4 partitions", p.Internal, c.topic)
			}
		})
	}
}

// A table that went through an internal topic joins as it did before, versions included.
func TestCopartitionAutoJoins(t *testing.T) {
	b := textBuilder()
	b.Counts = func(topic string) int32 { return map[string]int32{"s": 4, "t": 3}[topic] }
	table := b.Table("t", Consumed{}, Materialized{Store: "T", History: time.Second})
	b.Stream([]string{"s"}, Consumed{}).LeftJoinTable(table, joinWith("-"), Joined{Copartition: CopartitionAuto}).To("out", Produced{})
	runSteps(t, start(t, b), []joinStep{
		{"t", "k", "a", 10, ""},
		{"t", "k", "b", 20, ""},
		{"s", "k", "A", 15, "k=A-a@15"},
		{"t", "k", "null", 30, ""},
		{"s", "k", "B", 25, "k=B-b@25"},
		{"s", "k", "C", 35, "k=C-null@35"},
	})
}

package topology

import (
	"errors"
	"maps"
	"strings"
	"testing"
)

type idle struct{}

func (idle) Init(*Context) error   { return nil }
func (idle) Process(*Record) error { return nil }

func newIdle() Processor { return idle{} }

// joined is a graph of two topics that meet in one processor, each through a repartition topic where asked for.
func joined(t *testing.T, left, right *Repartition) *Topology {
	t.Helper()
	b := NewBuilder()
	side := func(name string, r *Repartition) string {
		b.AddSource(name, &Source{Topics: []string{name + "-topic"}})
		if r == nil {
			return name
		}
		r.Topic = name + "-repartition"
		b.AddRepartition(r)
		b.AddSink(name+"-sink", &Sink{Topic: r.Topic, Internal: true}, name)
		b.AddSource(name+"-source", &Source{Topics: []string{r.Topic}, Internal: true})
		return name + "-source"
	}
	l, r := side("left", left), side("right", right)
	b.AddProcessor("join", newIdle, l, r)
	b.Copartition(l, r)
	top, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	return top
}

func TestResolve(t *testing.T) {
	cases := []struct {
		name        string
		left, right *Repartition
		counts      map[string]int32
		internal    map[string]int32
		err         string
		hint        string
	}{
		{
			name: "equal counts", counts: map[string]int32{"left-topic": 4, "right-topic": 4}, internal: map[string]int32{},
		},
		{
			name: "different counts", counts: map[string]int32{"left-topic": 4, "right-topic": 3},
			err:  "join topics of different partition counts: left-topic has 4 partitions, right-topic has 3 partitions",
			hint: "right-topic then goes through an internal topic of 4 partitions",
		},
		{
			name: "one side is repartitioned", left: &Repartition{}, counts: map[string]int32{"left-topic": 4, "right-topic": 1},
			internal: map[string]int32{"left-repartition": 1},
		},
		{
			name: "both sides are repartitioned: the larger count", left: &Repartition{}, right: &Repartition{},
			counts: map[string]int32{"left-topic": 4, "right-topic": 7}, internal: map[string]int32{"left-repartition": 7, "right-repartition": 7},
		},
		{
			name: "a count that is asked for", left: &Repartition{Partitions: 2}, right: &Repartition{},
			counts: map[string]int32{"left-topic": 4, "right-topic": 7}, internal: map[string]int32{"left-repartition": 2, "right-repartition": 2},
		},
		{
			name: "two counts asked for", left: &Repartition{Partitions: 2}, right: &Repartition{Partitions: 5},
			counts: map[string]int32{"left-topic": 1, "right-topic": 1},
			err:    "left-repartition has 2 partitions, right-repartition has 5 partitions",
		},
		{
			name: "a count asked for that does not fit a topic", left: &Repartition{Partitions: 2},
			counts: map[string]int32{"left-topic": 1, "right-topic": 1},
			err:    "left-repartition has 2 partitions, right-topic has 1 partition",
		},
		{
			name: "a topic is missing", counts: map[string]int32{"left-topic": 1}, err: "a topic to read does not exist: right-topic",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p, err := joined(t, c.left, c.right).Resolve(func(topic string) int32 { return c.counts[topic] })
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want %s", err, c.err)
				}
				var e *CopartitionError
				if c.hint != "" && (!errors.As(err, &e) || !strings.Contains(e.Hint(), c.hint)) {
					t.Fatalf("hint of %v, want %s", err, c.hint)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(p.Internal, c.internal) {
				t.Fatalf("internal topics %v, want %v", p.Internal, c.internal)
			}
		})
	}
}

// The topics of a foreign-key join depend on each other.
func TestResolveCircle(t *testing.T) {
	b := NewBuilder()
	b.AddSource("left", &Source{Topics: []string{"l"}})
	b.AddSource("right", &Source{Topics: []string{"r"}})
	b.AddRepartition(&Repartition{Topic: "ask"})
	b.AddRepartition(&Repartition{Topic: "answer"})
	b.AddSink("ask-sink", &Sink{Topic: "ask", Internal: true}, "left")
	b.AddSource("ask-source", &Source{Topics: []string{"ask"}, Internal: true})
	b.AddProcessor("look", newIdle, "ask-source", "right")
	b.AddSink("answer-sink", &Sink{Topic: "answer", Internal: true}, "look")
	b.AddSource("answer-source", &Source{Topics: []string{"answer"}, Internal: true})
	b.AddProcessor("resolve", newIdle, "answer-source", "left")
	b.Copartition("ask-source", "right")
	b.Copartition("left", "answer-source")
	top, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int32{"l": 4, "r": 3}
	p, err := top.Resolve(func(topic string) int32 { return counts[topic] })
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]int32{"ask": 3, "answer": 4}; !maps.Equal(p.Internal, want) {
		t.Fatalf("internal topics %v, want %v", p.Internal, want)
	}
	if want := map[int32]int32{0: 4, 1: 3}; !maps.Equal(p.Tasks, want) {
		t.Fatalf("tasks %v, want %v", p.Tasks, want)
	}
}

// Topics that are only merged may differ: the larger gives the tasks.
func TestResolveMerge(t *testing.T) {
	b := NewBuilder()
	b.AddSource("a", &Source{Topics: []string{"x"}})
	b.AddSource("b", &Source{Topics: []string{"y"}})
	b.AddProcessor("merge", newIdle, "a", "b")
	top, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int32{"x": 4, "y": 3}
	p, err := top.Resolve(func(topic string) int32 { return counts[topic] })
	if err != nil || p.Tasks[0] != 4 {
		t.Fatalf("tasks %v, error %v", p, err)
	}
}

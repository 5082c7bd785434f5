package dsl

import (
	"errors"
	"strings"
	"testing"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

func TestStatelessOperators(t *testing.T) {
	text := codec.String{}
	upper := func(r *topology.Record) (codec.Value, error) { return codec.Of(strings.ToUpper(textOf(&r.Value))), nil }
	long := func(r *topology.Record) (bool, error) { return len(textOf(&r.Value)) > 1, nil }
	var printed strings.Builder
	var seen []string
	note := func(r *topology.Record) error {
		seen = append(seen, textOf(&r.Value))
		return nil
	}
	for _, c := range []struct {
		name  string
		build func(*Builder, *Stream)
		want  string // of the records k=a@1 k=bc@2 null=d@3
	}{
		{"filter", func(_ *Builder, s *Stream) { s.Filter(long).To("out", Produced{}) }, "k=bc@2"},
		{"filterNot", func(_ *Builder, s *Stream) { s.FilterNot(long).To("out", Produced{}) }, "k=a@1 null=d@3"},
		{"mapValues", func(_ *Builder, s *Stream) { s.MapValues(upper).As(nil, text).To("out", Produced{}) }, "k=A@1 k=BC@2 null=D@3"},
		{"selectKey", func(_ *Builder, s *Stream) { s.SelectKey(upper).As(text, nil).To("out", Produced{}) }, "A=a@1 BC=bc@2 D=d@3"},
		{"map", func(_ *Builder, s *Stream) {
			s.Map(func(r *topology.Record) (codec.Value, codec.Value, error) { return r.Value, r.Key, nil }).As(text, text).To("out", Produced{})
		}, "a=k@1 bc=k@2 d=null@3"},
		{"flatMap", func(_ *Builder, s *Stream) {
			s.FlatMap(func(r *topology.Record, emit func(k, v codec.Value) error) error {
				for _, l := range textOf(&r.Value) {
					if err := emit(codec.Of(string(l)), r.Value); err != nil {
						return err
					}
				}
				return nil
			}).As(text, text).To("out", Produced{})
		}, "a=a@1 b=bc@2 c=bc@2 d=d@3"},
		{"peek", func(_ *Builder, s *Stream) { s.Peek(note).To("out", Produced{}) }, "k=a@1 k=bc@2 null=d@3"},
		{"foreach", func(_ *Builder, s *Stream) { s.ForEach(note) }, ""},
		{"print", func(_ *Builder, s *Stream) { s.Print(Printed{To: &printed, Label: "p"}) }, ""},
		{"merge", func(b *Builder, s *Stream) { s.Merge(stringStream(b, "other")).To("out", Produced{}) }, "k=a@1 k=bc@2 null=d@3"},
		{"split", func(_ *Builder, s *Stream) {
			split := s.Split()
			split.When(long).MapValues(upper).As(nil, text).To("out", Produced{})
			split.Otherwise().To("out", Produced{})
		}, "k=a@1 k=BC@2 null=d@3"},
		{"split without a rest", func(_ *Builder, s *Stream) { s.Split("s-").When(long, "long").To("out", Produced{}) }, "k=bc@2"},
		{"repartition drops null keys", func(_ *Builder, s *Stream) {
			s.Repartition(Repartitioned{Name: "r", Partitions: 3}).To("out", Produced{})
		}, "k=a@1 k=bc@2"},
		{"through", func(_ *Builder, s *Stream) { s.Through("mid", Produced{}).To("out", Produced{}) }, "k=a@1 k=bc@2 null=d@3"},
		{"dynamic topic", func(_ *Builder, s *Stream) {
			s.ToDynamic(func(r *topology.Record, _ *topology.Origin) (string, error) {
				return strings.Repeat("out", len(textOf(&r.Value))), nil
			}, Produced{})
		}, "k=a@1 null=d@3"},
		{"two streams of a topic", func(b *Builder, s *Stream) {
			s.Filter(long).To("out", Produced{})
			stringStream(b, "in").FilterNot(long).To("out", Produced{})
		}, "k=a@1 k=bc@2 null=d@3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			builder := NewBuilder()
			c.build(builder, stringStream(builder, "in"))
			b := start(t, builder)
			b.pipe("in", "k", "a", 1)
			b.pipe("in", "k", "bc", 2)
			b.pipe("in", "null", "d", 3)
			b.want("out", text, text, c.want)
		})
	}
	if got, want := printed.String(), "[p]: k, a\n[p]: k, bc\n[p]: null, d\n"; got != want {
		t.Errorf("printed %q", got)
	}
	if got := strings.Join(seen, " "); got != "a bc d a bc d" {
		t.Errorf("seen %s", got)
	}
}

func TestErrorsOfFunctionsComeOut(t *testing.T) {
	broken := errors.New("broken")
	fail := func(*topology.Record) (codec.Value, error) { return codec.Value{}, broken }
	for name, build := range map[string]func(*Stream) *Stream{
		"filter": func(s *Stream) *Stream {
			return s.Filter(func(*topology.Record) (bool, error) { return false, broken })
		},
		"mapValues": func(s *Stream) *Stream { return s.MapValues(fail) },
		"selectKey": func(s *Stream) *Stream { return s.SelectKey(fail) },
		"peek":      func(s *Stream) *Stream { return s.Peek(func(*topology.Record) error { return broken }) },
		"split": func(s *Stream) *Stream {
			return s.Split().When(func(*topology.Record) (bool, error) { return false, broken })
		},
		"fold": func(s *Stream) *Stream {
			return s.GroupByKey(Grouped{}).Fold(Sum(fail, nil), Materialized{}).ToStream()
		},
		"dedupe": func(s *Stream) *Stream { return s.Dedupe(Deduped{By: fail, Within: ms}, Materialized{}) },
	} {
		builder := NewBuilder()
		build(stringStream(builder, "in")).To("out", Produced{})
		b := start(t, builder)
		if err := b.Pipe("in", record("k", "v", 1)); !errors.Is(err, broken) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestBuilderMistakes(t *testing.T) {
	for name, build := range map[string]func(*Builder){
		"no topic":                func(b *Builder) { stringStream(b, "in").To("", Produced{}) },
		"two builders":            func(b *Builder) { stringStream(b, "in").Merge(stringStream(NewBuilder(), "x")) },
		"a branch after the rest": func(b *Builder) { s := stringStream(b, "in").Split(); s.Otherwise(); s.When(nil) },
		"a window of nothing":     func(b *Builder) { stringStream(b, "in").GroupByKey(Grouped{}).WindowedBy(Tumbling(0, 0)) },
		"a hop beyond the size":   func(b *Builder) { stringStream(b, "in").GroupByKey(Grouped{}).WindowedBy(Hopping(ms, 2*ms, 0)) },
		"a negative grace":        func(b *Builder) { stringStream(b, "in").GroupByKey(Grouped{}).WindowedBy(Days(1, nil, -1)) },
		"a session without a gap": func(b *Builder) { stringStream(b, "in").GroupByKey(Grouped{}).WindowedBySession(SessionWindows{}) },
		"a negative difference": func(b *Builder) {
			stringStream(b, "in").GroupByKey(Grouped{}).WindowedBySliding(SlidingWindows{Difference: -1})
		},
		"a session that cannot join":    func(b *Builder) { sessionWithoutJoin(b) },
		"a table that cannot take back": func(b *Builder) { tableWithoutSub(b) },
		"a retention below the windows": func(b *Builder) {
			stringStream(b, "in").GroupByKey(Grouped{}).WindowedBy(Tumbling(10*ms, 0)).Count(Materialized{Retention: ms})
		},
		"a versioned global table": func(b *Builder) { b.GlobalTable("g", Consumed{}, Materialized{History: ms}) },
		"dedupe within nothing":    func(b *Builder) { stringStream(b, "in").Dedupe(Deduped{}, Materialized{}) },
	} {
		b := NewBuilder()
		build(b)
		if _, err := b.Build(); !errors.Is(err, ErrUsage) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	b := NewBuilder()
	if _, err := b.Build(); err != nil {
		t.Error(err)
	}
	if _, err := b.Build(); !errors.Is(err, ErrUsage) {
		t.Errorf("built twice: %v", err)
	}
}

func sessionWithoutJoin(b *Builder) {
	stringStream(b, "in").GroupByKey(Grouped{}).WindowedBySession(SessionWindows{Gap: ms}).
		Aggregate(func() (codec.Value, error) { return codec.Of(""), nil }, concat, nil, Materialized{})
}

func tableWithoutSub(b *Builder) {
	stringTable(b, "t", Materialized{}).GroupBy(func(r *topology.Record) (codec.Value, codec.Value, error) {
		return r.Key, r.Value, nil
	}, Grouped{}).Fold(Max(value, nil), Materialized{})
}

package dsl

import (
	"testing"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

func stringTable(b *Builder, topic string, m Materialized) *Table {
	return b.Table(topic, Consumed{Key: codec.String{}, Value: codec.String{}}, m)
}

// The bytes are those of "table aggregate (change events)", recorded from Kafka Streams 4.3.1.
func TestTableGroupBytes(t *testing.T) {
	builder := NewBuilder()
	stringTable(builder, "t", Materialized{}).
		GroupBy(func(r *topology.Record) (codec.Value, codec.Value, error) { return r.Value, r.Value, nil }, Grouped{Key: codec.String{}, Value: codec.String{}}).
		Count(Materialized{Store: "cnt"}).ToStream().To("out", Produced{})
	b := start(t, builder)
	topics := map[string]codec.Codec{"app-cnt-repartition": codec.Bytes{}, "app-cnt-changelog": codec.Long{}, "out": codec.Long{}, "app-t-STATE-STORE-0000000000-changelog": codec.String{}}
	for _, s := range []struct {
		value string
		ts    int64
		want  map[string]string
	}{
		{"E", 1, map[string]string{"app-cnt-repartition": "E=[69 1]@1", "app-cnt-changelog": "E=1@1", "out": "E=1@1", "app-t-STATE-STORE-0000000000-changelog": "alice=E@1"}},
		{"A", 2, map[string]string{"app-cnt-repartition": "E=[69 0]@2 A=[65 1]@2", "app-cnt-changelog": "E=0@2 A=1@2", "out": "E=0@2 A=1@2", "app-t-STATE-STORE-0000000000-changelog": "alice=A@2"}},
		{"null", 3, map[string]string{"app-cnt-repartition": "A=[65 0]@3", "app-cnt-changelog": "A=0@3", "out": "A=0@3", "app-t-STATE-STORE-0000000000-changelog": "alice=null@3"}},
	} {
		b.pipe("t", "alice", s.value, s.ts)
		for topic, c := range topics {
			b.want(topic, codec.String{}, c, s.want[topic])
		}
	}
}

// Both sides of a change under one key travel in one record (KIP-904).
func TestTableGroupOfOneKey(t *testing.T) {
	builder := NewBuilder()
	all := codec.Of("all")
	stringTable(builder, "t", Materialized{}).
		GroupBy(func(r *topology.Record) (codec.Value, codec.Value, error) { return all, r.Value, nil }, Grouped{Key: codec.String{}, Value: codec.String{}}).
		Fold(Sum(number, codec.Long{}), Materialized{Store: "sum"}).ToStream().To("out", Produced{})
	b := start(t, builder)
	b.pipe("t", "a", "5", 1)
	b.pipe("t", "b", "7", 5)
	b.pipe("t", "a", "6", 2)
	b.pipe("t", "b", "null", 3)
	b.want("app-sum-repartition", codec.String{}, codec.Bytes{}, "all=[53 1]@1 all=[55 1]@5 all=[2 54 53 2]@2 all=[55 0]@3")
	b.want("out", codec.String{}, codec.Long{}, "all=5@1 all=12@5 all=13@5 all=6@5")
}

// A table without a name gets a store only where something below needs one.
func TestTablesAreKeptWhereNeeded(t *testing.T) {
	keep := func(r *topology.Record) (bool, error) { return textOf(&r.Value) != "no", nil }
	for _, c := range []struct {
		name  string
		build func(*Builder)
		store string
		want  string
	}{
		{"not kept, a tombstone for every rejected value", func(b *Builder) {
			stringTable(b, "t", Materialized{}).Filter(keep, Materialized{}).ToStream().To("out", Produced{})
		}, "", "k=null@1 k=yes@2 k=null@3 k=null@4"},
		{"kept, tombstones only where there was a value", func(b *Builder) {
			stringTable(b, "t", Materialized{Store: "s"}).Filter(keep, Materialized{}).ToStream().To("out", Produced{})
		}, "s", "k=yes@2 k=null@3"},
		{"kept by the filter itself", func(b *Builder) {
			stringTable(b, "t", Materialized{}).Filter(keep, Materialized{Store: "f"}).ToStream().To("out", Produced{})
		}, "f", "k=null@1 k=yes@2 k=null@3 k=null@4"},
		{"filterNot", func(b *Builder) {
			stringTable(b, "t", Materialized{Store: "s"}).FilterNot(keep, Materialized{}).ToStream().To("out", Produced{})
		}, "s", "k=no@1 k=null@2 k=no@3 k=no@4"},
		{"mapValues leaves nulls alone", func(b *Builder) {
			stringTable(b, "t", Materialized{}).MapValues(func(r *topology.Record) (codec.Value, error) {
				return codec.Of(textOf(&r.Value) + "!"), nil
			}, Materialized{Store: "m", Value: codec.String{}}).ToStream().To("out", Produced{})
		}, "m", "k=no!@1 k=yes!@2 k=no!@3 k=no!@4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			builder := NewBuilder()
			c.build(builder)
			b := start(t, builder)
			for i, v := range []string{"no", "yes", "no", "no"} {
				b.pipe("t", "k", v, int64(i+1))
			}
			b.want("out", codec.String{}, codec.String{}, c.want)
			if c.store != "" && b.Store(c.store) == nil {
				t.Errorf("no store %s", c.store)
			}
		})
	}
}

func TestToTable(t *testing.T) {
	builder := NewBuilder()
	stringStream(builder, "in").SelectKey(value).As(codec.String{}, nil).
		ToTable(Materialized{Store: "latest"}, "tt").ToStream().To("out", Produced{})
	b := start(t, builder)
	b.pipe("in", "x", "a", 1)
	b.want("app-tt-repartition", codec.String{}, codec.String{}, "a=a@1")
	b.want("app-latest-changelog", codec.String{}, codec.String{}, "a=a@1")
	b.want("out", codec.String{}, codec.String{}, "a=a@1")
}

func TestReusedSourceHasNoChangelog(t *testing.T) {
	builder := NewBuilder()
	stringTable(builder, "t", Materialized{Store: "s", ReuseSource: true}).ToStream().To("out", Produced{})
	b := start(t, builder)
	b.pipe("t", "k", "v", 1)
	b.pipe("t", "null", "v", 1)
	b.want("out", codec.String{}, codec.String{}, "k=v@1")
	for _, topic := range b.Topics() {
		if topic != "out" {
			t.Errorf("topic %s", topic)
		}
	}
	if n := b.Dropped()["null key"]; n != 1 {
		t.Errorf("%d dropped", n)
	}
}

func TestFoldsOfTheirOwn(t *testing.T) {
	by := func(f Fold, c codec.Codec, inputs ...string) func(*testing.T, string) {
		return func(t *testing.T, want string) {
			t.Helper()
			builder := NewBuilder()
			stringStream(builder, "in").GroupByKey(Grouped{}).Fold(f, Materialized{}).ToStream().To("out", Produced{})
			b := start(t, builder)
			for i, v := range inputs {
				b.pipe("in", "k", v, int64(i))
			}
			b.want("out", codec.String{}, c, want)
		}
	}
	for _, c := range []struct {
		name, want string
		run        func(*testing.T, string)
	}{
		{"sum", "k=3@0 k=8@1", by(Sum(number, codec.Long{}), codec.Long{}, "3", "5")},
		{"sum of doubles", "k=3@0 k=1@1", by(Sum(number, nil), codec.Double{}, "3", "-2")},
		{"min", "k=3@0 k=1@1 k=1@2", by(Min(number, codec.Long{}), codec.Long{}, "3", "1", "2")},
		{"max of texts", "k=b@0 k=b@1 k=c@2", by(Max(value, codec.String{}), codec.String{}, "b", "a", "c")},
		{"avg", "k=3@0 k=2@1", by(Avg(number), codec.Double{}, "3", "1")},
		{"collect", `k=["a"]@0 k=["a","b"]@1 k=["b","a"]@2`, by(Collect(value, 2, false), codec.JSON{}, "a", "b", "a")},
		{"collect distinct", `k=["a"]@0 k=["a","b"]@1 k=["a","b"]@2`, by(Collect(value, 0, true), codec.JSON{}, "a", "b", "a")},
		{"topK", `k=[3]@0 k=[5,3]@1 k=[5,4]@2`, by(TopK(number, 2, nil), codec.JSON{}, "3", "5", "4")},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, c.want) })
	}
}

func TestCogroup(t *testing.T) {
	builder := NewBuilder()
	one := stringStream(builder, "one").GroupByKey(Grouped{})
	two := stringStream(builder, "two").SelectKey(value).GroupByKey(Grouped{Key: codec.String{}})
	one.Cogroup(concat).And(two, func(r *topology.Record, agg *codec.Value) (codec.Value, error) {
		return codec.Of(textOf(agg) + "+" + textOf(&r.Value)), nil
	}).Aggregate(func() (codec.Value, error) { return codec.Of(">"), nil }, Materialized{Store: "all", Value: codec.String{}}).
		ToStream().To("out", Produced{})
	b := start(t, builder)
	b.pipe("one", "k", "a", 1)
	b.pipe("two", "x", "k", 5)
	b.pipe("one", "k", "b", 3)
	b.want("out", codec.String{}, codec.String{}, "k=>a@1 k=>a+k@5 k=>a+kb@5")
}

package dsl

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/driver"
	"kq/pkg/streams/topology"
)

// The files in testdata that start with join_ were recorded from Kafka Streams
// 4.3.1's TopologyTestDriver, with no interval between emissions of outer joins.

// shown is a value as a joiner in Java shows it.
func shown(v *codec.Value) (string, error) {
	d, err := v.Any()
	if err != nil {
		return "", err
	}
	if d == nil {
		return "null", nil
	}
	return fmt.Sprint(d), nil
}

// joinWith puts sep between the two values.
func joinWith(sep string) Joiner {
	return func(_, left, right *codec.Value) (codec.Value, error) {
		l, err := shown(left)
		if err != nil {
			return codec.Value{}, err
		}
		r, err := shown(right)
		return codec.Of(l + sep + r), err
	}
}

func textBuilder() *Builder {
	b := NewBuilder()
	b.Key, b.Value = codec.String{}, codec.String{}
	return b
}

// dump is every record of every topic, byte by byte.
func dump(d *driver.Driver) string {
	var b strings.Builder
	for _, topic := range d.Topics() {
		for _, r := range d.Output(topic) {
			ts := "null"
			if r.Timestamp >= 0 {
				ts = fmt.Sprint(r.Timestamp)
			}
			fmt.Fprintf(&b, "  %s ts=%s k=%s v=%s", topic, ts, hexOf(r.Key), hexOf(r.Value))
			for _, h := range r.Headers {
				fmt.Fprintf(&b, " H:%s=%s", h.Key, hexOf(h.Value))
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func hexOf(b []byte) string {
	if b == nil {
		return "null"
	}
	return fmt.Sprintf("%x", b)
}

func built(t *testing.T, b *Builder, app string) (*topology.Topology, *driver.Driver) {
	t.Helper()
	top, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	d, err := driver.New(top, driver.Options{App: app})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return top, d
}

func put(t *testing.T, d *driver.Driver, topic, key, value string, ts int64) {
	t.Helper()
	if err := d.Pipe(topic, driver.Record{Key: raw(key), Value: raw(value), Timestamp: ts}); err != nil {
		t.Fatal(err)
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	want, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Fatalf("line %d of %s differs:\n%s\nwhole text:\n%s", i+1, file, strings.Join(w[i:min(i+1, len(w))], ""), got)
		}
	}
}

func TestWindowedJoinsWriteKafkasBytes(t *testing.T) {
	var out strings.Builder
	for _, kind := range []string{"inner", "left", "outer"} {
		b := textBuilder()
		l, r := b.Stream([]string{"left"}, Consumed{}), b.Stream([]string{"right"}, Consumed{})
		join := map[string]func(*Stream, Joiner, JoinWindows, StreamJoined) *Stream{"inner": l.Join, "left": l.LeftJoin, "outer": l.OuterJoin}[kind]
		join(r, joinWith("-"), Within(15*time.Millisecond), StreamJoined{Store: "sj"}).To("out", Produced{Key: codec.String{}, Value: codec.String{}})
		top, d := built(t, b, "g-ss-"+kind)
		if kind != "inner" {
			out.WriteString(top.Describe() + "\n")
		}
		for _, e := range []struct {
			topic, value string
			ts           int64
		}{{"left", "A", 3}, {"right", "a", 4}, {"left", "E", 40}, {"left", "F", 60}, {"right", "f", 80}, {"right", "g", 120}, {"left", "Z", 160}} {
			put(t, d, e.topic, "k", e.value, e.ts)
			fmt.Fprintf(&out, "> %s [%s, %s, %d]\n", kind, e.topic, e.value, e.ts)
			out.WriteString(dump(d))
		}
	}
	golden(t, "join_windowed.txt", out.String())
}

func TestForeignKeyJoinWritesKafkasBytes(t *testing.T) {
	b := textBuilder()
	l, r := b.Table("left", Consumed{}, Materialized{Store: "L"}), b.Table("right", Consumed{}, Materialized{Store: "R"})
	l.LeftJoinForeign(r, func(r *topology.Record) (codec.Value, error) { return r.Value, nil }, joinWith("+"),
		TableJoined{Name: "fkj"}, Materialized{Store: "J"}).ToStream().To("out", Produced{})
	top, d := built(t, b, "g-fk")
	out := top.Describe() + "\n"
	put(t, d, "right", "f1", "R1", 10)
	put(t, d, "left", "p1", "f1", 20)
	out += dump(d) + "-- left p1 -> f2\n"
	put(t, d, "left", "p1", "f2", 30)
	out += dump(d) + "-- delete left\n"
	put(t, d, "left", "p1", "null", 40)
	golden(t, "join_foreign.txt", out+dump(d))
}

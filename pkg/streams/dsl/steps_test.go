package dsl

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"kq/pkg/streams/codec"
)

// step is a record that goes in and what the JVM answered to it.
type step struct {
	topic, key, value string
	ts                int64
	want              string
}

// steps reads the cases of testdata/steps.txt, recorded from Kafka Streams 4.3.1.
func steps(t *testing.T) map[string][]step {
	t.Helper()
	text, err := os.ReadFile("testdata/steps.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]step{}
	name := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if n, ok := strings.CutPrefix(line, "## "); ok {
			name = n
			continue
		}
		in, want, ok := strings.Cut(line, "->")
		if !ok {
			continue
		}
		f := strings.Split(strings.Trim(strings.TrimSpace(in), "[]"), ", ")
		ts, err := strconv.ParseInt(f[3], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = append(out[name], step{f[0], f[1], f[2], ts, strings.TrimSpace(want)})
	}
	return out
}

const ms = time.Millisecond

func TestStepsOfTheJVM(t *testing.T) {
	counts := func(cut func(*Group) *Windowed, after func(*Table) *Table) func(*Builder) {
		return func(b *Builder) {
			g := stringStream(b, "in").GroupByKey(Grouped{})
			after(cut(g).Count(Materialized{})).ToStream().To("out", Produced{})
		}
	}
	same := func(t *Table) *Table { return t }
	windows := func(w Windows) func(*Group) *Windowed {
		return func(g *Group) *Windowed { return g.WindowedBy(w) }
	}
	size := codec.TimeWindowed{Inner: codec.String{}, Size: 10}
	cases := []struct {
		name       string
		key, value codec.Codec
		build      func(*Builder)
		// differs replaces answers of the JVM that it gets wrong itself, by step.
		differs map[int]string
	}{
		{"tumbling10g3", size, codec.Long{}, counts(windows(Tumbling(10*ms, 3*ms)), same), nil},
		{"hopping10by5g3", size, codec.Long{}, counts(windows(Hopping(10*ms, 5*ms, 3*ms)), same), nil},
		{"sliding10g3", size, codec.Long{}, counts(func(g *Group) *Windowed {
			return g.WindowedBySliding(SlidingWindows{Difference: 10 * ms, Grace: 3 * ms})
		}, same), nil},
		// Without a cache the JVM loses the window of 10 here, because its store forgets it first.
		{"emitfinal10g3", size, codec.Long{}, counts(func(g *Group) *Windowed {
			return g.WindowedBy(Tumbling(10*ms, 3*ms)).Emit(Emit{OnClose: true})
		}, same), map[int]string{6: "[k@10 =3 ts19] [k@20 =1 ts20]"}},
		{"suppress10g3", size, codec.Long{}, counts(windows(Tumbling(10*ms, 3*ms)), func(t *Table) *Table {
			return t.Suppress(Suppressed{WindowClose: true})
		}), nil},
		{"reduce", codec.String{}, codec.String{}, func(b *Builder) {
			stringStream(b, "l").GroupByKey(Grouped{}).Reduce(concat, Materialized{}).ToStream().To("out", Produced{})
		}, nil},
	}
	all := steps(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			builder := NewBuilder()
			c.build(builder)
			b := start(t, builder)
			for i, s := range all[c.name] {
				b.pipe(s.topic, s.key, s.value, s.ts)
				want := s.want
				if other, ok := c.differs[i]; ok {
					want = other
				}
				if got := b.jvm("out", c.key, c.value); got != want {
					t.Errorf("step %d %v:\n got %s\nwant %s", i, s, got, want)
				}
			}
		})
	}
}

// jvm drains a topic in the form of steps.txt.
func (b *bench) jvm(topic string, key, value codec.Codec) string {
	b.t.Helper()
	var out []string
	for _, r := range b.Output(topic) {
		k := codec.Encoded(r.Key, key)
		d, err := k.Any()
		if err != nil {
			b.t.Fatal(err)
		}
		v := b.text(value, r.Value)
		if w, ok := d.(codec.Windowed); ok {
			out = append(out, fmt.Sprintf("[%s@%d =%s ts%d]", textOf(&w.Key), w.Start, v, r.Timestamp))
		} else {
			out = append(out, fmt.Sprintf("[%v=%s ts%d]", d, v, r.Timestamp))
		}
	}
	return strings.Join(out, " ")
}

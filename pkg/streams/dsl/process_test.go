package dsl

import (
	"fmt"
	"testing"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

func TestHandler(t *testing.T) {
	builder := NewBuilder()
	builder.AddStore(&state.Spec{Name: "last"})
	closed := 0
	out := stringStream(builder, "in").Handle(func() Handler {
		var last *state.KeyValue
		count := 0
		tell := func(what string) func(ctx *topology.Context, now int64) error {
			return func(ctx *topology.Context, now int64) error {
				return ctx.Forward(&topology.Record{Key: codec.Of(what), Value: codec.Of(fmt.Sprint(count)), Timestamp: now})
			}
		}
		return Handler{
			Init: func(ctx *topology.Context) error {
				last = ctx.Store("last").(*state.KeyValue)
				return nil
			},
			On: func(_ *topology.Context, r *topology.Record) error {
				count++
				key, err := r.Key.Bytes(codec.String{})
				if err != nil {
					return err
				}
				b, err := r.Value.Bytes(codec.String{})
				last.Put(key, b, r.Timestamp)
				return err
			},
			Every: []Every{
				{Interval: 10 * ms, Clock: topology.StreamClock, Do: tell("stream")},
				{Interval: time.Second, Clock: topology.WallClock, Do: tell("wall")},
			},
			Close: func() error { closed++; return nil },
		}
	}, []string{"last"})
	out.As(codec.String{}, codec.String{}).To("out", Produced{})
	b := start(t, builder)
	b.pipe("in", "k", "a", 5)
	b.pipe("in", "k", "b", 25)
	if err := b.AdvanceWall(time.Second); err != nil {
		t.Fatal(err)
	}
	b.want("app-last-changelog", codec.String{}, codec.String{}, "k=a@5 k=b@25")
	b.want("out", codec.String{}, codec.String{}, "stream=1@5 stream=2@25 wall=2@1000")
	if !out.Moved() {
		t.Error("the key may have changed")
	}
	if err := b.Close(); err != nil || closed != 1 {
		t.Errorf("closed %d times, %v", closed, err)
	}
}

func TestDedupe(t *testing.T) {
	for _, c := range []struct {
		name string
		d    Deduped
		in   []string // key=value@ts
		want string
		drop map[string]int64
	}{
		{"by key, not prolonged by repetitions", Deduped{Within: 10 * ms}, []string{"k=a@0", "k=b@9", "k=c@10", "k=d@12"}, "k=a@0 k=c@10", map[string]int64{"duplicate": 2}},
		{"by value", Deduped{By: value, Within: 10 * ms}, []string{"k=a@0", "l=a@1", "k=b@1"}, "k=a@0 k=b@1", map[string]int64{"duplicate": 1}},
		{"out of order", Deduped{Within: 10 * ms}, []string{"k=a@20", "k=b@11", "k=c@10", "k=d@9"}, "k=a@20 k=c@10", map[string]int64{"duplicate": 1, "late": 1}},
		{"grace", Deduped{Within: 10 * ms, Grace: 2 * ms}, []string{"k=a@20", "l=b@17", "l=c@18"}, "k=a@20 l=c@18", map[string]int64{"late": 1}},
		{"nothing in common", Deduped{Within: 10 * ms}, []string{"null=a@1"}, "", map[string]int64{"null key": 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			builder := NewBuilder()
			stringStream(builder, "in").Dedupe(c.d, Materialized{Store: "seen"}).To("out", Produced{})
			b := start(t, builder)
			for _, in := range c.in {
				var key, value string
				var ts int64
				if _, err := fmt.Sscanf(spaced(in), "%s %s %d", &key, &value, &ts); err != nil {
					t.Fatal(err)
				}
				b.pipe("in", key, value, ts)
			}
			b.want("out", codec.String{}, codec.String{}, c.want)
			if got := fmt.Sprint(b.Dropped()); got != fmt.Sprint(c.drop) {
				t.Errorf("dropped %s", got)
			}
		})
	}
}

// spaced takes key=value@ts apart.
func spaced(in string) string {
	b := []byte(in)
	for i, c := range b {
		if c == '=' || c == '@' {
			b[i] = ' '
		}
	}
	return string(b)
}

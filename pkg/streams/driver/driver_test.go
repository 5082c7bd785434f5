package driver_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/driver"
	"kq/pkg/streams/state"
	"kq/pkg/streams/task"
	"kq/pkg/streams/topology"
)

// split forwards the words of a value, each under itself as the key.
type split struct{ ctx *topology.Context }

func (p *split) Init(ctx *topology.Context) error { p.ctx = ctx; return nil }

func (p *split) Process(r *topology.Record) error {
	v, err := r.Value.Any()
	if err != nil {
		return err
	}
	for word := range strings.FieldsSeq(v.(string)) {
		if word == "boom" {
			return errors.New("a word that is not taken")
		}
		out := *r
		out.Key, out.Value = codec.Of(word), codec.Of(word)
		if err := p.ctx.Forward(&out); err != nil {
			return err
		}
	}
	return nil
}

// tally counts by key.
type tally struct {
	ctx   *topology.Context
	store *state.KeyValue
}

func (p *tally) Init(ctx *topology.Context) error {
	p.ctx, p.store = ctx, ctx.Store("counts").(*state.KeyValue)
	ctx.Schedule(time.Minute, topology.WallClock, func(now int64) error {
		return ctx.Forward(&topology.Record{Key: codec.Of("tick"), Value: codec.Of(now), Timestamp: now})
	})
	return nil
}

func (p *tally) Process(r *topology.Record) error {
	key, err := r.Key.Bytes(codec.String{})
	if err != nil {
		return err
	}
	old, ts, err := p.store.Get(key)
	if err != nil {
		return err
	}
	v := codec.Encoded(old, codec.Long{})
	n, err := v.Any()
	if err != nil {
		return err
	}
	count, _ := n.(int64) // none: 0
	out := *r
	out.Value, out.Timestamp = codec.Of(count+1), max(ts, r.Timestamp)
	b, err := out.Value.Bytes(codec.Long{})
	if err != nil {
		return err
	}
	p.store.Put(key, b, out.Timestamp)
	return p.ctx.Forward(&out)
}

func wordCount(t *testing.T) *topology.Topology {
	t.Helper()
	b := topology.NewBuilder()
	b.AddSource("lines", &topology.Source{Topics: []string{"in"}, Key: codec.String{}, Value: codec.String{}})
	b.AddProcessor("split", func() topology.Processor { return &split{} }, "lines")
	b.AddSink("words", &topology.Sink{Topic: "words-repartition", Internal: true, Key: codec.String{}, Value: codec.String{}}, "split")
	b.AddRepartition(&topology.Repartition{Topic: "words-repartition"})
	b.AddSource("words-again", &topology.Source{Topics: []string{"words-repartition"}, Internal: true, Key: codec.String{}, Value: codec.String{}})
	b.AddProcessor("tally", func() topology.Processor { return &tally{} }, "words-again")
	b.AddStore(&state.Spec{Name: "counts"}, "tally")
	b.AddSink("out", &topology.Sink{Topic: "out", Key: codec.String{}, Value: codec.Long{}}, "tally")
	top, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	return top
}

func lines(records []driver.Record) []string {
	var out []string
	for _, r := range records {
		out = append(out, fmt.Sprintf("%s=%x@%d", r.Key, r.Value, r.Timestamp))
	}
	return out
}

func TestWordCount(t *testing.T) {
	d, err := driver.New(wordCount(t), driver.Options{App: "wc", Wall: time.UnixMilli(1_000_000)})
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range []string{"a b a", "b"} {
		if err := d.Pipe("in", driver.Record{Value: []byte(line), Timestamp: int64(10 - i)}); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"a=0000000000000001@10", "b=0000000000000001@10", "a=0000000000000002@10", "b=0000000000000002@10"}
	if got, topics := d.Topics(), []string{"out", "wc-counts-changelog", "wc-words-repartition"}; !slices.Equal(got, topics) {
		t.Fatalf("topics %q, want %q", got, topics)
	}
	for _, topic := range []string{"out", "wc-counts-changelog"} {
		if got := lines(d.Output(topic)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", topic, got, want)
		}
	}
	if got := lines(d.Output("wc-words-repartition")); !slices.Equal(got, []string{"a=61@10", "b=62@10", "a=61@10", "b=62@9"}) {
		t.Errorf("repartition topic: %q", got)
	}
	value, _, err := d.Store("counts").(*state.KeyValue).Get([]byte("b"))
	if err != nil || string(value) != "\x00\x00\x00\x00\x00\x00\x00\x02" {
		t.Errorf("count of b: %x (%v)", value, err)
	}
	if err := d.AdvanceWall(59 * time.Second); err != nil || d.Output("out") != nil {
		t.Fatalf("the punctuation came early (%v)", err)
	}
	if err := d.AdvanceWall(time.Second); err != nil {
		t.Fatal(err)
	}
	if got := lines(d.Output("out")); !slices.Equal(got, []string{"tick=0000000000102ca0@1060000"}) {
		t.Errorf("punctuation: %q", got)
	}
	if err := d.Pipe("words", driver.Record{}); err == nil {
		t.Error("a topic that nobody reads was taken")
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func TestErrorsAreDecided(t *testing.T) {
	record := driver.Record{Value: []byte("x boom y"), Timestamp: 1}
	strict, err := driver.New(wordCount(t), driver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var re *task.RecordError
	if err := strict.Pipe("in", record); !errors.As(err, &re) || re.Node != "split" || re.Phase != task.Process {
		t.Errorf("got %v", err)
	}
	var seen []string
	lax, err := driver.New(wordCount(t), driver.Options{OnError: func(e *task.RecordError) error {
		seen = append(seen, string(e.Input.Value))
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := lax.Pipe("in", record); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(seen, []string{"x boom y"}) {
		t.Errorf("handled %q", seen)
	}
	if got := lines(lax.Output("out")); !slices.Equal(got, []string{"x=0000000000000001@1"}) {
		t.Errorf("what was forwarded before the failure: %q", got)
	}
}

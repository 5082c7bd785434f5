package dsl

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/driver"
	"kq/pkg/streams/topology"
)

// bench runs a topology and shows what comes out of it.
type bench struct {
	*driver.Driver
	t *testing.T
}

func start(t *testing.T, b *Builder) *bench {
	t.Helper()
	top, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	d, err := driver.New(top, driver.Options{App: "app"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bench{Driver: d, t: t}
}

// raw is the bytes of a text, nil for null.
func raw(s string) []byte {
	if s == "null" {
		return nil
	}
	return []byte(s)
}

// pipe sends a record of texts, "null" being null.
func (b *bench) pipe(topic, key, value string, ts int64) {
	b.t.Helper()
	if err := b.Pipe(topic, record(key, value, ts)); err != nil {
		b.t.Fatal(err)
	}
}

// show drains a topic: "key=value@ts" for each record.
func (b *bench) show(topic string, key, value codec.Codec) string {
	b.t.Helper()
	var out []string
	for _, r := range b.Output(topic) {
		out = append(out, fmt.Sprintf("%s=%s@%d", b.text(key, r.Key), b.text(value, r.Value), r.Timestamp))
	}
	return strings.Join(out, " ")
}

func (b *bench) text(c codec.Codec, raw []byte) string {
	b.t.Helper()
	v := codec.Encoded(raw, c)
	d, err := v.Any()
	if err != nil {
		b.t.Fatal(err)
	}
	switch d := d.(type) {
	case nil:
		return "null"
	case codec.Windowed:
		k, err := d.Key.Any()
		if err != nil {
			b.t.Fatal(err)
		}
		return fmt.Sprintf("%v[%d,%d]", k, d.Start, d.End)
	case map[string]any, []any:
		j, err := codec.AppendJSON(nil, d)
		if err != nil {
			b.t.Fatal(err)
		}
		return string(j)
	}
	return fmt.Sprint(d)
}

func (b *bench) want(topic string, key, value codec.Codec, want string) {
	b.t.Helper()
	if got := b.show(topic, key, value); got != want {
		b.t.Errorf("%s:\n got %s\nwant %s", topic, got, want)
	}
}

// text, number and document are functions of records that tests share.
func textOf(v *codec.Value) string {
	d, err := v.Any()
	if err != nil || d == nil {
		return "null"
	}
	return fmt.Sprint(d)
}

func value(r *topology.Record) (codec.Value, error) { return r.Value, nil }

func number(r *topology.Record) (codec.Value, error) {
	n, err := strconv.ParseInt(textOf(&r.Value), 10, 64)
	return codec.Of(n), err
}

func concat(r *topology.Record, agg *codec.Value) (codec.Value, error) {
	return codec.Of(textOf(agg) + textOf(&r.Value)), nil
}

func stringStream(b *Builder, topic string) *Stream {
	return b.Stream([]string{topic}, Consumed{Key: codec.String{}, Value: codec.String{}})
}

func record(key, value string, ts int64) driver.Record {
	return driver.Record{Key: raw(key), Value: raw(value), Timestamp: ts}
}

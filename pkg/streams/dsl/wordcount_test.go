package dsl

import (
	"os"
	"strings"
	"testing"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

func wordCount(b *Builder) {
	lines := b.Stream([]string{"streams-plaintext-input"}, Consumed{Key: codec.String{}, Value: codec.String{}})
	lines.FlatMapValues(func(r *topology.Record, emit func(codec.Value) error) error {
		v, err := r.Value.Any()
		if err != nil {
			return err
		}
		for _, w := range strings.Fields(strings.ToLower(v.(string))) {
			if err := emit(codec.Of(w)); err != nil {
				return err
			}
		}
		return nil
	}).As(nil, codec.String{}).
		GroupBy(func(r *topology.Record) (codec.Value, error) { return r.Value, nil }, Grouped{Key: codec.String{}}).
		Count(Materialized{}).ToStream().
		To("streams-wordcount-output", Produced{})
}

// The text is what WordCountDemo of Kafka Streams 4.3.1 describes itself as.
func TestWordCountDescribesItselfAsKafkaDoes(t *testing.T) {
	want, err := os.ReadFile("testdata/wordcount.txt")
	if err != nil {
		t.Fatal(err)
	}
	b := NewBuilder()
	wordCount(b)
	top, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	if got := top.Describe(); got != string(want) {
		t.Errorf("describe:\n%q\nwant:\n%q", got, want)
	}
}

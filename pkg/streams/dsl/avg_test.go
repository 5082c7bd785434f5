package dsl

import (
	"bytes"
	"testing"

	"kq/pkg/streams/codec"
)

func FuzzAverage(f *testing.F) {
	f.Add(appendAverage(nil, 2.5, 3))
	f.Add([]byte("short"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Average{}.Decode(b)
		if err != nil {
			return
		}
		out, err := Average{}.Append(nil, d)
		if err != nil {
			t.Fatal(err)
		}
		if sum, _, _ := average(b); sum == sum && !bytes.Equal(out, b) { // a NaN has many forms
			t.Errorf("%x became %x", b, out)
		}
	})
}

func TestAverageRefuses(t *testing.T) {
	for _, v := range []any{"text", map[string]any{"sum": "x"}, map[string]any{"sum": 1.5, "count": 0.5}} {
		if _, err := (Average{}).Append(nil, v); err == nil {
			t.Errorf("%v: no error", v)
		}
	}
}

// What a fold shows of its aggregate can be windowed, joined and suppressed.
func TestFoldsOfWindows(t *testing.T) {
	sessions := func(b *Builder, f Fold) *Table {
		return stringStream(b, "in").GroupByKey(Grouped{}).WindowedBySession(SessionWindows{Gap: 5 * ms}).Fold(f, Materialized{})
	}
	for _, c := range []struct {
		name  string
		f     Fold
		value codec.Codec
		want  string
	}{
		{"avg", Avg(number), codec.Double{}, "k[1,5]=2@5"},
		{"sum", Sum(number, codec.Long{}), codec.Long{}, "k[1,5]=4@5"},
		{"min", Min(number, codec.Long{}), codec.Long{}, "k[1,5]=1@5"},
		{"max", Max(number, codec.Long{}), codec.Long{}, "k[1,5]=3@5"},
		{"count", Counting(), codec.Long{}, "k[1,5]=2@5"},
		{"collect", Collect(number, 0, false), codec.JSON{}, "k[1,5]=[3,1]@5"},
		{"topK", TopK(number, 1, nil), codec.JSON{}, "k[1,5]=[3]@5"},
	} {
		builder := NewBuilder()
		sessions(builder, c.f).Suppress(Suppressed{WindowClose: true}).ToStream().To("out", Produced{})
		b := start(t, builder)
		b.pipe("in", "k", "3", 1)
		b.pipe("in", "k", "1", 5)
		b.pipe("in", "k", "9", 20)
		if got := b.show("out", codec.SessionWindowed{Inner: codec.String{}}, c.value); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

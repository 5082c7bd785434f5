package run

import (
	"fmt"
	"testing"
	"time"
)

func TestWordCount(t *testing.T) {
	for _, g := range []Guarantee{AtLeastOnce, ExactlyOnce} {
		for _, threads := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s %d", g, threads), func(t *testing.T) {
				b := broker(t, "lines:2", "counts:1")
				put(t, client(t, b), 200, words)
				i := start(t, b, wordCount(t), func(o *Options) { o.Guarantee, o.Threads = g, threads })
				got := read(t, b, "counts", func(x *table) bool { return x.n >= 1000 })
				if want := model(200); !same(got.last, want) || got.n != 1000 {
					t.Fatalf("%d records: %v, want %v", got.n, got.last, want)
				}
				for k, v := range got.order {
					for j := range v {
						if v[j] != int64(j+1) {
							t.Fatalf("%s counts %v", k, v)
						}
					}
				}
				i.stop(t)
				s := i.Status()
				if s.State != Stopped || s.Lag != 0 || s.Records != 1200 {
					t.Errorf("status %+v", s)
				}
			})
		}
	}
}

func TestOnceStopsAtTheEnd(t *testing.T) {
	for _, g := range []Guarantee{AtLeastOnce, ExactlyOnce} {
		b := broker(t, "lines:2", "counts:1")
		put(t, client(t, b), 500, words)
		i := start(t, b, wordCount(t), func(o *Options) { o.Guarantee, o.Once, o.Commit = g, true, 30*time.Second })
		if err := <-i.done; err != nil {
			t.Fatal(err)
		}
		i.done <- nil
		got := read(t, b, "counts", func(x *table) bool { return x.n >= 2500 })
		if !same(got.last, model(500)) {
			t.Fatalf("%v", got.last)
		}
	}
}

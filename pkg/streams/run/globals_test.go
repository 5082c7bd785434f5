package run

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/topology"
)

func TestGlobalTablesAreWholeBeforeTheStart(t *testing.T) {
	b := broker(t, "orders:2", "products:3", "priced:1")
	cl := client(t, b)
	send := func(topic, key, value string) {
		t.Helper()
		if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Key: []byte(key), Value: []byte(value)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 50 {
		send("products", fmt.Sprint("p", i), fmt.Sprint("price ", i))
		send("orders", fmt.Sprint("o", i), fmt.Sprint("p", i))
	}
	text := dsl.Consumed{Key: codec.String{}, Value: codec.String{}}
	d := dsl.NewBuilder()
	products := d.GlobalTable("products", text, dsl.Materialized{Store: "products"})
	d.Stream([]string{"orders"}, text).JoinGlobal(products,
		func(r *topology.Record) (codec.Value, error) { return r.Value, nil },
		func(_, _, right *codec.Value) (codec.Value, error) { return *right, nil }).
		To("priced", dsl.Produced{Key: codec.String{}, Value: codec.String{}})
	top, err := d.Build()
	if err != nil {
		t.Fatal(err)
	}
	i := start(t, b, top, func(o *Options) { o.Threads = 2 })
	out := client(t, b, kgo.ConsumeTopics("priced"))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	got := map[string]string{}
	for len(got) < 50 && ctx.Err() == nil {
		out.PollFetches(ctx).EachRecord(func(r *kgo.Record) { got[string(r.Key)] = string(r.Value) })
	}
	for n := range 50 {
		if want := fmt.Sprint("price ", n); got[fmt.Sprint("o", n)] != want {
			t.Errorf("o%d costs %q, want %q", n, got[fmt.Sprint("o", n)], want)
		}
	}
	parts, done, err := i.Open("products")
	if err != nil || len(parts) != 1 || !parts[0].Active {
		t.Errorf("%+v %v", parts, err)
	}
	done()
	send("products", "p1", "more") // followed while it runs
	until(t, "the new price is used", func() bool {
		send("orders", "again", "p1")
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		for _, r := range out.PollFetches(ctx).Records() {
			if string(r.Value) == "more" {
				return true
			}
		}
		return false
	})
	i.stop(t)
}

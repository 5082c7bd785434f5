package dsl_test

import (
	"fmt"
	"strings"
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/driver"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/topology"
)

// Words are counted in windows of five seconds; a count is sent once, when its window has closed.
func Example() {
	b := dsl.NewBuilder()
	b.Stream([]string{"lines"}, dsl.Consumed{Key: codec.String{}, Value: codec.String{}}).
		FlatMapValues(func(r *topology.Record, emit func(codec.Value) error) error {
			line, err := r.Value.Any()
			if err != nil {
				return err
			}
			for _, word := range strings.Fields(fmt.Sprint(line)) {
				if err := emit(codec.Of(word)); err != nil {
					return err
				}
			}
			return nil
		}).As(nil, codec.String{}).
		GroupBy(func(r *topology.Record) (codec.Value, error) { return r.Value, nil }, dsl.Grouped{Key: codec.String{}}).
		WindowedBy(dsl.Tumbling(5*time.Second, 0)).
		Count(dsl.Materialized{Store: "counts"}).
		Suppress(dsl.Suppressed{WindowClose: true}).
		ToStream().To("counts", dsl.Produced{})
	top, err := b.Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := driver.New(top, driver.Options{App: "demo"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, line := range []string{"to be or", "not to be", "that"} {
		if err := d.Pipe("lines", driver.Record{Value: []byte(line), Timestamp: int64(i) * 3000}); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, r := range d.Output("counts") {
		fmt.Printf("%s %x\n", r.Key[:len(r.Key)-8], r.Value)
	}
	if err := d.Close(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// be 0000000000000002
	// not 0000000000000001
	// or 0000000000000001
	// to 0000000000000002
}

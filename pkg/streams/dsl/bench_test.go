package dsl

import (
	"fmt"
	"testing"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// BenchmarkCount is the aggregate of word count without queues and sinks.
func BenchmarkCount(b *testing.B) {
	for name, build := range map[string]func(*Group){
		"plain":    func(g *Group) { g.Count(Materialized{Store: "s"}, "n") },
		"tumbling": func(g *Group) { g.WindowedBy(Tumbling(5000*ms, 0)).Count(Materialized{Store: "s"}, "n") },
	} {
		b.Run(name, func(b *testing.B) {
			builder := NewBuilder()
			build(stringStream(builder, "in").GroupByKey(Grouped{}))
			top, err := builder.Build()
			if err != nil {
				b.Fatal(err)
			}
			db := state.OpenMemory(state.Options{})
			store, err := db.Add(top.Store("s"))
			if err != nil {
				b.Fatal(err)
			}
			task := &standIn{stores: map[string]any{"s": store}, progress: map[string]int64{}}
			p := top.Node("n").New()
			next := []topology.Next{{Name: "out", Process: func(*topology.Record) error { return nil }}}
			if err := p.Init(topology.NewContext("n", "0_0", 0, task, next)); err != nil {
				b.Fatal(err)
			}
			keys := make([]codec.Value, 10000)
			for i := range keys {
				keys[i] = codec.Encoded(fmt.Appendf(nil, "word%d", i*7919%10007), codec.String{})
			}
			b.ReportAllocs()
			for i := range b.N {
				r := topology.Record{Key: keys[i%len(keys)], Value: keys[0], Timestamp: int64(i / 100)}
				if err := p.Process(&r); err != nil {
					b.Fatal(err)
				}
				if i%100000 == 99999 {
					if err := db.Commit(state.Checkpoint{}); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

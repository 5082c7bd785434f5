package batch

import (
	"fmt"
	"testing"
)

func sampleBatch(n, valueSize int, o BuilderOptions) Batch {
	b := NewBuilder(o)
	value := make([]byte, valueSize)
	for i := range value {
		value[i] = byte("some text, some of it again "[i%28] + byte(i/97%7))
	}
	for i := range n {
		b.Add(1_700_000_000_000+int64(i)*3, fmt.Appendf(nil, "key-%d", i), value, nil)
	}
	return b.Build()
}

func BenchmarkWalk(b *testing.B) {
	for _, size := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			const n = 1000
			batch := sampleBatch(n, size, BuilderOptions{})
			b.SetBytes(int64(len(batch)))
			for b.Loop() {
				if _, ok := walk(batch.Body(), n, -1); !ok {
					b.Fatal("walk failed")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
		})
	}
}

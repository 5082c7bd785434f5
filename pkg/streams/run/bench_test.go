package run

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// BenchmarkWordCount counts words of lines of five, with a broker in the same
// process; words/s is the figure to look at.
func BenchmarkWordCount(b *testing.B) {
	for _, g := range []Guarantee{AtLeastOnce, ExactlyOnce} {
		b.Run(g.String(), func(b *testing.B) {
			const n = 300_000
			for range b.N {
				br := broker(b, "lines:2", "counts:1")
				put(b, client(b, br, kgo.ProducerBatchMaxBytes(1<<20), kgo.MaxBufferedRecords(100_000)), n, words)
				begin := time.Now()
				i := start(b, br, wordCount(b), func(o *Options) {
					o.Guarantee, o.Once, o.Threads, o.StateDir, o.Commit = g, true, 2, b.TempDir(), 0
				})
				if err := <-i.done; err != nil {
					b.Fatal(err)
				}
				i.done <- nil
				b.ReportMetric(float64(5*n)/time.Since(begin).Seconds(), "words/s")
				br.Stop()
			}
		})
	}
}

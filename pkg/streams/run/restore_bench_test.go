package run

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// BenchmarkRestore restores a million keys of two tasks in an empty directory,
// with a broker in the same process; the time is from the start to the tasks running.
func BenchmarkRestore(b *testing.B) {
	const keys = 1_000_000
	br := broker(b, "lines:2", "counts:1")
	once := start(b, br, wordCount(b), func(o *Options) { o.Once = true }) // makes the internal topics
	if err := <-once.done; err != nil {
		b.Fatal(err)
	}
	once.done <- nil
	cl := client(b, br, kgo.DefaultProduceTopic("app-counts-changelog"), kgo.ProducerBatchMaxBytes(1<<20), kgo.MaxBufferedRecords(100_000))
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(keys) {
		cl.Produce(b.Context(), &kgo.Record{Key: fmt.Appendf(nil, "key%08d", i), Value: binary.BigEndian.AppendUint64(nil, 1)}, nil)
	}
	if err := cl.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	var total time.Duration
	for b.Loop() {
		begin := time.Now()
		i := start(b, br, wordCount(b), func(o *Options) { o.Threads, o.StateDir = 2, b.TempDir() })
		i.running(b, 4)
		total += time.Since(begin)
		if s := i.Status(); s.Restored == 0 || s.Restored > keys {
			b.Fatalf("%d records were restored", s.Restored)
		}
		i.stop(b)
	}
	b.ReportMetric(total.Seconds()/float64(b.N), "s/restore")
}

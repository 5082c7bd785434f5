package streams_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"kq/pkg/streams"
	"kq/pkg/streams/driver"
)

// BenchmarkEngineAlone counts the words of lines without a broker, as
// TopologyTestDriver runs it: a commit after each record, a store in memory.
// KQ_ENGINE_LINES names a file of lines; the benchmark makes some otherwise.
func BenchmarkEngineAlone(b *testing.B) {
	lines := engineLines(b)
	job, err := streams.Load("../../docs/examples/wordcount.yaml", streams.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for range 2 { // the first warms up
		d, err := driver.New(job.Topology(), driver.Options{App: job.App()})
		if err != nil {
			b.Fatal(err)
		}
		b.ResetTimer()
		b.ReportAllocs()
		n := 0
		for i := 0; n == 0 || i < b.N; i++ {
			for _, line := range lines {
				if err := d.Pipe("streams-plaintext-input", driver.Record{Value: line, Timestamp: 1000}); err != nil {
					b.Fatal(err)
				}
				n++
			}
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "lines/s")
		if err := d.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func engineLines(b *testing.B) [][]byte {
	b.Helper()
	if file := os.Getenv("KQ_ENGINE_LINES"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		return bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	}
	r := rand.New(rand.NewPCG(42, 6))
	zipf := rand.NewZipf(r, 1.1, 4, 50_000)
	lines := make([][]byte, 20_000)
	for i := range lines {
		for range 5 {
			lines[i] = fmt.Appendf(lines[i], "word%d ", zipf.Uint64())
		}
	}
	return lines
}

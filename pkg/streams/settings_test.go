package streams_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
	"kq/pkg/streams"
)

// TestProducerSettings finds kafka.compression, batch and linger in what a job
// wrote: its outputs, its repartition topic and its changelog.
func TestProducerSettings(t *testing.T) {
	job := strings.ReplaceAll(strings.Replace(countJob, "query: 127.0.0.1:0\n", "", 1), "sessionTimeout: 6s", "sessionTimeout: 6s, compression: zstd, batch: 2KB, linger: 5ms")
	for _, guarantee := range []string{"at_least_once", "exactly_once"} {
		t.Run(guarantee, func(t *testing.T) {
			b := brokertest.Start(t)
			j, err := streams.Parse("job.yaml", []byte(strings.Replace(job, "commit: 20ms", "commit: 1m, guarantee: "+guarantee, 1)), streams.Options{})
			if err != nil {
				t.Fatal(err)
			}
			opts := []kgo.Opt{kgo.SeedBrokers(b.Addr())}
			r, err := j.Runner(t.Context(), streams.RunOptions{Opts: opts, Once: true})
			if err != nil {
				t.Fatal(err)
			}
			p, err := kgo.NewClient(opts...)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			const lines = 300
			for i := range lines {
				p.Produce(t.Context(), &kgo.Record{Topic: "in", Value: fmt.Appendf(nil, "one two three %d", i)}, nil)
			}
			if err := p.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := r.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, topic := range []string{"out", "wc-counts-repartition", "wc-counts-changelog"} {
				cl, err := kgo.NewClient(append(opts, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
				if err != nil {
					t.Fatal(err)
				}
				defer cl.Close()
				n, packed := 0, 0
				for end := time.Now().Add(20 * time.Second); n < 4*lines && time.Now().Before(end); {
					cl.PollFetches(t.Context()).EachRecord(func(r *kgo.Record) {
						if n++; r.Attrs.CompressionType() == uint8(kgo.CodecZstd) {
							packed++
						}
					})
				}
				if packed < n*9/10 || n < 4*lines { // a batch of one record does not become smaller
					t.Errorf("%s: %d of %d records are in compressed batches", topic, packed, n)
				}
			}
		})
	}
}

package ingest

import (
	"context"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kgo"
)

// sent are records on their way to the cluster. kgo's Flush would do, with
// goroutines of its own for each of the few records of a transaction.
type sent struct {
	errs []error // by record; to be read when done is closed
	left atomic.Int64
	done chan struct{} // closed when all are there, or have failed
}

// send produces n records; record gives the i-th. produce is Produce or TryProduce
// of a client.
func send(ctx context.Context, produce func(context.Context, *kgo.Record, func(*kgo.Record, error)), n int, record func(i int) *kgo.Record) *sent {
	s := &sent{errs: make([]error, n), done: make(chan struct{})}
	if s.left.Store(int64(n)); n == 0 {
		close(s.done)
	}
	for i := range n {
		produce(ctx, record(i), func(_ *kgo.Record, err error) {
			if s.errs[i] = err; s.left.Add(-1) == 0 {
				close(s.done)
			}
		})
	}
	return s
}

// wait returns when done is closed, or with the error of ctx.
func (s *sent) wait(ctx context.Context) error {
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

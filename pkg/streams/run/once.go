package run

import (
	"context"
	"time"

	"kq/pkg/streams/run/ask"
	"kq/pkg/streams/run/fetcher"
	"kq/pkg/streams/task"
)

// onceWatch waits for the end of the input that was there at the start.
type onceWatch struct {
	rt     *Runtime
	ends   map[fetcher.Key]int64 // of the inputs, where they have records
	inputs []fetcher.Key
	repart []fetcher.Key
}

func newOnceWatch(ctx context.Context, rt *Runtime) (*onceWatch, error) {
	w := &onceWatch{rt: rt}
	for _, topic := range rt.l.external {
		w.inputs = append(w.inputs, partitionsOf(topic, rt.l.partitions(topic))...)
	}
	for topic := range rt.l.repart {
		w.repart = append(w.repart, partitionsOf(topic, rt.l.partitions(topic))...)
	}
	var err error
	w.ends, err = w.filled(ctx, w.inputs)
	return w, err
}

func partitionsOf(topic string, n int32) []fetcher.Key {
	var out []fetcher.Key
	for p := range n {
		out = append(out, fetcher.Key{Topic: topic, Partition: p})
	}
	return out
}

// filled are the ends of logs that hold something.
func (w *onceWatch) filled(ctx context.Context, parts []fetcher.Key) (map[fetcher.Key]int64, error) {
	committed := w.rt.o.Guarantee == ExactlyOnce
	ends, err := listOffsets(ctx, w.rt.cl, logEnd, committed, parts)
	if err != nil {
		return nil, err
	}
	starts, err := listOffsets(ctx, w.rt.cl, logStart, committed, parts)
	if err != nil {
		return nil, err
	}
	for k, end := range ends {
		if end <= starts[k] {
			delete(ends, k)
		}
	}
	return ends, nil
}

// wait returns when the group has committed all that was there, and all that
// followed from it. Positions are read before the ends of repartition topics:
// what those hold was written before the positions of its inputs were committed.
func (w *onceWatch) wait(ctx context.Context) error {
	for {
		done, err := w.done(ctx)
		if err != nil || done {
			return err
		}
		if err := ask.Pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

func (w *onceWatch) done(ctx context.Context) (bool, error) {
	for _, t := range w.rt.snapshot() {
		if !t.settled() {
			return false, nil
		}
	}
	all := append(append([]fetcher.Key(nil), w.inputs...), w.repart...)
	at, err := committedOffsets(ctx, w.rt.cl, w.rt.o.App, all)
	if err != nil {
		return false, err
	}
	if !reached(at, w.ends) {
		return false, nil
	}
	ends, err := w.filled(ctx, w.repart)
	return err == nil && reached(at, ends), err
}

func reached(at map[fetcher.Key]task.Position, ends map[fetcher.Key]int64) bool {
	for k, end := range ends {
		if p, ok := at[k]; !ok || p.Next < end {
			return false
		}
	}
	return true
}

package consume

import (
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// readTail gives the last records of all partitions, by timestamp, and leaves
// the reader where they end.
func (r *reader) readTail(ctx context.Context) error {
	if err := r.countBack(ctx, r.options.Tail); err != nil {
		return err
	}
	ends := map[partitionKey]int64{}
	for key, p := range r.parts {
		ends[key], p.end = p.end, p.last
	}
	latest := &latest{most: r.options.Tail}
	out, idle := r.sink, r.options.Idle
	r.sink, r.options.Idle = discard{}, 0 // nothing is written yet: silence means nothing
	err := r.read(ctx, func(p *partition, records []*kgo.Record) error {
		for _, rec := range records {
			if rec.Offset >= p.end {
				break
			}
			if !rec.Attrs.IsControl() {
				latest.add(rec)
			}
		}
		r.reached(p, records[len(records)-1].Offset+1)
		return nil
	})
	r.sink, r.options.Idle = out, idle
	if err != nil {
		return err
	}
	r.release()
	for key, p := range r.parts {
		p.pos, p.end = max(p.last, p.first), ends[key]
	}
	return r.print(latest)
}

// print gives the records of a tail to the sink.
func (r *reader) print(l *latest) error {
	slices.SortFunc(l.records, older)
	for _, rec := range l.records {
		if err := r.sink.Record(rec); err != nil {
			return err
		}
		if r.count++; r.count == r.options.Count {
			r.full = true
			return nil
		}
	}
	return nil
}

// release takes all partitions from the client.
func (r *reader) release() {
	all := map[string][]int32{}
	for key, p := range r.parts {
		if p.assigned {
			p.assigned = false
			all[key.topic] = append(all[key.topic], key.number)
		}
	}
	r.client.ResumeFetchPartitions(all)
	r.client.RemoveConsumePartitions(all)
}

type discard struct{}

func (discard) Record(*kgo.Record) error { return nil }
func (discard) Flush() error             { return nil }

// latest keeps the latest records of those it is given, at most so many. It is
// a heap whose first is the oldest.
type latest struct {
	most    int64
	records []*kgo.Record
}

func (l *latest) Len() int           { return len(l.records) }
func (l *latest) Less(i, j int) bool { return older(l.records[i], l.records[j]) < 0 }
func (l *latest) Swap(i, j int)      { l.records[i], l.records[j] = l.records[j], l.records[i] }
func (l *latest) Push(x any)         { l.records = append(l.records, x.(*kgo.Record)) }

func (l *latest) Pop() any {
	last := l.records[len(l.records)-1]
	l.records = l.records[:len(l.records)-1]
	return last
}

func (l *latest) add(rec *kgo.Record) {
	if int64(len(l.records)) < l.most {
		heap.Push(l, clone(rec))
	} else if older(l.records[0], rec) < 0 {
		l.records[0] = clone(rec)
		heap.Fix(l, 0)
	}
}

// older orders records by timestamp, then topic, partition and offset.
func older(a, b *kgo.Record) int {
	return cmp.Or(
		cmp.Compare(a.Timestamp.UnixMilli(), b.Timestamp.UnixMilli()),
		strings.Compare(a.Topic, b.Topic),
		cmp.Compare(a.Partition, b.Partition),
		cmp.Compare(a.Offset, b.Offset),
	)
}

// clone copies a record with its bytes, which are the client's.
func clone(rec *kgo.Record) *kgo.Record {
	c := *rec
	c.Context = nil // which is how the client finds the memory to recycle
	c.Key, c.Value, c.Headers = bytes.Clone(rec.Key), bytes.Clone(rec.Value), slices.Clone(rec.Headers)
	for i := range c.Headers {
		c.Headers[i].Value = bytes.Clone(c.Headers[i].Value)
	}
	return &c
}

// atOnce is how many partitions are counted at the same time.
const atOnce = 16

// countBack sets the positions of all partitions to where their last n records
// begin.
func (r *reader) countBack(ctx context.Context, n int64) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	room := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for _, p := range r.parts {
		if p.pos = max(p.first, p.last-n); p.pos <= p.first || ctx.Err() != nil {
			continue
		}
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			var err error
			if p.pos, err = r.lastOf(ctx, p, n); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// lastOf finds the offset where the last n records of p begin. Offsets are more
// than records where a log is compacted or has transactions, so it counts.
func (r *reader) lastOf(ctx context.Context, p *partition, n int64) (int64, error) {
	for high, span := p.last, n; ; span *= 2 {
		low := max(p.first, high-span)
		begin, count := high, int64(0)
		err := r.scan(ctx, p, low, high, func(offset int64) {
			if count == 0 {
				begin = offset
			}
			count++
		})
		switch {
		case err != nil:
			return 0, err
		case count > n:
			err = r.scan(ctx, p, low, high, func(offset int64) {
				if count == n {
					begin = offset
				}
				count--
			})
			return begin, err
		case count == n, low == p.first:
			return begin, nil
		}
		high, n = low, n-count
		span = max(span, 512)
	}
}

// scan tells the offsets of the records of p from low up to high.
func (r *reader) scan(ctx context.Context, p *partition, low, high int64, f func(offset int64)) error {
	for low < high {
		resp, err := r.fetchOne(ctx, p, low)
		if err != nil {
			return fmt.Errorf("read %s partition %d at offset %d: %w", p.topic, p.number, low, err)
		}
		fetched, next := r.decode(p, low, resp)
		if fetched.Err != nil {
			return fmt.Errorf("read %s partition %d at offset %d: %w", p.topic, p.number, low, fetched.Err)
		}
		for _, rec := range fetched.Records {
			if rec.Offset >= high {
				return nil
			}
			f(rec.Offset)
		}
		recycle(fetched.Records)
		if next <= low { // nothing is stored from here on
			return nil
		}
		low = next
	}
	return nil
}

package consume

import (
	"context"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A sweep reads what was there when the run began, fast: for each broker one
// goroutine fetches, and has the next fetch under way while another decodes the
// one before, and the run's own hands on records. It does no more than that:
// where a broker answers with anything but records, it leaves the partition to
// the loop, which knows what to do.

// How much one fetch asks for. It begins small, since often few records are wanted.
const (
	firstFetch     = 128 << 10 // of one partition
	partitionFetch = 1 << 20   // of one partition, later
	mostFetch      = 4 << 20   // of all partitions of a broker
	leastFetch     = 1 << 20   // the same, where there are many brokers
	allFetched     = 16 << 20  // of all brokers together, each of which has a few fetches under way
)

// fetched is what a broker sent for one partition, from at up to next.
type fetched struct {
	p        *partition
	at, next int64
	answer   *kmsg.FetchResponseTopicPartition
}

// decoded is a fetched of which the records are known.
type decoded struct {
	p        *partition
	at, next int64
	records  []*kgo.Record
}

// sweep reads all partitions up to the end they had, as far as that goes without
// trouble.
func (r *reader) sweep(ctx context.Context, give func(*partition, []*kgo.Record) error) error {
	leaders := map[int32][]*cursor{}
	for _, key := range r.keys() {
		if p := r.parts[key]; p.pos < min(p.end, p.last) {
			leaders[p.leader] = append(leaders[p.leader], &cursor{p, p.pos})
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	results := make(chan []decoded, 1)
	most := min(max(allFetched/int32(max(len(leaders), 1)), leastFetch), mostFetch)
	for leader, cursors := range leaders {
		raw := make(chan []fetched)
		running.Go(func() {
			defer close(raw)
			r.fetchAll(ctx, leader, cursors, most, raw)
		})
		running.Go(func() { r.decodeAll(ctx, raw, results) })
	}
	go func() {
		running.Wait()
		close(results)
	}()
	err := r.takeAll(ctx, results, give)
	cancel()
	for range results { // until all have ended
	}
	return err
}

// takeAll hands on what is decoded.
func (r *reader) takeAll(ctx context.Context, results <-chan []decoded, give func(*partition, []*kgo.Record) error) error {
	for !r.full && r.left > 0 {
		var batch []decoded
		var ok bool
		select {
		case batch, ok = <-results:
		default:
			if err := r.sink.Flush(); err != nil {
				return err
			}
			batch, ok = <-results
		}
		if err := context.Cause(ctx); err != nil || !ok {
			return err
		}
		for _, d := range batch {
			if d.p.done || d.at > d.p.pos || r.full { // or something before it is missing
				continue
			}
			if len(d.records) > 0 {
				if err := give(d.p, d.records); err != nil {
					return err
				}
			}
			if !r.full {
				recycle(d.records)
				r.reached(d.p, d.next)
			}
		}
	}
	return nil
}

// fetchAll fetches from one broker, up to most bytes at a time, until its
// partitions are at the end they had.
func (r *reader) fetchAll(ctx context.Context, leader int32, cursors []*cursor, most int32, raw chan<- []fetched) {
	for size := int32(firstFetch); len(cursors) > 0; size = min(2*size, partitionFetch) {
		answers, err := r.fetch(ctx, leader, cursors, size, min(4*size, most))
		if err != nil {
			return
		}
		out, starved, fed := r.advance(cursors, answers)
		select {
		case raw <- out:
		case <-ctx.Done():
			return
		}
		if len(out) == 0 {
			return
		}
		// Those that got nothing go first, where a broker always gives something.
		cursors = append(starved, fed...)
	}
}

// advance moves cursors over what was answered, and sorts those that are not at
// their end yet.
func (r *reader) advance(cursors []*cursor, answers []*kmsg.FetchResponseTopicPartition) (out []fetched, starved, fed []*cursor) {
	some := false
	for _, a := range answers {
		some = some || a != nil && len(a.RecordBatches) > 0
	}
	for i, c := range cursors {
		a, end := answers[i], c.p.last
		if a == nil || a.ErrorCode != 0 {
			continue
		}
		next := nextOffset(a.RecordBatches, c.at)
		switch {
		case next > c.at:
		case len(a.RecordBatches) == 0 && (i == 0 || !some):
			// Others had no part in it: there is nothing from here on.
			if next = end; r.readable(a) < end {
				continue
			}
		case i == 0:
			continue // it was asked for first, and got no whole batch
		default:
			starved = append(starved, c)
			continue
		}
		out = append(out, fetched{c.p, c.at, next, a})
		if c.at = next; next < end {
			fed = append(fed, c)
		}
	}
	return out, starved, fed
}

// decodeAll decodes what was fetched. What cannot be decoded is left out, so that
// the loop finds it again.
func (r *reader) decodeAll(ctx context.Context, raw <-chan []fetched, results chan<- []decoded) {
	for batch := range raw {
		out := make([]decoded, 0, len(batch))
		for _, f := range batch {
			d := decoded{p: f.p, at: f.at, next: f.next}
			if len(f.answer.RecordBatches) > 0 {
				var got kgo.FetchPartition
				// It stops without an error before a batch that cannot be decompressed.
				if got, d.next = r.decode(f.p, f.at, f.answer); got.Err != nil {
					continue
				}
				d.records = got.Records
			}
			out = append(out, d)
		}
		select {
		case results <- out:
		case <-ctx.Done():
			return
		}
	}
}

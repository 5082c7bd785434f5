package transfer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// How much one fetch asks for, in bytes.
const (
	partitionFetch = 1 << 20
	mostFetch      = 4 << 20
)

// fetcher reads the source and hands chunks to the shares.
type fetcher struct {
	cl      *kgo.Client
	o       *Options
	leaders *leaders
	cursors []*cursor
	to      []chan *chunk // by share
	alive   atomic.Bool   // an answer came since the last look
}

// cursor is a place in a partition of the source. It belongs to who fetches from
// its leader.
type cursor struct {
	partition int32
	at, end   int64
}

func (c *cursor) done() bool { return c.at >= c.end }

// errMoved is an answer that says to look up leaders again.
var errMoved = errors.New("a partition is led elsewhere")

// run fetches until all cursors are at their ends.
func (f *fetcher) run(ctx context.Context) error {
	var since time.Time // of the first failure since an answer came
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		byLeader := map[int32][]*cursor{}
		for _, c := range f.cursors {
			if !c.done() {
				byLeader[f.leaders.leader(c.partition)] = append(byLeader[f.leaders.leader(c.partition)], c)
			}
		}
		if len(byLeader) == 0 {
			return nil
		}
		err := f.session(ctx, byLeader)
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, errMoved) && !transient(err) {
			return err
		}
		if f.alive.Swap(false) {
			since, pause = time.Now(), firstPause
		} else if since.IsZero() {
			since = time.Now()
		}
		if time.Since(since) > f.o.patience() {
			return err
		}
		if !rest(ctx, pause) {
			return context.Cause(ctx)
		}
		if err := f.leaders.refresh(ctx); err != nil && lost(err) {
			return err
		}
	}
}

// session fetches from all leaders, until one of them fails or all are done.
func (f *fetcher) session(ctx context.Context, byLeader map[int32][]*cursor) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for leader, cursors := range byLeader {
		if leader < 0 {
			return fmt.Errorf("%q partition %d: %w", f.o.Source, cursors[0].partition, kerr.LeaderNotAvailable)
		}
		all.Go(func() {
			if err := f.fromLeader(ctx, leader, cursors); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// fromLeader fetches from one broker.
func (f *fetcher) fromLeader(ctx context.Context, leader int32, cursors []*cursor) error {
	for len(cursors) > 0 {
		resp, err := f.ask(cursors).RequestWith(ctx, f.cl.Broker(int(leader)))
		if err != nil {
			return fmt.Errorf("fetch from broker %d: %w", leader, err)
		}
		if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
			return fmt.Errorf("fetch from broker %d: %w", leader, err)
		}
		f.alive.Store(true)
		some := false
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				some = some || len(p.RecordBatches) > 0
			}
		}
		// Those that got nothing go first, where a broker always gives something.
		var starved, fed []*cursor
		var failed error
		for i, c := range cursors {
			got, err := f.take(ctx, c, answer(resp, c.partition), i == 0 || !some)
			switch {
			case err != nil && failed == nil:
				failed = err
			case c.done():
			case got:
				fed = append(fed, c)
			default:
				starved = append(starved, c)
			}
		}
		if failed != nil {
			return failed
		}
		cursors = append(starved, fed...)
	}
	return nil
}

// ask makes the request.
func (f *fetcher) ask(cursors []*cursor) *kmsg.FetchRequest {
	req := kmsg.NewPtrFetchRequest()
	req.MaxBytes, req.SessionEpoch, req.MinBytes, req.MaxWaitMillis = mostFetch, -1, 1, 100
	if f.o.Follow {
		req.MaxWaitMillis = 500
	}
	if !f.o.Uncommitted {
		req.IsolationLevel = 1
	}
	topic := kmsg.NewFetchRequestTopic()
	topic.Topic, topic.TopicID = f.o.Source, f.leaders.id
	for _, c := range cursors {
		p := kmsg.NewFetchRequestTopicPartition()
		p.Partition, p.FetchOffset, p.PartitionMaxBytes = c.partition, c.at, max(partitionFetch, mostFetch/int32(len(cursors)))
		topic.Partitions = append(topic.Partitions, p)
	}
	req.Topics = append(req.Topics, topic)
	return req
}

// answer is what a broker answered for a partition of the one topic, nil for nothing.
func answer(resp *kmsg.FetchResponse, partition int32) *kmsg.FetchResponseTopicPartition {
	for i := range resp.Topics {
		for j := range resp.Topics[i].Partitions {
			if p := &resp.Topics[i].Partitions[j]; p.Partition == partition {
				return p
			}
		}
	}
	return nil
}

// take hands on what came for a cursor. alone tells that others had no part in
// how much that is.
func (f *fetcher) take(ctx context.Context, c *cursor, p *kmsg.FetchResponseTopicPartition, alone bool) (got bool, err error) {
	if p == nil {
		return false, fmt.Errorf("%q partition %d: %w", f.o.Source, c.partition, errMoved)
	}
	switch err := kerr.ErrorForCode(p.ErrorCode); {
	case errors.Is(err, kerr.OffsetOutOfRange):
		return true, f.overtaken(ctx, c)
	case errors.Is(err, kerr.TopicAuthorizationFailed):
		return false, fmt.Errorf("read topic %q: %w", f.o.Source, err)
	case err != nil:
		return false, fmt.Errorf("%q partition %d: %w: %w", f.o.Source, c.partition, errMoved, err)
	}
	next, err := behind(p.RecordBatches, c.at)
	if err != nil {
		return false, fmt.Errorf("read %q partition %d at offset %d: %w", f.o.Source, c.partition, c.at, err)
	}
	if next == c.at {
		readable := p.LastStableOffset
		if f.o.Uncommitted {
			readable = p.HighWatermark
		}
		if !alone || len(p.RecordBatches) > 0 || readable < c.end {
			return false, nil
		}
		next = c.end // nothing is stored from here to the end
	}
	next = min(next, c.end)
	one := &chunk{partition: c.partition, at: c.at, next: next, end: c.end, data: p.RecordBatches, aborted: p.AbortedTransactions}
	select {
	case f.to[c.partition%Shares] <- one:
		c.at = next
		return true, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

// behind is the offset after the whole batches in data, at when there is none.
func behind(data []byte, at int64) (int64, error) {
	for {
		b, after, err := nextBatch(data)
		if err != nil {
			return 0, err
		}
		if b == nil {
			return at, nil
		}
		at, data = max(at, b.last()+1), after
	}
}

// overtaken moves a cursor to where its log begins now, where that is wanted.
func (f *fetcher) overtaken(ctx context.Context, c *cursor) error {
	if err := f.leaders.refresh(ctx); err != nil && lost(err) {
		return err
	}
	starts, err := kadm.NewClient(f.cl).ListStartOffsets(ctx, f.o.Source)
	if err != nil {
		return fmt.Errorf("list offsets of %q: %w", f.o.Source, err)
	}
	start, ok := starts.Lookup(f.o.Source, c.partition)
	if !ok || start.Err != nil {
		return fmt.Errorf("list offsets of %q partition %d: %w", f.o.Source, c.partition, errMoved)
	}
	if start.Offset <= c.at {
		return fmt.Errorf("%w: %q partition %d has no offset %d any more", ErrAhead, f.o.Source, c.partition, c.at)
	}
	text := fmt.Sprintf("%q partition %d: offsets %d to %d", f.o.Source, c.partition, c.at, start.Offset-1)
	if !f.o.SkipGaps {
		return fmt.Errorf("%w: %s", ErrGap, text)
	}
	f.o.notice("%s are gone and were not copied", text)
	c.at = min(start.Offset, c.end)
	return nil
}

// newCursors begins where the plan says.
func newCursors(p *Plan) []*cursor {
	var all []*cursor
	for _, r := range p.Ranges {
		end := r.end
		if end < 0 {
			end = math.MaxInt64
		}
		all = append(all, &cursor{partition: r.Partition, at: r.Begin, end: end})
	}
	return all
}

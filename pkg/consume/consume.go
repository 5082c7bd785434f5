package consume

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrDeleted is a topic that went away while it was read.
var ErrDeleted = errors.New("the topic was deleted while it was read")

// ErrNoMatch is a Regex that no topic matches.
var ErrNoMatch = errors.New("no topic matches")

// Sink takes the records.
type Sink interface {
	// Record takes one record, which is not valid any more once it returns.
	Record(r *kgo.Record) error
	// Flush is called whenever no record waits, and at the end.
	Flush() error
}

// Result is what was read.
type Result struct {
	Records int64 `json:"records"`
}

// Run reads until the end, the count, a silence, or the end of ctx, whose cause
// it then returns. What was read is flushed in any case.
func Run(ctx context.Context, cl *kgo.Client, o Options, sink Sink) (Result, error) {
	if err := o.Validate(); err != nil {
		return Result{}, err
	}
	checked := &checkedSink{Sink: sink}
	r := &reader{client: cl, fetcher: cl, options: o, sink: checked, checked: checked}
	r.decompress = kgo.DefaultDecompressor(&r.pool)
	err := r.run(ctx)
	if flushErr := checked.Flush(); err == nil {
		err = flushErr
	}
	return Result{Records: r.count}, err
}

// checkedSink ends with its first error: what comes after it would leave a gap.
type checkedSink struct {
	Sink
	err   error
	last  bool // what came before the error was flushed
	clean bool // the last flush worked: what was given before is written
}

// Record gives a record, unless something failed before.
func (s *checkedSink) Record(r *kgo.Record) error {
	if s.err == nil {
		s.err = s.Sink.Record(r)
	}
	return s.err
}

// Flush flushes, once after something has failed: a record that cannot be printed
// takes nothing from those before it.
func (s *checkedSink) Flush() error {
	switch {
	case s.err == nil:
		s.err = s.Sink.Flush()
		s.last, s.clean = s.err != nil, s.err == nil
	case !s.last:
		s.last, s.clean = true, s.Sink.Flush() == nil // the first error is the one to tell
	}
	return s.err
}

// reader is one Run.
type reader struct {
	client  *kgo.Client // that asks
	fetcher *kgo.Client // that fetches: a member of a group is a client of its own
	options Options
	sink    Sink
	checked *checkedSink // the same

	pool       pool // of what is decoded here
	decompress kgo.Decompressor

	parts  map[partitionKey]*partition
	left   int // partitions that have not reached their end
	count  int64
	moved  int       // partitions that do not have the offset to read from
	full   bool      // Count records were given
	silent time.Time // since when no record came, as far as Idle asks
	away   time.Time // since when the cluster has not answered; zero while it does
}

type partitionKey struct {
	topic  string
	number int32
}

func (r *reader) notice(format string, args ...any) {
	if r.options.Notice != nil {
		r.options.Notice(fmt.Sprintf(format, args...))
	}
}

// The time without a record after which a rest is looked at: short at first,
// since a topic's end may need it, then longer, since following a quiet topic
// should cost nothing.
const (
	firstIdle = 100 * time.Millisecond
	mostIdle  = 5 * time.Second
)

// patience is how long a cluster may be away, as for a restart, before reading
// up to an end gives up. Who follows waits without end.
const patience = 30 * time.Second

func (r *reader) run(ctx context.Context) error {
	if r.options.Share.Name != "" {
		return r.runShare(ctx)
	}
	if err := r.plan(ctx); err != nil {
		return err
	}
	if r.options.Group.Name != "" {
		return r.runGroup(ctx)
	}
	if r.options.Tail > 0 {
		if err := r.readTail(ctx); err != nil || r.full {
			return err
		}
	}
	return r.read(ctx, r.give)
}

// read reads all partitions up to their ends, and hands records to give.
func (r *reader) read(ctx context.Context, give func(*partition, []*kgo.Record) error) error {
	r.left = 0
	for _, p := range r.parts {
		if p.done = p.pos >= p.end; !p.done {
			r.left++
		}
	}
	if err := r.sweep(ctx, give); err != nil || r.full || r.left == 0 {
		return err
	}
	r.assign()
	return r.loop(ctx, give)
}

// loop reads until all partitions are at their end, and hands records to give.
func (r *reader) loop(ctx context.Context, give func(*partition, []*kgo.Record) error) error {
	idle := firstIdle
	r.silent = time.Now()
	for !r.full && r.left > 0 {
		if r.client.BufferedFetchRecords() == 0 {
			if err := r.sink.Flush(); err != nil {
				return err
			}
		}
		wait := idle
		if r.options.Idle > 0 {
			if wait = min(idle, r.options.Idle-time.Since(r.silent)); wait <= 0 {
				return nil
			}
		}
		poll, cancel := context.WithTimeout(ctx, wait)
		fetches := r.client.PollFetches(poll)
		cancel()
		if err := context.Cause(ctx); err != nil {
			return err
		}
		got, err := r.take(ctx, fetches, give)
		if err != nil {
			return err
		}
		if got {
			r.back()
			idle = firstIdle
			r.silent = time.Now()
			continue
		}
		if err := r.lookAtRests(ctx); err != nil {
			return err
		}
		if idle = min(2*idle, mostIdle); r.inDoubt() {
			idle = firstIdle
		}
	}
	return nil
}

// inDoubt tells that a topic may be gone: it is looked for again soon.
func (r *reader) inDoubt() bool {
	for _, p := range r.parts {
		if p.missed > 0 {
			return true
		}
	}
	return false
}

// take gives the records of one poll away; got is false when it held nothing but
// the end of the poll.
func (r *reader) take(ctx context.Context, fetches kgo.Fetches, give func(*partition, []*kgo.Record) error) (got bool, err error) {
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if err != nil || r.full {
			return
		}
		if p.Err != nil {
			if !errors.Is(p.Err, context.DeadlineExceeded) || p.Topic != "" {
				err = r.failed(ctx, partitionKey{p.Topic, p.Partition}, p.Err)
			}
			return
		}
		if part := r.parts[partitionKey{p.Topic, p.Partition}]; part != nil && len(p.Records) > 0 {
			got = true
			if err = give(part, p.Records); err == nil && !r.full {
				recycle(p.Records)
			}
		}
	})
	return got, err
}

// give hands the records of one partition to the sink, up to its end.
func (r *reader) give(p *partition, records []*kgo.Record) error {
	for _, rec := range records {
		if rec.Offset >= p.end || p.stopsAt(rec) {
			r.reached(p, p.end)
			return nil
		}
		if rec.Attrs.IsControl() {
			continue
		}
		if err := r.sink.Record(rec); err != nil {
			return err
		}
		p.given = rec.Offset + 1
		if p.count++; p.count == r.options.Each {
			p.end = rec.Offset + 1
			r.reached(p, p.end)
			return nil
		}
		r.count++
		if r.count == r.options.Count {
			r.full = true
			return nil
		}
	}
	r.reached(p, records[len(records)-1].Offset+1)
	return nil
}

// reached notes that everything below pos was seen.
func (r *reader) reached(p *partition, pos int64) {
	if p.pos = max(p.pos, pos); p.pos < never {
		p.given = p.pos
	}
	if p.pos < p.end || p.done {
		return
	}
	p.done = true
	r.left--
	if r.left > 0 && p.assigned {
		// What comes after the end would be fetched for nothing.
		r.fetcher.PauseFetchPartitions(map[string][]int32{p.topic: {p.number}})
	}
}

// failed decides what an error of a partition means: retention may overtake a
// slow reader, all else ends the run. kgo has retried what can be retried.
func (r *reader) failed(ctx context.Context, key partitionKey, err error) error {
	p := r.parts[key]
	if p == nil {
		return err
	}
	if errors.Is(err, kerr.OffsetOutOfRange) {
		return r.overtaken(ctx, p)
	}
	return fmt.Errorf("read %s partition %d: %w", key.topic, key.number, err)
}

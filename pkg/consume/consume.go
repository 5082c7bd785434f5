package consume

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrOptions is an Options whose Validate found a mistake.
var ErrOptions = errors.New("invalid options")

// ErrDeleted is a topic that went away while it was read.
var ErrDeleted = errors.New("the topic was deleted while it was read")

// Options is what to read.
type Options struct {
	Topics      []string
	Partitions  []int32 // of each topic; nil for all
	From        Offset  // where to begin
	Follow      bool    // go on at the end, until the context ends
	Count       int64   // records in all; 0 for no limit
	Uncommitted bool    // also records of transactions that are open or were aborted

	// Notice is told what the reader of the output should know, as that records
	// asked for are gone. It may be nil.
	Notice func(text string)
}

// Validate finds what cannot be done.
func (o *Options) Validate() error {
	if len(o.Topics) == 0 {
		return fmt.Errorf("%w: no topic", ErrOptions)
	}
	if o.Count < 0 {
		return fmt.Errorf("%w: a count of %d records", ErrOptions, o.Count)
	}
	for _, p := range o.Partitions {
		if p < 0 {
			return fmt.Errorf("%w: partition %d", ErrOptions, p)
		}
	}
	return nil
}

// ClientOptions is what the client must be made with.
func (o *Options) ClientOptions() []kgo.Opt {
	isolation := kgo.ReadCommitted()
	if o.Uncommitted {
		isolation = kgo.ReadUncommitted()
	}
	return []kgo.Opt{
		kgo.FetchIsolationLevel(isolation),
		kgo.KeepControlRecords(),
		// Where records are gone is for us to see: kgo would jump elsewhere.
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.FetchMaxWait(500 * time.Millisecond),
		kgo.FetchMaxPartitionBytes(2 << 20),
	}
}

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

// Run reads until the end, the count, or the end of ctx, whose cause it then
// returns. What was read is flushed in any case.
func Run(ctx context.Context, cl *kgo.Client, o Options, sink Sink) (Result, error) {
	if err := o.Validate(); err != nil {
		return Result{}, err
	}
	r := &reader{client: cl, options: o, sink: sink}
	err := r.run(ctx)
	if flushErr := sink.Flush(); err == nil {
		err = flushErr
	}
	return Result{Records: r.count}, err
}

// reader is one Run.
type reader struct {
	client  *kgo.Client
	options Options
	sink    Sink

	parts map[partitionKey]*partition
	left  int // partitions that have not reached their end
	count int64
	full  bool      // Count records were given
	away  time.Time // since when the cluster has not answered; zero while it does
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
	if err := r.plan(ctx); err != nil {
		return err
	}
	idle := firstIdle
	for !r.full && (r.left > 0 || r.options.Follow) {
		if r.client.BufferedFetchRecords() == 0 {
			if err := r.sink.Flush(); err != nil {
				return err
			}
		}
		poll, cancel := context.WithTimeout(ctx, idle)
		fetches := r.client.PollFetches(poll)
		cancel()
		if err := context.Cause(ctx); err != nil {
			return err
		}
		got, err := r.take(ctx, fetches)
		if err != nil {
			return err
		}
		if got {
			r.back()
			idle = firstIdle
			continue
		}
		if err := r.lookAtRests(ctx); err != nil {
			return err
		}
		idle = min(2*idle, mostIdle)
	}
	return nil
}

// take gives the records of one poll to the sink; got is false when it held
// nothing but the end of the poll.
func (r *reader) take(ctx context.Context, fetches kgo.Fetches) (got bool, err error) {
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
			err = r.give(part, p.Records)
		}
	})
	return got, err
}

// give hands on the records of one partition, up to its end.
func (r *reader) give(p *partition, records []*kgo.Record) error {
	for _, rec := range records {
		if rec.Offset >= p.end {
			break
		}
		if rec.Attrs.IsControl() {
			continue
		}
		if err := r.sink.Record(rec); err != nil {
			return err
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
	p.pos = max(p.pos, pos)
	if p.pos < p.end || p.done {
		return
	}
	p.done = true
	r.left--
	if r.left > 0 {
		// What comes after the end would be fetched for nothing.
		r.client.PauseFetchPartitions(map[string][]int32{p.topic: {p.number}})
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

package produce

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/format"
)

// grace is how long an interrupted run waits for what it has read.
const grace = 5 * time.Second

// Run writes the lines of the inputs, one input after the other, and waits for
// all of them to be acknowledged. The error says what ended it: a line that is
// no record, records that failed (ErrFailed), a topic that cannot be written, or
// ctx, whose cause is returned after what was read had a moment to arrive.
func Run(ctx context.Context, cl *kgo.Client, o Options, inputs []Input) (Result, error) {
	e, _ := cl.OptValue(kgo.WithLogger).(*ear)
	return start(ctx, cl, o, inputs, e)
}

// sender is what is needed of a *kgo.Client.
type sender interface {
	Produce(ctx context.Context, r *kgo.Record, promise func(*kgo.Record, error))
	Flush(ctx context.Context) error
	BufferedProduceRecords() int64
}

func start(ctx context.Context, cl sender, o Options, inputs []Input, e *ear) (Result, error) {
	if err := o.Validate(); err != nil {
		return Result{}, err
	}
	if o.MaxLine == 0 {
		o.MaxLine = DefaultMaxLine
	}
	if o.DeliveryTimeout == 0 {
		o.DeliveryTimeout = DefaultDeliveryTimeout
	}
	reads, err := format.ParseReader(o.Format)
	if err != nil {
		return Result{}, err
	}
	p := &producer{client: cl, options: o, reads: reads, meter: o.Meter, ear: e, free: make(chan *chunk, maxChunks)}
	p.decodes = o.Format == "json"
	if p.meter == nil {
		p.meter = new(Meter)
	}
	p.sending, p.abort = context.WithCancelCause(context.WithoutCancel(ctx))
	defer p.abort(nil)

	if o.TransactionalID != "" {
		if err := p.begin(ctx, cl); err != nil {
			return Result{}, err
		}
	}

	go p.watch()
	done := make(chan error, 1) // has room: nobody may be there to take it
	go func() { done <- p.read(inputs) }()
	select {
	case err = <-done:
	case <-p.sending.Done(): // a record failed in a way that all will
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	// From here on the reader, which may sit in a read that nothing ends, sends
	// no more.
	p.stopped.Store(true)
	if p.txn != nil {
		if fatal := context.Cause(p.sending); fatal != nil && ctx.Err() == nil {
			err = fatal
		}
		return p.result(p.txn.finish(err))
	}
	if flushErr := p.flush(ctx); err == nil {
		err = flushErr
	}
	if fatal := context.Cause(p.sending); fatal != nil {
		err = fatal
	}
	return p.result(err)
}

// producer is one Run.
type producer struct {
	client  sender
	options Options
	reads   format.Reader // used by the goroutine that reads
	decodes bool          // lines are more than values
	meter   *Meter
	ear     *ear
	txn     *txn // nil without transactions

	// sending is the context of the records; its cause is what ended them all.
	sending context.Context
	abort   context.CancelCauseFunc
	stopped atomic.Bool // no more records may be sent

	free   chan *chunk // chunks to use again
	made   int         // chunks made; the reader's own
	sent   atomic.Int64
	failed atomic.Int64 // known to have failed: the others may be on their way

	mu    sync.Mutex
	first error // guarded by mu; the failure of the first record that failed
}

// flush waits for the records that are on their way: as long as it takes, or a
// moment only after an interrupt. A cluster that has not acknowledged anything
// so far is not waited for then.
func (p *producer) flush(ctx context.Context) error {
	flushed := make(chan error, 1)
	go func() { flushed <- p.client.Flush(p.sending) }()
	select {
	case err := <-flushed:
		return err
	case <-ctx.Done():
	}
	if p.meter.Records() > 0 {
		late := time.AfterFunc(grace, func() { p.abort(context.Cause(ctx)) })
		defer late.Stop()
	} else {
		p.abort(context.Cause(ctx))
	}
	<-flushed
	return context.Cause(ctx)
}

// acknowledged is called for each record.
func (p *producer) acknowledged(c *chunk, r *kgo.Record, err error) {
	if err == nil {
		p.meter.records.Add(1)
		p.meter.bytes.Add(int64(len(r.Key) + len(r.Value)))
		return
	}
	p.failed.Add(1)
	if cause := context.Cause(p.sending); cause != nil {
		return // it fails with all the others
	}
	if n, ok := missing(r); ok {
		err = fmt.Errorf("%w: there is no partition %d, it has %d", ErrPartition, *p.options.Partition, n)
	}
	if p.txn != nil && concernsOne(err) {
		p.abort(fmt.Errorf("%s: %w", c.where(r), err)) // all or nothing
		return
	}
	if concernsOne(err) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.first == nil {
			p.first = fmt.Errorf("%s: %w", c.where(r), err)
		}
		return
	}
	p.abort(fmt.Errorf("produce to %s: %w", p.options.Topic, err))
}

// concernsOne tells that other records may well succeed.
func concernsOne(err error) bool {
	for _, e := range []error{kerr.MessageTooLarge, kerr.RecordListTooLarge, kerr.InvalidRecord, kerr.InvalidTimestamp} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func (p *producer) result(err error) (Result, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := Result{Records: p.meter.Records(), Bytes: p.meter.Bytes(), Failed: p.failed.Load()}
	if err != nil {
		// What ended the run ended the records too, though not all know it yet.
		r.Failed = p.sent.Load() - r.Records
	}
	if p.txn != nil {
		p.txn.count(&r)
		return r, err
	}
	if err == nil && r.Failed > 0 {
		err = fmt.Errorf("%d of %d %w, the first: %w", r.Failed, r.Failed+r.Records, ErrFailed, p.first)
	}
	return r, err
}

package produce

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/newtopic"
)

// ErrUnconfirmed is a commit without an answer: the transaction is committed or
// aborted, and nobody can tell which.
var ErrUnconfirmed = errors.New("it is not known whether the transaction was committed")

// DefaultTransactionTimeout is how long a transaction may be open before its
// coordinator aborts it, as in Java's producer.
const DefaultTransactionTimeout = time.Minute

// transactor is what is needed of a *kgo.Client for transactions.
type transactor interface {
	BeginTransaction() error
	newtopic.Client
	AbortBufferedRecords(ctx context.Context) error
	EndTransaction(ctx context.Context, commit kgo.TransactionEndTry) error
}

// txn is the transactions of one Run.
type txn struct {
	p      *producer
	client transactor
	ctx    context.Context // of Run
	batch  int64           // records a transaction, 0 for all of them
	filled int64           // records of the open transaction; the reader's own

	mu        sync.Mutex // held by who ends a transaction
	open      bool       // guarded by mu; a transaction was begun and not ended
	over      bool       // guarded by mu; the last one was ended
	sent      int64      // guarded by mu; records sent when the open one began
	committed int64      // guarded by mu; records
	bytes     int64      // guarded by mu; of those
	ended     int64      // guarded by mu; transactions committed
}

// begin begins the first transaction.
func (p *producer) begin(ctx context.Context, client sender) error {
	c, ok := client.(transactor)
	if !ok {
		return fmt.Errorf("%w: the client has no transactions", ErrOptions)
	}
	p.txn = &txn{p: p, client: c, ctx: ctx, batch: p.options.TransactionBatch}
	p.txn.mu.Lock()
	defer p.txn.mu.Unlock()
	return p.txn.begin()
}

// begin begins a transaction. The client may ask for a producer id, for as long
// as it takes: the end of the context is waited for beside it. t.mu is held.
func (t *txn) begin() error {
	begun := make(chan error, 1)
	go func() { begun <- t.client.BeginTransaction() }()
	select {
	case err := <-begun:
		var kafka *kerr.Error
		switch {
		case errors.As(err, &kafka):
			return fmt.Errorf("begin transaction: %w", kafka)
		case err != nil:
			return fmt.Errorf("begin transaction: %w", err)
		}
		t.open, t.sent = true, t.p.sent.Load()
		return nil
	case <-t.ctx.Done():
		return context.Cause(t.ctx)
	}
}

// filledOne counts a record that was sent, and commits the transaction when it
// is full. It is called by the reader.
func (t *txn) filledOne() error {
	if t == nil || t.batch == 0 {
		return nil
	}
	if t.filled++; t.filled < t.batch {
		return nil
	}
	t.filled = 0
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return nil
	}
	if err := t.commit(); err != nil {
		return err
	}
	return t.begin()
}

// commit waits for the records of the open transaction and commits it. t.mu is held.
func (t *txn) commit() error {
	if t.p.sent.Load() == t.sent {
		return nil
	}
	if err := t.p.client.Flush(t.p.sending); err != nil {
		return err
	}
	if err := context.Cause(t.p.sending); err != nil {
		return err // a record failed
	}
	ctx, stop := t.patient()
	defer stop()
	if err := newtopic.Wait(ctx, t.client, t.p.options.Topic); err != nil {
		return fmt.Errorf("commit transaction: %w", err)
	}
	if err := t.client.EndTransaction(ctx, kgo.TryCommit); err != nil {
		var kafka *kerr.Error
		if !errors.As(err, &kafka) || errors.Is(err, kerr.UnknownServerError) {
			return fmt.Errorf("commit transaction: %w: %w", ErrUnconfirmed, err)
		}
		return fmt.Errorf("commit transaction: %w", err)
	}
	t.open = false
	t.committed, t.bytes = t.p.meter.Records(), t.p.meter.Bytes()
	t.ended++
	return nil
}

// patient is a context for ending a transaction: it outlives an interrupt for a
// moment, since a request that is cancelled leaves open what became of it.
func (t *txn) patient() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), t.p.options.DeliveryTimeout)
	stop := context.AfterFunc(t.ctx, func() { time.AfterFunc(grace, cancel) })
	return ctx, func() { stop(); cancel() }
}

// finish ends the last transaction: it is committed if the whole input was read
// and nothing failed, else aborted. err is what ended the run so far.
func (t *txn) finish(err error) error {
	if err != nil {
		t.p.abort(err) // the reader may be waiting for records
	}
	stop := context.AfterFunc(t.ctx, func() { t.p.abort(context.Cause(t.ctx)) })
	defer stop()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	if err == nil {
		if err = t.commit(); err == nil {
			return nil
		}
	}
	if cause := context.Cause(t.p.sending); cause != nil {
		err = cause
	}
	t.p.abort(err)
	if !t.open {
		return err
	}
	ctx, cancel := t.patient()
	defer cancel()
	abortErr := t.client.AbortBufferedRecords(ctx) // it waits for what newtopic.Wait does
	if abortErr == nil {
		abortErr = t.client.EndTransaction(ctx, kgo.TryAbort)
	}
	if abortErr != nil && !fenced(err) && !fenced(abortErr) {
		return fmt.Errorf("%w (and the transaction stays open until it times out: %w)", err, abortErr)
	}
	return err
}

// fenced tells that the transaction is no longer this producer's: somebody else
// has ended it.
func fenced(err error) bool {
	return errors.Is(err, kerr.InvalidProducerEpoch) || errors.Is(err, kerr.ProducerFenced)
}

// count makes r count what was committed; all else failed.
func (t *txn) count(r *Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r.Records, r.Bytes, r.Transactions = t.committed, t.bytes, t.ended
	r.Failed = t.p.sent.Load() - t.committed
}

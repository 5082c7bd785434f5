package statelog

import (
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/logstore"
)

// Record is a key and its new value. A nil value is a tombstone.
type Record struct{ Key, Value []byte }

// AppendOptions say how records are appended.
type AppendOptions struct {
	// Transactional records belong to the open transaction of ProducerID, which
	// begins with them if it has not begun: offsets sent to a transaction.
	Transactional bool
	ProducerID    int64
	ProducerEpoch int16
	// Guard is what StartVerification gave out for the producer. Verify refuses a
	// transactional append that would open the transaction without it
	// (logstore.ErrInvalidTxnState).
	Guard  *logstore.Guard
	Verify bool

	// Done is called once if Append returned pending: with nil when the high
	// watermark covers the records, else with why it never will. It may run on
	// any goroutine, also before Append has returned, and without locks.
	Done func(error)
	// Fired, when set, takes what the append made due. A caller that holds a lock
	// sets it, and must call its Fire when the lock is released: answers of
	// others, who take locks of their own, are in it.
	Fired *topic.Fired
	// Base, when set, takes the offset of the first record, before Append returns.
	Base *int64
}

// Append writes the records as one batch. With an error nothing was written: the
// state is as it was. Not pending means committed; of no records it is true at
// once. Errors are ErrTooLarge and those of topic.Partition.Append.
func (l *Log) Append(partition int32, recs []Record, o AppendOptions) (pending bool, err error) {
	if len(recs) == 0 {
		return false, nil
	}
	p, err := l.partition(partition)
	if err != nil {
		return false, err
	}
	b := l.build(recs, o)
	if limit := p.Config().MaxMessageBytes; len(b) > limit {
		return false, fmt.Errorf("append to %s: %w: %d bytes, not %d", p, ErrTooLarge, len(b), limit)
	}
	opts := topic.AppendOptions{
		Acks: -1, Origin: logstore.OriginCoordinator, Fired: o.Fired, Verify: o.Verify, Guard: o.Guard,
	}
	if o.Done != nil {
		opts.Ack = &topic.Ack{Done: o.Done}
	}
	a, err := p.Append(b, opts)
	if err != nil {
		return false, err
	}
	if o.Base != nil {
		*o.Base = a.FirstOffset
	}
	return a.Waiting, nil
}

// StartVerification begins to verify that a producer's transaction has the
// partition, before the first of its records are appended: the transaction
// coordinator is asked while the guard is held, and an answer that is older than
// the end of the transaction opens no other one (KIP-890). The guard is nil when
// the transaction is open in the partition: there is nothing to ask. Errors are
// those of topic.Partition.StartVerification.
func (l *Log) StartVerification(partition int32, producerID int64, epoch int16, epochBump bool) (*logstore.Guard, error) {
	p, err := l.partition(partition)
	if err != nil {
		return nil, err
	}
	return p.StartVerification(producerID, epoch, batch.NoSequence, epochBump)
}

func (l *Log) build(recs []Record, o AppendOptions) batch.Batch {
	bo := batch.BuilderOptions{Codec: l.o.Codec, Compressor: &l.compressor}
	if o.Transactional {
		bo.Idempotent, bo.Transactional = true, true
		bo.ProducerID, bo.ProducerEpoch, bo.BaseSequence = o.ProducerID, o.ProducerEpoch, batch.NoSequence
	}
	b := batch.NewBuilder(bo)
	now := l.o.Now().UnixMilli()
	for _, r := range recs {
		b.Add(now, r.Key, r.Value, nil)
	}
	return b.Build()
}

// AppendError is what a client is told when a record could not be written
// (TransactionStateManager.appendTransactionToLog, CoordinatorOperationExceptionHelper).
func AppendError(err error) *kerr.Error {
	switch {
	case errors.Is(err, ErrTooLarge), errors.Is(err, logstore.ErrBatchTooLarge):
		return kerr.UnknownServerError
	case errors.Is(err, topic.ErrUnknownPartition), errors.Is(err, topic.ErrTimedOut),
		errors.Is(err, topic.ErrNotEnoughReplicas), errors.Is(err, topic.ErrNotEnoughReplicasAfterAppend):
		return kerr.CoordinatorNotAvailable
	case errors.Is(err, topic.ErrNotLeader), errors.Is(err, logstore.ErrStorage),
		errors.Is(err, logstore.ErrOffline), errors.Is(err, logstore.ErrClosed):
		return kerr.NotCoordinator
	}
	return kerr.UnknownServerError
}

package logstore

import (
	"fmt"

	"kq/pkg/broker/batch"
)

// Guard stands for one verification of a producer's transaction with its
// coordinator (VerificationGuard, KIP-890). It is worth nothing once a batch or
// a marker of that producer was appended: a coordinator's answer that is older
// than the end of the transaction lets nothing in.
type Guard struct{ _ byte }

// verification is a producer whose transaction is not open in the log and is
// being verified (VerificationStateEntry).
type verification struct {
	guard *Guard
	begun int64 // ms
	// lowest is the first sequence of the epoch that was seen: what comes after
	// it must not be appended before it.
	lowest    int32
	epoch     int16
	epochBump bool // each transaction has an epoch of its own (transaction version 2)
}

// StartVerification begins to verify a batch that would open a transaction, or
// goes on with it. The guard goes with the append once the coordinator has said
// that the partition is in the transaction; it is nil when the transaction is
// open in the log, so that there is nothing to verify. It fails with
// ErrInvalidProducerEpoch for an older epoch, and like Append.
func (l *Log) StartVerification(producerID int64, epoch int16, sequence int32, epochBump bool) (*Guard, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return nil, err
	}
	g, err := l.prod.startVerification(producerID, epoch, sequence, epochBump, l.store.nowMs())
	if err != nil {
		return nil, fmt.Errorf("verify transaction in %s: %w", l.tp, err)
	}
	return g, nil
}

func (s *producers) startVerification(id int64, epoch int16, sequence int32, epochBump bool, now int64) (*Guard, error) {
	known := s.entries[id]
	switch {
	case known.isNewer(epoch):
		return nil, fmt.Errorf("%w: producer %d has epoch %d, last seen was %d", ErrInvalidProducerEpoch, id, epoch, known.epoch)
	case known.inTxn(epoch):
		return nil, nil
	}
	v := s.verifying[id]
	if v == nil {
		v = &verification{guard: new(Guard), begun: now, lowest: sequence, epoch: epoch, epochBump: epochBump}
		s.verifying[id] = v
	}
	if epoch == v.epoch {
		v.lowest = min(v.lowest, sequence)
	} else if epoch > v.epoch {
		v.epoch, v.lowest = epoch, sequence
	}
	return v.guard, nil
}

// checkVerified refuses a batch that would open a transaction of which nobody
// has asked the coordinator since the last one ended.
func (s *producers) checkVerified(b batch.Batch, known *producerEntry, g *Guard) error {
	if !b.IsTransactional() || b.IsControl() || known.inTxn(b.ProducerEpoch()) {
		return nil
	}
	if known.isNewer(b.ProducerEpoch()) {
		return fmt.Errorf("%w: producer %d has epoch %d, last seen was %d", ErrInvalidProducerEpoch, known.id, b.ProducerEpoch(), known.epoch)
	}
	if v := s.verifying[b.ProducerID()]; g == nil || v == nil || v.guard != g {
		return fmt.Errorf("%w: record of producer %d was not part of an ongoing transaction", ErrInvalidTxnState, b.ProducerID())
	}
	return nil
}

// isNewer says that the producer was seen with an epoch above this one.
func (e *producerEntry) isNewer(epoch int16) bool { return e != nil && epoch < e.epoch }

// inTxn says that the producer has an open transaction of this epoch.
func (e *producerEntry) inTxn(epoch int16) bool {
	return e != nil && e.txnFirst != noOffset && e.epoch == epoch
}

// checkSequence keeps a batch back while one before it still has to be verified.
// e is what the log knows of the producer.
func (v *verification) checkSequence(e *producerEntry, first int32) error {
	switch {
	case v == nil:
		return nil
	case v.epochBump && first != 0 && e.count == 0:
		return fmt.Errorf("%w: producer %d begins with sequence %d in a transaction of its own epoch", ErrOutOfOrderSequence, e.id, first)
	case first > v.lowest:
		return fmt.Errorf("%w: producer %d sent sequence %d, the lowest that waits is %d", ErrOutOfOrderSequence, e.id, first, v.lowest)
	}
	return nil
}

package logstore

import (
	"fmt"
	"math"

	"kq/pkg/broker/batch"
)

// windowSize is how many batches of a producer are remembered
// (ProducerStateEntry.NUM_BATCHES_TO_RETAIN).
const windowSize = 5

// batchMeta is a batch that a producer sent.
type batchMeta struct {
	lastSeq    int32
	delta      int32 // last offset - first offset, also last - first sequence
	lastOffset int64
	timestamp  int64
}

func (m batchMeta) firstSeq() int32 {
	if m.lastSeq >= m.delta {
		return m.lastSeq - m.delta
	}
	return math.MaxInt32 - (m.delta - m.lastSeq) + 1 // the sequence wrapped
}

func (m batchMeta) firstOffset() int64 { return m.lastOffset - int64(m.delta) }

// producerEntry is what a partition knows of a producer (ProducerStateEntry).
// It is a plain value: a copy can be changed and put back.
type producerEntry struct {
	id               int64
	epoch            int16
	count            int8 // entries of window in use
	coordinatorEpoch int32
	lastTimestamp    int64 // of the last batch, as its producer stamped it
	txnFirst         int64 // first offset of the open transaction; noOffset without one
	seen             int64 // when it was last heard of, ms of our own clock
	window           [windowSize]batchMeta
}

func newProducerEntry(id int64) producerEntry {
	return producerEntry{id: id, epoch: noEpoch, coordinatorEpoch: -1, lastTimestamp: noTimestamp, txnFirst: noOffset}
}

func (e *producerEntry) last() (batchMeta, bool) {
	if e.count == 0 {
		return batchMeta{lastSeq: -1, lastOffset: noOffset}, false
	}
	return e.window[e.count-1], true
}

// duplicate finds the batch of the window that this one repeats.
func (e *producerEntry) duplicate(b batch.Batch) (batchMeta, bool) {
	if b.ProducerEpoch() != e.epoch {
		return batchMeta{}, false
	}
	first, last := b.BaseSequence(), b.LastSequence()
	for _, m := range e.window[:e.count] {
		if m.lastSeq == last && m.firstSeq() == first {
			return m, true
		}
	}
	return batchMeta{}, false
}

func (e *producerEntry) setEpoch(epoch int16) {
	if e.epoch != epoch {
		e.epoch, e.count = epoch, 0
	}
}

func (e *producerEntry) push(m batchMeta) {
	if e.count == windowSize {
		copy(e.window[:], e.window[1:])
		e.count--
	}
	e.window[e.count] = m
	e.count++
}

func (e *producerEntry) expired(now, expiration int64) bool {
	return e.txnFirst == noOffset && now-max(e.lastTimestamp, e.seen) >= expiration
}

// completedTxn is a transaction that a marker has ended.
type completedTxn struct {
	producerID  int64
	firstOffset int64
	lastOffset  int64 // of the marker
	aborted     bool
}

// producerAppend checks batches against one producer's state and builds the
// state that they leave (ProducerAppendInfo). Nothing is changed until the
// caller puts next back.
type producerAppend struct {
	next   producerEntry
	fresh  bool // the producer was unknown: any first sequence will do
	origin Origin
	// txnVersion is the transaction version that a marker was written with;
	// from 2 on (KIP-890) a marker carries a raised producer epoch.
	txnVersion int16
	// verifying is what StartVerification knows of the producer, if anything.
	verifying *verification
	inTxn     bool // a batch or marker of a transaction was added
}

// add takes the next batch of the producer. done is set for a marker that ended
// a transaction with records in it.
func (p *producerAppend) add(b batch.Batch) (done completedTxn, ok bool, err error) {
	p.inTxn = p.inTxn || b.IsTransactional()
	if !b.IsControl() {
		return completedTxn{}, false, p.addData(b)
	}
	m, ok, err := parseMarker(b)
	if err != nil || !ok {
		return completedTxn{}, false, err
	}
	return p.addMarker(b, m)
}

func (p *producerAppend) addData(b batch.Batch) error {
	epoch := b.ProducerEpoch()
	if err := p.checkEpoch(epoch, b.BaseOffset(), 0); err != nil {
		return err
	}
	if p.origin == OriginClient {
		if err := p.checkSequence(epoch, b.BaseSequence()); err != nil {
			return err
		}
	}
	e := &p.next
	e.setEpoch(epoch)
	e.push(batchMeta{
		lastSeq: b.LastSequence(), delta: int32(b.LastOffset() - b.BaseOffset()),
		lastOffset: b.LastOffset(), timestamp: b.MaxTimestamp(),
	})
	e.lastTimestamp = b.MaxTimestamp()
	switch txn := b.IsTransactional(); {
	case e.txnFirst != noOffset && !txn:
		return fmt.Errorf("%w: producer %d sent a plain batch in its transaction", ErrInvalidTxnState, e.id)
	case e.txnFirst == noOffset && txn:
		e.txnFirst = b.BaseOffset()
	}
	return nil
}

// checkEpoch fences older epochs. What a leader has accepted is not refused by
// a follower or by recovery.
func (p *producerAppend) checkEpoch(epoch int16, offset int64, txnVersion int16) error {
	e := &p.next
	stale := epoch < e.epoch
	if txnVersion >= 2 {
		stale = epoch <= e.epoch
		retried := epoch == e.epoch && (e.txnFirst == noOffset || epoch == math.MaxInt16)
		stale = stale && !retried
	}
	if !stale || p.origin == OriginReplica {
		return nil
	}
	return fmt.Errorf("%w: producer %d has epoch %d at offset %d, last seen was %d", ErrInvalidProducerEpoch, e.id, epoch, offset, e.epoch)
}

func (p *producerAppend) checkSequence(epoch int16, first int32) error {
	e := &p.next
	if err := p.verifying.checkSequence(e, first); err != nil {
		return err
	}
	switch {
	case p.fresh:
		return nil
	case epoch != e.epoch:
		if first != 0 {
			return fmt.Errorf("%w: producer %d begins epoch %d with sequence %d", ErrOutOfOrderSequence, e.id, epoch, first)
		}
		return nil
	}
	last, _ := e.last()
	if first == last.lastSeq+1 && last.lastSeq != math.MaxInt32 || first == 0 && last.lastSeq == math.MaxInt32 {
		return nil
	}
	return fmt.Errorf("%w: producer %d sent sequence %d after %d", ErrOutOfOrderSequence, e.id, first, last.lastSeq)
}

func (p *producerAppend) addMarker(b batch.Batch, m marker) (completedTxn, bool, error) {
	e := &p.next
	if err := p.checkEpoch(b.ProducerEpoch(), b.BaseOffset(), p.txnVersion); err != nil {
		return completedTxn{}, false, err
	}
	if e.coordinatorEpoch > m.coordinatorEpoch && p.origin != OriginReplica {
		return completedTxn{}, false, fmt.Errorf("%w: marker for producer %d is of coordinator epoch %d, last seen was %d",
			ErrCoordinatorFenced, e.id, m.coordinatorEpoch, e.coordinatorEpoch)
	}
	done := completedTxn{producerID: e.id, firstOffset: e.txnFirst, lastOffset: b.BaseOffset(), aborted: m.abort}
	open := e.txnFirst != noOffset
	e.setEpoch(b.ProducerEpoch())
	e.coordinatorEpoch = m.coordinatorEpoch
	e.txnFirst = noOffset
	e.lastTimestamp = m.timestamp
	return done, open, nil
}

// marker is the record of a control batch that ends a transaction.
type marker struct {
	abort            bool
	coordinatorEpoch int32
	timestamp        int64
}

// parseMarker reads the marker of a control batch (EndTransactionMarker). ok is
// false for a batch that compaction has emptied and for other control records.
func parseMarker(b batch.Batch) (m marker, ok bool, err error) {
	for r, err := range b.Records(nil) {
		if err != nil {
			return marker{}, false, fmt.Errorf("read marker at offset %d: %w", b.BaseOffset(), err)
		}
		kind, coordinatorEpoch, err := batch.ParseMarker(r)
		if err != nil {
			return marker{}, false, fmt.Errorf("read marker at offset %d: %w", b.BaseOffset(), err)
		}
		if kind != batch.MarkerAbort && kind != batch.MarkerCommit {
			return marker{}, false, nil
		}
		ts := b.BaseTimestamp() + r.TimestampDelta
		if b.TimestampType() == batch.LogAppendTime {
			ts = b.MaxTimestamp()
		}
		return marker{abort: kind == batch.MarkerAbort, coordinatorEpoch: coordinatorEpoch, timestamp: ts}, true, nil
	}
	return marker{}, false, nil
}

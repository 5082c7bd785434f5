package logstore

import (
	"fmt"

	"kq/pkg/broker/batch"
)

// cleanedTxns follows the transactions of a log while it is cleaned, batch by
// batch (CleanedTransactionMetadata): which batches were aborted, and which
// markers have nothing left that they end.
type cleanedTxns struct {
	pending   []AbortedTxn // not reached yet, by first offset
	aborted   map[int64]*abortedSeen
	committed map[int64]bool // producers with batches of a transaction that was not aborted
	index     []AbortedTxn   // what the .txnindex of the segment that is being written lists
}

// abortedSeen is an aborted transaction whose marker was not reached yet.
type abortedSeen struct {
	txn  AbortedTxn
	data bool // a batch of it was met
}

func newCleanedTxns() *cleanedTxns {
	return &cleanedTxns{aborted: map[int64]*abortedSeen{}, committed: map[int64]bool{}}
}

// add takes the aborted transactions of the next part of the log. One that
// reaches over two parts is in both.
func (t *cleanedTxns) add(txns []AbortedTxn) {
	t.pending = append(t.pending, txns...)
	sortByFirst(t.pending)
}

func (t *cleanedTxns) reach(offset int64) {
	n := 0
	for ; n < len(t.pending) && t.pending[n].FirstOffset <= offset; n++ {
		if x := t.pending[n]; t.aborted[x.ProducerID] == nil {
			t.aborted[x.ProducerID] = &abortedSeen{txn: x}
		}
	}
	t.pending = t.pending[n:]
}

// data takes a batch of records and says whether it was aborted.
func (t *cleanedTxns) data(b batch.Batch) (aborted bool) {
	t.reach(b.LastOffset())
	if !b.IsTransactional() {
		return false
	}
	if seen := t.aborted[b.ProducerID()]; seen != nil {
		seen.data = true
		return true
	}
	t.committed[b.ProducerID()] = true
	return false
}

// control takes a control batch and says whether it may go: its transaction has
// no batches left, or it was emptied before.
func (t *cleanedTxns) control(b batch.Batch) (idle bool, err error) {
	t.reach(b.LastOffset())
	if b.Count() == 0 {
		return true, nil
	}
	m, ok, err := parseMarker(b)
	switch id := b.ProducerID(); {
	case err != nil:
		return false, fmt.Errorf("%w: %w", ErrCorrupt, err)
	case !ok: // not the end of a transaction
		return false, nil
	case m.abort:
		seen := t.aborted[id]
		delete(t.aborted, id)
		if seen != nil && seen.data {
			t.index = append(t.index, seen.txn)
			return false, nil
		}
		return true, nil
	default:
		had := t.committed[id]
		delete(t.committed, id)
		return !had, nil
	}
}

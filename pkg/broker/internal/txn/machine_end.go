package txn

import "github.com/twmb/franz-go/pkg/kerr"

// endVersion0 is EndTxn of clients before transaction.version 2
// (endTransactionWithTV1): the epoch stays, so that a retry looks like the first
// request.
func (m *Machine) endVersion0(nowMs int64, e End) Effects {
	t := &m.txn
	switch {
	case m.Unused(), t.ProducerID != e.ProducerID:
		return answer(kerr.InvalidProducerIDMapping.Code)
	case t.Epoch != e.Epoch:
		return answer(kerr.ProducerFenced.Code)
	case m.Busy():
		return busy()
	case t.State == Ongoing:
		next := m.prepared(nowMs, e.Commit)
		next.Version, next.NextProducerID = 0, none
		return m.write(next, refuse(0))
	case e.Commit && t.State == CompleteCommit, !e.Commit && t.State == CompleteAbort:
		return answer(0)
	}
	return answer(kerr.InvalidTxnState.Code)
}

// end is EndTxn of transaction.version 2 (endTransaction): every end of a
// transaction raises the epoch, so that a retry has the one below, and the same
// epoch is the next transaction's.
func (m *Machine) end(nowMs int64, e End) Effects {
	t := &m.txn
	replaced := t.PreviousProducerID == e.ProducerID && e.Epoch == maxEpoch && t.Epoch == 0
	retry := t.State.complete() && (replaced || t.Epoch == e.Epoch+1)
	switch {
	case m.Busy():
		return busy()
	case m.Unused(), t.ProducerID != e.ProducerID && !replaced:
		return answer(kerr.InvalidProducerIDMapping.Code)
	case t.Epoch != e.Epoch && !retry:
		return answer(kerr.ProducerFenced.Code)
	case retry && e.Commit == (t.State == CompleteCommit):
		return Effects{Answered: true, Answer: Answer{ProducerID: t.ProducerID, Epoch: t.Epoch}}
	case t.State == Ongoing, !retry && !e.Commit:
		// Also without a transaction: the client may have begun one that no
		// partition knows of.
		return m.endNow(nowMs, e)
	}
	return answer(kerr.InvalidTxnState.Code)
}

// endNow decides the end of a transaction of version 2.
func (m *Machine) endNow(nowMs int64, e End) Effects {
	next, need := m.raised(nowMs, e.Commit, e.FreshID)
	if need {
		return Effects{NeedID: true}
	}
	a := Answer{ProducerID: next.ProducerID, Epoch: next.Epoch}
	if next.NextProducerID != none {
		a = Answer{ProducerID: next.NextProducerID, Epoch: 0}
	}
	return m.write(next, a)
}

// fence aborts the transaction of a producer that is not asked: it is given no
// higher epoch and so can do nothing any more.
func (m *Machine) fence(nowMs int64, freshID int64, eff Effects) Effects {
	next, need := m.raised(nowMs, false, freshID)
	if need {
		return Effects{NeedID: true}
	}
	eff.Append = m.write(next, refuse(kerr.ConcurrentTransactions.Code)).Append
	return eff
}

// raised is the prepared state of version 2: with the next epoch, and with the id
// that takes over if there is no other epoch after it. need says that freshID is
// wanted for it.
func (m *Machine) raised(nowMs int64, commit bool, freshID int64) (next Txn, need bool) {
	next = m.prepared(nowMs, commit)
	next.Version, next.NextProducerID = Version2, none
	if m.txn.exhausted() {
		if freshID == none {
			return next, true
		}
		next.NextProducerID = freshID
	}
	if m.txn.State.idle() {
		next.StartMs = nowMs
	}
	next.LastEpoch = m.txn.Epoch
	if m.txn.Epoch <= maxEpoch {
		next.Epoch = m.txn.Epoch + 1
	}
	return next, false
}

// prepared is the state in which the end is decided, with the present epoch.
func (m *Machine) prepared(nowMs int64, commit bool) Txn {
	next := m.txn
	next.State, next.UpdateMs, next.PreviousProducerID = PrepareAbort, nowMs, m.txn.ProducerID
	if commit {
		next.State = PrepareCommit
	}
	return next
}

// completed is the state after a prepared one, when all markers are written.
func (m *Machine) completed(nowMs int64) Txn {
	next := m.txn
	next.State, next.UpdateMs, next.Partitions = CompleteAbort, nowMs, nil
	next.PreviousProducerID = m.txn.ProducerID
	if m.txn.State == PrepareCommit {
		next.State = CompleteCommit
	}
	if m.txn.Version >= Version2 && m.txn.NextProducerID != none {
		next.ProducerID, next.Epoch = m.txn.NextProducerID, 0
	}
	next.NextProducerID = none
	return next
}

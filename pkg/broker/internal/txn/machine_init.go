package txn

import "github.com/twmb/franz-go/pkg/kerr"

// init is InitProducerId (prepareInitProducerIdTransit).
func (m *Machine) init(nowMs int64, e Init) Effects {
	t := &m.txn
	known := e.ProducerID != none || e.Epoch != none // the producer names its id and epoch
	switch {
	case m.Busy():
		return busy()
	case m.Unused():
		// Also of a producer that has an id: the coordinator has forgotten it.
		if e.FreshID == none {
			return Effects{NeedID: true}
		}
		next := m.initialized(nowMs, e)
		next.ProducerID, next.PreviousProducerID, next.Epoch, next.LastEpoch = e.FreshID, e.FreshID, 0, none
		return m.write(next, Answer{ProducerID: next.ProducerID, Epoch: 0})
	case known && e.ProducerID != t.ProducerID && !(e.ProducerID == t.PreviousProducerID && e.Epoch >= maxEpoch):
		// The exception is a retry: the epochs were used up, and the answer with
		// the new id was lost.
		return answer(kerr.ProducerFenced.Code)
	case t.State == Ongoing:
		// The transaction of before is aborted. Its producer is fenced with an
		// epoch that nobody is given; the one that asks gets a higher one.
		return m.fence(nowMs, e.FreshID, Effects{Again: true})
	}
	next := m.initialized(nowMs, e)
	switch {
	case t.exhausted() && (!known || e.Epoch == t.Epoch):
		if e.FreshID == none {
			return Effects{NeedID: true}
		}
		next.ProducerID, next.Epoch, next.LastEpoch = e.FreshID, 0, none
		if known {
			next.LastEpoch = t.Epoch
		}
	case !known:
		next.Epoch, next.LastEpoch = t.Epoch+1, none
	case e.Epoch == t.Epoch:
		next.Epoch, next.LastEpoch = t.Epoch+1, t.Epoch
	case e.Epoch == t.LastEpoch:
		// A retry, whose answer was lost: it gets what it has been given.
	default:
		return answer(kerr.ProducerFenced.Code)
	}
	return m.write(next, Answer{ProducerID: next.ProducerID, Epoch: next.Epoch})
}

// initialized is the state after InitProducerId but for id and epoch.
func (m *Machine) initialized(nowMs int64, e Init) Txn {
	next := m.txn
	next.State, next.Partitions, next.StartMs, next.UpdateMs = Empty, nil, none, nowMs
	next.TimeoutMs, next.PreviousProducerID = e.TimeoutMs, m.txn.ProducerID
	return next
}

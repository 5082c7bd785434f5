package txn

import "github.com/twmb/franz-go/pkg/kerr"

// Machine is the state machine of one transactional id. Its zero value is not
// valid: see [NewMachine] and [LoadedMachine].
//
// A step that changes something first asks for an append and changes nothing;
// the Committed that follows makes it so.
type Machine struct {
	txn     Txn
	pending *pending // nil when nothing is being written
}

// pending is a transition that is being written.
type pending struct {
	next   Txn
	answer Answer
	delete bool
}

// NewMachine returns the machine of an id that was never used.
func NewMachine() Machine {
	return Machine{txn: Txn{
		ProducerID: none, PreviousProducerID: none, NextProducerID: none, Epoch: none, LastEpoch: none, StartMs: none,
	}}
}

// LoadedMachine returns the machine of an id whose state was read back.
func LoadedMachine(t Txn) Machine { return Machine{txn: t} }

// Txn is the state that is written. Its partitions are not to be modified.
func (m *Machine) Txn() *Txn { return &m.txn }

// Busy says that a transition is under way: requests that change something wait,
// whoever sends them. The client may know more than is written: it is told of the
// next producer id and epoch as soon as the end is decided.
func (m *Machine) Busy() bool { return m.pending != nil || m.txn.State.prepared() }

// Unused says that nothing was ever written of the id.
func (m *Machine) Unused() bool { return m.txn.Epoch == none && m.pending == nil }

// Step is what e does at nowMs, in ms since 1970 for the records.
func (m *Machine) Step(nowMs int64, e Event) Effects {
	switch e := e.(type) {
	case Init:
		return m.init(nowMs, e)
	case Add:
		return m.add(nowMs, e)
	case End:
		if e.Version >= Version2 {
			return m.end(nowMs, e)
		}
		return m.endVersion0(nowMs, e)
	case TimedOut:
		if m.pending != nil || m.txn.State != Ongoing {
			return Effects{}
		}
		return m.fence(nowMs, e.FreshID, Effects{})
	case Expired:
		if m.Busy() || m.Unused() || m.txn.State == Ongoing {
			return Effects{}
		}
		m.pending = &pending{next: m.txn, delete: true}
		return Effects{Delete: true}
	case Marked:
		if m.pending != nil || !m.txn.State.prepared() {
			return Effects{}
		}
		return m.write(m.completed(nowMs), Answer{})
	case Committed:
		return m.committed()
	case Failed:
		m.pending = nil
		return Effects{Answered: true, Answer: refuse(e.Code)}
	}
	return Effects{}
}

// Resume is what is to be done for an id that was read back.
func (m *Machine) Resume() Effects {
	if !m.txn.State.prepared() {
		return Effects{}
	}
	return Effects{Markers: m.markers()}
}

// Verify says whether a producer may write to partitions: for each whether its
// transaction has it (handleVerifyPartitionsInTransaction).
func (m *Machine) Verify(producerID int64, epoch int16, parts []Partition) (code int16, each []int16) {
	t := &m.txn
	switch {
	case t.ProducerID != producerID:
		return kerr.InvalidProducerIDMapping.Code, nil
	case t.Epoch != epoch:
		return kerr.ProducerFenced.Code, nil
	case t.State.prepared():
		return kerr.ConcurrentTransactions.Code, nil
	}
	each = make([]int16, len(parts))
	for i := range parts {
		if !t.has(parts[i : i+1]) {
			each[i] = kerr.TransactionAbortable.Code
		}
	}
	return 0, each
}

// answer is the effect of an event that changes nothing.
func answer(code int16) Effects { return Effects{Answered: true, Answer: refuse(code)} }

// busy is the effect of an event that meets a transition.
func busy() Effects {
	return Effects{Wait: true, Answer: refuse(kerr.ConcurrentTransactions.Code)}
}

// write asks for next to be written; a is the answer when it is.
func (m *Machine) write(next Txn, a Answer) Effects {
	m.pending = &pending{next: next, answer: a}
	return Effects{Append: &m.pending.next}
}

func (m *Machine) committed() Effects {
	p := m.pending
	if p == nil {
		return Effects{}
	}
	m.pending = nil
	if p.delete {
		return Effects{Gone: true}
	}
	m.txn = p.next
	eff := Effects{Answered: true, Answer: p.answer}
	if m.txn.State.prepared() {
		eff.Markers = m.markers()
	}
	return eff
}

func (m *Machine) markers() *Markers {
	t := &m.txn
	return &Markers{ProducerID: t.ProducerID, Epoch: t.Epoch, Commit: t.State == PrepareCommit, Partitions: t.Partitions}
}

// add is handleAddPartitionsToTransaction.
func (m *Machine) add(nowMs int64, e Add) Effects {
	t := &m.txn
	switch {
	case m.Busy():
		return busy()
	case m.Unused(), t.ProducerID != e.ProducerID:
		return answer(kerr.InvalidProducerIDMapping.Code)
	case t.Epoch != e.Epoch:
		return answer(kerr.ProducerFenced.Code)
	case t.State == Ongoing && t.has(e.Partitions):
		return answer(0)
	}
	next := *t
	if t.State != Ongoing {
		next.StartMs = nowMs
	}
	next.State, next.Version, next.UpdateMs = Ongoing, e.Version, nowMs
	next.PreviousProducerID = t.ProducerID
	next.Partitions = union(t.Partitions, e.Partitions)
	return m.write(next, refuse(0))
}

package txn

import (
	"cmp"
	"slices"
)

// State is where a transactional id stands, numbered as in __transaction_state
// (TransactionState).
type State int8

// The states that are written. Kafka's Dead (6) and PrepareEpochFence (7) never
// are: they are transitions here.
const (
	Empty          State = iota // has a producer, and no transaction since it has it
	Ongoing                     // has a transaction
	PrepareCommit               // will be committed, whatever happens
	PrepareAbort                // will be aborted, whatever happens
	CompleteCommit              // was committed on all partitions
	CompleteAbort               // was aborted on all partitions
)

// stateNames are what DescribeTransactions and ListTransactions call the states.
// The last two are known as filters of ListTransactions and match nothing.
func stateNames() []string {
	return []string{
		"Empty", "Ongoing", "PrepareCommit", "PrepareAbort", "CompleteCommit", "CompleteAbort",
		"Dead", "PrepareEpochFence",
	}
}

// String is Kafka's name of the state.
func (s State) String() string {
	if names := stateNames(); s >= 0 && int(s) < len(names) {
		return names[s]
	}
	return "Unknown"
}

// prepared says that the end of the transaction is decided and not yet reached.
func (s State) prepared() bool { return s == PrepareCommit || s == PrepareAbort }

// complete says that the last thing was the end of a transaction.
func (s State) complete() bool { return s == CompleteCommit || s == CompleteAbort }

// idle says that there is no transaction.
func (s State) idle() bool { return s == Empty || s.complete() }

// none is what Kafka writes for a producer id or epoch that is not there.
const none = -1

// maxEpoch is the highest epoch that a producer is given: the one above is for
// fencing it (TransactionMetadata.isEpochExhausted).
const maxEpoch = 1<<15 - 2

// Version2 is transaction.version 2: every end of a transaction raises the epoch
// (KIP-890). Clients of before are version 0.
const Version2 = 2

// Partition is a partition that takes part in a transaction.
type Partition struct {
	Topic string
	Index int32
}

func comparePartitions(a, b Partition) int {
	return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Index, b.Index))
}

// Txn is the state of a transactional id as it is written. A Txn is replaced,
// never modified.
type Txn struct {
	ProducerID int64
	// PreviousProducerID had the last transaction, -1 for none; NextProducerID
	// takes over when this one ends, since its epochs are used up.
	PreviousProducerID, NextProducerID int64
	// LastEpoch is the one before Epoch where the producer that has it may not
	// know of Epoch yet; -1 for none. It is not written.
	Epoch, LastEpoch int16
	State            State
	Version          int16 // of the client's protocol: 0 or Version2
	TimeoutMs        int32
	// StartMs is when the transaction began, -1 without one; UpdateMs when the
	// state was written. Both in ms since 1970.
	StartMs, UpdateMs int64
	Partitions        []Partition // sorted, each once
}

// exhausted says that the producer cannot be given a higher epoch.
func (t *Txn) exhausted() bool { return t.Epoch >= maxEpoch }

// has says whether all of parts take part.
func (t *Txn) has(parts []Partition) bool {
	for _, p := range parts {
		if _, ok := slices.BinarySearchFunc(t.Partitions, p, comparePartitions); !ok {
			return false
		}
	}
	return true
}

// union returns a and b sorted, each partition once.
func union(a, b []Partition) []Partition {
	all := append(slices.Clone(a), b...)
	slices.SortFunc(all, comparePartitions)
	return slices.Compact(all)
}

package logstore

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// AbortedTxn says that the records of a producer between two offsets are to be
// skipped by readers of committed data.
type AbortedTxn struct {
	ProducerID  int64
	FirstOffset int64 // first record of the transaction
	LastOffset  int64 // its abort marker
	// LastStableOffset is where readers of committed data may go once the marker
	// is written: a search whose upper bound is at most this needs no later entry.
	LastStableOffset int64
}

// encode appends the entry in the form of a .txnindex file (AbortedTxn).
func (t AbortedTxn) encode(p []byte) []byte {
	p = binary.BigEndian.AppendUint16(p, 0) // version
	for _, v := range [...]int64{t.ProducerID, t.FirstOffset, t.LastOffset, t.LastStableOffset} {
		p = binary.BigEndian.AppendUint64(p, uint64(v))
	}
	return p
}

// parseTxnIndex gives the leading entries of a .txnindex file that can be true
// for a segment at base: known version, markers ascending. whole reports
// whether that was all of it.
func parseTxnIndex(p []byte, base int64) (txns []AbortedTxn, whole bool) {
	last := base - 1
	for rest := p; len(rest) >= txnIndexEntrySize; rest = rest[txnIndexEntrySize:] {
		var v [4]int64
		for i := range v {
			v[i] = int64(binary.BigEndian.Uint64(rest[2+8*i:]))
		}
		t := AbortedTxn{ProducerID: v[0], FirstOffset: v[1], LastOffset: v[2], LastStableOffset: v[3]}
		if binary.BigEndian.Uint16(rest) != 0 || t.LastOffset <= last || t.FirstOffset < 0 || t.FirstOffset >= t.LastOffset {
			break
		}
		last = t.LastOffset
		txns = append(txns, t)
	}
	return txns, len(txns)*txnIndexEntrySize == len(p)
}

// overlapping adds to out the transactions that touch [from, to), up to limit of
// them (0: all). done reports that no later entry is needed
// (TransactionIndex.collectAbortedTxns). Entries ascend by their last offset.
func overlapping(txns []AbortedTxn, from, to int64, limit int, out []AbortedTxn) (_ []AbortedTxn, done bool) {
	first, _ := slices.BinarySearchFunc(txns, from, func(t AbortedTxn, from int64) int { return cmp.Compare(t.LastOffset, from) })
	for _, t := range txns[first:] {
		if t.FirstOffset < to {
			out = append(out, t)
		}
		if t.LastStableOffset >= to || limit > 0 && len(out) >= limit {
			return out, true
		}
	}
	return out, false
}

func sortByFirst(txns []AbortedTxn) {
	slices.SortStableFunc(txns, func(a, b AbortedTxn) int { return cmp.Compare(a.FirstOffset, b.FirstOffset) })
}

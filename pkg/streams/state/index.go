package state

import (
	"cmp"
	"math"
)

// scanIndex calls f with the keys of the index by time, from <= time <= to, until it
// wants no more.
func (c *core) scanIndex(from, to int64, f func(k []byte) (more bool, err error)) error {
	if from > to {
		return nil
	}
	hi := []byte{indexArea + 1}
	if to < math.MaxInt64 {
		hi = area(nil, indexArea, to+1)
	}
	var failed error
	scanned := c.table.scan(area(nil, indexArea, from), hi, false, func(k, _ []byte, _ int64) bool {
		var more bool
		more, failed = f(k)
		return more && failed == nil
	})
	return cmp.Or(failed, scanned)
}

// restored writes at k of the data area what a changelog says, and the entry of the
// index by time where the store has one.
func (c *core) restored(w writer, k []byte, ch *Change, index func(dst, key []byte) []byte) {
	if ch.Value != nil {
		w.set(k, ch.Value, ch.Timestamp)
	} else {
		w.remove(k)
	}
	if !c.spec.TimeOrdered {
		return
	}
	if k := index(nil, ch.Key); ch.Value != nil {
		w.set(k, []byte{}, 0)
	} else {
		w.remove(k)
	}
}

package share

import (
	"cmp"
	"container/heap"
	"math"
	"slices"

	"kq/internal/staterec"
)

// combine puts the states of offsets together (PersisterStateBatchCombiner): where
// batches overlap, the one with more deliveries counts, of equally many the one
// with the higher state. Neighbours of one state become one batch. Offsets below
// start are left out, unless it is -1. A single batch is left as it is.
func combine(soFar, more []staterec.ShareStateBatch, start int64) []staterec.ShareStateBatch {
	var all []staterec.ShareStateBatch
	for _, list := range [][]staterec.ShareStateBatch{soFar, more} {
		for _, b := range list {
			b.First, b.Last = max(b.First, start), min(b.Last, math.MaxInt64-1)
			if b.First <= b.Last {
				all = append(all, b)
			}
		}
	}
	if len(all) < 2 {
		return all
	}
	slices.SortFunc(all, func(a, b staterec.ShareStateBatch) int { return cmp.Compare(a.First, b.First) })
	var (
		out    = make([]staterec.ShareStateBatch, 0, len(all))
		active strongest
		at     = all[0].First
	)
	for len(all) > 0 || len(active) > 0 {
		if len(active) == 0 {
			at = all[0].First
		}
		for len(all) > 0 && all[0].First == at {
			heap.Push(&active, all[0])
			all = all[1:]
		}
		top := active[0]
		last := top.Last // the strongest counts up to its end, or to where a stronger one begins
		if len(all) > 0 {
			last = min(last, all[0].First-1)
		}
		out = extend(out, staterec.ShareStateBatch{First: at, Last: last, State: top.State, Deliveries: top.Deliveries})
		at = last + 1
		for len(active) > 0 && active[0].Last < at {
			heap.Pop(&active)
		}
	}
	return out
}

// extend appends b, to the batch before it if that has the same state.
func extend(out []staterec.ShareStateBatch, b staterec.ShareStateBatch) []staterec.ShareStateBatch {
	if n := len(out); n > 0 {
		if p := &out[n-1]; p.Last+1 == b.First && compareStates(*p, b) == 0 {
			p.Last = b.Last
			return out
		}
	}
	return append(out, b)
}

func compareStates(a, b staterec.ShareStateBatch) int {
	return cmp.Or(cmp.Compare(a.Deliveries, b.Deliveries), cmp.Compare(a.State, b.State))
}

// strongest is a heap of batches, that which counts first.
type strongest []staterec.ShareStateBatch

func (h strongest) Len() int           { return len(h) }
func (h strongest) Less(i, j int) bool { return compareStates(h[i], h[j]) > 0 }
func (h strongest) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *strongest) Push(x any)        { *h = append(*h, x.(staterec.ShareStateBatch)) }

func (h *strongest) Pop() any {
	old := *h
	b := old[len(old)-1]
	*h = old[:len(old)-1]
	return b
}

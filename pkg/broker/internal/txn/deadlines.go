package txn

import (
	"container/heap"
	"time"
)

// deadlines orders what is due on one shard by time since the coordinator began.
// Ids without a transaction are not in it.
type deadlines []*deadline

// deadline is something that becomes due once. Its zero value is not set.
type deadline struct {
	at  time.Duration // since the coordinator began
	at1 int           // place in the heap plus 1, 0: not in it
	due func(*work)   // called under the shard's lock
}

// heap.Interface.

func (h deadlines) Len() int           { return len(h) }
func (h deadlines) Less(i, j int) bool { return h[i].at < h[j].at }
func (h deadlines) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at1, h[j].at1 = i+1, j+1
}

func (h *deadlines) Push(x any) {
	d := x.(*deadline)
	*h = append(*h, d)
	d.at1 = len(*h)
}

func (h *deadlines) Pop() any {
	old := *h
	d := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	d.at1 = 0
	return d
}

// set makes d due at a time, whether it was set before or not.
func (h *deadlines) set(d *deadline, at time.Duration) {
	d.at = at
	if d.at1 == 0 {
		heap.Push(h, d)
		return
	}
	heap.Fix(h, d.at1-1)
}

// drop takes d off.
func (h *deadlines) drop(d *deadline) {
	if d.at1 != 0 {
		heap.Remove(h, d.at1-1)
	}
}

// next takes off the first that is due at now, nil when none is.
func (h *deadlines) next(now time.Duration) *deadline {
	if len(*h) == 0 || (*h)[0].at > now {
		return nil
	}
	return heap.Pop(h).(*deadline)
}

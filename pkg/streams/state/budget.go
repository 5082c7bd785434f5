package state

// budget bounds what the tables of a DB remember of their bases. Changes since
// the last commit count, but they are never forgotten.
type budget struct {
	used, limit int64
	next        int64 // the use at which to sweep again
	tables      []*table
}

func newBudget(limit int64) *budget { return &budget{limit: limit, next: limit} }

// grow counts n bytes more and sweeps when there are too many.
func (b *budget) grow(n int) {
	b.used += int64(n)
	if b.used <= b.next {
		return
	}
	for _, all := range []bool{false, true} {
		for _, t := range b.tables {
			t.sweep(all)
		}
		if b.used <= b.limit-b.limit/4 {
			break
		}
	}
	b.next = max(b.limit, b.used+b.limit/4) // changes alone may be over the limit
}

package state

import (
	"bytes"
	"errors"

	"github.com/tidwall/btree"
)

// scan gives the items with lo <= key < hi in the order of their bytes, or in
// reverse, until f answers false; nil bounds are open. f may change the table:
// the scan sees what it changes ahead of it.
func (t *table) scan(lo, hi []byte, reverse bool, f func(key, value []byte, ts int64) bool) (err error) {
	if lo != nil && hi != nil && bytes.Compare(lo, hi) >= 0 {
		return nil
	}
	below, err := t.base.cursor(lo, hi, reverse)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, below.close()) }()
	above := t.changes(lo, hi, reverse)
	for {
		c := order(below, above, reverse)
		switch {
		case c == 0 && above.cur == nil:
			return nil
		case c < 0:
			it := below.item()
			more := f(it.key, it.value, it.ts)
			below.next()
			if !more {
				return nil
			}
			above.follow(it.key)
			continue
		case c == 0:
			below.next()
		}
		e := above.cur
		if e.value != nil && !f(e.key, e.value, e.ts) {
			return nil
		}
		above.next()
	}
}

// order says which cursor is first: below (-1), above (1), or both (0, also
// where both are at their end).
func order(below cursor, above *changes, reverse bool) int {
	switch ok := below.valid(); {
	case !ok && above.cur == nil:
		return 0
	case !ok:
		return 1
	case above.cur == nil:
		return -1
	}
	c := bytes.Compare(below.item().key, above.cur.key)
	if reverse {
		return -c
	}
	return c
}

// changes walks the dirty entries of a table.
type changes struct {
	t       *table
	it      btree.IterG[*entry]
	lo, hi  []byte
	reverse bool
	moved   int
	cur     *entry
	last    []byte // the key that the scan gave last, nil before the first
}

func (t *table) changes(lo, hi []byte, reverse bool) *changes {
	c := &changes{t: t, lo: lo, hi: hi, reverse: reverse}
	if t.view {
		return c
	}
	if t.sorted == nil {
		t.sorted = btree.NewBTreeGOptions(lessEntry, btree.Options{NoLocks: true, Degree: 16})
		for _, e := range t.dirty {
			t.sorted.Set(e)
		}
	}
	c.seek()
	return c
}

// seek finds the first entry, or after a change of the tree the one that follows last.
func (c *changes) seek() {
	c.moved = c.t.moved
	c.it = c.t.sorted.Iter()
	from := c.lo
	if c.reverse {
		from = c.hi
	}
	if c.last != nil {
		from = c.last
	}
	ok := false
	switch {
	case !c.reverse && from == nil:
		ok = c.it.First()
	case !c.reverse:
		ok = c.it.Seek(&entry{key: from})
		if ok && c.last != nil && bytes.Equal(c.it.Item().key, c.last) {
			ok = c.it.Next()
		}
	case from == nil:
		ok = c.it.Last()
	case c.it.Seek(&entry{key: from}):
		ok = c.it.Prev()
	default:
		ok = c.it.Last()
	}
	c.settle(ok)
}

func (c *changes) settle(ok bool) {
	c.cur = nil
	if !ok {
		return
	}
	e := c.it.Item()
	if c.reverse && c.lo != nil && bytes.Compare(e.key, c.lo) < 0 || !c.reverse && c.hi != nil && bytes.Compare(e.key, c.hi) >= 0 {
		return
	}
	c.cur = e
}

func (c *changes) next() {
	c.last = c.cur.key
	switch {
	case c.moved != c.t.moved:
		c.seek()
	case c.reverse:
		c.settle(c.it.Prev())
	default:
		c.settle(c.it.Next())
	}
}

// follow is called when the scan has given key from the base, after which the tree may have changed.
func (c *changes) follow(key []byte) {
	if c.t.view || c.moved == c.t.moved {
		return
	}
	c.last = key
	c.seek()
}

// after is the first key above all those that start with prefix, nil where there is none.
func after(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xff {
			out := bytes.Clone(prefix[:i+1])
			out[i]++
			return out
		}
	}
	return nil
}

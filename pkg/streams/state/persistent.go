package state

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// tableLen is the length of what all keys of a table start with: its id.
const tableLen = 4

// persistent is a base in files: the keys that start with the table's id. A
// value there is the time and the value.
type persistent struct {
	r      pebble.Reader // the DB, or a snapshot of it
	prefix [tableLen]byte
	shared bool // several goroutines read it: a view's
	key    []byte
	free   []*pebble.Iterator // as of the last commit
	chunk  []byte             // where values are copied to
}

func newPersistent(r pebble.Reader, id uint32) *persistent {
	p := &persistent{r: r}
	binary.BigEndian.PutUint32(p.prefix[:], id)
	return p
}

// end is the first key after the table.
func (p *persistent) end() []byte {
	return binary.BigEndian.AppendUint32(nil, binary.BigEndian.Uint32(p.prefix[:])+1)
}

func (p *persistent) get(key []byte) ([]byte, int64, error) {
	k := append(append(p.key[:0], p.prefix[:]...), key...)
	if !p.shared {
		p.key = k
	}
	v, closer, err := p.r.Get(k)
	switch {
	case errors.Is(err, pebble.ErrNotFound):
		return nil, 0, nil
	case err != nil:
		return nil, 0, classify(err)
	case len(v) < 8:
		return nil, 0, errors.Join(ErrCorrupt, closer.Close())
	}
	value := make([]byte, len(v)-8)
	copy(value, v[8:])
	return value, int64(binary.BigEndian.Uint64(v)), closer.Close()
}

// some says that the table is not empty.
func (p *persistent) some() (bool, error) {
	c, err := p.cursor(nil, nil, false)
	if err != nil {
		return false, err
	}
	return c.valid(), c.close()
}

// stale lets the iterators go: the base has changed.
func (p *persistent) stale() error {
	var errs error
	for _, it := range p.free {
		errs = errors.Join(errs, it.Close())
	}
	p.free = p.free[:0]
	return classify(errs)
}

func (p *persistent) cursor(lo, hi []byte, reverse bool) (cursor, error) {
	c := &persistentCursor{p: p, reverse: reverse, lo: slices.Concat(p.prefix[:], lo), hi: p.end()}
	if hi != nil {
		c.hi = slices.Concat(p.prefix[:], hi)
	}
	if n := len(p.free); n > 0 && !p.shared {
		c.it, p.free = p.free[n-1], p.free[:n-1]
		c.it.SetBounds(c.lo, c.hi)
	} else {
		it, err := p.r.NewIter(&pebble.IterOptions{LowerBound: c.lo, UpperBound: c.hi})
		if err != nil {
			return nil, classify(err)
		}
		c.it = it
	}
	if reverse {
		c.settle(c.it.Last())
	} else {
		c.settle(c.it.First())
	}
	return c, nil
}

// persistentCursor copies what it stands on: the iterator's bytes change as it moves.
type persistentCursor struct {
	p       *persistent
	it      *pebble.Iterator
	lo, hi  []byte
	reverse bool
	ok      bool
	err     error
	cur     item
}

func (c *persistentCursor) valid() bool { return c.ok }

func (c *persistentCursor) item() item { return c.cur }

func (c *persistentCursor) next() {
	if c.reverse {
		c.settle(c.it.Prev())
	} else {
		c.settle(c.it.Next())
	}
}

func (c *persistentCursor) settle(ok bool) {
	c.ok = ok
	if !ok {
		return
	}
	k := c.it.Key()[tableLen:]
	v, err := c.it.ValueAndErr()
	if err == nil && len(v) < 8 {
		err = ErrCorrupt
	}
	if err != nil {
		c.err, c.ok = err, false
		return
	}
	b := c.copy(k, v[8:])
	c.cur = item{key: b[:len(k):len(k)], value: b[len(k):], ts: int64(binary.BigEndian.Uint64(v))}
}

// copy puts both into a chunk that many items share.
func (c *persistentCursor) copy(k, v []byte) []byte {
	n := len(k) + len(v)
	if c.p.shared {
		return append(append(make([]byte, 0, n), k...), v...)
	}
	if cap(c.p.chunk)-len(c.p.chunk) < n {
		c.p.chunk = make([]byte, 0, max(n, 4<<10))
	}
	at := len(c.p.chunk)
	c.p.chunk = append(append(c.p.chunk, k...), v...)
	return c.p.chunk[at : at+n : at+n]
}

func (c *persistentCursor) close() error {
	err := errors.Join(c.err, c.it.Error())
	if err != nil || c.p.shared || len(c.p.free) >= 4 {
		return classify(errors.Join(err, c.it.Close()))
	}
	c.p.free = append(c.p.free, c.it)
	return nil
}

// batchWriter writes the changes of one table into a batch, which copies them.
type batchWriter struct {
	b   *pebble.Batch
	p   *persistent
	err error
}

func (w *batchWriter) set(key, value []byte, ts int64) {
	op := w.b.SetDeferred(tableLen+len(key), 8+len(value))
	copy(op.Key, w.p.prefix[:])
	copy(op.Key[tableLen:], key)
	binary.BigEndian.PutUint64(op.Value, uint64(ts))
	copy(op.Value[8:], value)
	w.err = errors.Join(w.err, op.Finish())
}

func (w *batchWriter) remove(key []byte) {
	op := w.b.DeleteDeferred(tableLen + len(key))
	copy(op.Key, w.p.prefix[:])
	copy(op.Key[tableLen:], key)
	w.err = errors.Join(w.err, op.Finish())
}

func (w *batchWriter) removeRange(lo, hi []byte) {
	end := w.p.end()
	if hi != nil {
		end = slices.Concat(w.p.prefix[:], hi)
	}
	w.err = errors.Join(w.err, w.b.DeleteRange(slices.Concat(w.p.prefix[:], lo), end, nil))
}

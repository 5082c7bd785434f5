package state

import (
	"bytes"

	"github.com/tidwall/btree"
)

// item is one entry of a memory store. Items are never changed once stored.
type item struct {
	key, value []byte
	ts         int64
}

func lessItem(a, b item) bool { return bytes.Compare(a.key, b.key) < 0 }

// memory is a base in a B-tree. Writers hold DB.mu; the task reads without it,
// views read a copy.
type memory struct{ tree *btree.BTreeG[item] }

func newMemory() *memory {
	return &memory{tree: btree.NewBTreeGOptions(lessItem, btree.Options{NoLocks: true, Degree: 32})}
}

// copy is the store as it is now; later writes do not show in it.
func (m *memory) copy() *memory { return &memory{tree: m.tree.Copy()} }

func (m *memory) get(key []byte) ([]byte, int64, error) {
	it, ok := m.tree.Get(item{key: key})
	if !ok {
		return nil, 0, nil
	}
	return it.value, it.ts, nil
}

// set keeps the slices.
func (m *memory) set(key, value []byte, ts int64) { m.tree.Set(item{key: key, value: value, ts: ts}) }

func (m *memory) remove(key []byte) { m.tree.Delete(item{key: key}) }

func (m *memory) removeRange(lo, hi []byte) {
	var keys [][]byte
	m.tree.Ascend(item{key: lo}, func(it item) bool {
		if hi != nil && bytes.Compare(it.key, hi) >= 0 {
			return false
		}
		keys = append(keys, it.key)
		return true
	})
	for _, k := range keys {
		m.remove(k)
	}
}

func (m *memory) cursor(lo, hi []byte, reverse bool) (cursor, error) {
	c := &memoryCursor{it: m.tree.Iter(), lo: lo, hi: hi, reverse: reverse}
	switch {
	case !reverse && lo == nil:
		c.ok = c.it.First()
	case !reverse:
		c.ok = c.it.Seek(item{key: lo})
	case hi == nil:
		c.ok = c.it.Last()
	case c.it.Seek(item{key: hi}):
		c.ok = c.it.Prev()
	default:
		c.ok = c.it.Last()
	}
	return c, nil
}

type memoryCursor struct {
	it      btree.IterG[item]
	lo, hi  []byte
	reverse bool
	ok      bool
}

func (c *memoryCursor) valid() bool {
	if !c.ok {
		return false
	}
	k := c.it.Item().key
	if c.reverse {
		return c.lo == nil || bytes.Compare(k, c.lo) >= 0
	}
	return c.hi == nil || bytes.Compare(k, c.hi) < 0
}

func (c *memoryCursor) item() item { return c.it.Item() }

func (c *memoryCursor) next() {
	if c.reverse {
		c.ok = c.it.Prev()
	} else {
		c.ok = c.it.Next()
	}
}

func (c *memoryCursor) close() error {
	c.it.Release()
	return nil
}

package state

import (
	"bytes"
	"slices"
	"unsafe"

	"github.com/tidwall/btree"
)

// base is the committed part of a table.
type base interface {
	// get answers a nil value where there is none. What it answers stays as it is.
	get(key []byte) (value []byte, ts int64, err error)
	// cursor walks lo <= key < hi; nil bounds are open.
	cursor(lo, hi []byte, reverse bool) (cursor, error)
}

// cursor stands on an item while it is valid.
type cursor interface {
	valid() bool
	item() item
	next()
	close() error
}

// writer takes the changes of one table. It keeps the slices.
type writer interface {
	set(key, value []byte, ts int64)
	remove(key []byte)
	removeRange(lo, hi []byte)
}

// entryBytes is about what an entry costs beside its key and value.
const entryBytes = 128

// entry is what the overlay knows of one key. A clean entry repeats the base; a
// dirty one replaces it. A nil value says that there is none.
type entry struct {
	key   []byte
	value []byte
	ts    int64
	dirty bool
	gen   uint32 // the sweep before which it was last used
}

func lessEntry(a, b *entry) bool { return bytes.Compare(a.key, b.key) < 0 }

// table is an ordered map of bytes: a base and, above it, the changes since the
// last commit, in a hash table that also remembers what was read. Only the
// task's goroutine uses it, but for a view's, which is never written.
type table struct {
	base base
	// entries are keyed by their own key bytes, which never change.
	entries map[string]*entry
	dirty   []*entry
	// sorted orders the dirty entries; it is made by the first scan and kept then.
	sorted *btree.BTreeG[*entry]
	// moved counts the changes of sorted, for the scans that are under way.
	moved int
	gen   uint32
	cache *budget
	view  bool
	// cuts are what a commit removes from the base before anything else: expired
	// entries, which reads do not show any more.
	cuts []cut
}

// cut is a range of keys, lo <= key < hi.
type cut struct{ lo, hi []byte }

func newTable(b base, cache *budget) *table {
	t := &table{base: b, entries: map[string]*entry{}, cache: cache}
	cache.tables = append(cache.tables, t)
	return t
}

// get answers a nil value where there is none.
func (t *table) get(key []byte) ([]byte, int64, error) {
	if e := t.entries[string(key)]; e != nil {
		e.gen = t.gen
		return e.value, e.ts, nil
	}
	value, ts, err := t.base.get(key)
	if err != nil || t.view {
		return value, ts, err
	}
	e := t.add(key)
	e.value, e.ts = value, ts
	t.cache.grow(len(value))
	return value, ts, nil
}

// add makes a clean entry, which the caller fills.
func (t *table) add(key []byte) *entry {
	k := make([]byte, len(key))
	copy(k, key)
	e := &entry{key: k, gen: t.gen}
	t.entries[unsafe.String(unsafe.SliceData(k), len(k))] = e
	t.cache.used += int64(len(k)) + entryBytes
	return e
}

// put keeps value, not key. A nil value removes. It answers the table's own copy of key.
func (t *table) put(key, value []byte, ts int64) []byte {
	if t.view {
		return key
	}
	e := t.entries[string(key)]
	if e == nil {
		e = t.add(key)
	}
	if !e.dirty {
		e.dirty = true
		t.dirty = append(t.dirty, e)
		if t.sorted != nil {
			t.sorted.Set(e)
			t.moved++
		}
	}
	t.cache.used += int64(len(value) - len(e.value))
	e.value, e.ts, e.gen = value, ts, t.gen
	return e.key
}

// changed says that a commit has something to write.
func (t *table) changed() bool { return len(t.dirty) > 0 || len(t.cuts) > 0 }

// apply writes the changes.
func (t *table) apply(w writer) {
	for _, c := range t.cuts {
		w.removeRange(c.lo, c.hi)
	}
	// in order, which is the faster order for what is below
	slices.SortFunc(t.dirty, func(a, b *entry) int { return bytes.Compare(a.key, b.key) })
	for _, e := range t.dirty {
		if e.value == nil {
			w.remove(e.key)
			continue
		}
		// a copy: the value may be a small part of a large buffer, which entries outlive
		e.value = bytes.Clone(e.value)
		w.set(e.key, e.value, e.ts)
	}
}

// clean turns the changes, which were applied, into memories of the base.
func (t *table) clean() {
	for _, e := range t.dirty {
		e.dirty = false
	}
	t.reset()
	t.cache.grow(0)
}

// discard forgets the changes.
func (t *table) discard() {
	for _, e := range t.dirty {
		t.forget(e)
	}
	t.reset()
}

func (t *table) forget(e *entry) {
	delete(t.entries, string(e.key))
	t.cache.used -= int64(len(e.key)+len(e.value)) + entryBytes
}

func (t *table) reset() {
	clear(t.dirty)
	t.dirty = t.dirty[:0]
	t.cuts = t.cuts[:0]
	if t.sorted != nil {
		t.sorted.Clear()
		t.moved++
	}
}

// sweep forgets clean entries that were not used since the sweep before, or all.
func (t *table) sweep(all bool) {
	for _, e := range t.entries {
		if !e.dirty && (all || e.gen != t.gen) {
			t.forget(e)
		}
	}
	t.gen++
}

// drop forgets every entry: the base has changed below them.
func (t *table) drop() {
	for _, e := range t.entries {
		t.cache.used -= int64(len(e.key)+len(e.value)) + entryBytes
	}
	clear(t.entries)
	t.reset()
}

package state

import "fmt"

// Change is a record of a changelog.
type Change struct {
	Key, Value []byte // a nil value is a tombstone
	Timestamp  int64
	Headers    []Header
}

// Restore applies records of a store's changelog, which it neither logs nor
// keeps, and the position after them, at once. There must be no changes since
// the last commit in that store.
func (db *DB) Restore(store string, changes []Change, next Position) error {
	s := db.stores[store]
	if s == nil {
		return fmt.Errorf("restore %w %s: unknown", ErrStore, store)
	}
	inner := s.inner()
	if len(inner.table.dirty) > 0 {
		return fmt.Errorf("restore %w %s: it has changes that are not committed", ErrStore, store)
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return fmt.Errorf("restore %w %s: %w", ErrStore, store, ErrClosed)
	}
	inner.table.drop() // the base changes below the entries
	c := Checkpoint{Changelogs: map[string]Position{store: next}, StreamTime: -1}
	err := db.write([]Store{s}, &c, func(w writer) error {
		for i := range changes {
			if changes[i].Key == nil {
				continue // no store writes such a record
			}
			if err := s.restore(w, &changes[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		inner.discard()
		return fmt.Errorf("restore %w %s of %s: %w", ErrStore, store, db.where(), err)
	}
	return nil
}

// copier lets the writer below it keep copies: changes are small parts of large buffers.
type copier struct{ w writer }

func (c copier) set(key, value []byte, ts int64) {
	b := make([]byte, 0, len(key)+len(value))
	b = append(append(b, key...), value...)
	n := len(key)
	c.w.set(b[:n:n], b[n:], ts)
}

func (c copier) remove(key []byte)         { c.w.remove(key) }
func (c copier) removeRange(lo, hi []byte) { c.w.removeRange(lo, hi) }

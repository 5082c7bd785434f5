package state

import (
	"errors"
	"fmt"
)

// Commit writes the changes and c at once: a crash leaves both or neither.
// Stores and inputs that c does not name keep their positions. After an error,
// such as ErrFull, the changes are still there.
func (db *DB) Commit(c Checkpoint) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return fmt.Errorf("commit state: %w", ErrClosed)
	}
	if err := db.write(db.order, &c, nil); err != nil {
		return fmt.Errorf("commit %s: %w", db.where(), err)
	}
	return nil
}

// write applies the changes of stores and what c says. before adds to the
// bases below the changes, for the one store that is restored.
func (db *DB) write(stores []Store, c *Checkpoint, before func(w writer) error) error {
	next := db.at
	if len(c.Inputs) > 0 || c.StreamTime > db.at.StreamTime {
		next = db.at.clone()
		next.merge(c)
	}
	if db.files != nil {
		if err := db.writeFiles(stores, c, &next, before); err != nil {
			return err
		}
	}
	for _, s := range stores {
		inner := s.inner()
		t := inner.table
		if m, ok := t.base.(*memory); ok && (before != nil || t.changed()) {
			if before != nil {
				if err := sorted(before, copier{m}); err != nil {
					return err
				}
			}
			t.apply(m)
		}
		if len(t.dirty) > 0 || len(t.cuts) > 0 {
			t.clean()
		}
		inner.saved = inner.now
	}
	for store, p := range c.Changelogs {
		next.Changelogs[store] = p
	}
	db.at = next
	return nil
}

// sorted gives w what before writes, in order.
func sorted(before func(w writer) error, w writer) error {
	var s sorter
	if err := before(&s); err != nil {
		return err
	}
	s.writeTo(w)
	return nil
}

// writeFiles is write for the stores in files.
func (db *DB) writeFiles(stores []Store, c, next *Checkpoint, before func(w writer) error) error {
	if err := db.files.ready(); err != nil {
		return err
	}
	b := db.files.db.NewBatch()
	var touched []*persistent
	var errs error
	var buf []byte
	for _, s := range stores {
		inner := s.inner()
		p, ok := inner.table.base.(*persistent)
		if !ok {
			continue
		}
		if before != nil || inner.table.changed() {
			w := &batchWriter{b: b, p: p}
			if before != nil {
				errs = errors.Join(errs, sorted(before, w))
			}
			inner.table.apply(w)
			errs = errors.Join(errs, w.err)
			touched = append(touched, p)
		}
		if inner.now != inner.saved {
			buf = inner.now.append(buf[:0])
			errs = errors.Join(errs, b.Set(rowKey(rowProgress, inner.spec.Name), buf, nil))
		}
	}
	for store, p := range c.Changelogs {
		have, ok := db.at.Changelogs[store]
		if s := db.stores[store]; s != nil && s.Spec().Memory || ok && have == p {
			continue // it starts empty, or the row is there
		}
		buf = p.append(buf[:0])
		errs = errors.Join(errs, b.Set(rowKey(rowPosition, store), buf, nil))
	}
	if len(c.Inputs) > 0 || c.StreamTime > db.at.StreamTime {
		buf = appendInputs(buf[:0], next)
		errs = errors.Join(errs, b.Set(rowKey(rowInputs, ""), buf, nil))
	}
	if errs != nil {
		return errors.Join(errs, b.Close())
	}
	if err := db.files.write(b); err != nil {
		return err
	}
	for _, p := range touched {
		errs = errors.Join(errs, p.stale())
	}
	return errs
}

// Discard drops the changes since the last commit: those of a transaction that was aborted.
func (db *DB) Discard() {
	for _, s := range db.order {
		s.inner().discard()
	}
}

// Checkpoint is what the last Commit and Restore said; stores that were never
// restored nor committed have no position, and those in memory none after Open.
func (db *DB) Checkpoint() (Checkpoint, error) {
	db.mu.RLock()
	defer db.mu.RUnlock()
	return db.at.clone(), nil
}

// Wipe empties a store and forgets its position, and those of the other names;
// changes since the last commit go too.
func (db *DB) Wipe(store string, others ...string) error {
	s := db.stores[store]
	if s == nil {
		return fmt.Errorf("wipe %w %s: unknown", ErrStore, store)
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return fmt.Errorf("wipe %w %s: %w", ErrStore, store, ErrClosed)
	}
	c := s.inner()
	switch base := c.table.base.(type) {
	case *memory:
		base.tree = newMemory().tree
	case *persistent:
		if err := db.files.ready(); err != nil {
			return fmt.Errorf("wipe %w %s: %w", ErrStore, store, err)
		}
		b := db.files.db.NewBatch()
		some, err := base.some()
		if some { // reads are faster where nothing was removed
			(&batchWriter{b: b, p: base}).removeRange(nil, nil)
		}
		for _, name := range others {
			err = errors.Join(err, b.Delete(rowKey(rowPosition, name), nil))
		}
		err = errors.Join(err, b.Delete(rowKey(rowPosition, store), nil), b.Delete(rowKey(rowProgress, store), nil), db.files.write(b), base.stale())
		if err != nil {
			return fmt.Errorf("wipe %w %s: %w", ErrStore, store, err)
		}
	}
	c.wipe()
	delete(db.at.Changelogs, store)
	for _, name := range others {
		delete(db.at.Changelogs, name)
	}
	return nil
}

// Flush brings what was committed to the disk.
func (db *DB) Flush() error {
	db.mu.RLock()
	defer db.mu.RUnlock()
	switch {
	case db.closed:
		return fmt.Errorf("flush state: %w", ErrClosed)
	case db.files == nil:
		return nil
	}
	if err := db.files.sync(); err != nil {
		return fmt.Errorf("flush %s: %w", db.where(), err)
	}
	return nil
}

// Close flushes and ends the use of the DB, when the views are closed. Changes
// since the last commit are lost. An error says that commits since the last
// flush may be lost too; the DB is closed all the same.
func (db *DB) Close() error {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		return nil
	}
	db.closed = true
	db.mu.Unlock()
	db.views.Wait()
	if db.files == nil {
		return nil
	}
	var errs error
	for _, s := range db.order {
		if p, ok := s.inner().table.base.(*persistent); ok {
			errs = errors.Join(errs, p.stale())
		}
	}
	errs = errors.Join(errs, db.files.sync(), db.files.close())
	if errs != nil {
		return fmt.Errorf("close %s: %w", db.where(), errs)
	}
	return nil
}

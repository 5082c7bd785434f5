package state

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2/objstorage/objstorageprovider"
	"github.com/cockroachdb/pebble/v2/sstable"
)

// ahead is how many records are fetched from memory side by side: they lie in
// it in no order, and waiting for one after the other takes longer than the rest.
const ahead = 64

// recordBytes is about what a small record takes of a run.
const recordBytes = 32

// Bulk fills a store that has nothing from its changelog: records are held in
// memory, the last one of each key is written to a sorted table file, and the
// file becomes part of the store at once. Until Close nobody else may change
// the store; what readers see grows file by file. Like DB, one goroutine at a
// time uses it; those of several DBs may run side by side.
type Bulk struct {
	db     *DB
	s      Store
	p      *persistent
	run    run
	limit  int64    // of the run, in bytes
	next   Position // after what is in run
	behind bool     // the memtable has what must reach the disk before a table does
	clean  bool     // the store had nothing before the run
}

// Bulk begins to fill a store, from after the position that it has. It answers
// nil where Restore has to be used: for stores in memory, those that have
// entries, and kinds whose records do not stand for themselves. About so many
// records are to come.
func (db *DB) Bulk(store string, records int64) (*Bulk, error) {
	s := db.stores[store]
	if s == nil {
		return nil, fmt.Errorf("restore %w %s: unknown", ErrStore, store)
	}
	p, ok := s.inner().table.base.(*persistent)
	if kind := s.Spec().Kind; !ok || kind == RawKind || kind == VersionedKind || s.inner().table.changed() {
		return nil, nil
	}
	some, err := p.some()
	if err != nil || some {
		return nil, err
	}
	room := min(records, db.o.RunBytes/recordBytes)
	ops, bytes := make([]runOp, 0, room), make([]byte, 0, room*recordBytes)
	return &Bulk{db: db, s: s, p: p, behind: true, clean: true, limit: db.o.RunBytes, next: db.at.Changelogs[store], run: run{prefix: p.prefix, ops: ops, bytes: bytes}}, nil
}

// Add takes a record. It keeps nothing of it.
func (b *Bulk) Add(c *Change) error {
	if c.Key == nil {
		return nil // no store writes such a record
	}
	if err := b.s.restore(&b.run, c); err != nil {
		return fmt.Errorf("restore %w %s: %w", ErrStore, b.s.Spec().Name, err)
	}
	return nil
}

// Reached gives the position after the records that were added.
func (b *Bulk) Reached(next Position) error {
	b.next = next
	if int64(len(b.run.bytes)) < b.limit {
		return nil
	}
	return b.write()
}

// Close writes what is left; the position stands then.
func (b *Bulk) Close() error { return b.write() }

// write makes the run a part of the store, and then notes the position. A crash
// between the two leaves a store without a position, or with that of the run
// before: its records are applied once more.
func (b *Bulk) write() error {
	if err := b.ingest(); err != nil {
		return fmt.Errorf("restore %w %s: %w", ErrStore, b.s.Spec().Name, err)
	}
	b.behind = b.behind || len(b.s.inner().table.cuts) > 0
	c := Checkpoint{Changelogs: map[string]Position{b.s.Spec().Name: b.next}, StreamTime: -1}
	b.db.mu.Lock()
	defer b.db.mu.Unlock()
	if err := b.db.write([]Store{b.s}, &c, nil); err != nil {
		return fmt.Errorf("restore %w %s: %w", ErrStore, b.s.Spec().Name, err)
	}
	return nil
}

func (b *Bulk) ingest() error {
	b.db.mu.RLock()
	closed := b.db.closed
	b.db.mu.RUnlock()
	if closed {
		return ErrClosed
	}
	f := b.db.files
	ops := b.run.sorted(b.clean)
	if len(ops) == 0 {
		b.run.reset()
		return nil
	}
	if err := f.ready(); err != nil {
		return err
	}
	if b.behind { // what was removed must not come back after the table
		if err := f.sync(); err != nil {
			return err
		}
		b.behind = false
	}
	name := f.fs.PathJoin(f.dir, bulkName)
	if err := b.table(name, ops); err != nil {
		return errors.Join(classify(err), f.fs.RemoveAll(name))
	}
	b.db.mu.Lock()
	b.s.inner().table.sweep(true) // the base changes below what was read
	err := errors.Join(classify(f.db.Ingest(context.Background(), []string{name})), b.p.stale())
	b.db.mu.Unlock()
	f.since += uint64(len(b.run.bytes))
	b.clean = false
	b.run.reset()
	return err
}

// bulkName is the file of a table that is not part of the DB yet. Open removes it.
const bulkName = "restore.sst"

func (b *Bulk) table(name string, ops []runOp) error {
	f := b.db.files
	file, err := f.fs.Create(name, "pebble-ingestion")
	if err != nil {
		return err
	}
	w := sstable.NewWriter(objstorageprovider.NewFileWritable(file), f.tables)
	for i := range ops {
		if i%ahead == 0 {
			b.run.touch(ops[i:min(i+ahead, len(ops))])
		}
		k, v := b.run.entry(&ops[i])
		if v == nil {
			err = w.Delete(k)
		} else {
			err = w.Set(k, v)
		}
		if err != nil {
			break
		}
	}
	return errors.Join(err, w.Close())
}

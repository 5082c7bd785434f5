package state

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
)

// Errors of a DB.
var (
	// ErrInUse says that another process, or another DB of this one, has the directory.
	ErrInUse = errors.New("state directory is in use")
	// ErrCorrupt says that the files do not hold what was written: wipe and restore.
	ErrCorrupt = errors.New("state is corrupt")
	// ErrClosed says that the DB was closed.
	ErrClosed = errors.New("state is closed")
	// ErrStore says that two specs of one name do not agree, or that a store is unknown.
	ErrStore = errors.New("store")
)

// Header is a header of a changelog record.
type Header struct {
	Key   string
	Value []byte
}

// Log sends a changelog record of a store. A nil value is a tombstone; ts is in
// milliseconds since 1970, -1 for none. It may keep the slices.
type Log func(s *Spec, key, value []byte, ts int64, headers []Header)

// Options of a DB.
type Options struct {
	// Log gets the changelog records of puts, nil drops them.
	Log Log
	// CacheBytes is about how much the DB remembers, decoded, of what it read
	// and wrote; 16 MiB where 0. Changes since the last commit come on top.
	CacheBytes int64
	// Logger gets what the files have to say, nil drops it.
	Logger *slog.Logger
}

// Validate says what is wrong with o.
func (o *Options) Validate() error {
	if o.CacheBytes < 0 {
		return fmt.Errorf("validate state options: CacheBytes is %d", o.CacheBytes)
	}
	return nil
}

// Store is one of *KeyValue, *Window, *Session, *Versioned, *Raw.
type Store interface {
	// Spec is what the store was made from.
	Spec() *Spec
	inner() *core
	// restore applies a record of the changelog below the changes, or among them.
	restore(w writer, c *Change) error
}

// DB keeps the stores of one task. One goroutine at a time uses it and its
// stores; View is for the others.
type DB struct {
	o      Options
	cache  *budget
	stores map[string]Store
	order  []Store

	mu     sync.RWMutex // guards the bases' trees against View, and closed
	closed bool
	at     Checkpoint
}

// OpenMemory makes a DB without files.
func OpenMemory(o Options) *DB {
	if o.CacheBytes <= 0 {
		o.CacheBytes = 16 << 20
	}
	return &DB{o: o, cache: newBudget(o.CacheBytes), stores: map[string]Store{}, at: (&Checkpoint{StreamTime: -1}).clone()}
}

// Add makes the store of spec, or answers the one that was made of it before.
func (db *DB) Add(spec *Spec) (Store, error) {
	if have := db.stores[spec.Name]; have != nil {
		if have.Spec() != spec && have.Spec().Kind != spec.Kind {
			return nil, fmt.Errorf("add %w %s: it is of another kind already", ErrStore, spec.Name)
		}
		return have, nil
	}
	s := newStore(newCore(spec, newTable(newMemory(), db.cache), db.o.Log))
	if s == nil {
		return nil, fmt.Errorf("add %w %s: unknown kind %d", ErrStore, spec.Name, spec.Kind)
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	db.stores[spec.Name] = s
	db.order = append(db.order, s)
	return s, nil
}

// Store is the store of that name, nil where there is none.
func (db *DB) Store(name string) Store { return db.stores[name] }

// Stores are all stores, by name.
func (db *DB) Stores() []Store {
	out := slices.Clone(db.order)
	slices.SortFunc(out, func(a, b Store) int { return strings.Compare(a.Spec().Name, b.Spec().Name) })
	return out
}

// Pending counts the changes since the last commit.
func (db *DB) Pending() int {
	n := 0
	for _, s := range db.order {
		n += len(s.inner().table.dirty)
	}
	return n
}

// Commit writes the changes and c at once: a crash leaves both or neither.
// Stores and inputs that c does not name keep their positions. After an error
// the changes are still there.
func (db *DB) Commit(c Checkpoint) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return fmt.Errorf("commit state: %w", ErrClosed)
	}
	for _, s := range db.order {
		c := s.inner()
		if t := c.table; t.changed() {
			t.apply(t.base.(*memory))
			t.clean()
		}
		c.saved = c.now
	}
	db.at.merge(&c)
	return nil
}

// Discard drops the changes since the last commit: those of a transaction that was aborted.
func (db *DB) Discard() {
	for _, s := range db.order {
		s.inner().discard()
	}
}

// Checkpoint is what the last Commit and Restore said. Stores that were never restored nor committed have no position.
func (db *DB) Checkpoint() (Checkpoint, error) {
	db.mu.RLock()
	defer db.mu.RUnlock()
	return db.at.clone(), nil
}

// Wipe empties a store and forgets its position; changes since the last commit go too.
func (db *DB) Wipe(store string) error {
	s := db.stores[store]
	if s == nil {
		return fmt.Errorf("wipe %w %s: unknown", ErrStore, store)
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	c := s.inner()
	c.wipe()
	c.table.base.(*memory).clear()
	delete(db.at.Changelogs, store)
	return nil
}

// Flush brings what was committed to the disk.
func (db *DB) Flush() error { return nil }

// Close ends the use of the DB. Changes since the last commit are lost.
func (db *DB) Close() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.closed = true
	return nil
}

package state

import (
	"errors"
	"fmt"
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
	// ErrFull says that the disk is full. What was committed is there; commits work again when there is room.
	ErrFull = errors.New("disk is full")
	// ErrOwner says that the directory belongs to another application or task.
	ErrOwner = errors.New("state directory is another's")
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
	files  *files // nil where all is in memory
	nextID uint32

	mu     sync.RWMutex // guards the bases' trees against View, and what follows
	closed bool
	at     Checkpoint
	views  sync.WaitGroup
}

func newDB(o Options) *DB {
	o.setDefaults()
	return &DB{o: o, cache: newBudget(o.CacheBytes), stores: map[string]Store{}, nextID: 1, at: (&Checkpoint{StreamTime: -1}).clone()}
}

// OpenMemory makes a DB without files.
func OpenMemory(o Options) *DB { return newDB(o) }

// Add makes the store of spec, or answers the one that was made of it before.
// A store whose files have another layout, as after a change of its retention,
// starts empty and without a position.
func (db *DB) Add(spec *Spec) (Store, error) {
	if have := db.stores[spec.Name]; have != nil {
		if have.Spec() != spec && layout(have.Spec()) != layout(spec) {
			return nil, fmt.Errorf("add %w %s: it is there with another layout", ErrStore, spec.Name)
		}
		return have, nil
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return nil, fmt.Errorf("add %w %s: %w", ErrStore, spec.Name, ErrClosed)
	}
	var b base
	p := progress{time: -1}
	if db.files == nil || spec.Memory {
		b = newMemory()
		delete(db.at.Changelogs, spec.Name)
	} else {
		f, err := db.table(spec, &p)
		if err != nil {
			return nil, fmt.Errorf("add %w %s: %w", ErrStore, spec.Name, err)
		}
		b = f
	}
	s := newStore(newCore(spec, newTable(b, db.cache), db.o.Log, p))
	if s == nil {
		return nil, fmt.Errorf("add %w %s: unknown kind %d", ErrStore, spec.Name, spec.Kind)
	}
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

// where names what errors are about: the directory, where there is one.
func (db *DB) where() string {
	if db.files == nil {
		return "state"
	}
	return "state " + db.files.dir
}

// Pending counts the changes since the last commit.
func (db *DB) Pending() int {
	n := 0
	for _, s := range db.order {
		n += len(s.inner().table.dirty)
	}
	return n
}

package state

import "fmt"

// Reader is key-value stores of a DB as of its latest commit, for any number of
// goroutines beside the one that writes. Puts to its stores do nothing. It must
// not be used after the DB's Close.
type Reader struct{ stores map[string]Store }

// Reader reads stores, which must be of KeyValueKind or RawKind: others know the
// time, which goes on.
func (db *DB) Reader(stores ...string) (*Reader, error) {
	r := &Reader{stores: map[string]Store{}}
	for _, name := range stores {
		s := db.stores[name]
		if s == nil || s.Spec().Kind != KeyValueKind && s.Spec().Kind != RawKind {
			return nil, fmt.Errorf("read %w %s: unknown, or of a kind that is read through a View", ErrStore, name)
		}
		t := &table{view: true}
		switch b := s.inner().table.base.(type) {
		case *memory:
			t.base = &sharedMemory{db: db, m: b}
		case *persistent:
			t.base = &persistent{r: b.r, prefix: b.prefix, shared: true}
		}
		r.stores[name] = newStore(newCore(s.Spec(), t, nil, s.inner().saved))
	}
	return r, nil
}

// Store is the store of that name, nil where the reader has none.
func (r *Reader) Store(name string) Store { return r.stores[name] }

// sharedMemory is a memory store that is written meanwhile.
type sharedMemory struct {
	db *DB
	m  *memory
}

func (s *sharedMemory) get(key []byte) ([]byte, int64, error) {
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	return s.m.get(key)
}

func (s *sharedMemory) cursor(lo, hi []byte, reverse bool) (cursor, error) {
	s.db.mu.Lock() // a copy changes the original
	m := s.m.copy()
	s.db.mu.Unlock()
	return m.cursor(lo, hi, reverse)
}

// Damaged says that files of the DB were found not to hold what was written, nil
// while they were not.
func (db *DB) Damaged() error {
	if db.files == nil || db.files.dead.Load() == nil {
		return nil
	}
	return *db.files.dead.Load()
}

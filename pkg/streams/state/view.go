package state

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// View is the stores of a DB as of one commit, for reads beside the task. Any
// number of goroutines may use it. Puts to its stores do nothing.
type View struct {
	db     *DB
	snap   *pebble.Snapshot
	stores map[string]Store
	at     Checkpoint
}

// View is what the DB's last commit, or restore, left: what the task did since
// does not show, nor does what it does later. Any goroutine may ask. Views keep
// old state alive, and Close of the DB waits for them: close them soon.
func (db *DB) View() (*View, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return nil, fmt.Errorf("view state: %w", ErrClosed)
	}
	v := &View{db: db, stores: make(map[string]Store, len(db.order)), at: db.at.clone()}
	if db.files != nil {
		v.snap = db.files.db.NewSnapshot()
	}
	for _, s := range db.order {
		c := s.inner()
		t := &table{view: true}
		switch b := c.table.base.(type) {
		case *memory:
			t.base = b.copy()
		case *persistent:
			t.base = &persistent{r: v.snap, prefix: b.prefix, shared: true}
		}
		seen := newCore(c.spec, t, nil, c.saved)
		v.stores[c.spec.Name] = newStore(seen)
	}
	db.views.Add(1)
	return v, nil
}

// Store is the store of that name, nil where there is none.
func (v *View) Store(name string) Store { return v.stores[name] }

// Checkpoint is what belongs to the view's commit.
func (v *View) Checkpoint() Checkpoint { return v.at.clone() }

// Close lets the view go; it must be called once.
func (v *View) Close() error {
	defer v.db.views.Done()
	if v.snap == nil {
		return nil
	}
	return classify(v.snap.Close())
}

package run

import (
	"errors"
	"fmt"

	"kq/pkg/streams/state"
)

// openDB opens a task's stores in a directory, or in memory where there is
// none, or nothing to keep. A directory that is corrupt is emptied: the
// changelogs give its contents back.
func openDB(dir string, o state.Options, stores bool) (*state.DB, error) {
	if dir == "" || !stores {
		return state.OpenMemory(o), nil
	}
	db, err := state.Open(dir, o)
	if !errors.Is(err, state.ErrCorrupt) {
		return db, err
	}
	if o.Logger != nil {
		o.Logger.Warn("local state is dropped and restored", "dir", dir, "reason", err)
	}
	if e := state.Destroy(dir); e != nil {
		return nil, fmt.Errorf("%w; %w", err, e)
	}
	return state.Open(dir, o)
}

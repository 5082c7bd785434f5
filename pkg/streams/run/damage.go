package run

import (
	"errors"
	"fmt"
	"strings"

	"kq/pkg/streams/run/assign"
	"kq/pkg/streams/state"
)

// maxDamage is how often the files of a task may turn out to be corrupt before
// the disk is taken to be broken.
const maxDamage = 5

// damage says that the files of a task do not hold what was written.
type damage struct {
	id  assign.TaskID
	err error
}

func (d *damage) Error() string { return d.err.Error() }
func (d *damage) Unwrap() error { return d.err }

// damageOf is err as a damage of the task where the error says so.
func damageOf(id assign.TaskID, err error) error {
	if errors.Is(err, state.ErrCorrupt) {
		return &damage{id, err}
	}
	return err
}

// renew drops the state of a task that nobody uses: its changelogs give the
// contents back.
func (hs *holders) renew(d *damage) error {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	if hs.bad[d.id]++; hs.bad[d.id] > maxDamage {
		return fmt.Errorf("the state of task %s was corrupt %d times, its disk may be broken: %w", d.id, maxDamage, d.err)
	}
	why, _, _ := strings.Cut(d.err.Error(), "\n")
	hs.o.Logger.Warn("the local state of a task is corrupt: it is dropped and restored, with the work since the last commit", "task", d.id.String(), "err", why)
	h := hs.byID[d.id]
	if h == nil || h.inUse {
		return nil // dropped already
	}
	delete(hs.byID, d.id)
	if err := h.db.Close(); err != nil { // it cannot write what it has: that is void
		hs.o.Logger.Debug("close a corrupt store", "task", d.id.String(), "err", err)
	}
	if dir := hs.dir.task(d.id.String()); dir != "" {
		return state.Destroy(dir)
	}
	return nil
}

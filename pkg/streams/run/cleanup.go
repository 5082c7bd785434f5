package run

import (
	"context"
	"time"

	"kq/pkg/streams/run/assign"
	"kq/pkg/streams/state"
)

// closeAfter is how long the files of a task stay open that nobody uses: it may
// come back, to another thread or in another role.
const closeAfter = time.Minute

// kept is the directory of a task that this process does not use now.
type kept struct {
	since  time.Time
	logged bool  // it has changelogs
	offset int64 // the sum of the positions in them
	going  bool  // it is being removed
}

// keep is what is to be known of a holder when it is closed.
func (h *holder) keep() kept {
	k := kept{since: h.idle}
	c, err := h.db.Checkpoint()
	if err != nil || len(h.changelogs) == 0 {
		return k
	}
	k.logged = true
	for _, p := range c.Changelogs {
		k.offset += p.Offset
	}
	return k
}

// cleanup closes the state of tasks that have moved away, and removes it after
// Options.Cleanup, until ctx ends.
func (hs *holders) cleanup(ctx context.Context) {
	tick := time.NewTicker(min(max(hs.o.Cleanup/4, 10*time.Millisecond), closeAfter/4))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		for _, h := range hs.idle(now) {
			hs.shut(h)
		}
		for _, id := range hs.stale(now) {
			err := state.Destroy(hs.dir.task(id.String()))
			hs.mu.Lock()
			delete(hs.kept, id)
			hs.mu.Unlock()
			if err != nil {
				hs.o.Logger.Warn("remove the state of a task that moved away", "task", id.String(), "err", err)
				continue
			}
			hs.o.Logger.Info("removed the state of a task that moved away", "task", id.String(), "after", hs.o.Cleanup)
		}
	}
}

// idle takes the holders that were not used for long enough to be closed.
func (hs *holders) idle(now time.Time) (out []*holder) {
	limit := hs.o.Cleanup
	if hs.dir.path != "" { // in memory there is nothing left after a close
		limit = min(limit, closeAfter)
	}
	hs.mu.Lock()
	defer hs.mu.Unlock()
	for _, h := range hs.byID {
		if !h.inUse && now.Sub(h.idle) >= limit {
			h.inUse = true
			out = append(out, h)
		}
	}
	return out
}

// shut closes a holder that idle took. It may wait for queries.
func (hs *holders) shut(h *holder) {
	if err := h.db.Close(); err != nil {
		hs.o.Logger.Warn("close the state of a task that moved away", "task", h.id.String(), "err", err)
	}
	hs.mu.Lock()
	defer hs.mu.Unlock()
	delete(hs.byID, h.id)
	if hs.dir.path != "" {
		hs.kept[h.id] = h.keep()
	}
}

// stale takes the directories that are to be removed.
func (hs *holders) stale(now time.Time) (out []assign.TaskID) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	for id, k := range hs.kept {
		if now.Sub(k.since) >= hs.o.Cleanup {
			k.going = true
			hs.kept[id] = k
			out = append(out, id)
		}
	}
	return out
}

package run

import (
	"errors"
	"fmt"
	"slices"

	"kq/pkg/streams/run/assign"
	"kq/pkg/streams/run/sender"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// ErrNoStore says that the topology has no store of that name.
var ErrNoStore = errors.New("no such store")

// StoreView is the part of a store that one task of this process keeps.
type StoreView struct {
	Name string
	Task assign.TaskID
	// Active is false for a standby's copy, which may be stale.
	Active bool
	// Restoring says that the copy is being filled.
	Restoring bool
	DB        *state.DB
	Store     state.Store
}

// Stores lists the stores that this process keeps, by name and task.
func (rt *Runtime) Stores() []StoreView {
	var out []StoreView
	if rt.subs() == nil {
		return nil
	}
	for _, t := range rt.Tasks() {
		rt.holders.mu.Lock()
		h := rt.holders.byID[t.ID]
		rt.holders.mu.Unlock()
		if h == nil {
			continue
		}
		for _, s := range h.sub.Stores {
			out = append(out, StoreView{s.Name, t.ID, t.Role == "active", t.Role == "restoring", h.db, h.db.Store(s.Name)})
		}
	}
	slices.SortStableFunc(out, func(a, b StoreView) int {
		if a.Name != b.Name {
			if a.Name < b.Name {
				return -1
			}
			return 1
		}
		return a.Task.Compare(b.Task)
	})
	return out
}

// Location is where a key of a store is.
type Location struct {
	Task assign.TaskID
	// Active is the endpoint of the process that runs the task, "" where it is
	// not known; Standbys are those that keep a copy.
	Active   string
	Standbys []string
	// Here says that this process keeps the key, HereActive that it runs the task.
	Here, HereActive bool
}

// Locate finds the task and the hosts of a key's bytes, of the inner key for a
// windowed store (Kafka's queryMetadataForKey).
func (rt *Runtime) Locate(store string, key []byte) (Location, error) {
	for id, sub := range rt.subs() {
		for _, s := range sub.Stores {
			if s.Name == store {
				n := max(rt.l.tasks[id], 1)
				return rt.locate(assign.TaskID{Sub: id, Partition: sender.Partition(key, n)}), nil
			}
		}
	}
	return Location{}, fmt.Errorf("%w: %s", ErrNoStore, store)
}

// subs are the parts of the topology, none before it is laid out.
func (rt *Runtime) subs() map[int32]*topology.SubTopology {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	if rt.state != Running && rt.state != Stopping {
		return nil
	}
	return rt.l.subs
}

func (rt *Runtime) locate(id assign.TaskID) Location {
	out := Location{Task: id}
	for e, tasks := range rt.Hosts() {
		if slices.Contains(tasks.Active, id) {
			out.Active = e
		}
		if slices.Contains(tasks.Standby, id) {
			out.Standbys = append(out.Standbys, e)
		}
	}
	slices.Sort(out.Standbys)
	for _, t := range rt.Tasks() {
		if t.ID == id {
			out.Here, out.HereActive = true, t.Role == "active"
		}
	}
	return out
}

// Hosts tells which process has which tasks, as of the last assignment.
func (rt *Runtime) Hosts() assign.Hosts {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	return rt.hosts
}

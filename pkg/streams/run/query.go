package run

import (
	"errors"
	"fmt"
	"slices"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/run/assign"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// ErrNoStore says that the topology has no store of that name.
var ErrNoStore = errors.New("no such store")

// Part is what this process has of a store: one task's part, or all of a global store.
type Part struct {
	Partition int32
	// Active says that the task runs here with its store restored.
	Active bool
	// Lag is how many changelog records the copy lacks, as far as is known.
	Lag int64
	// Store is a view of the last commit. No task changes it.
	Store state.Store
}

// Open views what this process has of a store. done, never nil, is called once
// the parts are read. Any goroutine may ask.
func (rt *Runtime) Open(store string) (parts []Part, done func(), err error) {
	var views []*state.View
	done = func() {
		for _, v := range views {
			_ = v.Close()
		}
	}
	if rt.subs() == nil {
		return nil, done, nil
	}
	if rt.globals.store(store) != nil {
		v, err := rt.globals.db.View()
		if err != nil {
			return nil, done, err
		}
		views = append(views, v)
		return []Part{{Active: true, Store: v.Store(store)}}, done, nil
	}
	id, ok := rt.subOf(store)
	if !ok {
		return nil, done, fmt.Errorf("%w: %s", ErrNoStore, store)
	}
	for _, t := range rt.Tasks() {
		if t.ID.Sub != id {
			continue
		}
		h := rt.holders.look(t.ID)
		if h == nil {
			continue
		}
		v, err := h.db.View()
		if err != nil {
			done()
			return nil, func() {}, err
		}
		views = append(views, v)
		parts = append(parts, Part{Partition: t.ID.Partition, Active: t.Role == Active, Lag: t.Lag(store), Store: v.Store(store)})
	}
	return parts, done, nil
}

// look is a task's state without taking it.
func (hs *holders) look(id assign.TaskID) *holder {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	return hs.byID[id]
}

// subOf is the part of the topology that has a store.
func (rt *Runtime) subOf(store string) (int32, bool) {
	for id, sub := range rt.subs() {
		for _, s := range sub.Stores {
			if s.Name == store {
				return id, true
			}
		}
	}
	return 0, false
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

// Location is where a part of a store is.
type Location struct {
	Task assign.TaskID
	// Active is the endpoint of the process that runs the task, "" where it is
	// not known; Standbys are those that keep a copy.
	Active   string
	Standbys []string
}

// Places tells where the parts of a store are, by partition; nil while nobody
// knows. It is as of the last assignment.
func (rt *Runtime) Places(store string) []Location {
	id, ok := rt.subOf(store)
	hosts := rt.Hosts()
	if !ok || hosts == nil {
		return nil
	}
	out := make([]Location, rt.l.tasks(id))
	for p := range out {
		at := assign.TaskID{Sub: id, Partition: int32(p)}
		out[p].Task = at
		for e, tasks := range hosts {
			if slices.Contains(tasks.Active, at) {
				out[p].Active = e
			}
			if slices.Contains(tasks.Standby, at) {
				out[p].Standbys = append(out[p].Standbys, e)
			}
		}
		slices.Sort(out[p].Standbys)
	}
	return out
}

// Locate finds where a key's bytes are, of the inner key for a windowed store
// (Kafka's queryMetadataForKey).
func (rt *Runtime) Locate(store string, key []byte) (Location, error) {
	places := rt.Places(store)
	if len(places) == 0 {
		return Location{}, fmt.Errorf("%w: %s", ErrNoStore, store)
	}
	return places[codec.Partition(key, int32(len(places)))], nil
}

// Hosts tells which process has which tasks, as of the last assignment.
func (rt *Runtime) Hosts() assign.Hosts {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	return rt.hosts
}

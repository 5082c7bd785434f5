package run

import (
	"kq/pkg/streams/run/assign"
	"kq/pkg/streams/state"
)

// Places are the locations of a store's partitions, by their number; nil where
// the topology has no such store, or is not laid out yet.
func (rt *Runtime) Places(store string) []Location {
	for id, sub := range rt.subs() {
		for _, s := range sub.Stores {
			if s.Name != store {
				continue
			}
			out := make([]Location, max(rt.l.tasks[id], 1))
			for n := range out {
				out[n] = rt.locate(assign.TaskID{Sub: id, Partition: int32(n)})
			}
			return out
		}
	}
	return nil
}

// Globals is the DB of the global stores, for views of it; nil where there are
// none, or they are not loaded yet.
func (rt *Runtime) Globals() *state.DB {
	if rt.subs() == nil {
		return nil
	}
	return rt.globals.db
}

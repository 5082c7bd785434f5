package run

import "kq/pkg/streams/state"

// openDB opens a task's stores in a directory, or in memory where there is none.
func openDB(_ string, o state.Options, _ bool) (*state.DB, error) {
	return state.OpenMemory(o), nil
}

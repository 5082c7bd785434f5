package run

import "kq/pkg/streams/state"

// Feed hears of the changes of a task's stores as they go to the changelogs.
// Commit says that those since the last one stand, Discard that they do not. One
// goroutine at a time calls it.
type Feed interface {
	Log(s *state.Spec, key, value []byte, ts int64)
	Commit()
	Discard()
}

// nobody is the feed of those who want none.
type nobody struct{}

func (nobody) Log(*state.Spec, []byte, []byte, int64) {}
func (nobody) Commit()                                {}
func (nobody) Discard()                               {}

package topology

import "time"

// Processor is a node's work. One is made for each task; it is used by one
// goroutine at a time.
type Processor interface {
	// Init comes once, before any record, when the stores are restored.
	Init(ctx *Context) error
	// Process handles one record and forwards what follows from it before it returns.
	Process(r *Record) error
}

// Closer is a Processor that has something to release at the end of its task.
type Closer interface{ Close() error }

// Committer is a Processor that holds results back until a commit (caches).
// BeforeCommit may forward.
type Committer interface{ BeforeCommit() error }

// Clock tells which time moves a punctuator.
type Clock uint8

// The clocks of Schedule: stream time moves with the records of the task,
// wall-clock time with the loop.
const (
	StreamClock Clock = iota
	WallClock
)

// Times are the clocks of a task, in milliseconds since 1970.
type Times struct {
	// Stream is the highest timestamp of any record taken by the task, -1 before the first.
	Stream int64
	// Wall is the wall clock as of the current record or punctuation.
	Wall int64
}

// Progress is a Task that keeps numbers of its processors with the committed
// positions (the processor metadata in Kafka's offset metadata).
type Progress interface {
	// Progress is the number committed under a name; it is known from the
	// first record on, not yet in Init.
	Progress(name string) (n int64, ok bool)
	// SetProgress is part of the next commit.
	SetProgress(name string, n int64)
}

// Sharer is a Task whose processors share something that belongs to a store,
// such as what is held back of it.
type Sharer interface {
	// Share makes v what Shared answers for a store, to all processors of the task.
	Share(store string, v any)
	// Shared is nil where nothing is shared.
	Shared(store string) any
}

// Punctuation is a call that a processor asked for.
type Punctuation struct {
	Node  string
	Every time.Duration
	Clock Clock
	// Do gets the time that is due, in milliseconds since 1970.
	Do func(now int64) error
}

// Task is what a task gives to its processors.
type Task interface {
	// Store is the task's (or the process's, for a global) store of that name: a *state.KeyValue, *state.Window and so on.
	Store(name string) any
	// Origin is where the current record came from.
	Origin() *Origin
	// Times are the task's clocks.
	Times() *Times
	// Schedule starts a punctuation; the result stops it.
	Schedule(p *Punctuation) (cancel func())
	// Drop counts a record that a node dropped (Kafka's dropped-records).
	Drop(node, reason string)
}

// Next is a node that a context forwards to.
type Next struct {
	Name    string
	Process func(r *Record) error
}

// Context is a processor's view of its task.
type Context struct {
	// Node is the processor's name, TaskID the task's, as 0_1.
	Node, TaskID string
	// Partition is the task's.
	Partition int32
	task      Task
	next      []Next
}

// NewContext is the context of one node of one task.
func NewContext(node, taskID string, partition int32, t Task, next []Next) *Context {
	return &Context{Node: node, TaskID: taskID, Partition: partition, task: t, next: next}
}

// Forward gives r to every child, in the order in which they were added.
func (c *Context) Forward(r *Record) error {
	for i := range c.next {
		if err := c.next[i].Process(r); err != nil {
			return err
		}
	}
	return nil
}

// ForwardTo gives r to the child of that name.
func (c *Context) ForwardTo(child string, r *Record) error {
	for i := range c.next {
		if c.next[i].Name == child {
			return c.next[i].Process(r)
		}
	}
	return &UnknownChildError{Node: c.Node, Child: child}
}

// Store is the store of that name, nil where the processor was not connected to one.
func (c *Context) Store(name string) any { return c.task.Store(name) }

// Origin is where the current record came from.
func (c *Context) Origin() *Origin { return c.task.Origin() }

// Times are the task's clocks; they move between calls.
func (c *Context) Times() *Times { return c.task.Times() }

// Schedule calls do every so often until the result is called.
func (c *Context) Schedule(every time.Duration, clock Clock, do func(now int64) error) (cancel func()) {
	return c.task.Schedule(&Punctuation{Node: c.Node, Every: every, Clock: clock, Do: do})
}

// Progress is the number that was committed under a name, false where there is none.
func (c *Context) Progress(name string) (int64, bool) {
	if p, ok := c.task.(Progress); ok {
		return p.Progress(name)
	}
	return 0, false
}

// SetProgress keeps a number with the positions of the next commit.
func (c *Context) SetProgress(name string, n int64) {
	if p, ok := c.task.(Progress); ok {
		p.SetProgress(name, n)
	}
}

// Share makes v what Shared answers for a store, to all processors of the task.
func (c *Context) Share(store string, v any) {
	if s, ok := c.task.(Sharer); ok {
		s.Share(store, v)
	}
}

// Shared is what a processor of the task shares for a store, nil for nothing.
func (c *Context) Shared(store string) any {
	if s, ok := c.task.(Sharer); ok {
		return s.Shared(store)
	}
	return nil
}

// Drop counts a record that this node did not take, with a short reason such as "late" or "null key".
func (c *Context) Drop(reason string) { c.task.Drop(c.Node, reason) }

// UnknownChildError is a forward to a node that is not a child.
type UnknownChildError struct{ Node, Child string }

func (e *UnknownChildError) Error() string { return "node " + e.Node + " has no child " + e.Child }

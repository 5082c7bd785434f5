package spec

import "time"

// Process is the Processor API: actions for each record, with stores and timers.
type Process struct {
	Where
	// Stores are the stores that it uses; one declared under the job's stores is given by its name alone.
	Stores []*Store `key:"stores,named,null"`
	// On are the actions for each record, in order. Without any emit nothing goes on.
	On []*Action `key:"on"`
	// Every are timers.
	Every []*Every `key:"every,one"`
	// KeyType is the type of the keys that go on (that of the input).
	KeyType *Type `key:"keyType"`
	// ValueType is the type of the values that go on (json where an emit makes one).
	ValueType *Type `key:"valueType"`
}

// Every is a timer: exactly one of wall and stream.
type Every struct {
	Where
	// Wall is its interval by the wall clock.
	Wall time.Duration `key:"wall" example:"30s"`
	// Stream is its interval in stream time.
	Stream time.Duration `key:"stream" example:"1m"`
	// Do are its actions; now is the time that is due.
	Do []*Action `key:"do,required"`
}

// Action is a map of one key: what is done.
type Action struct {
	Where
	// Let gives names to values, in order.
	Let Lets `key:"let" example:"prev: get(\"last\", key)"`
	// Put writes a store.
	Put *Put `key:"put"`
	// Delete removes a key of a store.
	Delete *Delete `key:"delete"`
	// Emit sends a record on.
	Emit *Forward `key:"emit,null"`
	// Stop leaves the actions behind it undone where the condition holds.
	Stop Expr `key:"stop"`

	op string
}

// Op is the action's key, as emit.
func (a *Action) Op() string { return a.op }

// Put writes a store.
type Put struct {
	Where
	// If is a condition.
	If Expr `key:"if"`
	// For is a list; the rest is done for each item.
	For Expr `key:"for"`
	// Store is the store.
	Store string `key:"store,required"`
	// Key is the key (that of the record).
	Key Expr `key:"key"`
	// Value is the value; null deletes.
	Value Expr `key:"value,required"`
	// Time is the time of the value, the start of its window or the end of its session (that of the record).
	Time Expr `key:"time"`
	// Start is the start of a session (its end).
	Start Expr `key:"start"`
}

// Delete removes a key of a store.
type Delete struct {
	Where
	// If is a condition.
	If Expr `key:"if"`
	// For is a list; the rest is done for each item.
	For Expr `key:"for"`
	// Store is the store.
	Store string `key:"store,required"`
	// Key is the key (that of the record).
	Key Expr `key:"key"`
	// Time is the start of the window or the end of the session (that of the record).
	Time Expr `key:"time"`
	// Start is the start of a session (its end).
	Start Expr `key:"start"`
}

// Forward sends a record on.
type Forward struct {
	Where
	// If is a condition.
	If Expr `key:"if"`
	// For is a list; one record is sent for each item.
	For Expr `key:"for" example:"all(\"last\")"`
	// Key is its key (that of the record).
	Key Expr `key:"key"`
	// Value is its value (that of the record).
	Value Expr `key:"value"`
	// Time is its timestamp (that of the record; of a timer, now).
	Time Expr `key:"time"`
}

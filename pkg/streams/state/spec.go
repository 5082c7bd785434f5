package state

import "time"

// Kind is the shape of a store.
type Kind uint8

// The kinds of stores.
const (
	// KeyValueKind keeps a value and its timestamp by key (Kafka's TimestampedKeyValueStore).
	KeyValueKind Kind = iota
	// WindowKind keeps a value and its timestamp by key and window start.
	WindowKind
	// SessionKind keeps an aggregate by key, session end and start.
	SessionKind
	// VersionedKind keeps the history of a key for Retention (KIP-889).
	VersionedKind
	// RawKind is an ordered map of bytes whose changelog its operator spells
	// itself (suppress, the shared store of outer joins, grace buffers).
	RawKind
)

// Spec describes a store; its name names the changelog.
type Spec struct {
	Name string
	Kind Kind
	// Retention is how long windows, sessions and old versions stay behind stream time.
	Retention time.Duration
	// WindowSize is the size of a window store's windows.
	WindowSize time.Duration
	// Duplicates keeps every value of a key and a time (the stores of stream-stream joins).
	Duplicates bool
	// Memory keeps the store in memory only; it is restored from its changelog at every start.
	Memory bool
	// Unlogged stores have no changelog and are empty after a move.
	Unlogged bool
	// SourceTopic is the topic that serves as the changelog (a table whose
	// input is reused, or a global), "" where the store has one of its own.
	SourceTopic string
	// Config overrides the changelog's topic configuration.
	Config map[string]string
	// TimeOrdered keeps an index by start (of windows) or end (of sessions), so
	// that FetchAll and FindAll run in time order and touch only what they give.
	TimeOrdered bool
	// Restore applies a record of a RawKind store's changelog; nil puts its value under its key.
	Restore RestoreFunc
}

// logged says that puts make changelog records: an unlogged store has none, and
// a store fed by its source topic has them already.
func (s *Spec) logged() bool { return !s.Unlogged && s.SourceTopic == "" }

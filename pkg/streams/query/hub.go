package query

import (
	"bytes"
	"encoding/binary"
	"sync"
	"sync/atomic"

	"kq/pkg/streams/state"
)

// Hub brings changes of stores to those who watch them. A task notes changes in
// its Feed as it makes them; they are told once they are committed.
type Hub struct {
	watchers atomic.Int64 // of all stores

	mu    sync.Mutex
	chans map[*watcher]struct{} // guarded by mu
}

// watcher gets the changes of one store.
type watcher struct {
	store string
	// changes is closed when it lost some because nobody took them.
	changes chan change
	lost    atomic.Bool
}

type change struct {
	partition int32
	entry
}

// watchBuffer is how many changes wait for a watcher; one that lags more is cut off.
const watchBuffer = 4096

// NewHub makes a hub without watchers.
func NewHub() *Hub { return &Hub{chans: map[*watcher]struct{}{}} }

func (h *Hub) watch(store string) *watcher {
	w := &watcher{store: store, changes: make(chan change, watchBuffer)}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.chans[w] = struct{}{}
	h.watchers.Add(1)
	return w
}

func (h *Hub) leave(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.chans[w]; ok {
		delete(h.chans, w)
		h.watchers.Add(-1)
	}
}

// Feed is where one task notes its changes. One goroutine at a time uses it.
type Feed struct {
	hub       *Hub
	partition int32
	pending   []pending
}

type pending struct {
	store string
	entry entry
}

// Feed is the feed of a task of that partition.
func (h *Hub) Feed(partition int32) *Feed { return &Feed{hub: h, partition: partition} }

// Log notes a change as it goes to the changelog: key and value in its layout, ts
// in milliseconds since 1970. It is kept though nobody may watch yet: who begins
// to before the commit has read what was there before it.
func (f *Feed) Log(s *state.Spec, key, value []byte, ts int64) {
	e := entry{value: bytes.Clone(value), ts: ts}
	n := len(key)
	switch s.Kind {
	case state.RawKind:
		return
	case state.WindowKind: // key, start, sequence number
		if n < 12 {
			return
		}
		e.key, e.start = bytes.Clone(key[:n-12]), int64(binary.BigEndian.Uint64(key[n-12:]))
		e.end = e.start + s.WindowSize.Milliseconds()
	case state.SessionKind: // key, end, start
		if n < 16 {
			return
		}
		e.key, e.end, e.start = bytes.Clone(key[:n-16]), int64(binary.BigEndian.Uint64(key[n-16:])), int64(binary.BigEndian.Uint64(key[n-8:]))
	default:
		e.key = bytes.Clone(key)
	}
	f.pending = append(f.pending, pending{s.Name, e})
}

// Commit tells the watchers what was noted since the last commit.
func (f *Feed) Commit() {
	if len(f.pending) == 0 {
		return
	}
	f.hub.mu.Lock()
	defer f.hub.mu.Unlock()
	for w := range f.hub.chans {
		for i := range f.pending {
			p := &f.pending[i]
			if p.store != w.store || w.lost.Load() {
				continue
			}
			select {
			case w.changes <- change{f.partition, p.entry}:
			default:
				w.lost.Store(true)
				close(w.changes)
			}
		}
	}
	f.Discard()
}

// Discard forgets what was noted since the last commit: its transaction was aborted.
func (f *Feed) Discard() { f.pending = f.pending[:0] }

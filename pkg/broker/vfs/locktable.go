package vfs

import (
	"io"
	"strings"
	"sync"
)

// lockTable is the set of locks held in one in-memory file system, by path.
type lockTable struct {
	mu   sync.Mutex
	held map[string]bool // guarded by mu
}

// lock takes over f: it is closed with the lock, or now if that fails.
func (t *lockTable) lock(f File) (io.Closer, error) {
	key := strings.Join(split(f.Name()), "/")
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held[key] {
		_ = f.Close() // in memory; the lock error is the one that matters
		return nil, pathError("lock", f.Name(), ErrLocked)
	}
	if t.held == nil {
		t.held = map[string]bool{}
	}
	t.held[key] = true
	return &heldLock{table: t, key: key, file: f}, nil
}

type heldLock struct {
	table *lockTable
	key   string
	file  File
	once  sync.Once
}

// Close releases the lock; a second Close does nothing.
func (l *heldLock) Close() (err error) {
	l.once.Do(func() {
		l.table.mu.Lock()
		delete(l.table.held, l.key)
		l.table.mu.Unlock()
		err = l.file.Close()
	})
	return err
}

package vfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Mem is a file system in RAM under a limit. Files are lists of chunks, never
// one growing slice, so that appending copies nothing and a hole costs nothing.
// A removed file stays readable through its open handles; its chunks are given
// back when the last of them is closed.
//
// What counts against the limit is the capacity of the chunks that files hold,
// exactly: a file of up to 64 KiB holds the next power of two of its length,
// from 512 bytes on, and a larger one whole chunks of 64 KiB.
//
// Lock order: Mem.mu, then memFile.mu. Reading and writing an open file takes
// only the latter.
type Mem struct {
	max   int64 // bytes; 0 = no limit
	used  atomic.Int64
	chunk sync.Pool // of *[chunkSize]byte, contents undefined

	mu    sync.RWMutex
	tree  tree[*memFile] // guarded by mu
	locks lockTable
}

var _ FS = (*Mem)(nil)

// NewMem makes an empty file system that holds at most maxBytes of file
// contents; 0 means no limit. A write past the limit fails with ErrNoSpace and
// changes nothing.
func NewMem(maxBytes int64) *Mem {
	return &Mem{max: maxBytes, tree: newTree[*memFile]()}
}

// Used is the memory held by file contents, in bytes.
func (m *Mem) Used() int64 { return m.used.Load() }

// Usage reports the limit; without one, a volume that never fills.
func (m *Mem) Usage(dir string) (Usage, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if _, err := m.tree.find(dir); err != nil {
		return Usage{}, pathError("statfs", dir, err)
	}
	total := m.max
	if total == 0 {
		total = math.MaxInt64
	}
	return Usage{Total: total, Free: max(0, total-m.Used())}, nil
}

// OpenFile opens or creates a file; perm is ignored.
func (m *Mem) OpenFile(name string, flag int, _ os.FileMode) (File, error) {
	if flag&os.O_CREATE == 0 && flag&os.O_TRUNC == 0 { // the common case shares the lock
		m.mu.RLock()
		defer m.mu.RUnlock()
	} else {
		m.mu.Lock()
		defer m.mu.Unlock()
	}
	f, err := m.open(name, flag)
	if err != nil {
		return nil, pathError("open", name, err)
	}
	return f, nil
}

func (m *Mem) open(name string, flag int) (File, error) {
	dir, base, err := m.tree.parent(name)
	if err != nil {
		if len(split(name)) == 0 {
			err = syscall.EISDIR
		}
		return nil, err
	}
	n, ok := dir.kids[base]
	switch {
	case ok && n.isDir():
		return nil, syscall.EISDIR
	case ok && flag&(os.O_CREATE|os.O_EXCL) == os.O_CREATE|os.O_EXCL:
		return nil, fs.ErrExist
	case !ok && flag&os.O_CREATE == 0:
		return nil, fs.ErrNotExist
	case !ok:
		n = &node[*memFile]{body: &memFile{fs: m, linked: true, mod: time.Now()}}
		dir.kids[base] = n
		dir.mod = time.Now()
	}
	n.body.open(flag&os.O_TRUNC != 0)
	return &memHandle{file: n.body, name: name, readOnly: flag&os.O_RDWR == 0}, nil
}

// Rename moves a file or directory.
func (m *Mem) Rename(oldname, newname string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	mv, err := m.tree.checkMove(oldname, newname)
	if err != nil {
		return linkError(oldname, newname, err)
	}
	mv.do()
	if mv.replaced != nil {
		unlinkAll(mv.replaced)
	}
	return nil
}

// Remove removes a file or an empty directory.
func (m *Mem) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	dir, base, err := m.tree.parent(name)
	if err != nil {
		return pathError("remove", name, err)
	}
	n, ok := dir.kids[base]
	if !ok {
		return pathError("remove", name, fs.ErrNotExist)
	}
	if len(n.kids) > 0 {
		return pathError("remove", name, syscall.ENOTEMPTY)
	}
	delete(dir.kids, base)
	dir.mod = time.Now()
	unlinkAll(n)
	return nil
}

// RemoveAll removes a file or a tree.
func (m *Mem) RemoveAll(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	dir, base, err := m.tree.parent(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return pathError("remove", name, err)
	}
	if n, ok := dir.kids[base]; ok {
		delete(dir.kids, base)
		dir.mod = time.Now()
		unlinkAll(n)
	}
	return nil
}

func unlinkAll(n *node[*memFile]) {
	if n.isDir() {
		for _, kid := range n.kids {
			unlinkAll(kid)
		}
		return
	}
	n.body.unlink()
}

// MkdirAll creates directories; perm is ignored.
func (m *Mem) MkdirAll(name string, _ os.FileMode) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.tree.root
	for _, el := range split(name) {
		next, ok := n.kids[el]
		if !ok {
			next = newDir[*memFile]()
			n.kids[el] = next
			n.mod = time.Now()
		}
		if !next.isDir() {
			return pathError("mkdir", name, syscall.ENOTDIR)
		}
		n = next
	}
	return nil
}

// ReadDir lists a directory.
func (m *Mem) ReadDir(name string) ([]fs.DirEntry, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	n, err := m.tree.dir(name)
	if err != nil {
		return nil, pathError("readdir", name, err)
	}
	return n.list(memStat), nil
}

// Stat describes a file or directory.
func (m *Mem) Stat(name string) (fs.FileInfo, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	n, err := m.tree.find(name)
	if err != nil {
		return nil, pathError("stat", name, err)
	}
	return n.info(name, memStat), nil
}

func memStat(n *node[*memFile]) (int64, time.Time) { return n.body.stat() }

// SyncDir only checks that the directory is there.
func (m *Mem) SyncDir(name string) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	_, err := m.tree.dir(name)
	return pathError("sync", name, err)
}

// Lock excludes other holders in this process.
func (m *Mem) Lock(name string) (io.Closer, error) {
	f, err := m.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	return m.locks.lock(f)
}

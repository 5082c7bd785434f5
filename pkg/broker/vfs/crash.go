package vfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Crash is a file system in RAM that knows what would survive a crash. Package
// documentation has the model. Use it like any FS; take images of it with
// CrashImage, at any time or from the OnSync hook, and go on in an image as the
// restarted process would.
type Crash struct {
	seed  uint64
	hook  atomic.Pointer[func(SyncPoint)]
	locks lockTable

	mu      sync.Mutex
	tree    tree[*inode] // what running processes see; guarded by mu
	pending []nameOp     // changes of directories not yet durable, oldest first; guarded by mu
	syncs   uint64       // calls of Sync and SyncDir so far; guarded by mu
}

var _ FS = (*Crash)(nil)

// inode is what a name of a Crash points to. Everything in it is guarded by
// Crash.mu.
type inode struct {
	// Of a directory: what a crash leaves in it if no pending change survives.
	stable map[string]*node[*inode]
	// Of a file: what reads see, what the last Sync made durable, and the writes
	// and truncations since, oldest first.
	current, synced content
	ops             []dataOp
	// Where stable holds this inode; homeDir is nil if nowhere.
	homeDir  *node[*inode]
	homeName string
}

// SyncPoint is one call of Sync or SyncDir, seen from the OnSync hook.
type SyncPoint struct {
	N    uint64 // number of the call, from 0
	Name string // of the file or directory, as it was opened
	Dir  bool   // SyncDir
	Done bool   // false: before it takes effect; true: after, but before it returns
	Seed uint64 // follows from the seed of the file system, N and Done: for Random
}

// NewCrash makes an empty file system. The seed only feeds SyncPoint.Seed.
func NewCrash(seed uint64) *Crash {
	return &Crash{seed: seed, tree: tree[*inode]{root: newCrashDir()}}
}

func newCrashDir() *node[*inode] {
	n := newDir[*inode]()
	n.body = &inode{stable: map[string]*node[*inode]{}}
	return n
}

// OnSync sets a function to be called before and after every Sync and SyncDir
// takes effect, without locks, from the goroutine that syncs; so it may be
// called concurrently, and may call CrashImage. nil removes it. Images do not
// inherit it.
func (c *Crash) OnSync(hook func(SyncPoint)) {
	if hook == nil {
		c.hook.Store(nil)
		return
	}
	c.hook.Store(&hook)
}

// sync runs do between two calls of the hook.
func (c *Crash) sync(name string, dir bool, do func() error) error {
	c.mu.Lock()
	p := SyncPoint{N: c.syncs, Name: name, Dir: dir}
	c.syncs++
	c.mu.Unlock()
	c.callHook(p)
	c.mu.Lock()
	err := do()
	c.mu.Unlock()
	if err == nil {
		p.Done = true
		c.callHook(p)
	}
	return pathError("sync", name, err)
}

func (c *Crash) callHook(p SyncPoint) {
	hook := c.hook.Load()
	if hook == nil {
		return
	}
	p.Seed = c.seed*0x9E3779B97F4A7C15 + p.N*2
	if p.Done {
		p.Seed++
	}
	(*hook)(p)
}

// SyncDir makes the pending changes of a directory durable.
func (c *Crash) SyncDir(name string) error {
	return c.sync(name, true, func() error {
		dir, err := c.tree.dir(name)
		if err == nil {
			c.settle(dir)
		}
		return err
	})
}

// OpenFile opens or creates a file; perm is ignored.
func (c *Crash) OpenFile(name string, flag int, _ os.FileMode) (File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	dir, base, err := c.tree.parent(name)
	if err != nil {
		return nil, pathError("open", name, err)
	}
	n, ok := dir.kids[base]
	switch {
	case ok && n.isDir():
		return nil, pathError("open", name, syscall.EISDIR)
	case ok && flag&(os.O_CREATE|os.O_EXCL) == os.O_CREATE|os.O_EXCL:
		return nil, pathError("open", name, fs.ErrExist)
	case !ok && flag&os.O_CREATE == 0:
		return nil, pathError("open", name, fs.ErrNotExist)
	case !ok:
		n = &node[*inode]{mod: time.Now(), body: new(inode)}
		c.link(dir, base, n)
	case flag&os.O_TRUNC != 0:
		n.body.do(dataOp{truncate: true})
	}
	return &crashHandle{fs: c, node: n, name: name, readOnly: flag&os.O_RDWR == 0}, nil
}

func (c *Crash) link(dir *node[*inode], name string, n *node[*inode]) {
	dir.kids[name] = n
	dir.mod = time.Now()
	c.pending = append(c.pending, nameOp{node: n, to: dir, toName: name})
}

func (c *Crash) unlink(dir *node[*inode], name string, n *node[*inode]) {
	delete(dir.kids, name)
	dir.mod = time.Now()
	c.pending = append(c.pending, nameOp{node: n, from: dir, fromName: name})
}

// MkdirAll creates directories; perm is ignored.
func (c *Crash) MkdirAll(name string, _ os.FileMode) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.tree.root
	for _, el := range split(name) {
		next, ok := n.kids[el]
		if !ok {
			next = newCrashDir()
			c.link(n, el, next)
		}
		if !next.isDir() {
			return pathError("mkdir", name, syscall.ENOTDIR)
		}
		n = next
	}
	return nil
}

// Rename moves a file or directory.
func (c *Crash) Rename(oldname, newname string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	mv, err := c.tree.checkMove(oldname, newname)
	if err != nil {
		return linkError(oldname, newname, err)
	}
	mv.do()
	c.pending = append(c.pending, nameOp{
		node: mv.moved, from: mv.from, fromName: mv.fromName, to: mv.to, toName: mv.toName,
	})
	return nil
}

// Remove removes a file or an empty directory.
func (c *Crash) Remove(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	dir, base, err := c.tree.parent(name)
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
	c.unlink(dir, base, n)
	return nil
}

// RemoveAll removes a tree, entry by entry: a crash may bring back any of them.
func (c *Crash) RemoveAll(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	dir, base, err := c.tree.parent(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return pathError("remove", name, err)
	}
	if n, ok := dir.kids[base]; ok {
		c.removeTree(dir, base, n)
	}
	return nil
}

func (c *Crash) removeTree(dir *node[*inode], name string, n *node[*inode]) {
	for _, kid := range sortedNames(n.kids) {
		c.removeTree(n, kid, n.kids[kid])
	}
	c.unlink(dir, name, n)
}

// ReadDir lists a directory.
func (c *Crash) ReadDir(name string) ([]fs.DirEntry, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := c.tree.dir(name)
	if err != nil {
		return nil, pathError("readdir", name, err)
	}
	return n.list(crashStat), nil
}

// Stat describes a file or directory.
func (c *Crash) Stat(name string) (fs.FileInfo, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := c.tree.find(name)
	if err != nil {
		return nil, pathError("stat", name, err)
	}
	return n.info(name, crashStat), nil
}

func crashStat(n *node[*inode]) (int64, time.Time) { return n.body.current.size, n.mod }

// Lock excludes other holders of this file system, but not of its images.
func (c *Crash) Lock(name string) (io.Closer, error) {
	f, err := c.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	return c.locks.lock(f)
}

// Usage reports a volume that never fills.
func (c *Crash) Usage(dir string) (Usage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.tree.find(dir); err != nil {
		return Usage{}, pathError("statfs", dir, err)
	}
	return Usage{Total: 1 << 40, Free: 1 << 39}, nil
}

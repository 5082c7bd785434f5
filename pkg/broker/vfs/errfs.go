package vfs

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
)

// Op is a set of kinds of file system calls.
type Op uint32

const (
	OpOpen   Op = 1 << iota // OpenFile of what must be there
	OpCreate                // OpenFile with os.O_CREATE
	OpReadAt
	OpWriteAt
	OpTruncate
	OpSync
	OpSize
	OpClose
	OpRename
	OpRemove
	OpRemoveAll
	OpMkdirAll
	OpReadDir
	OpStat
	OpSyncDir
	OpLock
	OpUsage

	opEnd

	// OpAny is every call.
	OpAny = opEnd - 1
	// OpChange is every call that changes the disk or makes it durable.
	OpChange = OpCreate | OpWriteAt | OpTruncate | OpSync | OpRename | OpRemove | OpRemoveAll | OpMkdirAll | OpSyncDir
)

// Rule makes some calls fail. The zero values of its fields mean: every file,
// from the first call on, for ever, without a trace.
type Rule struct {
	Ops   Op
	Match func(name string) bool // the file or directory, or the old name of a rename; nil is any
	Skip  int                    // so many matching calls pass first
	Times int                    // so many fail after them; 0 is all
	Err   error                  // what they return, as the cause of a *fs.PathError; nil lets them pass
	Torn  int                    // a failing WriteAt first writes so many bytes
	After bool                   // a failing call is done first: its error is a lie
	Do    func(op Op, name string)
}

// Err is a file system over another that fails as its rules say. The first rule
// that applies to a call, in the order they were added, decides; one without an
// error only calls Do, which may block, and counts. Its files are no RawFile, so
// that every read comes by here.
type Err struct {
	inner  FS
	counts [32]atomic.Uint64 // calls by bit number of Op

	mu    sync.Mutex
	rules []*Injected // guarded by mu
}

var _ FS = (*Err)(nil)

// Injected is a rule in force.
type Injected struct {
	fs   *Err
	rule Rule
	seen int // matching calls; guarded by fs.mu
	hits int // calls it decided; guarded by fs.mu
}

// NewErr wraps inner. Rules can be added and removed later.
func NewErr(inner FS, rules ...Rule) *Err {
	e := &Err{inner: inner}
	for _, r := range rules {
		e.Add(r)
	}
	return e
}

// Add puts a rule in force, behind those there are.
func (e *Err) Add(r Rule) *Injected {
	e.mu.Lock()
	defer e.mu.Unlock()
	in := &Injected{fs: e, rule: r}
	e.rules = append(e.rules, in)
	return in
}

// Clear removes all rules.
func (e *Err) Clear() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rules = nil
}

// Count is the number of calls of the given kinds so far, failed ones included.
func (e *Err) Count(ops Op) (n uint64) {
	for i := range e.counts {
		if ops&(1<<i) != 0 {
			n += e.counts[i].Load()
		}
	}
	return n
}

// Hits is how many calls the rule has decided.
func (in *Injected) Hits() int {
	in.fs.mu.Lock()
	defer in.fs.mu.Unlock()
	return in.hits
}

// Remove takes the rule out of force.
func (in *Injected) Remove() {
	in.fs.mu.Lock()
	defer in.fs.mu.Unlock()
	in.fs.rules = slices.DeleteFunc(in.fs.rules, func(o *Injected) bool { return o == in })
}

// Base matches a file by the last element of its name (path/filepath.Match).
func Base(pattern string) func(name string) bool {
	return func(name string) bool {
		ok, err := filepath.Match(pattern, filepath.Base(name))
		return err == nil && ok
	}
}

// decide counts a call and finds the rule for it, if there is one.
func (e *Err) decide(op Op, name string) (Rule, bool) {
	for i := range e.counts {
		if op == 1<<i {
			e.counts[i].Add(1)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, in := range e.rules {
		r := &in.rule
		if r.Ops&op == 0 || r.Match != nil && !r.Match(name) {
			continue
		}
		in.seen++
		if in.seen <= r.Skip || r.Times > 0 && in.seen > r.Skip+r.Times {
			continue
		}
		in.hits++
		return *r, true
	}
	return Rule{}, false
}

// call runs do unless a rule says otherwise.
func (e *Err) call(op Op, name string, do func() error) error {
	r, ok := e.decide(op, name)
	if !ok {
		return do()
	}
	if r.Do != nil {
		r.Do(op, name)
	}
	if r.Err == nil {
		return do()
	}
	if r.After {
		if err := do(); err != nil {
			return err
		}
	}
	return &fs.PathError{Op: opName(op), Path: name, Err: r.Err}
}

func opName(op Op) string {
	names := []string{
		"open", "create", "read", "write", "truncate", "sync", "size", "close", "rename",
		"remove", "removeall", "mkdir", "readdir", "stat", "syncdir", "lock", "usage",
	}
	for i, name := range names {
		if op == 1<<i {
			return name
		}
	}
	return "call"
}

// OpenFile opens a file whose calls pass by the rules, too.
func (e *Err) OpenFile(name string, flag int, perm os.FileMode) (File, error) {
	op := OpOpen
	if flag&os.O_CREATE != 0 {
		op = OpCreate
	}
	var f File
	err := e.call(op, name, func() (err error) {
		f, err = e.inner.OpenFile(name, flag, perm)
		return err
	})
	if err != nil {
		if f != nil {
			_ = f.Close() // opened, but the rule says it was not
		}
		return nil, err
	}
	return &errFile{fs: e, inner: f}, nil
}

// Rename is matched by its old name.
func (e *Err) Rename(oldname, newname string) error {
	return e.call(OpRename, oldname, func() error { return e.inner.Rename(oldname, newname) })
}

// Remove passes by the rules.
func (e *Err) Remove(name string) error {
	return e.call(OpRemove, name, func() error { return e.inner.Remove(name) })
}

// RemoveAll passes by the rules.
func (e *Err) RemoveAll(name string) error {
	return e.call(OpRemoveAll, name, func() error { return e.inner.RemoveAll(name) })
}

// MkdirAll passes by the rules.
func (e *Err) MkdirAll(name string, perm os.FileMode) error {
	return e.call(OpMkdirAll, name, func() error { return e.inner.MkdirAll(name, perm) })
}

// ReadDir passes by the rules.
func (e *Err) ReadDir(name string) (out []fs.DirEntry, err error) {
	err = e.call(OpReadDir, name, func() (err error) {
		out, err = e.inner.ReadDir(name)
		return err
	})
	return out, err
}

// Stat passes by the rules.
func (e *Err) Stat(name string) (out fs.FileInfo, err error) {
	err = e.call(OpStat, name, func() (err error) {
		out, err = e.inner.Stat(name)
		return err
	})
	return out, err
}

// SyncDir passes by the rules.
func (e *Err) SyncDir(name string) error {
	return e.call(OpSyncDir, name, func() error { return e.inner.SyncDir(name) })
}

// Lock passes by the rules.
func (e *Err) Lock(name string) (out io.Closer, err error) {
	err = e.call(OpLock, name, func() (err error) {
		out, err = e.inner.Lock(name)
		return err
	})
	if err != nil && out != nil {
		_ = out.Close() // locked, but the rule says it was not
		out = nil
	}
	return out, err
}

// Usage passes by the rules.
func (e *Err) Usage(dir string) (out Usage, err error) {
	err = e.call(OpUsage, dir, func() (err error) {
		out, err = e.inner.Usage(dir)
		return err
	})
	return out, err
}

// errFile is one open file of an Err.
type errFile struct {
	fs    *Err
	inner File
}

func (f *errFile) Name() string { return f.inner.Name() }

func (f *errFile) ReadAt(p []byte, off int64) (n int, err error) {
	err = f.fs.call(OpReadAt, f.Name(), func() (err error) {
		n, err = f.inner.ReadAt(p, off)
		return err
	})
	return n, err
}

func (f *errFile) WriteAt(p []byte, off int64) (n int, err error) {
	r, ok := f.fs.decide(OpWriteAt, f.Name())
	if ok && r.Do != nil {
		r.Do(OpWriteAt, f.Name())
	}
	if !ok || r.Err == nil {
		return f.inner.WriteAt(p, off)
	}
	if torn := min(r.Torn, len(p)); torn > 0 || r.After {
		if r.After {
			torn = len(p)
		}
		if n, err = f.inner.WriteAt(p[:torn], off); err != nil {
			return n, err
		}
	}
	return n, &fs.PathError{Op: "write", Path: f.Name(), Err: r.Err}
}

func (f *errFile) Truncate(size int64) error {
	return f.fs.call(OpTruncate, f.Name(), func() error { return f.inner.Truncate(size) })
}

func (f *errFile) Sync() error {
	return f.fs.call(OpSync, f.Name(), func() error { return f.inner.Sync() })
}

func (f *errFile) Size() (n int64, err error) {
	err = f.fs.call(OpSize, f.Name(), func() (err error) {
		n, err = f.inner.Size()
		return err
	})
	return n, err
}

// Close always closes, whatever it then says.
func (f *errFile) Close() error {
	closed := f.inner.Close()
	return f.fs.call(OpClose, f.Name(), func() error { return closed })
}

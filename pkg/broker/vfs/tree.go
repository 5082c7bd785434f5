package vfs

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// tree is the name space of the in-memory file systems: directories of nodes,
// each file with a body of type T. It is not safe for concurrent use.
type tree[T any] struct{ root *node[T] }

// node is a directory (kids is not nil) or a file.
type node[T any] struct {
	kids map[string]*node[T]
	mod  time.Time
	body T
}

func newTree[T any]() tree[T] { return tree[T]{root: newDir[T]()} }

func newDir[T any]() *node[T] {
	return &node[T]{kids: map[string]*node[T]{}, mod: time.Now()}
}

func (n *node[T]) isDir() bool { return n.kids != nil }

// split turns a name into its elements below the root, which is also the
// working directory: "/a/b", "a/b" and "./a/../a/b" are the same file.
func split(name string) []string {
	name = strings.TrimPrefix(name, filepath.VolumeName(name))
	name = path.Clean("/" + filepath.ToSlash(name))
	if name == "/" {
		return nil
	}
	return strings.Split(name[1:], "/")
}

// find gives the node of a name, or nil and the reason.
func (t tree[T]) find(name string) (*node[T], error) {
	n := t.root
	for _, el := range split(name) {
		if !n.isDir() {
			return nil, syscall.ENOTDIR
		}
		next, ok := n.kids[el]
		if !ok {
			return nil, fs.ErrNotExist
		}
		n = next
	}
	return n, nil
}

// dir is find for a name that must be a directory.
func (t tree[T]) dir(name string) (*node[T], error) {
	n, err := t.find(name)
	if err == nil && !n.isDir() {
		return nil, syscall.ENOTDIR
	}
	return n, err
}

// parent gives the directory that holds name and the last element of name.
func (t tree[T]) parent(name string) (dir *node[T], base string, err error) {
	els := split(name)
	if len(els) == 0 {
		return nil, "", fs.ErrInvalid
	}
	n := t.root
	for _, el := range els[:len(els)-1] {
		next, ok := n.kids[el]
		if !ok {
			return nil, "", fs.ErrNotExist
		}
		if !next.isDir() {
			return nil, "", syscall.ENOTDIR
		}
		n = next
	}
	return n, els[len(els)-1], nil
}

// move is one rename, checked but not yet done.
type move[T any] struct {
	from, to         *node[T] // directories
	fromName, toName string
	moved, replaced  *node[T] // replaced may be nil
}

// checkMove applies the rules of rename(2).
func (t tree[T]) checkMove(oldname, newname string) (move[T], error) {
	var m move[T]
	var err error
	if m.from, m.fromName, err = t.parent(oldname); err != nil {
		return m, err
	}
	if m.to, m.toName, err = t.parent(newname); err != nil {
		return m, err
	}
	if m.moved = m.from.kids[m.fromName]; m.moved == nil {
		return m, fs.ErrNotExist
	}
	if m.moved.isDir() {
		from, to := split(oldname), split(newname)
		if len(to) > len(from) && slices.Equal(from, to[:len(from)]) {
			return m, syscall.EINVAL // a directory into itself
		}
	}
	if m.replaced = m.to.kids[m.toName]; m.replaced == nil || m.replaced == m.moved {
		m.replaced = nil
		return m, nil
	}
	switch {
	case m.replaced.isDir() && len(m.replaced.kids) > 0:
		return m, syscall.ENOTEMPTY
	case m.replaced.isDir() && !m.moved.isDir():
		return m, syscall.EISDIR
	case !m.replaced.isDir() && m.moved.isDir():
		return m, syscall.ENOTDIR
	}
	return m, nil
}

func (m move[T]) do() {
	delete(m.from.kids, m.fromName)
	m.to.kids[m.toName] = m.moved
	now := time.Now()
	m.from.mod, m.to.mod = now, now
}

// list makes directory entries, sorted; stat tells length and time of a file.
func (n *node[T]) list(stat func(*node[T]) (int64, time.Time)) []fs.DirEntry {
	out := make([]fs.DirEntry, 0, len(n.kids))
	for name, kid := range n.kids {
		out = append(out, fs.FileInfoToDirEntry(kid.info(name, stat)))
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out
}

func (n *node[T]) info(name string, stat func(*node[T]) (int64, time.Time)) fs.FileInfo {
	fi := fileInfo{name: path.Base(filepath.ToSlash(name)), mod: n.mod, mode: 0o644}
	if n.isDir() {
		fi.mode = fs.ModeDir | 0o755
	} else {
		fi.size, fi.mod = stat(n)
	}
	return fi
}

type fileInfo struct {
	name string
	size int64
	mod  time.Time
	mode fs.FileMode
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return i.size }
func (i fileInfo) Mode() fs.FileMode  { return i.mode }
func (i fileInfo) ModTime() time.Time { return i.mod }
func (i fileInfo) IsDir() bool        { return i.mode.IsDir() }
func (i fileInfo) Sys() any           { return nil }

func pathError(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// linkError is what a failed rename returns, like os.Rename.
func linkError(oldname, newname string, err error) error {
	return &os.LinkError{Op: "rename", Old: oldname, New: newname, Err: err}
}

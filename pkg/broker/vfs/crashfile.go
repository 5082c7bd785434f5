package vfs

import (
	"io"
	"io/fs"
	"maps"
	"syscall"
	"time"
)

const (
	pageSize = 4096
	// sectorSize is what a disk writes as a whole.
	sectorSize = 512
)

// content is the bytes of a file as pages that are never changed once they are
// there, so that a clone copies none of them. A missing page is zeros. Bytes of
// pages at and beyond size are zeros.
type content struct {
	size  int64
	pages map[int64]*[pageSize]byte
}

func (c *content) clone() content {
	return content{size: c.size, pages: maps.Clone(c.pages)}
}

// patch writes p at off, and grows size where needed.
func (c *content) patch(off int64, p []byte) {
	c.size = max(c.size, off+int64(len(p)))
	if c.pages == nil {
		c.pages = map[int64]*[pageSize]byte{}
	}
	for len(p) > 0 {
		i, at := off/pageSize, int(off%pageSize)
		page := new([pageSize]byte)
		if old := c.pages[i]; old != nil {
			*page = *old
		}
		n := copy(page[at:], p)
		c.pages[i] = page
		off += int64(n)
		p = p[n:]
	}
}

// read copies from off on; what no page holds is zeros.
func (c *content) read(p []byte, off int64) int {
	if off >= c.size {
		return 0
	}
	p = p[:min(int64(len(p)), c.size-off)]
	for done := 0; done < len(p); {
		at := off + int64(done)
		n := min(len(p)-done, pageSize-int(at%pageSize))
		var page []byte
		if pg := c.pages[at/pageSize]; pg != nil {
			page = pg[:]
		}
		fill(p[done:done+n], page, int(at%pageSize))
		done += n
	}
	return len(p)
}

// resize cuts or extends with zeros.
func (c *content) resize(size int64) {
	for i := range c.pages {
		if i*pageSize >= size {
			delete(c.pages, i)
		}
	}
	if at := size % pageSize; at > 0 {
		if old := c.pages[size/pageSize]; old != nil {
			page := new([pageSize]byte)
			copy(page[:at], old[:at])
			c.pages[size/pageSize] = page
		}
	}
	c.size = size
}

// dataOp is one write or truncation of a file.
type dataOp struct {
	truncate bool
	off      int64 // of a write; else the new size
	data     []byte
}

func (n *inode) do(op dataOp) {
	if op.truncate {
		n.current.resize(op.off)
	} else {
		n.current.patch(op.off, op.data)
	}
	n.ops = append(n.ops, op)
}

// crashHandle is one open file of a Crash.
type crashHandle struct {
	fs       *Crash
	node     *node[*inode]
	name     string
	readOnly bool
	closed   bool // guarded by fs.mu
}

var _ File = (*crashHandle)(nil)

func (h *crashHandle) Name() string { return h.name }

// usable needs fs.mu.
func (h *crashHandle) usable(op string, off int64, write bool) error {
	switch {
	case h.closed:
		return pathError(op, h.name, fs.ErrClosed)
	case off < 0:
		return pathError(op, h.name, fs.ErrInvalid)
	case off > maxFileSize:
		return pathError(op, h.name, syscall.EFBIG)
	case write && h.readOnly:
		return pathError(op, h.name, syscall.EBADF)
	}
	return nil
}

func (h *crashHandle) ReadAt(p []byte, off int64) (int, error) {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if err := h.usable("read", off, false); err != nil {
		return 0, err
	}
	n := h.node.body.current.read(p, off)
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (h *crashHandle) WriteAt(p []byte, off int64) (int, error) {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if err := h.usable("write", off, true); err != nil {
		return 0, err
	}
	if len(p) > 0 {
		h.node.body.do(dataOp{off: off, data: append([]byte(nil), p...)})
		h.node.mod = time.Now()
	}
	return len(p), nil
}

func (h *crashHandle) Truncate(size int64) error {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if err := h.usable("truncate", size, true); err != nil {
		return err
	}
	h.node.body.do(dataOp{truncate: true, off: size})
	h.node.mod = time.Now()
	return nil
}

func (h *crashHandle) Size() (int64, error) {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	return h.node.body.current.size, h.usable("stat", 0, false)
}

func (h *crashHandle) Sync() error {
	h.fs.mu.Lock()
	err := h.usable("sync", 0, false)
	h.fs.mu.Unlock()
	if err != nil {
		return err
	}
	return h.fs.sync(h.name, false, func() error {
		n := h.node.body
		n.synced = n.current.clone()
		n.ops = nil
		return nil
	})
}

func (h *crashHandle) Close() error {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if h.closed {
		return pathError("close", h.name, fs.ErrClosed)
	}
	h.closed = true
	return nil
}

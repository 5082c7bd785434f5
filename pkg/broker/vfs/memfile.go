package vfs

import (
	"io"
	"io/fs"
	"sync"
	"syscall"
	"time"
)

const (
	chunkSize = 64 << 10
	// minChunk is the least that the first chunk of a file holds.
	minChunk = 512
	// maxFileSize bounds the chunk list of a file, which a far write would
	// otherwise blow up. It is 32 times the largest segment.
	maxFileSize = 64 << 30
)

// memFile is the contents of one file, shared by its handles.
type memFile struct {
	fs *Mem

	mu   sync.RWMutex
	size int64 // guarded by mu
	// chunks cover [0, size), chunk i from i*chunkSize; nil is a hole. Only the
	// first may be shorter than chunkSize. Bytes of a chunk beyond size are zero.
	// Guarded by mu.
	chunks [][]byte
	mod    time.Time // guarded by mu
	refs   int       // open handles; guarded by mu
	linked bool      // has a name; guarded by mu
}

// open counts a handle, and empties the file first where asked.
func (f *memFile) open(truncate bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refs++
	if truncate {
		f.resize(0)
	}
}

func (f *memFile) unlink() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.linked = false
	f.freeIfUnused()
}

// freeIfUnused needs f.mu.
func (f *memFile) freeIfUnused() {
	if !f.linked && f.refs == 0 {
		f.cut(0)
		f.size = 0
	}
}

func (f *memFile) stat() (size int64, mod time.Time) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.size, f.mod
}

// read needs f.mu shared.
func (f *memFile) read(p []byte, off int64) (int, error) {
	if off >= f.size {
		return 0, eofUnlessEmpty(p)
	}
	want := p[:min(int64(len(p)), f.size-off)]
	for done := 0; done < len(want); {
		at := off + int64(done)
		n := min(len(want)-done, chunkSize-int(at%chunkSize))
		fill(want[done:done+n], f.chunkAt(at/chunkSize), int(at%chunkSize))
		done += n
	}
	if len(want) < len(p) {
		return len(want), io.EOF
	}
	return len(p), nil
}

func eofUnlessEmpty(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	return io.EOF
}

func (f *memFile) chunkAt(i int64) []byte {
	if i < int64(len(f.chunks)) {
		return f.chunks[i]
	}
	return nil
}

// fill copies chunk[at:] to dst; what the chunk does not hold is zeros.
func fill(dst, chunk []byte, at int) {
	n := 0
	if at < len(chunk) {
		n = copy(dst, chunk[at:])
	}
	clear(dst[n:])
}

// write needs f.mu. It writes all of p or, with an error, nothing.
func (f *memFile) write(p []byte, off int64) error {
	end := off + int64(len(p))
	if err := f.reserve(off, end); err != nil {
		return err
	}
	for done := 0; done < len(p); {
		at := off + int64(done)
		done += copy(f.chunks[at/chunkSize][at%chunkSize:], p[done:])
	}
	f.size = max(f.size, end)
	f.mod = time.Now()
	return nil
}

// reserve makes every chunk of [off, end) writable, or none of them.
func (f *memFile) reserve(off, end int64) error {
	first, last := off/chunkSize, (end-1)/chunkSize
	var need int64 // a chunk that is longer than this write asks for nothing
	for i := first; i <= last; i++ {
		need += int64(max(0, chunkCap(i, last, end)-len(f.chunkAt(i))))
	}
	if need == 0 {
		return nil
	}
	if !f.fs.charge(need) {
		return ErrNoSpace
	}
	for int64(len(f.chunks)) <= last {
		f.chunks = append(f.chunks, nil)
	}
	for i := first; i <= last; i++ {
		if want := chunkCap(i, last, end); want > len(f.chunks[i]) {
			grown := f.fs.newChunk(want)
			copy(grown, f.chunks[i])
			f.chunks[i] = grown
		}
	}
	return nil
}

// charge takes n bytes of the limit, if they are there.
func (m *Mem) charge(n int64) bool {
	for {
		used := m.used.Load()
		if m.max > 0 && n > m.max-used {
			return false
		}
		if m.used.CompareAndSwap(used, used+n) {
			return true
		}
	}
}

// chunkCap is the length that chunk i needs for a write that ends at end, in
// chunk last.
func chunkCap(i, last, end int64) int {
	if i > 0 || last > 0 {
		return chunkSize
	}
	n := minChunk
	for int64(n) < end {
		n *= 2
	}
	return n
}

func (m *Mem) newChunk(n int) []byte {
	if n == chunkSize {
		if c, ok := m.chunk.Get().(*[chunkSize]byte); ok {
			clear(c[:])
			return c[:]
		}
	}
	return make([]byte, n)
}

// resize needs f.mu.
func (f *memFile) resize(size int64) {
	if size < f.size {
		f.cut(size)
	}
	f.size = size
	f.mod = time.Now()
}

// cut gives back the chunks beyond size and zeroes the rest of the one that
// holds its end. It needs f.mu.
func (f *memFile) cut(size int64) {
	keep := (size + chunkSize - 1) / chunkSize
	for i := keep; i < int64(len(f.chunks)); i++ {
		c := f.chunks[i]
		f.fs.used.Add(-int64(len(c)))
		if len(c) == chunkSize {
			f.fs.chunk.Put((*[chunkSize]byte)(c))
		}
		f.chunks[i] = nil
	}
	if keep < int64(len(f.chunks)) {
		f.chunks = f.chunks[:keep]
	}
	if at := int(size % chunkSize); at > 0 {
		if c := f.chunkAt(keep - 1); at < len(c) {
			clear(c[at:])
		}
	}
	if keep == 0 {
		f.chunks = nil
	}
}

// memHandle is one open file.
type memHandle struct {
	file     *memFile
	name     string
	readOnly bool
	closed   bool // guarded by file.mu
}

var _ File = (*memHandle)(nil)

func (h *memHandle) Name() string { return h.name }

// usable needs file.mu at least shared.
func (h *memHandle) usable(op string, off int64, write bool) error {
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

func (h *memHandle) ReadAt(p []byte, off int64) (int, error) {
	h.file.mu.RLock()
	defer h.file.mu.RUnlock()
	if err := h.usable("read", off, false); err != nil {
		return 0, err
	}
	return h.file.read(p, off)
}

func (h *memHandle) WriteAt(p []byte, off int64) (int, error) {
	h.file.mu.Lock()
	defer h.file.mu.Unlock()
	if err := h.usable("write", off, true); err != nil {
		return 0, err
	}
	if err := h.usable("write", off+int64(len(p)), true); err != nil {
		return 0, err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if err := h.file.write(p, off); err != nil {
		return 0, pathError("write", h.name, err)
	}
	return len(p), nil
}

func (h *memHandle) Truncate(size int64) error {
	h.file.mu.Lock()
	defer h.file.mu.Unlock()
	if err := h.usable("truncate", size, true); err != nil {
		return err
	}
	h.file.resize(size)
	return nil
}

func (h *memHandle) Size() (int64, error) {
	h.file.mu.RLock()
	defer h.file.mu.RUnlock()
	return h.file.size, h.usable("stat", 0, false)
}

// Sync does nothing: RAM is as durable as this file system gets.
func (h *memHandle) Sync() error {
	h.file.mu.RLock()
	defer h.file.mu.RUnlock()
	return h.usable("sync", 0, false)
}

func (h *memHandle) Close() error {
	h.file.mu.Lock()
	defer h.file.mu.Unlock()
	if h.closed {
		return pathError("close", h.name, fs.ErrClosed)
	}
	h.closed = true
	h.file.refs--
	h.file.freeIfUnused()
	return nil
}

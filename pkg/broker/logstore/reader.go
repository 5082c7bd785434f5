package logstore

import (
	"errors"
	"fmt"
	"io"
	"syscall"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/vfs"
)

// maxRegions bounds how many segments one read spans.
const maxRegions = 8

// smallHeads is the buffer of a short walk from header to header.
const smallHeads = 4096

// Region is a range of a .log file that stays as it is until Release. It is for
// one goroutine.
type Region struct {
	file *segFile
	off  int64
	n    int
}

// Len is the length in bytes.
func (r *Region) Len() int { return r.n }

// ReadAt reads at an offset within the region. A region that the disk cannot
// give in full ends with io.ErrUnexpectedEOF: whoever sends it must close the
// connection.
func (r *Region) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= int64(r.n) || r.file == nil {
		return 0, io.EOF
	}
	want := min(int64(len(p)), int64(r.n)-off)
	n, err := r.file.f.ReadAt(p[:want], r.off+off)
	switch {
	case int64(n) == want && want == int64(len(p)):
		return n, nil
	case int64(n) == want:
		return n, io.EOF
	case errors.Is(err, io.EOF):
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

// Narrow leaves the bytes from begin to end of the region.
func (r *Region) Narrow(begin, end int) {
	begin, end = max(0, min(begin, r.n)), max(0, min(end, r.n))
	r.off, r.n = r.off+int64(begin), max(0, end-begin)
}

// File is the file that holds the region, from Offset on.
func (r *Region) File() vfs.File { return r.file.f }

// Offset is the position of the region in its file.
func (r *Region) Offset() int64 { return r.off }

// RawRegion gives what sendfile needs. ok is false where the kernel cannot send
// the file by itself.
func (r *Region) RawRegion() (conn syscall.RawConn, off int64, ok bool) {
	if r.file == nil || r.file.raw == nil {
		return nil, 0, false
	}
	return r.file.raw, r.off, true
}

// Release unpins the file. A second call does nothing.
func (r *Region) Release() {
	if f := r.file; f != nil {
		r.file = nil
		f.release()
	}
}

// Fetched is the result of a read: whole batches, the first of which holds the
// offset asked for, or the next record after it where compaction took that one.
type Fetched struct {
	Regions      []Region // to be released, each; empty when there is nothing to read
	Bytes        int      // of all regions
	FirstOffset  int64    // base offset of the first batch; the offset asked for without one
	OlderSegment bool     // the first region does not lie in the active segment
	StartOffset  int64    // of the log, when it was read
	EndOffset    int64    // of the log, when it was read
}

// Release releases every region.
func (f *Fetched) Release() {
	for i := range f.Regions {
		f.Regions[i].Release()
	}
}

// Read gives batches from offset on, up to maxBytes, of records below limit (an
// exclusive bound: a high watermark, a last stable offset or the end). With
// minOne the first batch comes even if it is larger than maxBytes. The error is
// ErrOffsetOutOfRange outside of [start, end]; at or past the limit the result
// is empty. It takes no lock.
func (l *Log) Read(offset int64, maxBytes int, limit int64, minOne bool) (Fetched, error) {
	for {
		v, err := l.opened()
		if err != nil {
			return Fetched{}, err
		}
		f, err := l.read(v, offset, maxBytes, limit, minOne)
		if err == nil {
			return f, nil
		}
		f.Release()
		if again, err := l.afterReadError(v, err); !again {
			return Fetched{StartOffset: v.start, EndOffset: v.end}, err
		}
	}
}

// afterReadError says whether the view has changed under a reader, who then
// starts over, and otherwise what to tell its caller.
func (l *Log) afterReadError(v *view, err error) (again bool, _ error) {
	switch {
	case errors.Is(err, ErrOffsetOutOfRange):
		return false, err
	case l.isClosed():
		return false, fmt.Errorf("%w: %s", ErrClosed, l.tp)
	case l.view.Load() != v: // isClosed has waited for whoever is changing it
		return true, nil
	}
	return false, storageError("read "+l.tp.String(), err)
}

func (l *Log) read(v *view, offset int64, maxBytes int, limit int64, minOne bool) (Fetched, error) {
	f := Fetched{FirstOffset: offset, StartOffset: v.start, EndOffset: v.end}
	if offset < v.start || offset > v.end {
		return f, fmt.Errorf("%w: %s has offsets %d to %d, not %d", ErrOffsetOutOfRange, l.tp, v.start, v.end, offset)
	}
	limit = min(limit, v.end)
	if offset >= limit || maxBytes <= 0 && !minOne {
		return f, nil
	}
	for i := v.segmentOf(offset); i < len(v.segs) && len(f.Regions) < maxRegions && v.segs[i].base < limit; i++ {
		more, err := l.readSegment(v, i, max(offset, v.segs[i].base), maxBytes-f.Bytes, limit, minOne, &f)
		if err != nil || !more {
			return f, err
		}
		minOne = minOne && f.Bytes == 0
	}
	return f, nil
}

// readSegment adds the region of one segment. more reports that the next one
// may follow: this one was taken to its end, or has nothing from offset on.
func (l *Log) readSegment(v *view, i int, offset int64, room int, limit int64, minOne bool, f *Fetched) (more bool, err error) {
	file, err := v.segs[i].acquire()
	if err != nil {
		return false, err
	}
	r := segmentReader{l: l, v: v, i: i, file: file.f}
	defer r.close()
	first, found, err := r.find(offset)
	if err != nil || !found {
		file.release()
		return err == nil && !found, err
	}
	end, err := r.endBefore(limit)
	if err == nil && end-first.pos > int64(room) {
		end, err = r.trim(first, first.pos+int64(room), minOne)
	}
	if err != nil || end <= first.pos {
		file.release()
		return false, err
	}
	if len(f.Regions) == 0 {
		f.FirstOffset = first.base
		f.OlderSegment = i < len(v.segs)-1
	}
	f.Regions = append(f.Regions, Region{file: file, off: first.pos, n: int(end - first.pos)})
	f.Bytes += int(end - first.pos)
	return end == v.sizeOf(i) && f.Bytes > 0 && room > int(end-first.pos), nil
}

// segmentReader finds batches in one segment of a view.
type segmentReader struct {
	l    *Log
	v    *view
	i    int
	file vfs.File
	buf  *[smallHeads]byte // nil until the file has to be looked at
}

func (r *segmentReader) close() {
	if r.buf != nil {
		r.l.store.heads.Put(r.buf)
	}
}

func (r *segmentReader) scan(from int64) scanner {
	if r.buf == nil {
		r.buf, _ = r.l.store.heads.Get().(*[smallHeads]byte)
		if r.buf == nil {
			r.buf = new([smallHeads]byte)
		}
	}
	return scanner{r: r.file, pos: from, end: r.v.sizeOf(r.i), buf: r.buf[:0]}
}

func (r *segmentReader) isActive() bool { return r.i == len(r.v.segs)-1 }

// find gives the first batch that ends at or after offset.
func (r *segmentReader) find(offset int64) (h head, found bool, err error) {
	if r.isActive() {
		if t, ok := r.v.inTail(offset); ok {
			return head{pos: int64(t.pos), size: int64(t.size), base: t.base, last: t.last}, true, nil
		}
	}
	x, err := r.v.offsetIndex(r.i)
	if err != nil {
		return head{}, false, err
	}
	sc := r.scan(x.lookup(offset - r.v.segs[r.i].base))
	for sc.next() {
		if sc.head.last >= offset {
			return sc.head, true, nil
		}
	}
	return head{}, false, sc.err
}

// endBefore gives the position behind the last batch whose records all lie
// below limit.
func (r *segmentReader) endBefore(limit int64) (int64, error) {
	if limit >= r.v.endOf(r.i) {
		return r.v.sizeOf(r.i), nil
	}
	h, found, err := r.find(limit)
	if err != nil || !found {
		return r.v.sizeOf(r.i), err
	}
	return h.pos, nil
}

// trim gives the last boundary between batches at or before position upTo, and
// the end of first if there is none and it has to come.
func (r *segmentReader) trim(first head, upTo int64, minOne bool) (int64, error) {
	if first.pos+first.size >= upTo {
		if minOne || first.pos+first.size == upTo {
			return first.pos + first.size, nil
		}
		return first.pos, nil
	}
	if r.isActive() {
		if end, ok := r.v.tailFloor(upTo); ok {
			return end, nil
		}
	}
	x, err := r.v.offsetIndex(r.i)
	if err != nil {
		return 0, err
	}
	end := max(first.pos+first.size, x.floor(upTo))
	sc := r.scan(end)
	for sc.next() && sc.pos <= upTo {
		end = sc.pos
	}
	return end, sc.err
}

// readBatch reads one whole batch into buf, which it may replace.
func readBatch(f io.ReaderAt, h head, buf []byte) (batch.Batch, []byte, error) {
	if int64(cap(buf)) < h.size {
		buf = make([]byte, h.size)
	}
	buf = buf[:h.size]
	if n, err := f.ReadAt(buf, h.pos); int64(n) < h.size {
		return nil, buf, err
	}
	b, _, err := batch.Split(buf)
	return b, buf, err
}

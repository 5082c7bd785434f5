package logstore

import (
	"errors"
	"fmt"
	"io"

	"kq/pkg/broker/batch"
)

// batchReader gives the batches of a part of a .log file, whole and checked, from
// a buffer that grows to the largest of them.
type batchReader struct {
	f     io.ReaderAt
	pos   int64 // of the next batch
	end   int64
	buf   []byte // holds the file from off on
	off   int64
	await func(n int) error // before n bytes are read: throttling, and whether to go on
}

func (r *batchReader) more() bool { return r.pos < r.end }

// next gives the batch at pos and moves behind it; p is valid until the next
// call. b is nil for a message set of magic 0 or 1.
func (r *batchReader) next() (b batch.Batch, p []byte, h head, err error) {
	need := int64(minHead)
	for {
		if p, err = r.fill(need); err != nil {
			return nil, nil, head{}, err
		}
		var more int
		if h, more, err = parseHead(p); err != nil {
			return nil, nil, head{}, err
		}
		if need = int64(more); need == 0 {
			break
		}
	}
	if h.size > r.end-r.pos {
		return nil, nil, head{}, fmt.Errorf("%w: batch of %d bytes, %d are left", ErrCorrupt, h.size, r.end-r.pos)
	}
	if p, err = r.fill(h.size); err != nil {
		return nil, nil, head{}, err
	}
	p = p[:h.size:h.size]
	h.pos = r.pos
	if h.magic == 2 {
		b = batch.Batch(p)
		if err := b.VerifyCRC(); err != nil {
			return nil, nil, head{}, err
		}
	}
	r.pos += h.size
	return b, p, h, nil
}

// fill gives at least n bytes from pos on.
func (r *batchReader) fill(n int64) ([]byte, error) {
	if n > r.end-r.pos {
		return nil, fmt.Errorf("%w: %d bytes are left where %d are needed", ErrCorrupt, r.end-r.pos, n)
	}
	if at := r.pos - r.off; at >= 0 && at+n <= int64(len(r.buf)) {
		return r.buf[at:], nil
	}
	var have []byte
	if at := r.pos - r.off; at >= 0 && at < int64(len(r.buf)) {
		have = r.buf[at:]
	}
	if int64(cap(r.buf)) < n {
		have = append(make([]byte, 0, n), have...)
		r.buf = have[:0]
	}
	kept := copy(r.buf[:cap(r.buf)], have)
	r.off = r.pos
	r.buf = r.buf[:min(int64(cap(r.buf)), r.end-r.pos)]
	if err := r.await(len(r.buf) - kept); err != nil {
		r.buf = r.buf[:kept]
		return nil, err
	}
	got, err := r.f.ReadAt(r.buf[kept:], r.pos+int64(kept))
	r.buf = r.buf[:kept+got]
	switch {
	case int64(len(r.buf)) >= n:
		return r.buf, nil
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	}
	return nil, fmt.Errorf("%w: file ends at %d", ErrCorrupt, r.off+int64(len(r.buf)))
}

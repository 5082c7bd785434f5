package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrFrameSize is returned for a frame whose length is negative or over the
// limit. The stream cannot be read any further.
var ErrFrameSize = errors.New("frame size out of bounds")

// Poller is the optional interface of sources that can wait for bytes without
// holding a buffer for them, so that an idle connection costs none.
type Poller interface {
	// ReadNew waits until there is something to read, takes a Buf of size bytes
	// and reads into it once. On an error there is no Buf.
	ReadNew(size int) (b *Buf, n int, err error)
}

// Sizes of the reads that fetch whatever has arrived: they double while reads
// come back full and halve when they come back nearly empty.
const (
	minRead = MinBuf
	maxRead = 64 << 10
	// firstGrant is the most that is allocated for a frame before its bytes
	// arrive, on a connection that has not sent larger ones.
	firstGrant = 64 << 10
)

// FrameReader cuts a stream into frames: a length of 4 bytes and that many
// bytes. Small frames that arrive together are read together and share a Buf;
// large ones are read straight into their own, which grows as bytes arrive.
type FrameReader struct {
	src  io.Reader
	poll Poller // nil when src cannot poll
	max  int

	spares *Spares // large Bufs come from there

	// buf[start:end] are bytes that were read and not returned. buf is nil when
	// there are none.
	buf        *Buf
	start, end int

	next    int // the size of the next read
	largest int // about the largest of the last frames
	head    [4]byte
}

// NewFrameReader returns a reader of the frames of src, which are at most
// maxFrame bytes long. Large ones lie in buffers of spares, which may be nil.
func NewFrameReader(src io.Reader, maxFrame int, spares *Spares) *FrameReader {
	f := &FrameReader{src: src, max: maxFrame, spares: spares, next: minRead}
	f.poll, _ = src.(Poller)
	return f
}

// Next returns the next frame without its length, and the Buf in which it lies,
// of which the caller owns one reference. The error is io.EOF between two
// frames, io.ErrUnexpectedEOF inside of one.
func (f *FrameReader) Next() (frame []byte, b *Buf, err error) {
	if f.poll == nil {
		return f.nextPlain()
	}
	for f.end-f.start < 4 {
		if err := f.fill(); err != nil {
			return nil, nil, err
		}
	}
	n, err := f.size(f.buf.Bytes()[f.start:])
	if err != nil {
		return nil, nil, err
	}
	if f.end-f.start-4 >= n {
		return f.cut(n)
	}
	have := f.buf.Bytes()[f.start+4 : f.end]
	b = f.spares.NewBuf(f.grant(n, len(have)))
	got := copy(b.Bytes(), have)
	f.drop()
	return f.body(b, got, n)
}

// Buffered says whether Next returns without reading.
func (f *FrameReader) Buffered() bool {
	if f.end-f.start < 4 {
		return false
	}
	n, err := f.size(f.buf.Bytes()[f.start:])
	return err != nil || f.end-f.start-4 >= n
}

// Close gives back what the reader holds. Next must not be called any more.
func (f *FrameReader) Close() { f.drop() }

func (f *FrameReader) drop() {
	if f.buf != nil {
		f.buf.Release()
	}
	f.buf, f.start, f.end = nil, 0, 0
}

// size checks the length of a frame.
func (f *FrameReader) size(p []byte) (int, error) {
	n := int(int32(binary.BigEndian.Uint32(p)))
	if n < 0 || n > f.max {
		return 0, fmt.Errorf("read frame of %d bytes, limit %d: %w", n, f.max, ErrFrameSize)
	}
	return n, nil
}

// cut returns the frame of n bytes that is at hand.
func (f *FrameReader) cut(n int) ([]byte, *Buf, error) {
	from := f.start + 4
	f.start = from + n
	b := f.buf
	frame := b.Bytes()[from : from+n : from+n]
	if f.start == f.end {
		f.buf, f.start, f.end = nil, 0, 0
	} else {
		b.Retain()
	}
	f.sized(n)
	return frame, b, nil
}

// fill reads what has arrived. With a part of a length at hand it reads behind
// that, else into a new Buf.
func (f *FrameReader) fill() error {
	if f.buf == nil {
		b, n, err := f.poll.ReadNew(f.next)
		if err != nil {
			return err
		}
		f.buf, f.start, f.end = b, 0, n
		switch {
		case n == f.next && f.next < maxRead:
			f.next *= 2
		case n < f.next/4 && f.next > minRead:
			f.next /= 2
		}
		return nil
	}
	if f.end == len(f.buf.Bytes()) {
		b := NewBuf(MinBuf)
		n := copy(b.Bytes(), f.buf.Bytes()[f.start:f.end])
		f.drop()
		f.buf, f.end = b, n
	}
	n, err := f.src.Read(f.buf.Bytes()[f.end:])
	f.end += n
	if n > 0 {
		return nil
	}
	return unexpected(err)
}

// sized remembers the size of a frame, and forgets larger ones slowly.
func (f *FrameReader) sized(n int) { f.largest = max(n, f.largest-f.largest/4) }

// grant returns how much to allocate for a frame of n bytes of which have are
// there: what the connection sent before, or four times what it has sent of this
// one. Each step copies, into memory that is new: few of them reach a large frame.
func (f *FrameReader) grant(n, have int) int {
	return min(n, max(firstGrant, 4*have, 2*f.largest))
}

// body reads the rest of a frame of n bytes, of which got are in b.
func (f *FrameReader) body(b *Buf, got, n int) ([]byte, *Buf, error) {
	for got < n {
		if got == len(b.Bytes()) {
			larger := f.spares.NewBuf(f.grant(n, got))
			copy(larger.Bytes(), b.Bytes())
			b.Release()
			b = larger
		}
		m, err := f.src.Read(b.Bytes()[got:])
		got += m
		if m == 0 && err != nil {
			b.Release()
			return nil, nil, unexpected(err)
		}
	}
	f.sized(n)
	return b.Bytes()[:n:n], b, nil
}

// nextPlain reads a frame from a source that cannot poll: first its length,
// then a Buf and the rest.
func (f *FrameReader) nextPlain() ([]byte, *Buf, error) {
	if _, err := io.ReadFull(f.src, f.head[:]); err != nil {
		return nil, nil, err
	}
	n, err := f.size(f.head[:])
	if err != nil {
		return nil, nil, err
	}
	return f.body(f.spares.NewBuf(f.grant(n, 0)), 0, n)
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

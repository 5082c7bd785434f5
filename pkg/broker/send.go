package broker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"

	"kq/pkg/broker/internal/wire"
)

// Regions up to smallRegion are read into memory and leave in one write with
// what is around them; larger ones are sent by the kernel where it can, else in
// pieces of copyPiece.
const (
	smallRegion = 64 << 10
	copyPiece   = 256 << 10
	// maxGather is about how many bytes of small regions gather in memory
	// before they are written.
	maxGather = 256 << 10
)

// errRegionShort is returned when a file ends before a region of it does: the
// length of the answer is on its way already, so the connection must end.
var errRegionShort = errors.New("file region came up short")

// sender writes the answers of one connection at a time.
type sender struct {
	slots []*slot
	iov   net.Buffers // what the next write sends
	out   net.Buffers // iov while it is being written
	size  int         // bytes in iov
	bufs  []*wire.Buf // released after the next write
}

// drop releases answers that will not be sent.
func (w *sender) drop() {
	for _, s := range w.slots {
		s.reply.Release()
	}
	clear(w.slots)
	w.slots = w.slots[:0]
}

// send writes the answers in w.slots and releases them, also after an error.
func (w *sender) send(c *conn) error {
	defer w.drop()
	defer w.reset()
	for _, s := range w.slots {
		if !s.send {
			continue
		}
		if err := w.answer(c, s); err != nil {
			return err
		}
	}
	return w.flush(c, false)
}

func (w *sender) answer(c *conn, s *slot) error {
	h := wire.AppendResponseHeader(s.header[:4], s.Header.Key, s.Header.Version, s.Header.CorrelationID)
	n := len(h) - 4 + s.reply.Len()
	if n > math.MaxInt32 {
		return fmt.Errorf("answer of %d bytes", n)
	}
	binary.BigEndian.PutUint32(h, uint32(n))
	c.srv.metrics.answer(s.Header.Key, n)
	w.add(h)
	for _, chunk := range s.reply.Chunks {
		if chunk.Region == nil {
			w.add(chunk.Bytes)
		} else if err := w.region(c, chunk.Region); err != nil {
			return err
		}
	}
	return nil
}

func (w *sender) add(p []byte) {
	if len(p) > 0 {
		w.iov = append(w.iov, p)
		w.size += len(p)
	}
}

// region adds or sends a region.
func (w *sender) region(c *conn, r wire.FileRegion) error {
	n, done := r.Len(), 0
	if n > smallRegion {
		sent, err := w.sendfile(c, r)
		if err != nil {
			return err
		}
		done = sent
	}
	for off := done; off < n; {
		piece := wire.NewBuf(min(n-off, copyPiece))
		w.bufs = append(w.bufs, piece)
		if err := readFull(r, piece.Bytes(), int64(off)); err != nil {
			return err
		}
		off += len(piece.Bytes())
		w.add(piece.Bytes())
		if w.size >= maxGather {
			if err := w.flush(c, off < n); err != nil {
				return err
			}
		}
	}
	return nil
}

// sendfile lets the kernel send a region. It returns how much of it was sent:
// all of it, or nothing where that is not possible.
func (w *sender) sendfile(c *conn, r wire.FileRegion) (int, error) {
	raw, ok := r.(wire.RawRegion)
	if !ok || !c.sock.canSendfile() {
		return 0, nil
	}
	file, off, ok := raw.RawRegion()
	if !ok {
		return 0, nil
	}
	if err := w.flush(c, true); err != nil {
		return 0, err
	}
	err := c.sock.sendfile(file, off, r.Len())
	if errors.Is(err, errNoSendfile) {
		return 0, nil
	}
	return r.Len(), err
}

func readFull(r wire.FileRegion, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = errRegionShort
	}
	return fmt.Errorf("read %d bytes of file region at %d: %w", len(p), off, err)
}

// flush writes what was added. With more set, more follows at once.
func (w *sender) flush(c *conn, more bool) error {
	if len(w.iov) == 0 {
		return nil
	}
	w.out = w.iov
	err := c.sock.writev(&w.out, more)
	c.touch()
	w.reset()
	return err
}

// reset forgets what was added.
func (w *sender) reset() {
	clear(w.iov)
	w.iov, w.out, w.size = w.iov[:0], nil, 0
	for _, b := range w.bufs {
		b.Release()
	}
	clear(w.bufs)
	w.bufs = w.bufs[:0]
}

package logstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"kq/pkg/broker/batch"
)

const (
	scanBuffer = 1 << 20  // of a scan that reads every byte
	headBuffer = 64 << 10 // of a scan that jumps from header to header
	minHead    = 17       // up to the magic byte
)

// head is what the structure of a log knows of a batch. Message sets of magic 0
// and 1, which a directory of an old Kafka may hold, are batches of one offset:
// that of their last message.
type head struct {
	pos, size  int64
	base, last int64
	epoch      int32
	magic      int8
	maxTS      int64
}

// parseHead reads the header at the start of p, which need not hold the whole
// of it: need says how many bytes it takes. Nothing is trusted.
func parseHead(p []byte) (h head, need int, err error) {
	if len(p) < minHead {
		return head{}, minHead, nil
	}
	be := binary.BigEndian
	length := int64(int32(be.Uint32(p[8:])))
	h = head{base: int64(be.Uint64(p)), size: length + batch.Overhead, epoch: noEpoch, magic: int8(p[16]), maxTS: noTimestamp}
	h.last = h.base
	switch h.magic {
	case 0, 1:
		const crcToValue = 14 // magic 0: crc, magic, attributes, two lengths
		if length < crcToValue {
			return h, 0, fmt.Errorf("%w: message of %d bytes", ErrCorrupt, length)
		}
		if h.magic == 1 {
			if len(p) < 26 {
				return h, 26, nil
			}
			h.maxTS = int64(be.Uint64(p[18:]))
		}
	case 2:
		if length < batch.HeaderSize-batch.Overhead {
			return h, 0, fmt.Errorf("%w: batch of %d bytes", ErrCorrupt, length)
		}
		if len(p) < batch.HeaderSize {
			return h, batch.HeaderSize, nil
		}
		b := batch.Batch(p)
		h.epoch, h.last, h.maxTS = b.LeaderEpoch(), b.LastOffset(), b.MaxTimestamp()
	default:
		return h, 0, fmt.Errorf("%w: magic %d", ErrCorrupt, h.magic)
	}
	if h.base < 0 || h.last < h.base {
		return h, 0, fmt.Errorf("%w: batch of offsets %d to %d", ErrCorrupt, h.base, h.last)
	}
	return h, 0, nil
}

// scanner walks the batches of a file between two positions, a buffer at a
// time. A bad batch ends the walk with an error that wraps ErrCorrupt; an error
// of the file ends it with that error, which says nothing about the data.
type scanner struct {
	r      io.ReaderAt
	pos    int64 // where the next batch begins
	end    int64
	verify bool // check the CRC, which reads every byte

	head head   // of the batch that next found
	buf  []byte // holds the file from off on
	off  int64
	err  error
}

func newScanner(r io.ReaderAt, pos, end int64, verify bool) *scanner {
	n := int64(headBuffer)
	if verify {
		n = scanBuffer
	}
	return &scanner{r: r, pos: pos, end: end, verify: verify, buf: make([]byte, 0, max(batch.HeaderSize, min(n, end-pos)))}
}

// next finds the next batch. It returns false at the end, which is not an
// error, and at the first batch that is none.
func (s *scanner) next() bool {
	if s.err != nil || s.pos >= s.end {
		return false
	}
	h, err := s.readHead()
	if err == nil && h.size > s.end-s.pos {
		err = fmt.Errorf("%w: batch of %d bytes, %d are left", ErrCorrupt, h.size, s.end-s.pos)
	}
	if err == nil && s.verify {
		err = s.checkCRC(h)
	}
	if err != nil {
		s.err = err
		return false
	}
	h.pos = s.pos
	s.head = h
	s.pos += h.size
	return true
}

func (s *scanner) readHead() (head, error) {
	p := s.have(s.pos)
	for {
		h, need, err := parseHead(p)
		if need == 0 || err != nil {
			return h, err
		}
		if p, err = s.fill(s.pos, int64(need)); err != nil {
			return h, err
		}
	}
}

// have is what the buffer holds from pos on.
func (s *scanner) have(pos int64) []byte {
	if at := pos - s.off; at >= 0 && at < int64(len(s.buf)) {
		return s.buf[at:]
	}
	return nil
}

// fill gives at least n bytes from pos on, n being at most the buffer's size.
func (s *scanner) fill(pos, n int64) ([]byte, error) {
	if n > s.end-pos {
		return nil, fmt.Errorf("%w: %d bytes are left where %d are needed", ErrCorrupt, s.end-pos, n)
	}
	have := s.have(pos)
	if int64(len(have)) >= n {
		return have, nil
	}
	kept := copy(s.buf[:cap(s.buf)], have)
	s.off = pos
	s.buf = s.buf[:min(int64(cap(s.buf)), s.end-pos)]
	got, err := s.r.ReadAt(s.buf[kept:], pos+int64(kept))
	s.buf = s.buf[:kept+got]
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if int64(len(s.buf)) < n {
		return nil, fmt.Errorf("%w: file ends at %d", ErrCorrupt, s.off+int64(len(s.buf)))
	}
	return s.buf, nil
}

// checkCRC verifies a batch of any size through the buffer.
func (s *scanner) checkCRC(h head) error {
	from, table := int64(21), crc32.MakeTable(crc32.Castagnoli)
	if h.magic < 2 {
		from, table = 16, crc32.IEEETable
	}
	p, err := s.fill(s.pos, min(h.size, int64(cap(s.buf))))
	if err != nil {
		return err
	}
	crcAt := 17
	if h.magic < 2 {
		crcAt = 12
	}
	want := binary.BigEndian.Uint32(p[crcAt:])
	crc := uint32(0)
	for at := from; at < h.size; {
		if p, err = s.fill(s.pos+at, min(h.size-at, int64(cap(s.buf)))); err != nil {
			return err
		}
		p = p[:min(int64(len(p)), h.size-at)]
		crc = crc32.Update(crc, table, p)
		at += int64(len(p))
	}
	if crc != want {
		return fmt.Errorf("%w: stored crc is %08x, the bytes have %08x", ErrCorrupt, want, crc)
	}
	return nil
}

// batch gives the batch that next found: the header, and the records too if it
// is a control batch. ok is false for message sets of magic 0 and 1.
func (s *scanner) batch() (b batch.Batch, ok bool, err error) {
	if s.head.magic < 2 {
		return nil, false, nil
	}
	p, err := s.fill(s.head.pos, batch.HeaderSize)
	if err != nil {
		return nil, false, err
	}
	if b = batch.Batch(p[:batch.HeaderSize]); !b.IsControl() || !b.HasProducerID() {
		return b, true, nil
	}
	if s.head.size > int64(cap(s.buf)) {
		return nil, false, fmt.Errorf("%w: control batch of %d bytes", ErrCorrupt, s.head.size)
	}
	if p, err = s.fill(s.head.pos, s.head.size); err != nil {
		return nil, false, err
	}
	return batch.Batch(p[:s.head.size]), true, nil
}

// chain checks that batches can follow one another in a segment.
type chain struct {
	segBase int64
	next    int64 // the offset that may come next, or a later one
	epoch   int32
	durable int64 // no gap goes across this offset, which compaction has not reached
}

// follow links the batch that a scan has found. Base offset and leader epoch lie
// outside the checksum: where they jump, as compaction and elections make them
// do, the next batch has to agree, or this one is not what was written.
func (c *chain) follow(sc *scanner) error {
	h := sc.head
	gap, elected, fell := h.base > c.next, h.epoch > c.epoch, h.epoch >= 0 && h.epoch < c.epoch
	if c.next < c.durable && c.durable <= h.base {
		return fmt.Errorf("%w: batch of offsets %d to %d where %d is next, and %d was durable", ErrCorrupt, h.base, h.last, c.next, c.durable-1)
	}
	if !gap && !elected && !fell || sc.pos >= sc.end {
		return c.link(h)
	}
	after, err := sc.readHead()
	if err != nil { // bad itself, whatever this one is
		return c.link(h)
	}
	if gap && c.next <= after.base && after.base <= h.last || fell && after.epoch >= c.epoch ||
		elected && c.epoch <= after.epoch && after.epoch < h.epoch && after.epoch >= 0 {
		if newScanner(sc.r, sc.pos, sc.end, true).next() {
			return fmt.Errorf("%w: batch of offsets %d to %d, epoch %d, where %d is next; offset %d, epoch %d, follows",
				ErrCorrupt, h.base, h.last, h.epoch, c.next, after.base, after.epoch)
		}
	}
	return c.link(h)
}

func (c *chain) link(h head) error {
	switch {
	case h.base < c.next:
		return fmt.Errorf("%w: batch of offsets %d to %d where %d is next", ErrCorrupt, h.base, h.last, c.next)
	case h.last-c.segBase > maxRelative:
		return fmt.Errorf("%w: offset %d in a segment at %d", ErrCorrupt, h.last, c.segBase)
	}
	c.next = h.last + 1
	if h.epoch >= 0 {
		c.epoch = h.epoch
	}
	return nil
}

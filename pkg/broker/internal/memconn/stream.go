package memconn

import (
	"io"
	"net"
	"sync"
	"time"
)

// stream is one direction.
type stream struct {
	writing  sync.Mutex // held by a writer to its end, before mu
	mu       sync.Mutex
	readable sync.Cond // there are bytes, or there will be none
	writable sync.Cond // there is room, or nobody reads
	buf      []byte    // guarded by mu: buf[off:] is on its way
	off      int       // guarded by mu
	written  bool      // guarded by mu: the writer closed
	unread   bool      // guarded by mu: the reader closed

	reads, writes deadline
}

func newStream() *stream {
	s := new(stream)
	s.readable.L, s.writable.L = &s.mu, &s.mu
	s.reads.of, s.writes.of = &s.readable, &s.writable
	return s
}

// idleBytes is the largest buffer that an empty stream keeps.
const idleBytes = 64 << 10

func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.unread:
			return 0, net.ErrClosed
		case s.reads.passed:
			return 0, errTimeout
		case len(p) == 0:
			return 0, nil
		case s.off < len(s.buf):
			n := copy(p, s.buf[s.off:])
			s.taken(n)
			return n, nil
		case s.written:
			return 0, io.EOF
		}
		s.readable.Wait()
	}
}

// taken is told that n bytes were read. Caller holds mu.
func (s *stream) taken(n int) {
	if len(s.buf)-s.off >= Capacity {
		s.writable.Broadcast()
	}
	if s.off += n; s.off < len(s.buf) {
		s.readable.Signal() // there may be another reader
		return
	}
	if s.off, s.buf = 0, s.buf[:0]; cap(s.buf) > idleBytes {
		s.buf = nil
	}
}

// write sends parts one after the other, as one write.
func (s *stream) write(parts ...[]byte) (n int, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for first := true; ; first = false {
		switch {
		case s.written:
			return n, net.ErrClosed
		case s.writes.passed:
			return n, errTimeout
		case s.unread:
			return n, io.ErrClosedPipe
		}
		if !first && s.room() == 0 {
			s.writable.Wait()
			continue
		}
		for len(parts) > 0 && s.room() > 0 {
			sent := min(len(parts[0]), s.room())
			s.put(parts[0][:sent])
			n += sent
			if parts[0] = parts[0][sent:]; len(parts[0]) == 0 {
				parts = parts[1:]
			}
		}
		for len(parts) > 0 && len(parts[0]) == 0 {
			parts = parts[1:]
		}
		s.readable.Signal()
		if len(parts) == 0 {
			return n, nil
		}
	}
}

// room is how many bytes may be put. Caller holds mu.
func (s *stream) room() int { return Capacity - (len(s.buf) - s.off) }

// put appends p. Caller holds mu.
func (s *stream) put(p []byte) {
	if s.off > 0 && len(s.buf)+len(p) > cap(s.buf) {
		s.buf = s.buf[:copy(s.buf, s.buf[s.off:])]
		s.off = 0
	}
	s.buf = append(s.buf, p...)
}

func (s *stream) closeWriter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written = true
	s.writes.stop()
	s.readable.Broadcast()
	s.writable.Broadcast()
}

func (s *stream) closeReader() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unread, s.buf, s.off = true, nil, 0
	s.reads.stop()
	s.readable.Broadcast()
	s.writable.Broadcast()
}

// deadline wakes those who wait when its time has come.
type deadline struct {
	of     *sync.Cond
	timer  *time.Timer // guarded by of.L
	n      uint64      // guarded by of.L: counts settings, so that a timer knows if it was late
	passed bool        // guarded by of.L
}

func (d *deadline) set(t time.Time) {
	d.of.L.Lock()
	defer d.of.L.Unlock()
	d.stop()
	d.passed = false
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		d.passed = true
		d.of.Broadcast()
		return
	}
	n := d.n
	d.timer = time.AfterFunc(wait, func() {
		d.of.L.Lock()
		defer d.of.L.Unlock()
		if d.n == n {
			d.passed = true
			d.of.Broadcast()
		}
	})
}

// stop forgets what was set. Caller holds of.L.
func (d *deadline) stop() {
	d.n++
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

//go:build unix

package broker

import (
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"

	"kq/pkg/broker/internal/wire"
)

func (s *socket) init() {
	if s.raw != nil {
		s.readReady = s.tryRead
	}
}

// pollReader is a socket that takes a buffer only when bytes have arrived.
type pollReader struct{ *socket }

// ReadNew implements wire.Poller.
func (r pollReader) ReadNew(size int) (*wire.Buf, int, error) {
	s := r.socket
	s.readSize = size
	err := s.raw.Read(s.readReady)
	s.progress()
	b, n := s.readBuf, s.readN
	if err == nil {
		err = s.readErr
	}
	s.readBuf, s.readN, s.readErr = nil, 0, nil
	if err != nil && b != nil {
		b.Release()
		b = nil
	}
	return b, n, err
}

// tryRead reads once. It is false when nothing has arrived: the caller waits
// until something has, and calls again.
func (s *socket) tryRead(fd uintptr) bool {
	b := wire.NewBuf(s.readSize)
	for {
		n, err := unix.Read(int(fd), b.Bytes())
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			b.Release()
			return false
		case err != nil:
			b.Release()
			s.readErr = &net.OpError{Op: "read", Net: "tcp", Source: s.nc.LocalAddr(), Addr: s.nc.RemoteAddr(), Err: os.NewSyscallError("read", err)}
		case n == 0:
			b.Release()
			s.readErr = io.EOF
		default:
			s.readBuf, s.readN = b, n
		}
		return true
	}
}

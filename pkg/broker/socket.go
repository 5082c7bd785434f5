package broker

import (
	"errors"
	"io"
	"net"
	"syscall"

	"kq/pkg/broker/internal/memconn"
	"kq/pkg/broker/internal/wire"
)

// errNoSendfile is returned where a file cannot be sent by the kernel; nothing
// was sent then.
var errNoSendfile = errors.New("no sendfile for this file and socket")

// socket is the byte stream of a connection, with what the operating system
// offers for real sockets: waiting without a buffer, writev, sendfile.
type socket struct {
	nc  net.Conn
	raw syscall.RawConn // nil when there is no socket below
	// progress is called when bytes were read or sent.
	progress func()

	// The parameters and results of readReady, which is kept as a value, so
	// that a read allocates nothing. Only the reader of the connection uses
	// them.
	readReady func(fd uintptr) bool
	readSize  int
	readBuf   *wire.Buf
	readN     int
	readErr   error
}

func newSocket(nc net.Conn, progress func()) *socket {
	s := &socket{nc: nc, progress: progress}
	if sc, ok := nc.(syscall.Conn); ok {
		s.raw, _ = sc.SyscallConn() // nil on an error, which makes it a plain stream
	}
	s.init()
	return s
}

// Read reads into p. It implements io.Reader.
func (s *socket) Read(p []byte) (int, error) {
	n, err := s.nc.Read(p)
	s.progress()
	return n, err
}

// plainReader is a socket that cannot poll.
type plainReader struct{ io.Reader }

// reader returns the socket as what a frame reader reads from: a wire.Poller if
// it can be one.
func (s *socket) reader() io.Reader {
	if s.readReady == nil {
		return plainReader{s}
	}
	return pollReader{s}
}

// writev writes bufs, which it uses up. With more set the kernel may wait for
// what follows before it sends a packet that is not full.
func (s *socket) writev(bufs *net.Buffers, more bool) error {
	if more && s.canSendfile() {
		return s.writeMore(bufs)
	}
	if m, ok := s.nc.(*memconn.Conn); ok {
		_, err := m.WriteBuffers(bufs)
		return err
	}
	_, err := bufs.WriteTo(s.nc)
	return err
}

package memconn

import (
	"io"
	"net"
	"os"
	"time"
)

// Capacity is how many bytes wait in one direction, at most, before a write waits
// for the other side to read.
const Capacity = 256 << 10

// Conn is one end of a connection. Reads and writes work as those of a socket do:
// a write returns when its bytes are on their way. It is safe for concurrent use.
type Conn struct {
	in, out *stream
}

// Pair returns the two ends of a connection.
func Pair() (client, server *Conn) {
	a, b := newStream(), newStream()
	return &Conn{in: a, out: b}, &Conn{in: b, out: a}
}

// Read reads what has arrived. Errors are io.EOF when the other end closed,
// net.ErrClosed when this one did, and os.ErrDeadlineExceeded.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.in.read(p)
	if err != nil && err != io.EOF {
		err = failed("read", err)
	}
	return n, err
}

// Write sends all of p. Errors are io.ErrClosedPipe when the other end closed,
// net.ErrClosed when this one did, and os.ErrDeadlineExceeded.
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.out.write(p)
	if err != nil {
		err = failed("write", err)
	}
	return n, err
}

// WriteBuffers sends all of bufs, and wakes the other end once. It uses them up as
// net.Buffers.WriteTo does.
func (c *Conn) WriteBuffers(bufs *net.Buffers) (int64, error) {
	n, err := c.out.write(*bufs...)
	*bufs = nil
	if err != nil {
		err = failed("write", err)
	}
	return int64(n), err
}

// Close ends both directions. The other end still reads what is on its way.
func (c *Conn) Close() error {
	c.in.closeReader()
	c.out.closeWriter()
	return nil
}

// addr is where both ends are.
type addr struct{}

func (addr) Network() string { return "memory" }
func (addr) String() string  { return "memory" }

// LocalAddr is no address of a network.
func (c *Conn) LocalAddr() net.Addr { return addr{} }

// RemoteAddr is the loopback, as a port of which nobody listens: the other end is on this machine.
func (c *Conn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// SetDeadline sets both deadlines; a zero t is none.
func (c *Conn) SetDeadline(t time.Time) error {
	c.in.reads.set(t)
	c.out.writes.set(t)
	return nil
}

// SetReadDeadline is when reads fail, also those that wait.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.in.reads.set(t)
	return nil
}

// SetWriteDeadline is when writes fail, also those that wait.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.out.writes.set(t)
	return nil
}

func failed(op string, err error) error {
	return &net.OpError{Op: op, Net: "memory", Err: err}
}

// errTimeout is what sockets say.
var errTimeout = os.ErrDeadlineExceeded

package broker

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"kq/pkg/broker/internal/api"
	"kq/pkg/broker/internal/wire"
)

// Bounds of what one connection may have under way. Past either of them its
// requests are not read until answers leave.
const (
	maxPending      = 1024     // requests
	maxPendingBytes = 16 << 20 // bytes of requests and answers in memory
)

// Answers to requests that arrived together leave together: up to so many, and
// no later than this.
const (
	maxDeferred = 32
	maxDeferral = 250 * time.Microsecond
)

// linger bounds how long a client whose requests are read no further is given
// to take the answer that is being written.
const linger = 5 * time.Second

var errDraining = errors.New("broker is stopping")

// conn is one connection. Its reader goroutine reads requests and runs their
// handlers, one after the other; answers leave in the order of the requests,
// written by whoever completes the first one that waits: the reader, if it is
// at hand, else a goroutine that ends with the answers.
type conn struct {
	api.Conn
	srv    *server
	sock   *socket
	frames *wire.FrameReader
	active atomic.Int64 // the server's tick when something was last read or written

	mu sync.Mutex
	// room is signalled when pending or held shrink, writing ends, or the
	// connection closes. Only the reader waits for it.
	room        sync.Cond
	pending     queue // guarded by mu: requests without a sent answer, in order
	held        int   // guarded by mu: bytes that pending and answers on their way keep in memory
	writing     bool  // guarded by mu: somebody is in write
	dispatching *slot // guarded by mu: the request whose handler runs on the reader
	abort       error // guarded by mu: close when the answers before it have left
	closed      bool  // guarded by mu
}

func newConn(srv *server, id uint64, nc net.Conn) *conn {
	c := &conn{srv: srv}
	c.sock = newSocket(nc, c.touch)
	c.room.L = &c.mu
	c.ID = id
	c.Local, c.Remote = addrPort(nc.LocalAddr()), addrPort(nc.RemoteAddr())
	c.Advertise = srv.advertise
	c.frames = wire.NewFrameReader(c.sock.reader(), srv.opts.maxRequest, &srv.spares)
	c.touch()
	return c
}

// addrPort returns a TCP address with IPv4-mapped ones as IPv4, or zero.
func addrPort(a net.Addr) netip.AddrPort {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := t.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

func (c *conn) touch() { c.active.Store(c.srv.tick.Load()) }

// serve reads and dispatches requests until the connection ends.
func (c *conn) serve() {
	err := c.read()
	c.finish(errors.Is(err, errDraining))
	c.close(err)
	c.frames.Close()
}

// read is the loop of the reader. It returns why it ended.
func (c *conn) read() error {
	defer c.undispatch()
	deferred, since := 0, time.Time{}
	for {
		frame, buf, err := c.frames.Next()
		if err != nil {
			if c.srv.draining.Load() && errors.Is(err, os.ErrDeadlineExceeded) {
				return errDraining
			}
			return err
		}
		h, body, err := wire.ParseHeader(frame)
		if err != nil {
			buf.Release()
			return err
		}
		s := &slot{conn: c, bodySize: len(body)}
		s.Init(h, body, buf, &c.Conn, s)
		if !c.push(s) {
			buf.Release()
			return net.ErrClosed
		}
		c.srv.metrics.request(h.Key, len(frame))
		c.srv.service.Handle(&s.Request)

		if c.frames.Buffered() && deferred < maxDeferred {
			now := time.Now()
			if deferred == 0 {
				since = now
			}
			if deferred++; now.Sub(since) < maxDeferral {
				continue
			}
		}
		deferred = 0
		if c.undispatch() {
			return net.ErrClosed
		}
	}
}

// push adds a request, when there is room for it, and makes it the one that is
// dispatched. It is false when the connection closed.
func (c *conn) push(s *slot) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.full(s.bodySize) || c.abort != nil {
		c.dispatching = nil
		switch {
		case c.mayWrite():
			c.writeLocked()
		case c.closed || c.abort != nil:
			return false
		default:
			c.room.Wait()
		}
	}
	if c.closed {
		return false
	}
	c.pending.push(s)
	c.held += s.bodySize
	c.dispatching = s
	return true
}

// full says whether a request of n bytes has to wait. One request always fits.
func (c *conn) full(n int) bool {
	return !c.closed && c.pending.len() > 0 &&
		(c.pending.len() >= maxPending || c.held+n > maxPendingBytes)
}

// undispatch ends the dispatch of a request: the reader writes what is ready.
// It is true when the connection is to be read no further.
func (c *conn) undispatch() (end bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dispatching = nil
	if c.mayWrite() {
		c.writeLocked()
	}
	return c.closed || c.abort != nil
}

// finish waits until an answer that is being written is written to its end; with
// all set, which the server bounds, until those that are still missing are too.
func (c *conn) finish(all bool) {
	if !all {
		timer := time.AfterFunc(linger, func() { c.close(errDraining) })
		defer timer.Stop()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.closed && (c.writing || all && c.pending.len() > 0) {
		c.room.Wait()
	}
}

// close ends the connection, once: the socket closes, answers that were not
// sent are dropped, and so is what handlers have parked.
func (c *conn) close(err error) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.closed = true
	dropped := c.pending
	c.pending = queue{}
	c.room.Broadcast()
	c.mu.Unlock()

	for _, s := range dropped.slots() {
		if s.done {
			s.reply.Release()
		}
	}
	_ = c.sock.nc.Close() // nothing is left to lose on it
	c.Conn.Closed()
	c.srv.remove(c, err)
}

// quiet says whether err is an ordinary end of a connection, not worth a line
// in the log.
func quiet(err error) bool {
	var op *net.OpError
	return err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, errDraining) ||
		errors.Is(err, errIdle) || errors.As(err, &op)
}

// errWrite wraps why an answer could not be written.
func errWrite(err error) error { return fmt.Errorf("write answer: %w", err) }

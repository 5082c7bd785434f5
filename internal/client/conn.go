package client

import (
	"encoding/binary"
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// maxFrame is more than any answer to the first requests of a client.
const maxFrame = 100 << 20

var errNotKafka = errors.New("the answer is not the Kafka protocol")

// conn watches the beginning of a conversation: the first answer is that to
// kgo's ApiVersions, which brokers give to anyone; the second shows that they
// talk to us.
type conn struct {
	net.Conn
	watch *watch
	addr  string

	settled   atomic.Bool // nothing is looked at any more
	answering atomic.Bool // the first answer has begun
	timer     *time.Timer // runs tooLate

	// Used by the one reader alone, until settled.
	head   [16]byte // the first bytes of the frame being read
	have   int      // bytes of the frame read, its size prefix included
	frames int      // frames begun
}

func (w *watch) follow(addr string, c net.Conn) net.Conn {
	if w.isOK(addr) {
		return c
	}
	fc := &conn{Conn: c, watch: w, addr: addr}
	w.opened(fc)
	fc.timer = time.AfterFunc(w.perDial, fc.tooLate)
	return fc
}

// tooLate makes room for the next address when no first answer came.
func (c *conn) tooLate() {
	if c.answering.Load() || c.settled.Swap(true) {
		return
	}
	_ = c.Conn.Close()
	c.watch.closed(c)
	c.watch.failed(c.addr, reason{kind: kindSilent, waited: c.watch.perDial})
}

func (w *watch) isOK(addr string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hosts[addr].ok
}

// settle ends the watching; true for the one caller that did.
func (c *conn) settle() bool {
	if c.settled.Swap(true) {
		return false
	}
	c.timer.Stop()
	c.watch.closed(c)
	return true
}

func (c *conn) Close() error {
	c.settle()
	return c.Conn.Close()
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.settled.Load() {
		return n, err
	}
	if bad := c.observe(p[:n]); bad != nil {
		return n, bad
	}
	if err != nil && c.settle() {
		kind := kindClosed
		if c.frames > 0 {
			kind = kindClosedLater
		}
		if !errors.Is(err, net.ErrClosed) {
			c.watch.failed(c.addr, reason{kind: kind})
		}
	}
	return n, err
}

// observe follows the frames in what was read.
func (c *conn) observe(p []byte) error {
	for len(p) > 0 {
		if c.have < 4 {
			n := copy(c.head[c.have:4], p)
			c.have += n
			p = p[n:]
			if c.have < 4 {
				return nil
			}
			size := int32(binary.BigEndian.Uint32(c.head[:4]))
			if size < 4 || size > maxFrame {
				return c.notKafka(p)
			}
			c.frames++
			c.answering.Store(true)
			if c.frames == 2 {
				if c.settle() {
					c.watch.answered(c.addr)
				}
				return nil
			}
		}
		whole := 4 + int(binary.BigEndian.Uint32(c.head[:4]))
		n := min(whole-c.have, len(p))
		c.have += n
		p = p[n:]
		if c.have == whole {
			c.have = 0
		}
	}
	return nil
}

// notKafka tells by its first bytes what the other side speaks.
func (c *conn) notKafka(more []byte) error {
	n := copy(c.head[4:], more)
	if c.settle() {
		c.watch.failed(c.addr, spoken(c.head[:4+n]))
	}
	return errNotKafka
}

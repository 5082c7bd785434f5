package client

import (
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// maxFrame is more than any answer to the first requests of a client.
const maxFrame = 100 << 20

var errNotKafka = errors.New("the answer is not the Kafka protocol")

// conn watches the beginning of a conversation: the answer to kgo's ApiVersions,
// which brokers give to anyone, and those to a login; the one after them shows
// that they talk to us.
type conn struct {
	net.Conn
	watch *watch
	addr  string
	shake *handshake // nil for plain text

	settled   atomic.Bool // nothing is looked at any more
	answering atomic.Bool // the first answer has begun
	timer     *time.Timer // runs tooLate

	mu  sync.Mutex
	due []request // guarded by mu; those without an answer, in order

	// Used by the one reader alone, until settled.
	head   [16]byte // the first bytes of the frame being read
	have   int      // bytes of the frame read, its size prefix included
	frames int      // frames begun
	answer request  // what the frame being read answers
	body   []byte   // of that frame, where it is one of the login
}

func (w *watch) follow(addr string, c net.Conn, shake *handshake) net.Conn {
	if w.isOK(addr) {
		return c
	}
	fc := &conn{Conn: c, watch: w, addr: addr, shake: shake}
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
	if err != nil && c.settle() && !errors.Is(err, net.ErrClosed) {
		c.watch.failed(c.addr, c.ended(err))
	}
	return n, err
}

// ended sorts the error that ended a conversation before it had begun.
func (c *conn) ended(err error) reason { return c.shake.ended(err, c.frames > 0) }

// ended sorts the error that ended a conversation; answered tells that an answer
// had come before. h is nil for plain text.
func (h *handshake) ended(err error, answered bool) reason {
	switch {
	case h != nil && alertText(err) != "":
		return h.alert(err)
	case answered:
		return reason{kind: kindClosedLater}
	case h != nil && h.asked.Load() && !h.shown:
		return reason{kind: kindTLSWantsCertificate}
	}
	return reason{kind: kindClosed}
}

func (c *conn) Write(p []byte) (int, error) {
	if !c.settled.Load() {
		c.asking(p)
	}
	return c.Conn.Write(p)
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
			var known bool
			c.answer, known = c.answers()
			c.body = c.body[:0]
			if known && !c.answer.prelude() {
				if c.settle() {
					c.watch.answered(c.addr)
				}
				return nil
			}
		}
		whole := 4 + int(binary.BigEndian.Uint32(c.head[:4]))
		n := min(whole-c.have, len(p))
		if c.answer.key != keyAPIVersions && whole <= maxLogin {
			c.body = append(c.body, p[:n]...)
		}
		c.have += n
		p = p[n:]
		if c.have < whole {
			return nil
		}
		c.have = 0
		if c.watch.settings.Security.SASL != nil {
			c.watch.progress()
		}
		if c.answer.key == keyAPIVersions {
			continue
		}
		if why, refused := c.loginAnswer(c.answer, c.body); refused && c.settle() {
			c.watch.refused(c.addr, why)
			return nil // kgo reads the refusal too
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

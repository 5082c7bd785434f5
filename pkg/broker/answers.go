package broker

import (
	"kq/pkg/broker/internal/api"
	"kq/pkg/broker/internal/wire"
)

// slot is the place of one request in the order of its connection.
type slot struct {
	api.Request
	conn     *conn
	bodySize int // guarded by conn.mu: bytes counted in held for the body

	done   bool       // guarded by conn.mu: the answer is there
	send   bool       // guarded by conn.mu: the answer is to be sent
	reply  wire.Reply // guarded by conn.mu until done, then the writer's
	header [4 + wire.MaxResponseHeader]byte
}

// Respond takes the answer to the request. The first answer that waits is
// written by the reader of the connection if that is in the handler of this
// very request, and else by a goroutine of its own: a handler that completes
// the requests of other connections must not wait for their sockets.
func (s *slot) Respond(_ *api.Request, reply wire.Reply, send bool) {
	c := s.conn
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		reply.Release()
		return
	}
	s.reply, s.send, s.done = reply, send, true
	n := reply.Buffered()
	c.held += n - s.bodySize
	s.bodySize = n
	start := c.dispatching != s && c.mayWrite()
	if start {
		c.writing = true
	}
	c.mu.Unlock()
	if start {
		go c.write()
	}
}

// Abort closes the connection once the answers that are ready before this
// request have left.
func (s *slot) Abort(_ *api.Request, err error) {
	c := s.conn
	c.mu.Lock()
	if c.abort == nil {
		c.abort = err
	}
	start := c.dispatching != s && !c.closed && !c.writing
	if start {
		c.writing = true
	}
	c.mu.Unlock()
	if start {
		go c.write()
	}
}

// BodyReleased counts down what the connection holds.
func (s *slot) BodyReleased(_ *api.Request, n int) {
	c := s.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.done || c.closed {
		return
	}
	c.held -= n
	s.bodySize -= n
	c.room.Signal()
}

// mayWrite says whether the caller, who holds c.mu, should write now.
func (c *conn) mayWrite() bool {
	return !c.writing && !c.closed && (c.pending.ready() || c.abort != nil)
}

// writeLocked is write for a caller who holds c.mu.
func (c *conn) writeLocked() {
	c.writing = true
	c.mu.Unlock()
	c.write()
	c.mu.Lock()
}

// write sends answers until the first request without one. Its caller has set
// c.writing, which makes it the only one.
func (c *conn) write() {
	w := c.srv.sender()
	defer c.srv.senders.Put(w)
	sent := 0
	for {
		c.mu.Lock()
		c.held -= sent
		w.slots, sent = c.pending.take(w.slots[:0])
		if len(w.slots) == 0 || c.closed {
			abort := c.abort
			c.writing = false
			c.room.Signal()
			c.mu.Unlock()
			w.drop()
			if abort != nil {
				c.close(abort)
			}
			return
		}
		c.room.Signal()
		c.mu.Unlock()
		if err := w.send(c); err != nil {
			c.close(errWrite(err))
			// The next turn finds the connection closed.
		}
	}
}

// maxBatch is how many answers are put into one write.
const maxBatch = 64

// queue holds the requests of a connection in order.
type queue struct {
	s    []*slot
	head int
}

func (q *queue) len() int       { return len(q.s) - q.head }
func (q *queue) slots() []*slot { return q.s[q.head:] }
func (q *queue) push(s *slot)   { q.s = append(q.s, s) }
func (q *queue) ready() bool    { return q.head < len(q.s) && q.s[q.head].done }

// take removes the finished requests at the front, up to maxBatch, and returns
// how many bytes they hold.
func (q *queue) take(dst []*slot) ([]*slot, int) {
	held := 0
	for q.ready() && len(dst) < maxBatch {
		s := q.s[q.head]
		q.s[q.head] = nil
		q.head++
		held += s.bodySize
		dst = append(dst, s)
	}
	switch {
	case q.head == len(q.s) && cap(q.s) <= maxBatch:
		q.s, q.head = q.s[:0], 0
	case q.head == len(q.s):
		q.s, q.head = nil, 0
	case q.head >= maxBatch && q.head >= len(q.s)/2:
		n := copy(q.s, q.s[q.head:])
		clear(q.s[n:])
		q.s, q.head = q.s[:n], 0
	}
	return dst, held
}

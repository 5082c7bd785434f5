package api

import (
	"fmt"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/wire"
)

// Request is one request of a connection, waiting for its answer.
//
// Exactly one of Reply, ReplyChunks, NoReply and Close ends it, from any
// goroutine; a second one is ignored. The body may be used until then, longer
// only by who holds a reference of Buf.
type Request struct {
	Header wire.Header
	Body   []byte    // what follows the header; it lies in Buf
	Buf    *wire.Buf // nil once the body was released
	Conn   *Conn

	out  Responder
	done atomic.Bool // the request has its answer
}

// Responder is the connection as a request sees it. The connection puts answers
// into the order of the requests.
type Responder interface {
	// Respond takes the answer to r, which it owns from then on. With send
	// false nothing is sent.
	Respond(r *Request, reply wire.Reply, send bool)
	// Abort closes the connection: there is no answer to r.
	Abort(r *Request, err error)
	// BodyReleased says that r holds n bytes less than before.
	BodyReleased(r *Request, n int)
}

// Init makes r a request of conn that is answered through out. The request owns
// one reference of buf, in which body lies.
func (r *Request) Init(h wire.Header, body []byte, buf *wire.Buf, conn *Conn, out Responder) {
	r.Header, r.Body, r.Buf, r.Conn, r.out = h, body, buf, conn, out
}

// ReleaseBody gives the body back before the answer is known. Handlers whose
// requests wait call it when they have copied what they need.
func (r *Request) ReleaseBody() {
	if n := r.dropBody(); n > 0 {
		r.out.BodyReleased(r, n)
	}
}

func (r *Request) dropBody() int {
	if r.Buf == nil {
		return 0
	}
	n := len(r.Body)
	r.Buf.Release()
	r.Buf, r.Body = nil, nil
	return n
}

// finish reports whether the caller is the one to end the request.
func (r *Request) finish() bool {
	if !r.done.CompareAndSwap(false, true) {
		return false
	}
	r.dropBody()
	return true
}

// Reply answers with resp, encoded in the version of the request.
func (r *Request) Reply(resp kmsg.Response) {
	if r.done.Load() {
		return
	}
	resp.SetVersion(r.Header.Version)
	buf := wire.NewBuf(wire.MinBuf)
	body := resp.AppendTo(buf.Bytes()[:0])
	buf.Adopt(body)
	r.ReplyChunks([]wire.Chunk{{Bytes: body, Buf: buf}})
}

// ReplyChunks answers with chunks, which are what follows the response header.
// They are released when they have been sent or dropped.
func (r *Request) ReplyChunks(chunks []wire.Chunk) {
	reply := wire.Reply{Chunks: chunks}
	if !r.finish() {
		reply.Release()
		return
	}
	r.out.Respond(r, reply, true)
}

// NoReply ends a request that has no answer: a produce with acks=0 that worked.
func (r *Request) NoReply() {
	if r.finish() {
		r.out.Respond(r, wire.Reply{}, false)
	}
}

// Close ends a request that cannot be answered by closing its connection: it
// could not be parsed, or the protocol has no way to say what is wrong.
func (r *Request) Close(err error) {
	if r.finish() {
		r.out.Abort(r, err)
	}
}

// handler answers one API.
type handler func(s *Service, r *Request)

// cold makes a handler from a function on the decoded request. A request that
// does not parse closes the connection. A nil answer means that f answers, or
// has answered, by itself.
//
// Byte fields of the decoded request alias the body and are valid until the
// answer.
func cold[T any, Q interface {
	*T
	kmsg.Request
}](f func(s *Service, r *Request, q Q) kmsg.Response,
) handler {
	return func(s *Service, r *Request) {
		q := Q(new(T))
		q.SetVersion(r.Header.Version)
		if err := decode(&s.coldGate, r.Body, q); err != nil {
			r.Close(fmt.Errorf("parse %s request version %d: %w: %w", kmsg.NameForKey(r.Header.Key), r.Header.Version, wire.ErrMalformed, err))
			return
		}
		if resp := f(s, r, q); resp != nil {
			s.Errors.addAll(resp)
			r.Reply(resp)
		}
	}
}

// reply answers a request whose handler could not.
func (s *Service) reply(r *Request, resp kmsg.Response) {
	s.Errors.addAll(resp)
	r.Reply(resp)
}

package api

import (
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/wire"
)

// answers collects what handlers answer.
type answers struct {
	mu       sync.Mutex
	reply    []byte
	answered bool          // guarded by mu
	silent   bool          // guarded by mu: answered without sending
	closed   error         // guarded by mu
	released int           // guarded by mu
	done     chan struct{} // closed with the first of them
}

func newAnswers() *answers { return &answers{done: make(chan struct{})} }

func (a *answers) Respond(_ *Request, reply wire.Reply, send bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range reply.Chunks {
		a.reply = append(a.reply, c.Bytes...)
		if c.Region != nil {
			p := make([]byte, c.Region.Len())
			if n, err := c.Region.ReadAt(p, 0); n < len(p) && !errors.Is(err, io.EOF) {
				a.closed = err
			}
			a.reply = append(a.reply, p...)
		}
	}
	reply.Release()
	a.answered, a.silent = true, !send
	close(a.done)
}

func (a *answers) Abort(_ *Request, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = err
	close(a.done)
}

func (a *answers) BodyReleased(_ *Request, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.released += n
}

// send gives s a request of the given body and returns what will be answered.
func send(s *Service, key, version int16, body []byte) (*Request, *answers) {
	buf := wire.NewBuf(len(body))
	copy(buf.Bytes(), body)
	a, r := newAnswers(), new(Request)
	r.Init(wire.Header{Key: key, Version: version, CorrelationID: 1, ClientID: "test"}, buf.Bytes(), buf, new(Conn), a)
	s.Handle(r)
	return r, a
}

// ask gives s a request and returns the decoded answer, which must come.
func ask[Q kmsg.Request](t testing.TB, s *Service, q Q) kmsg.Response {
	t.Helper()
	_, a := send(s, q.Key(), q.GetVersion(), q.AppendTo(nil))
	<-a.done
	if a.closed != nil {
		t.Fatalf("%s version %d closed the connection: %v", kmsg.NameForKey(q.Key()), q.GetVersion(), a.closed)
	}
	resp := q.ResponseKind()
	if err := resp.ReadFrom(a.reply); err != nil {
		t.Fatalf("decode answer to %s version %d: %v", kmsg.NameForKey(q.Key()), q.GetVersion(), err)
	}
	return resp
}

func testService() *Service {
	img := meta.NewImage("AAAAAAAAAAAAAAAAAAAAAA")
	return &Service{NodeID: 1, Image: func() *meta.Image { return img }}
}

func TestUnknownKeysAndVersionsClose(t *testing.T) {
	s := testService()
	for key := int16(-1); key <= maxKey+1; key++ {
		for _, version := range []int16{-1, 0, 1000} {
			rt := route{min: 1}
			if key >= 0 && key <= maxKey {
				rt = s.table()[key]
			}
			if key == wire.KeyApiVersions || rt.handle != nil && version >= rt.min && version <= rt.max {
				continue
			}
			_, a := send(s, key, version, nil)
			<-a.done
			if !errors.Is(a.closed, ErrUnsupported) {
				t.Errorf("key %d version %d: %v, want ErrUnsupported", key, version, a.closed)
			}
		}
	}
}

// Bodies that do not parse close the connection: handlers see only what did.
func TestCutBodiesNeverPanic(t *testing.T) {
	s := testService()
	for key, rt := range s.table() {
		if rt.handle == nil || key == wire.KeyProduce || key == wire.KeyFetch {
			continue
		}
		for v := rt.min; v <= rt.max; v++ {
			q := kmsg.RequestForKey(int16(key))
			q.SetVersion(v)
			body := q.AppendTo(nil)
			for i := range body {
				if q.ReadFrom(body[:i]) == nil {
					continue
				}
				_, a := send(s, int16(key), v, body[:i])
				if <-a.done; !errors.Is(a.closed, wire.ErrMalformed) {
					t.Errorf("%s version %d cut at %d: %v", rt.name, v, i, a.closed)
				}
			}
		}
	}
}

func TestRequestEndsOnce(t *testing.T) {
	a, r := newAnswers(), new(Request)
	buf := wire.NewBuf(10)
	r.Init(wire.Header{Key: wire.KeyApiVersions}, buf.Bytes(), buf, new(Conn), a)
	r.ReleaseBody()
	r.ReleaseBody()
	if a.released != 10 || r.Body != nil {
		t.Errorf("released %d bytes, want 10", a.released)
	}
	r.ReplyChunks([]wire.Chunk{{Bytes: []byte("one")}})
	r.Reply(kmsg.NewPtrApiVersionsResponse())
	r.ReplyChunks([]wire.Chunk{{Bytes: []byte("two")}})
	r.NoReply()
	r.Close(errors.New("three"))
	if string(a.reply) != "one" || a.silent || a.closed != nil {
		t.Errorf("answer %q, silent %v, closed %v", a.reply, a.silent, a.closed)
	}
}

func TestColdBodyLimit(t *testing.T) {
	s := testService()
	_, a := send(s, wire.KeyApiVersions, 0, make([]byte, maxColdBody+1))
	<-a.done
	if !errors.Is(a.closed, errColdTooLarge) {
		t.Errorf("closed with %v, want errColdTooLarge", a.closed)
	}
	_, a = send(s, wire.KeyApiVersions, 0, make([]byte, maxColdBody))
	if <-a.done; a.closed != nil {
		t.Errorf("closed with %v", a.closed)
	}
}

func TestOnClose(t *testing.T) {
	var c Conn
	calls := 0
	cancel := c.OnClose(func() { calls += 10 })
	c.OnClose(func() { calls++ })
	cancel()
	cancel()
	c.Closed()
	c.Closed()
	if calls != 1 {
		t.Errorf("calls = %d, want 1", calls)
	}
	c.OnClose(func() { calls++ })()
	if calls != 2 {
		t.Errorf("calls after the close = %d, want 2", calls)
	}
}

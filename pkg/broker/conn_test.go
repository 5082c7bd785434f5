package broker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kq/pkg/broker/internal/api"
	"kq/pkg/broker/internal/wire"
)

// echoKey is an API whose requests have headers of version 1.
const echoKey = 3

// serviceFunc answers requests in tests.
type serviceFunc func(r *api.Request)

func (f serviceFunc) Handle(r *api.Request) { f(r) }

// testServer is a server on a TCP port.
type testServer struct {
	*server
	t    testing.TB
	addr string
}

func startServer(t testing.TB, h func(r *api.Request)) *testServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &testServer{server: newTestServer(serviceFunc(h), 0), t: t, addr: l.Addr().String()}
	s.serve(l)
	t.Cleanup(s.close)
	return s
}

func newTestServer(h handlerService, idle time.Duration) *server {
	return newServer(serverOptions{
		maxRequest: 1 << 20, maxConnections: math.MaxInt32, idle: idle, drainTimeout: 10 * time.Second, logger: discard(),
	}, h, nil, nil)
}

func (s *testServer) dial() *client {
	s.t.Helper()
	nc, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = nc.Close() })
	if err := nc.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		s.t.Fatal(err)
	}
	return &client{Conn: nc, t: s.t}
}

// client sends requests and reads answers.
type client struct {
	net.Conn
	t testing.TB
}

// request is a frame with correlation id corr.
func request(corr int32, body []byte) []byte {
	p := make([]byte, 4, 14+len(body))
	p = append(p, 0, echoKey, 0, 1)
	p = binary.BigEndian.AppendUint32(p, uint32(corr))
	p = append(p, 255, 255)
	p = append(p, body...)
	binary.BigEndian.PutUint32(p, uint32(len(p)-4))
	return p
}

func (c *client) write(p []byte) {
	c.t.Helper()
	if _, err := c.Write(p); err != nil {
		c.t.Fatal(err)
	}
}

// read returns the next answer.
func (c *client) read() (corr int32, body []byte) {
	c.t.Helper()
	corr, body, err := c.tryRead()
	if err != nil {
		c.t.Fatalf("read answer: %v", err)
	}
	return corr, body
}

func (c *client) tryRead() (corr int32, body []byte, err error) {
	var head [8]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return 0, nil, err
	}
	body = make([]byte, binary.BigEndian.Uint32(head[:])-4)
	_, err = io.ReadFull(c, body)
	return int32(binary.BigEndian.Uint32(head[4:])), body, err
}

// wantClosed checks that the server ends the connection with no answer.
func (c *client) wantClosed() {
	c.t.Helper()
	corr, body, err := c.tryRead()
	if err == nil {
		c.t.Fatalf("answer %d %q, want the connection to close", corr, body)
	}
	var ne net.Error
	if errors.As(err, &ne) && ne.Timeout() {
		c.t.Fatal("the connection stayed open")
	}
}

func text(s string) []wire.Chunk { return []wire.Chunk{{Bytes: []byte(s)}} }

func echo(r *api.Request) { r.ReplyChunks(text(string(r.Body))) }

func TestAnswersInOrderWhateverFinishesFirst(t *testing.T) {
	const n = 500
	s := startServer(t, func(r *api.Request) {
		switch r.Header.CorrelationID % 4 {
		case 0:
			echo(r)
		case 1:
			go echo(r)
		case 2:
			body := string(r.Body)
			r.ReleaseBody()
			go func() {
				time.AfterFunc(time.Duration(len(body))*time.Microsecond, func() { r.ReplyChunks(text(body)) })
			}()
		case 3:
			r.NoReply()
		}
	})
	c := s.dial()
	go func() {
		for i := range int32(n) {
			if _, err := c.Write(request(i, fmt.Appendf(nil, "body %d", i))); err != nil {
				return
			}
		}
	}()
	for i := range int32(n) {
		if i%4 == 3 {
			continue
		}
		corr, body := c.read()
		if corr != i || string(body) != fmt.Sprintf("body %d", i) {
			t.Fatalf("answer %d %q, want %d", corr, body, i)
		}
	}
}

func TestParkedRequestDelaysAnswersButNotReading(t *testing.T) {
	const n = 50
	var parked atomic.Pointer[api.Request]
	handled := make(chan int32, n)
	s := startServer(t, func(r *api.Request) {
		if r.Header.CorrelationID == 0 {
			parked.Store(r)
		} else {
			echo(r)
		}
		handled <- r.Header.CorrelationID
	})
	c := s.dial()
	for i := range int32(n) {
		c.write(request(i, []byte("x")))
	}
	for range n {
		<-handled
	}
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Fatal("an answer overtook the parked one")
	}
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	parked.Load().ReplyChunks(text("late"))
	for i := range int32(n) {
		if corr, _ := c.read(); corr != i {
			t.Fatalf("answer %d, want %d", corr, i)
		}
	}
}

func TestPendingRequestsAreBounded(t *testing.T) {
	var mu sync.Mutex
	var parked []*api.Request
	s := startServer(t, func(r *api.Request) {
		mu.Lock()
		defer mu.Unlock()
		parked = append(parked, r)
	})
	c := s.dial()
	go func() {
		for i := range int32(3 * maxPending) {
			if _, err := c.Write(request(i, nil)); err != nil {
				return
			}
		}
	}()
	for next, seen := int32(0), 0; next < 3*maxPending; {
		mu.Lock()
		batch := parked
		parked = nil
		mu.Unlock()
		if seen = len(batch); seen > maxPending {
			t.Fatalf("%d requests under way, want at most %d", seen, maxPending)
		}
		for _, r := range batch {
			echo(r)
		}
		for range batch {
			if corr, _ := c.read(); corr != next {
				t.Fatalf("answer %d, want %d", corr, next)
			}
			next++
		}
	}
}

func TestPendingBytesAreBounded(t *testing.T) {
	requests := make(chan *api.Request, 1000)
	s := startServer(t, func(r *api.Request) { requests <- r })
	c := s.dial()
	body := make([]byte, 1<<20-100)
	const n = 3 * maxPendingBytes / (1 << 20)
	go func() {
		for i := range int32(n) {
			if _, err := c.Write(request(i, body)); err != nil {
				return
			}
		}
	}()
	for i := range int32(n) {
		r := <-requests
		if under := len(requests) * len(body); under > maxPendingBytes {
			t.Fatalf("%d bytes under way, want at most %d", under, maxPendingBytes)
		}
		// Half of them give their body back and stay.
		if r.ReleaseBody(); i%2 == 0 {
			r.NoReply()
		} else {
			r.ReplyChunks(text("done"))
			if corr, _ := c.read(); corr != i {
				t.Fatalf("answer %d, want %d", corr, i)
			}
		}
	}
}

func TestBadFramesClose(t *testing.T) {
	good := request(1, []byte("fine"))
	for name, bad := range map[string][]byte{
		"negative length":  {255, 255, 255, 255, 0, 3},
		"over the limit":   {0, 16, 0, 1, 0, 3},
		"huge":             {127, 255, 255, 255, 0, 3},
		"http":             []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
		"tls":              {22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3},
		"empty frame":      {0, 0, 0, 0},
		"half a header":    {0, 0, 0, 4, 0, 3, 0, 1},
		"unknown key":      {0, 0, 0, 10, 3, 231, 0, 0, 0, 0, 0, 1, 255, 255},
		"client id length": {0, 0, 0, 10, 0, 3, 0, 1, 0, 0, 0, 1, 127, 255},
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, echo)
			c := s.dial()
			c.write(good)
			c.write(bad)
			if corr, body := c.read(); corr != 1 || string(body) != "fine" {
				t.Fatalf("answer %d %q before the bad frame", corr, body)
			}
			c.wantClosed()
			if c2 := s.dial(); true {
				c2.write(good)
				c2.read()
			}
		})
	}
}

func TestHandlerClosesAfterEarlierAnswers(t *testing.T) {
	s := startServer(t, func(r *api.Request) {
		if string(r.Body) == "close" {
			r.Close(errors.New("no answer to this"))
			r.Close(errors.New("again"))
			r.ReplyChunks(text("too late"))
			return
		}
		echo(r)
	})
	c := s.dial()
	c.write(bytes.Join([][]byte{request(1, []byte("a")), request(2, []byte("b")), request(3, []byte("close")), request(4, nil)}, nil))
	for i := int32(1); i <= 2; i++ {
		if corr, _ := c.read(); corr != i {
			t.Fatalf("answer %d, want %d", corr, i)
		}
	}
	c.wantClosed()
}

func TestHalfClosedClientGetsItsAnswers(t *testing.T) {
	s := startServer(t, echo)
	c := s.dial()
	for i := range int32(20) {
		c.write(request(i, make([]byte, 10000)))
	}
	if err := c.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	for i := range int32(20) {
		if corr, body := c.read(); corr != i || len(body) != 10000 {
			t.Fatalf("answer %d of %d bytes, want %d", corr, len(body), i)
		}
	}
	c.wantClosed()
}

func TestDeadSocketDropsParkedWork(t *testing.T) {
	parked, dropped := make(chan *api.Request, 1), make(chan struct{})
	s := startServer(t, func(r *api.Request) {
		r.Conn.OnClose(func() { close(dropped) })
		parked <- r
	})
	c := s.dial()
	c.write(request(1, nil))
	r := <-parked
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	<-dropped
	region := &countedRegion{Reader: bytes.NewReader(make([]byte, 10))}
	r.ReplyChunks([]wire.Chunk{{Region: region}})
	if n := region.released.Load(); n != 1 {
		t.Errorf("a region for a dead connection was released %d times", n)
	}
	late := make(chan struct{})
	r.Conn.OnClose(func() { close(late) })
	<-late
}

func errorsIsAny(err error, targets ...error) bool {
	for _, t := range targets {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

package broker

import (
	"bytes"
	"io"
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"kq/pkg/broker/internal/api"
	"kq/pkg/broker/internal/wire"
)

// pipeListener hands out connections in memory.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { close(l.done); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }

func (l *pipeListener) dial(t testing.TB) *client {
	ours, theirs := net.Pipe()
	l.conns <- theirs
	return &client{Conn: ours, t: t}
}

func TestIdleConnectionsClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var parked *api.Request
		s := newTestServer(serviceFunc(func(r *api.Request) {
			if len(r.Body) > 0 {
				parked = r
				return
			}
			echo(r)
		}), 10*time.Minute)
		l := newPipeListener()
		s.serve(l)
		defer s.close()

		idle, busy, waiting := l.dial(t), l.dial(t), l.dial(t)
		waiting.write(request(1, []byte("park")))
		for range 3 {
			time.Sleep(8 * time.Minute)
			busy.write(request(2, nil))
			busy.read()
		}
		idle.wantClosed()
		parked.ReplyChunks(text("still here"))
		if _, body := waiting.read(); string(body) != "still here" {
			t.Fatalf("parked request answered %q", body)
		}
		start := time.Now()
		busy.wantClosed()
		if got := time.Since(start); got < 9*time.Minute || got > 11*time.Minute {
			t.Errorf("closed after %v, want 10 minutes", got)
		}
		waiting.wantClosed()
	})
}

func TestDrainAnswersWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestServer(serviceFunc(func(r *api.Request) {
			time.AfterFunc(3*time.Second, func() { r.ReplyChunks(text("at last")) })
		}), 0)
		l := newPipeListener()
		s.serve(l)
		c := l.dial(t)
		c.write(request(1, nil))
		synctest.Wait()
		s.drain()
		done := make(chan struct{})
		go func() { s.close(); close(done) }()
		if _, body := c.read(); string(body) != "at last" {
			t.Errorf("answer %q", body)
		}
		c.wantClosed()
		<-done
	})
}

func TestDrainEndsAtItsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestServer(serviceFunc(func(*api.Request) {}), 0)
		l := newPipeListener()
		s.serve(l)
		c := l.dial(t)
		c.write(request(1, nil))
		synctest.Wait()
		start := time.Now()
		s.drain()
		s.close()
		if got := time.Since(start); got != s.opts.drainTimeout {
			t.Errorf("drained for %v, want %v", got, s.opts.drainTimeout)
		}
		c.wantClosed()
	})
}

func TestConnectionsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(serverOptions{maxRequest: 1000, maxConnections: 2, drainTimeout: time.Second, logger: discard()}, serviceFunc(echo), nil, nil)
		l := newPipeListener()
		s.serve(l)
		first, second := l.dial(t), l.dial(t)
		third := make(chan *client)
		go func() { third <- l.dial(t) }()
		synctest.Wait()
		select {
		case <-third:
			t.Fatal("a third connection was accepted")
		default:
		}
		_ = first.Close()
		c := <-third
		c.write(request(1, nil))
		c.read()
		second.write(request(1, nil))
		second.read()
		s.close()
	})
}

// A client that takes no answers is not waited for by the handlers of others.
func TestSlowClientBlocksNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var parked []*api.Request
		s := newTestServer(serviceFunc(func(r *api.Request) {
			switch string(r.Body) {
			case "park":
				parked = append(parked, r)
			case "wake":
				for _, p := range parked {
					p.ReplyChunks(text("woken"))
				}
				echo(r)
			}
		}), 0)
		l := newPipeListener()
		s.serve(l)
		defer s.close()
		slow, quick := l.dial(t), l.dial(t)
		slow.write(request(1, []byte("park")))
		synctest.Wait()
		quick.write(request(1, []byte("wake")))
		quick.read() // in memory nothing is buffered: slow is still being written to
		if _, body := slow.read(); string(body) != "woken" {
			t.Errorf("answer %q", body)
		}
	})
}

// Bytes that arrive one by one are requests all the same.
func TestSlowDrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestServer(serviceFunc(echo), time.Minute)
		l := newPipeListener()
		s.serve(l)
		defer s.close()
		c := l.dial(t)
		frame := request(7, bytes.Repeat([]byte("d"), 100))
		for i := range frame {
			time.Sleep(100 * time.Millisecond)
			c.write(frame[i : i+1])
		}
		if corr, body := c.read(); corr != 7 || len(body) != 100 {
			t.Errorf("answer %d of %d bytes", corr, len(body))
		}
		// But a frame that never ends is an idle connection.
		c.write(frame[:50])
		start := time.Now()
		c.wantClosed()
		if got := time.Since(start); got > 2*time.Minute {
			t.Errorf("closed after %v, want a minute", got)
		}
	})
}

func TestCloseEndsAllGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	s := startServer(t, func(r *api.Request) {
		if len(r.Body) == 0 {
			go echo(r)
		}
	})
	var clients []*client
	for range 20 {
		c := s.dial()
		c.write(request(1, nil))
		c.read()
		c.write(request(2, []byte("park")))
		clients = append(clients, c)
	}
	s.close()
	for _, c := range clients {
		c.wantClosed()
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, before %d", runtime.NumGoroutine(), before)
		}
		runtime.Gosched()
	}
}

// BenchmarkIdleConnections reports what a connection costs that has sent a
// request and now waits.
func BenchmarkIdleConnections(b *testing.B) {
	const n = 10000
	for range b.N {
		s := newTestServer(serviceFunc(echo), 0)
		l := newPipeListener()
		s.serve(l)
		before := memory()
		conns := make([]*client, n)
		for i := range conns {
			conns[i] = l.dial(b)
			conns[i].write(request(1, nil))
			conns[i].read()
		}
		b.ReportMetric(float64(memory()-before)/n, "bytes/conn")
		s.close()
	}
}

func memory() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// BenchmarkPipelined is the cost of a small request, pipelined.
func BenchmarkPipelined(b *testing.B) {
	s := startServer(b, echo)
	c := s.dial()
	_ = c.SetDeadline(time.Time{})
	frame := request(1, make([]byte, 100))
	const depth = 100
	b.SetBytes(int64(len(frame)))
	go func() {
		batch := bytes.Repeat(frame, depth)
		for range b.N/depth + 1 {
			if _, err := c.Write(batch); err != nil {
				return
			}
		}
	}()
	if _, err := io.CopyN(io.Discard, c, int64(b.N*108)); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSend is the cost of a large answer.
func BenchmarkSend(b *testing.B) {
	data := randomBytes(1 << 20)
	file := testFile(b, data)
	for _, kind := range []string{"memory", "file"} {
		b.Run(kind, func(b *testing.B) {
			f := file
			if kind == "memory" {
				f = nil
			}
			s := startServer(b, func(r *api.Request) {
				region, _ := testRegion(b, f, data, 0, len(data), 0)
				r.ReplyChunks([]wire.Chunk{{Bytes: []byte("head")}, {Region: region}})
			})
			c := s.dial()
			_ = c.SetDeadline(time.Time{})
			b.SetBytes(int64(len(data)))
			buf := make([]byte, len(data)+12)
			for b.Loop() {
				c.write(request(1, nil))
				if _, err := io.ReadFull(c, buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

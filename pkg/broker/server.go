package broker

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"kq/pkg/broker/internal/api"
	"kq/pkg/broker/internal/wire"
)

var errIdle = errors.New("connection was idle for too long")

// idleTicks is into how many ticks the allowed idle time is divided: how
// exactly it is kept, and how coarse the clock of connections is.
const idleTicks = 16

// serverOptions are the settings of a server; none is optional.
type serverOptions struct {
	maxRequest     int           // socket.request.max.bytes
	maxConnections int           // max.connections
	idle           time.Duration // connections.max.idle.ms; 0 for no bound
	drainTimeout   time.Duration // how long a clean stop waits for answers
	logger         *slog.Logger
}

// server accepts connections and keeps them.
type server struct {
	opts      serverOptions
	service   handlerService
	advertise func(c *api.Conn, broker int32) (string, int32, bool)
	metrics   *metrics // nil when nobody asks
	senders   sync.Pool
	spares    wire.Spares
	places    chan struct{} // holds one for each connection; nil for no bound

	tick     atomic.Int64 // counts up idleTicks times in the allowed idle time
	draining atomic.Bool
	stop     chan struct{} // closed when the server stops
	done     sync.WaitGroup

	mu        sync.Mutex
	listeners []net.Listener     // guarded by mu
	conns     map[*conn]struct{} // guarded by mu
	nextID    uint64             // guarded by mu
	stopped   bool               // guarded by mu
}

// handlerService is what answers requests: *api.Service but in tests.
type handlerService interface{ Handle(r *api.Request) }

func newServer(o serverOptions, service handlerService, advertise func(*api.Conn, int32) (string, int32, bool), m *metrics) *server {
	s := &server{
		opts: o, service: service, advertise: advertise, metrics: m,
		stop: make(chan struct{}), conns: make(map[*conn]struct{}),
	}
	if o.maxConnections < math.MaxInt32 {
		s.places = make(chan struct{}, o.maxConnections)
	}
	if o.idle > 0 {
		s.done.Go(s.sweep)
	}
	return s
}

// serve accepts connections from l until the server stops.
func (s *server) serve(l net.Listener) {
	s.mu.Lock()
	stopped := s.stopped
	if !stopped {
		s.listeners = append(s.listeners, l)
		s.done.Add(1)
	}
	s.mu.Unlock()
	if stopped {
		_ = l.Close() // nobody has used it
		return
	}
	go func() {
		defer s.done.Done()
		s.accept(l)
	}()
}

func (s *server) accept(l net.Listener) {
	const minPause, maxPause = 5 * time.Millisecond, time.Second
	pause := minPause
	for {
		if s.takePlace(context.Background()) != nil {
			return
		}
		nc, err := l.Accept()
		if err == nil {
			pause = minPause
			s.add(nc)
			continue
		}
		s.freePlace()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		// Out of file descriptors, most likely: connections that end free some.
		s.opts.logger.Error("accept connection", "listener", l.Addr().String(), "error", err)
		select {
		case <-s.stop:
			return
		case <-time.After(pause):
			pause = min(2*pause, maxPause)
		}
	}
}

// takePlace waits until there may be one more connection. The error is
// net.ErrClosed when the server stops before, or that of ctx.
func (s *server) takePlace(ctx context.Context) error {
	if s.places == nil {
		return nil
	}
	select {
	case s.places <- struct{}{}:
		return nil
	case <-s.stop:
		return net.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *server) freePlace() {
	if s.places != nil {
		<-s.places
	}
}

// add starts to serve a connection; false when the server stops.
func (s *server) add(nc net.Conn) bool {
	s.mu.Lock()
	if s.stopped || s.draining.Load() {
		s.mu.Unlock()
		_ = nc.Close() // it came too late
		s.freePlace()
		return false
	}
	s.nextID++
	c := newConn(s, s.nextID, nc)
	s.conns[c] = struct{}{}
	s.done.Add(1)
	s.mu.Unlock()
	s.metrics.connected()
	go func() {
		defer s.done.Done()
		c.serve()
	}()
	return true
}

// remove forgets a connection, which ended with err.
func (s *server) remove(c *conn, err error) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	s.metrics.disconnected()
	s.freePlace()
	level := slog.LevelInfo
	if quiet(err) {
		level = slog.LevelDebug
	}
	s.opts.logger.Log(context.Background(), level, "connection closed", "remote", c.Remote.String(), "error", err)
}

// sender returns a sender, from the pool if it has one.
func (s *server) sender() *sender {
	if w, ok := s.senders.Get().(*sender); ok {
		return w
	}
	return new(sender)
}

// sweep closes connections that are idle for too long.
func (s *server) sweep() {
	t := time.NewTicker(max(s.opts.idle/idleTicks, time.Millisecond))
	defer t.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-t.C:
		}
		now := s.tick.Add(1)
		for _, c := range s.snapshot() {
			if now-c.active.Load() > idleTicks && c.idle() {
				c.close(errIdle)
			}
		}
	}
}

// idle says whether nothing is under way, or what is does not move: an answer
// that the client does not take.
func (c *conn) idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pending.len() == 0 || c.writing
}

func (s *server) snapshot() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	return conns
}

// closeListeners ends the accepting of connections.
func (s *server) closeListeners() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.listeners {
		_ = l.Close() // a listener has nothing to lose
	}
	s.listeners = nil
}

// drain stops reading requests. Connections end when the answers to those that
// were read have left, or at the latest after the drain timeout.
func (s *server) drain() {
	s.closeListeners()
	s.draining.Store(true)
	for _, c := range s.snapshot() {
		if err := c.sock.nc.SetReadDeadline(time.Unix(1, 0)); err != nil {
			c.close(errDraining)
		}
	}
}

// close ends all connections and returns when no goroutine of the server is
// left. After a drain it waits for that.
func (s *server) close() {
	s.closeListeners()
	s.mu.Lock()
	if !s.stopped {
		s.stopped = true
		close(s.stop)
	}
	s.mu.Unlock()
	if s.draining.Load() {
		timer := time.AfterFunc(s.opts.drainTimeout, s.closeConns)
		defer timer.Stop()
	} else {
		s.closeConns()
	}
	s.done.Wait()
}

func (s *server) closeConns() {
	for _, c := range s.snapshot() {
		c.close(errDraining)
	}
}

package query

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Server answers queries about the stores of an instance.
type Server struct {
	o        Options
	instance Instance
	token    *token
	listener net.Listener
	server   *http.Server
	client   *http.Client
	hub      *Hub
	stop     context.CancelFunc // ends watches
	requests [6]atomic.Int64    // by the first digit of the answer's code
}

// mostWatchers is how many watches run at a time.
const mostWatchers = 1000

// Listen binds the address that o names. Serve answers; Addr is known before, so
// that the instance can tell the group.
func Listen(o Options) (*Server, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	t, err := readToken(o.TokenFile)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for queries: %w", err)
	}
	if o.Hub == nil {
		o.Hub = NewHub()
	}
	s := &Server{o: o, token: t, listener: l, hub: o.Hub}
	dialer := &net.Dialer{Timeout: o.DialTimeout}
	s.client = &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ResponseHeaderTimeout: o.Timeout,
			MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return s, nil
}

// Addr is HOST:PORT of the listener.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// self is how the other instances call this one.
func (s *Server) self() string {
	if s.o.Advertise != "" {
		return s.o.Advertise
	}
	return s.Addr()
}

// Advertised is the HOST:PORT to tell the group.
func (s *Server) Advertised() string { return s.self() }

// Serve answers until ctx ends, and returns when the last answer is written.
func (s *Server) Serve(ctx context.Context, instance Instance) error {
	s.instance = instance
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	defer stop()
	s.server = &http.Server{
		Handler: s.handler(), BaseContext: func(net.Listener) context.Context { return watching },
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 32 << 10,
	}
	done := make(chan error, 1)
	go func() { done <- s.server.Serve(s.listener) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve queries: %w", err)
	case <-ctx.Done():
	}
	stop()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if s.server.Shutdown(grace) != nil {
		_ = s.server.Close() // those who still wait get no answer
	}
	<-done
	s.client.CloseIdleConnections()
	return nil
}

// Close frees the address of a server that does not serve yet.
func (s *Server) Close() error { return s.listener.Close() }

// handler routes requests.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /{$}":                  s.index,
		"GET /stores":               s.listStores,
		"GET /stores/{store}":       s.storeEntries,
		"GET /stores/{store}/count": s.storeCount,
		"GET /stores/{store}/{key}": s.storeKey,
		"GET /topology":             s.topology,
		"GET /tasks":                s.tasks,
		"GET /lag":                  s.lag,
		"GET /metrics":              s.metrics,
		"GET /healthz":              s.healthz,
		"GET /readyz":               s.readyz,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			c := &counted{ResponseWriter: w, code: http.StatusOK}
			if err := h(c, r); err != nil {
				s.fail(c, r, err)
			}
			s.requests[min(c.code/100, 5)].Add(1)
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		if err := s.allowed(r); err != nil {
			s.fail(&counted{ResponseWriter: w}, r, err)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// counted remembers the code of an answer.
type counted struct {
	http.ResponseWriter
	code int
	said bool
}

// WriteHeader is http.ResponseWriter's.
func (c *counted) WriteHeader(code int) {
	c.code, c.said = code, true
	c.ResponseWriter.WriteHeader(code)
}

// Write is http.ResponseWriter's.
func (c *counted) Write(b []byte) (int, error) {
	c.said = true
	return c.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

var (
	errToken = errors.New("the token is missing or wrong")
	errHost  = errors.New("ask for it by a loopback name: a page elsewhere may not")
)

// allowed tells strangers from those who may ask.
func (s *Server) allowed(r *http.Request) error {
	if s.token == nil {
		// A name that was made to point here is a web page's doing.
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if !loopback(strings.Trim(host, "[]")) {
			return errHost
		}
		return nil
	}
	if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
		return nil
	}
	scheme, got, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(got))
	if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(sum[:], s.token.sum[:]) != 1 {
		return errToken
	}
	return nil
}

// fail answers with an error, where nothing was answered yet.
func (s *Server) fail(w *counted, r *http.Request, err error) {
	code := http.StatusInternalServerError
	switch {
	case errors.Is(err, errKey), errors.Is(err, errParams):
		code = http.StatusBadRequest
	case errors.Is(err, errToken):
		code = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", "Bearer")
	case errors.Is(err, errHost):
		code = http.StatusForbidden
	case errors.Is(err, errNone), errors.Is(err, errNoKey):
		code = http.StatusNotFound
	case errors.Is(err, errUnavailable), errors.Is(err, errNext):
		code = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "1")
	case r.Context().Err() != nil:
		return // nobody waits for it
	default:
		s.o.Logger.Error("answer query", "path", r.URL.Path, "err", err)
	}
	if w.said {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()}) // the other side is gone
}

// queryOf reads the query string strictly.
func queryOf(r *http.Request) (url.Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", errParams, clip(err.Error()))
	}
	return q, nil
}

// answer writes a JSON document.
func answer(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(v)
}

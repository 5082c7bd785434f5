package broker

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// metricsServer answers /metrics, /healthz and /readyz.
type metricsServer struct {
	http http.Server
	addr string
	done chan struct{} // closed when the server has ended
}

// serveMetrics starts to answer on addr. write writes the metrics; ready says
// whether clients are served.
func serveMetrics(ctx context.Context, addr string, write func(io.Writer) error, ready func() bool) (*metricsServer, error) {
	at, err := parseHostPort(addr, 0)
	if err != nil {
		return nil, &Error{Message: "metrics: " + err.Error(), Usage: true, Next: "as in --metrics localhost:9404"}
	}
	l, err := listen(ctx, "tcp", at.host, int(at.port))
	if err != nil {
		return nil, listenError(at, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_ = write(w) // fails when the client went away
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if ready() {
			say(w, http.StatusOK, "ready")
		} else {
			say(w, http.StatusServiceUnavailable, "not ready")
		}
	})
	s := &metricsServer{
		http: http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute},
		addr: l.Addr().String(), done: make(chan struct{}),
	}
	go func() {
		defer close(s.done)
		s.serve(l)
	}()
	return s, nil
}

func (s *metricsServer) serve(l net.Listener) {
	if err := s.http.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
		_ = l.Close() // Serve failed, nothing more can be done
	}
}

func say(w http.ResponseWriter, status int, text string) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // fails when the client went away
}

// close ends the server and its connections.
func (s *metricsServer) close() {
	if s != nil {
		_ = s.http.Close() // requests may be cut, they are repeated
		<-s.done
	}
}

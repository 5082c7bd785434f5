package broker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metricsServer answers /metrics, /healthz and /readyz.
type metricsServer struct {
	http http.Server
	addr string
	done chan struct{} // closed when the server has ended
}

// serveMetrics starts to answer on addr with what c collects; ready says whether
// clients are served.
func serveMetrics(ctx context.Context, addr string, c prometheus.Collector, ready func() bool) (*metricsServer, error) {
	at, err := parseHostPort(addr, 0)
	if err != nil {
		return nil, &Error{Message: "metrics: " + err.Error(), Usage: true, Next: "as in --metrics localhost:9404"}
	}
	l, err := listen(ctx, "tcp", at.host, int(at.port))
	if err != nil {
		return nil, listenError(at, err)
	}
	registry := prometheus.NewRegistry() // our own: an embedder's default registry stays as it is
	if err := errors.Join(registry.Register(c), registry.Register(collectors.NewGoCollector())); err != nil {
		return nil, errors.Join(fmt.Errorf("register metrics: %w", err), l.Close())
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
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

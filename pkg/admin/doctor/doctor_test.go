package doctor_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kq/pkg/admin/doctor"
	"kq/pkg/broker/brokertest"
)

// serve gives each connection of a free port to f.
func serve(t *testing.T, l net.Listener, f func(net.Conn)) string {
	t.Helper()
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go f(c)
		}
	}()
	return l.Addr().String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// forward joins each connection with one to addr.
func forward(addr string) func(net.Conn) {
	return func(c net.Conn) {
		defer c.Close()
		to, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		defer to.Close()
		go func() { _, _ = io.Copy(to, c) }()
		_, _ = io.Copy(c, to)
	}
}

// certificate is a server's that is good for 127.0.0.1, and who signed it.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return s.TLS.Certificates[0], pool
}

func run(t *testing.T, o doctor.Options) doctor.Result {
	t.Helper()
	r, err := doctor.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// failing checks that the first failure is at a step and says a text.
func failing(t *testing.T, r doctor.Result, step, text string) {
	t.Helper()
	bad := r.FirstFailure()
	if r.OK || bad == nil || bad.Name != step || !strings.Contains(bad.Detail, text) || bad.Hint == "" {
		t.Errorf("got %+v, want a failure of %s that says %q, and a hint", r, step, text)
	}
}

func TestHealthy(t *testing.T) {
	t.Parallel()
	b := brokertest.Start(t)
	r := run(t, doctor.Options{Bootstrap: []string{b.Addr()}})
	if !r.OK || !r.Connected || len(r.ClusterID) != 22 || r.Brokers != 1 {
		t.Errorf("got %+v", r)
	}
	var names []string
	for _, s := range r.Steps {
		names = append(names, s.Name)
	}
	if got := strings.Join(names, " "); got != "tcp api-versions metadata tcp api-versions metadata" {
		t.Errorf("steps: %s", got)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	b := brokertest.Start(t)
	cert, pool := certificate(t)
	secure := serve(t, tls.NewListener(listen(t), &tls.Config{Certificates: []tls.Certificate{cert}}), forward(b.Addr()))
	toSecure := func(string) string { return secure }
	o := doctor.Options{Bootstrap: []string{secure}, Map: toSecure, TLS: &tls.Config{RootCAs: pool}}
	r := run(t, o)
	if !r.OK || r.Steps[1].Name != doctor.StepTLS || !strings.HasPrefix(r.Steps[1].Detail, "TLS 1.3, certificate of example.com until ") {
		t.Errorf("got %+v", r)
	}
	o.TLS = &tls.Config{}
	failing(t, run(t, o), doctor.StepTLS, "signed by an authority that is not trusted here")
	o.TLS = &tls.Config{RootCAs: pool, ServerName: "elsewhere.test"}
	failing(t, run(t, o), doctor.StepTLS, "is for example.com, *.example.com, 127.0.0.1, ::1 and not for this name")
	o.Map, o.TLS, o.Bootstrap = nil, &tls.Config{RootCAs: pool}, []string{b.Addr()}
	o.Timeout = 200 * time.Millisecond
	r = run(t, o)
	if r.Connected {
		t.Errorf("a plain text broker: %+v", r)
	}
	failing(t, r, doctor.StepTLS, "speaks plain text, and TLS was asked for")

	wants := serve(t, tls.NewListener(listen(t), &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequireAnyClientCert}), forward(b.Addr()))
	failing(t, run(t, doctor.Options{Bootstrap: []string{wants}, TLS: &tls.Config{RootCAs: pool}}), doctor.StepAPIVersions, "wants a client certificate, and none was given")
}

func TestStrangers(t *testing.T) {
	t.Parallel()
	hang := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	for name, tt := range map[string]struct {
		serve func(net.Conn)
		step  string
		text  string
	}{
		"silent": {hang, doctor.StepAPIVersions, "no answer to a Kafka request"},
		"closes": {func(c net.Conn) { c.Close() }, doctor.StepAPIVersions, "closed the connection"},
		"greets": {func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-OpenSSH\r\n"); hang(c) }, doctor.StepAPIVersions, `begins "SSH-2.0-OpenSSH`},
		"one byte": {func(c net.Conn) {
			_, _ = c.Read(make([]byte, 512)) // a close with bytes unread would take the x back
			_, _ = io.WriteString(c, "x")
			c.Close()
		}, doctor.StepAPIVersions, `begins "x"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr := serve(t, listen(t), tt.serve)
			r := run(t, doctor.Options{Bootstrap: []string{addr}, Origin: "--bootstrap", Timeout: 600 * time.Millisecond})
			failing(t, r, tt.step, tt.text)
			if r.Connected || len(r.Steps) != 2 {
				t.Errorf("steps: %+v", r.Steps)
			}
		})
	}
}

func TestContextEnds(t *testing.T) {
	t.Parallel()
	addr := serve(t, listen(t), func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	over := errors.New("over")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(over) })
	begun := time.Now()
	_, err := doctor.Run(ctx, doctor.Options{Bootstrap: []string{addr}, Timeout: time.Minute})
	if !errors.Is(err, over) || time.Since(begun) > 20*time.Second {
		t.Errorf("got %v after %v", err, time.Since(begun))
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []doctor.Options{
		{}, {Bootstrap: []string{"no port"}}, {Bootstrap: []string{"a:1"}, Timeout: -1}, {Bootstrap: []string{"a:1"}, SASL: &doctor.SASL{}},
	} {
		if _, err := doctor.Run(t.Context(), o); !errors.Is(err, doctor.ErrOptions) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

package client

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/conf"
)

// testTimeout leaves room for a machine that is busy: some servers are only
// recognised after its first third.
const testTimeout = 3 * time.Second

// listen serves each connection of a free port with f, which owns it.
func listen(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
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

// fakeBroker answers ApiVersions and Metadata, and names itself as advertised.
func fakeBroker(advertised string, until int16) func(net.Conn) {
	return func(c net.Conn) {
		defer c.Close()
		r := bufio.NewReader(c)
		for {
			var head [12]byte
			if _, err := io.ReadFull(r, head[:]); err != nil {
				return
			}
			if _, err := io.CopyN(io.Discard, r, int64(binary.BigEndian.Uint32(head[:]))-8); err != nil {
				return
			}
			key, version := int16(binary.BigEndian.Uint16(head[4:])), int16(binary.BigEndian.Uint16(head[6:]))
			var body []byte
			switch {
			case key == 18:
				resp := kmsg.NewPtrApiVersionsResponse()
				resp.Version = min(version, 3)
				resp.ApiKeys = []kmsg.ApiVersionsResponseApiKey{{ApiKey: 3, MaxVersion: 4}, {ApiKey: 18, MaxVersion: 4}}
				body = resp.AppendTo(nil)
			case key == until:
				return
			case key == 3:
				host, port, _ := net.SplitHostPort(advertised)
				resp := kmsg.NewPtrMetadataResponse()
				resp.Version = version
				b := kmsg.NewMetadataResponseBroker()
				b.NodeID, b.Host = 1, host
				for _, d := range port {
					b.Port = b.Port*10 + d - '0'
				}
				resp.Brokers = append(resp.Brokers, b)
				resp.ControllerID = 1
				body = resp.AppendTo(nil)
			default:
				return
			}
			out := binary.BigEndian.AppendUint32(nil, uint32(4+len(body)))
			out = append(append(out, head[8:12]...), body...)
			if _, err := c.Write(out); err != nil {
				return
			}
		}
	}
}

func hang(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

func closed(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// ask makes a client and sends one metadata request to any broker.
func ask(t *testing.T, o Options, f conf.Flags) error {
	t.Helper()
	s, err := conf.Resolve(f, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	cl, err := New(s, o)
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	return cl.Do(t.Context(), func(ctx context.Context) error {
		_, err := kmsg.NewPtrMetadataRequest().RequestWith(ctx, cl)
		return err
	})
}

func TestDeadBrokers(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	rawTLS := tlsListener(t, secure.TLS)

	tests := []struct {
		name string
		addr string
		want string
	}{
		{"nothing listens", closed(t), "connection refused"},
		{"no such name", "no-such-host.invalid:9092", "does not resolve"},
		{"accepts and never answers", listen(t, hang), "no answer to a Kafka request"},
		{"closes at once", listen(t, func(c net.Conn) { c.Close() }), "closed the connection"},
		{"HTTP", plain.Listener.Addr().String(), "speaks HTTP"},
		{"HTTPS", secure.Listener.Addr().String(), "speaks TLS"},
		{"TLS", rawTLS, "speaks TLS"},
		{"greets first", listen(t, func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.9\r\n"); hang(c) }), `its answer begins "SSH-2.0-`},
		{"one byte and silence", listen(t, func(c net.Conn) { _, _ = c.Write([]byte{0}); hang(c) }), "no answer to a Kafka request"},
		{"closes after ApiVersions", listen(t, fakeBroker("127.0.0.1:1", 3)), "ApiVersions"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			err := ask(t, Options{ConnectTimeout: testTimeout}, conf.Flags{Bootstrap: tt.addr})
			var connect *ConnectError
			if !errors.As(err, &connect) {
				t.Fatalf("got %v, want a *ConnectError", err)
			}
			if !strings.Contains(connect.Text, tt.want) || !strings.Contains(connect.Text, tt.addr) {
				t.Errorf("%q does not say %q and the address", connect.Text, tt.want)
			}
			if connect.Next == "" || connect.ExitCode() != 4 {
				t.Errorf("no hint, or exit code %d", connect.ExitCode())
			}
			if took := time.Since(begun); took > testTimeout+10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func tlsListener(t *testing.T, cfg *tls.Config) string {
	return listen(t, func(c net.Conn) {
		tc := tls.Server(c, cfg)
		_ = tc.Handshake()
		tc.Close()
	})
}

func TestSecondSeedAnswers(t *testing.T) {
	t.Parallel()
	var self string
	ready := make(chan struct{})
	self = listen(t, func(c net.Conn) { <-ready; fakeBroker(self, -1)(c) })
	close(ready)
	for name, dead := range map[string]string{"refused": closed(t), "silent": listen(t, hang)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 { // kgo asks the seeds in random order
				// the share of the silent seed, and room for a busy machine
				err := ask(t, Options{ConnectTimeout: testTimeout}, conf.Flags{Bootstrap: dead + "," + self})
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	err := ask(t, Options{}, conf.Flags{Bootstrap: closed(t) + "," + closed(t)})
	if err == nil || !strings.Contains(err.Error(), "any of 2 brokers") {
		t.Errorf("two dead seeds: %v", err)
	}
}

func TestAdvertisedHost(t *testing.T) {
	t.Parallel()
	seed := listen(t, fakeBroker("broker-1.invalid:9092", -1))
	request := func(f conf.Flags) error {
		s, err := conf.Resolve(f, func(string) string { return "" })
		if err != nil {
			t.Fatal(err)
		}
		cl, err := New(s, Options{ConnectTimeout: testTimeout})
		if err != nil {
			t.Fatal(err)
		}
		defer cl.Close()
		return cl.Do(t.Context(), func(ctx context.Context) error {
			if _, err := kmsg.NewPtrMetadataRequest().RequestWith(ctx, cl); err != nil {
				return err
			}
			_, err := cl.Broker(1).RetriableRequest(ctx, kmsg.NewPtrMetadataRequest())
			return err
		})
	}
	err := request(conf.Flags{Bootstrap: seed})
	var connect *ConnectError
	if !errors.As(err, &connect) || !strings.Contains(connect.Text, "broker-1.invalid:9092") || !strings.Contains(connect.Next, "--dial-map") {
		t.Fatalf("got %v", err)
	}
	if err := request(conf.Flags{Bootstrap: seed, DialMap: []string{"broker-1.invalid:9092=" + seed}}); err != nil {
		t.Errorf("with --dial-map: %v", err)
	}
}

func TestTimeoutOfTheWholeCommand(t *testing.T) {
	t.Parallel()
	var self string
	ready := make(chan struct{})
	self = listen(t, func(c net.Conn) { <-ready; fakeBroker(self, -1)(c) })
	close(ready)
	s, err := conf.Resolve(conf.Flags{Bootstrap: self, Timeout: 50 * time.Millisecond}, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	cl, err := New(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	err = cl.Do(t.Context(), func(ctx context.Context) error {
		if _, err := kmsg.NewPtrMetadataRequest().RequestWith(ctx, cl); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	})
	if err == nil || !strings.Contains(err.Error(), "timed out after 50ms") {
		t.Errorf("got %v", err)
	}
}

// TestInterrupt: whoever waits for a dead broker need not wait to the end.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	s, err := conf.Resolve(conf.Flags{Bootstrap: listen(t, hang)}, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	cl, err := New(s, Options{ConnectTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	interrupted := errors.New("interrupted")
	ctx, stop := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { stop(interrupted) })
	begun := time.Now()
	err = cl.Do(ctx, func(ctx context.Context) error {
		_, err := kmsg.NewPtrMetadataRequest().RequestWith(ctx, cl)
		return err
	})
	cl.Close()
	if !errors.Is(err, interrupted) || time.Since(begun) > 10*time.Second {
		t.Errorf("got %v after %v", err, time.Since(begun))
	}
}

func TestSoftwareVersion(t *testing.T) {
	for in, want := range map[string]string{"": "devel", "(devel)": "devel", "v1.2.3+dirty": "v1.2.3-dirty", "1.0": "1.0"} {
		if got := SoftwareVersion(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

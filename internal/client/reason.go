package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// kind is how far an address got.
type kind uint8

const (
	kindUntried kind = iota
	kindDNS          // the name does not resolve
	kindDNSTimeout
	kindRefused
	kindTimeout // no answer to the TCP handshake
	kindDialOther
	kindSilent      // connected, no answer to a Kafka request
	kindClosed      // connected, closed without an answer
	kindClosedLater // closed after ApiVersions
	kindHTTP
	kindTLS
	kindNotKafka
)

// reason is why an address cannot be talked to.
type reason struct {
	kind   kind
	detail string        // the system's words, or the first bytes of an answer
	waited time.Duration // for the two timeouts
}

// foreign tells that the server is known to speak something else than Kafka.
func (r reason) foreign() bool { return r.kind == kindHTTP || r.kind == kindTLS }

// dialReason sorts the error of a dial.
func dialReason(err error, limit time.Duration) reason {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		if dns.IsTimeout {
			return reason{kind: kindDNSTimeout, waited: limit}
		}
		return reason{kind: kindDNS, detail: dns.Err}
	case errors.Is(err, syscall.ECONNREFUSED):
		return reason{kind: kindRefused}
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return reason{kind: kindTimeout, waited: limit}
	}
	detail := err.Error()
	var op *net.OpError
	if errors.As(err, &op) {
		detail = op.Err.Error()
	}
	return reason{kind: kindDialOther, detail: detail}
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// spoken tells by its first bytes what a server speaks that is not Kafka.
func spoken(first []byte) reason {
	switch {
	case bytes.HasPrefix(first, []byte("HTTP")):
		return reason{kind: kindHTTP}
	case len(first) >= 2 && (first[0] == 0x15 || first[0] == 0x16) && first[1] == 0x03:
		return reason{kind: kindTLS} // an alert or handshake record, version 3.x
	}
	return reason{kind: kindNotKafka, detail: fmt.Sprintf("%.16q", first)}
}

// probe asks a server that does not answer Kafka whether it speaks HTTP or TLS,
// and notes what it finds as soon as it does.
func (w *watch) probe(addr string, deadline time.Time) {
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	to := w.settings.DialMap.Map(addr)
	plain, secure := make(chan kind, 1), make(chan kind, 1)
	go func() { plain <- probeHTTP(ctx, to) }()
	go func() { secure <- probeTLS(ctx, to) }()
	var enough <-chan time.Time
	for range 2 {
		select {
		case k := <-plain:
			w.found(addr, k)
			if k == kindHTTP {
				// An HTTPS server answers both; what it is, is TLS. One of plain
				// HTTP may wait for the end of a line.
				enough = time.After(w.limit / 6)
			}
		case k := <-secure:
			w.found(addr, k)
			if k == kindTLS {
				return
			}
		case <-enough:
			return
		}
	}
}

// found notes what a probe found out: TLS over HTTP over nothing.
func (w *watch) found(addr string, k kind) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h := w.hosts[addr]; k != kindUntried && !(h.why.foreign() && h.why.kind > k) {
		h.why = reason{kind: k}
	}
}

func probeHTTP(ctx context.Context, addr string) kind {
	c, err := dialProbe(ctx, addr)
	if err != nil {
		return kindUntried
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		return kindUntried
	}
	var first [5]byte
	if _, err := io.ReadFull(c, first[:]); err != nil || string(first[:]) != "HTTP/" {
		return kindUntried
	}
	return kindHTTP
}

func probeTLS(ctx context.Context, addr string) kind {
	c, err := dialProbe(ctx, addr)
	if err != nil {
		return kindUntried
	}
	defer c.Close()
	// Nothing is sent over this connection: whose certificate it is, or whether
	// it is any good, does not matter here.
	err = tls.Client(c, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(ctx)
	var alert tls.AlertError
	if err == nil || errors.As(err, &alert) {
		return kindTLS
	}
	return kindUntried
}

func dialProbe(ctx context.Context, addr string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if d, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(d)
	}
	return c, nil
}

package client

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// probe looks what a server speaks that does not answer as it should.
func (w *watch) probe(addr string, was kind, deadline time.Time) {
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	to := w.settings.DialMap.Map(addr)
	switch {
	case was == kindClosedLater:
		if w.settings.Security.SASL == nil {
			w.probeLogin(ctx, addr, to)
		}
	case was == kindTLSSilent, was == kindTLSClosed:
		w.found(addr, probeKafka(ctx, to))
	case w.tls == nil:
		w.probeForeign(ctx, addr, to)
	default:
		w.probeSecureHTTP(ctx, addr, to)
	}
}

// probeSecureHTTP asks a server that speaks TLS whether it speaks HTTP in it.
func (w *watch) probeSecureHTTP(ctx context.Context, addr, to string) {
	c, err := dialProbe(ctx, to)
	if err != nil {
		return
	}
	defer c.Close()
	secure, err := w.encrypt(ctx, addr, c, &handshake{})
	if err == nil && speaksHTTP(secure) {
		w.found(addr, kindHTTP)
	}
}

// probeForeign asks whether a server speaks HTTP or TLS, and notes what it finds
// as soon as it does.
func (w *watch) probeForeign(ctx context.Context, addr, to string) {
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
	if !speaksHTTP(c) {
		return kindUntried
	}
	return kindHTTP
}

func speaksHTTP(c net.Conn) bool {
	if _, err := io.WriteString(c, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		return false
	}
	var first [5]byte
	_, err := io.ReadFull(c, first[:])
	return err == nil && string(first[:]) == "HTTP/"
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
	if err == nil || alertText(err) != "" {
		return kindTLS
	}
	return kindUntried
}

// probeKafka asks for the versions of a Kafka that speaks plain text.
func probeKafka(ctx context.Context, addr string) kind {
	c, err := dialProbe(ctx, addr)
	if err != nil {
		return kindUntried
	}
	defer c.Close()
	if _, err := exchange(c, kmsg.NewPtrApiVersionsRequest()); err != nil {
		return kindUntried
	}
	return kindTLSPlain
}

// probeLogin asks which mechanisms a server has that hangs up on those who do
// not log in.
func (w *watch) probeLogin(ctx context.Context, addr, to string) {
	c, err := dialProbe(ctx, to)
	if err != nil {
		return
	}
	defer c.Close()
	if w.tls != nil {
		if c, err = w.encrypt(ctx, addr, c, &handshake{}); err != nil {
			return
		}
	}
	req := kmsg.NewPtrSASLHandshakeRequest()
	req.Version, req.Mechanism = 1, "NONE"
	body, err := exchange(c, req)
	resp := kmsg.NewPtrSASLHandshakeResponse()
	resp.Version = 1
	if err != nil || resp.ReadFrom(body) != nil || len(resp.SupportedMechanisms) == 0 {
		return
	}
	slices.Sort(resp.SupportedMechanisms)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hosts[addr].why = reason{kind: kindSASLWanted, detail: strings.Join(resp.SupportedMechanisms, ", ")}
}

// exchange sends one request and returns the body of its answer.
func exchange(c net.Conn, req kmsg.Request) ([]byte, error) {
	const correlation = 0x6b71
	out := kmsg.NewRequestFormatter(kmsg.FormatterClientID("kq")).AppendRequest(nil, req, correlation)
	if _, err := c.Write(out); err != nil {
		return nil, err
	}
	var head [8]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return nil, err
	}
	size := int32(binary.BigEndian.Uint32(head[:]))
	if size < 4 || size > maxLogin || binary.BigEndian.Uint32(head[4:]) != correlation {
		return nil, errNotKafka
	}
	body := make([]byte, size-4)
	_, err := io.ReadFull(c, body)
	return body, err
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

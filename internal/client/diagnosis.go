package client

import (
	"fmt"
	"net"
	"strings"
	"time"

	"kq/internal/conf"
)

// ConnectError is a cluster that cannot be reached or does not let us in.
type ConnectError struct {
	Text string
	Next string // what to do about it
	Err  error  // the cause, where there is one
}

func (e *ConnectError) Error() string { return e.Text }
func (e *ConnectError) Unwrap() error { return e.Err }

// Hint is what to do next.
func (e *ConnectError) Hint() string { return e.Next }

// ExitCode is that of every command that cannot connect or authenticate.
func (e *ConnectError) ExitCode() int { return 4 }

// diagnosis is the error of a cluster none of whose bootstrap addresses answers.
func (w *watch) diagnosis() *ConnectError {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.diagnosisLocked()
}

func (w *watch) diagnosisLocked() *ConnectError {
	seeds := w.settings.Bootstrap
	if len(seeds) == 1 {
		why := w.hosts[seeds[0]].why
		return &ConnectError{
			Text: fmt.Sprintf("cannot connect to %s: %s", w.shown(seeds[0]), why.text(w.limit)),
			Next: why.next(seeds[0], w.settings),
		}
	}
	each := make([]string, len(seeds))
	for i, addr := range seeds {
		each[i] = fmt.Sprintf("%s: %s", w.shown(addr), w.hosts[addr].why.text(w.limit))
	}
	return &ConnectError{
		Text: fmt.Sprintf("cannot connect to any of %d brokers: %s", len(seeds), strings.Join(each, "; ")),
		Next: w.hosts[seeds[0]].why.next(seeds[0], w.settings),
	}
}

// unreachable is the error of a broker that the cluster names and that cannot be
// reached from here.
func (w *watch) unreachable(addr string) *ConnectError {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.unreachableLocked(addr)
}

func (w *watch) unreachableLocked(addr string) *ConnectError {
	h, seed := w.hosts[addr], w.reachedSeed()
	if h == nil {
		h = &host{}
	}
	if h.seed {
		return w.diagnosisLocked()
	}
	to := seed
	if host, _, err := net.SplitHostPort(seed); err == nil {
		if _, port, err := net.SplitHostPort(addr); err == nil {
			to = net.JoinHostPort(host, port)
		}
	}
	return &ConnectError{
		Text: fmt.Sprintf("reached %s, but the cluster names a broker at %s that cannot be reached from here: %s",
			w.shown(seed), w.shown(addr), h.why.text(w.limit)),
		Next: fmt.Sprintf("say where it is with --dial-map %s=HOST:PORT, perhaps --dial-map %s=%s, or change what the broker advertises", addr, addr, to),
	}
}

// shown is an address with the one it is mapped to.
func (w *watch) shown(addr string) string {
	if to := w.settings.DialMap.Map(addr); to != addr {
		return fmt.Sprintf("%s (mapped to %s)", addr, to)
	}
	return addr
}

// text says what was tried and what came of it.
func (r reason) text(limit time.Duration) string {
	waited := r.waited
	if waited == 0 {
		waited = limit
	}
	waited = waited.Round(100 * time.Millisecond)
	switch r.kind {
	case kindDNS:
		return "the name does not resolve (DNS: " + r.detail + ")"
	case kindDNSTimeout:
		return fmt.Sprintf("the name did not resolve within %v (DNS)", waited)
	case kindRefused:
		return "connection refused (TCP)"
	case kindTimeout, kindUntried:
		return fmt.Sprintf("no answer within %v (TCP)", waited)
	case kindDialOther:
		return r.detail + " (TCP)"
	case kindSilent:
		return fmt.Sprintf("connected (TCP), but no answer to a Kafka request within %v", waited)
	case kindClosed:
		return "connected (TCP), but the server closed the connection at the first Kafka request"
	case kindClosedLater:
		return "the broker told its versions (ApiVersions) and then closed the connection"
	case kindHTTP:
		return "the server there speaks HTTP, not the Kafka protocol"
	case kindTLS:
		return "the server there speaks TLS, and this connection is plain text"
	case kindNotKafka:
		return "the server there does not speak the Kafka protocol, its answer begins " + r.detail
	}
	return "unknown"
}

// next says what to do about it.
func (r reason) next(addr string, s conf.Settings) string {
	switch r.kind {
	case kindDNS, kindDNSTimeout:
		return "check the host name in " + s.Origin + ", or give its address with --dial-map NAME=ADDRESS"
	case kindRefused:
		if s.Origin == "the default" {
			return "start a broker with: kq serve, or name yours with -b HOST:PORT or " + conf.EnvBootstrap
		}
		return "no process listens there: start the broker, or check the port in " + s.Origin
	case kindTimeout, kindUntried, kindDialOther:
		return "check the address in " + s.Origin + " and the network or firewall on the way"
	case kindSilent:
		return "the process at " + addr + " may hang or be something else than Kafka: check the port in " + s.Origin + " and the broker's log"
	case kindClosed:
		return "a listener that wants TLS or SASL does this, or a server that is not Kafka: check the port in " + s.Origin
	case kindClosedLater:
		return "a listener that wants SASL does this: use a port that takes plain connections"
	case kindHTTP, kindNotKafka:
		return "check the port in " + s.Origin + ": Kafka's is often 9092"
	case kindTLS:
		return "use the port of a plain text listener"
	}
	return ""
}

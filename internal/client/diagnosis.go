package client

import (
	"fmt"
	"net"
	"strings"
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
			Text: fmt.Sprintf("cannot connect to %s: %s", w.shown(seeds[0]), why.text(w.scene())),
			Next: why.next(seeds[0], w.scene()),
		}
	}
	each := make([]string, len(seeds))
	for i, addr := range seeds {
		each[i] = fmt.Sprintf("%s: %s", w.shown(addr), w.hosts[addr].why.text(w.scene()))
	}
	return &ConnectError{
		Text: fmt.Sprintf("cannot connect to any of %d brokers: %s", len(seeds), strings.Join(each, "; ")),
		Next: w.hosts[seeds[0]].why.next(seeds[0], w.scene()),
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
	next := fmt.Sprintf("say where it is with --dial-map %s=HOST:PORT, perhaps --dial-map %s=%s, or change what the broker advertises", addr, addr, to)
	if h.why.certificate() {
		next = h.why.next(addr, w.scene())
	}
	return &ConnectError{
		Text: fmt.Sprintf("reached %s, but the cluster names a broker at %s that cannot be reached from here: %s",
			w.shown(seed), w.shown(addr), h.why.text(w.scene())),
		Next: next,
	}
}

// shown is an address with the one it is mapped to.
func (w *watch) shown(addr string) string {
	if to := w.settings.DialMap.Map(addr); to != addr {
		return fmt.Sprintf("%s (mapped to %s)", addr, to)
	}
	return addr
}

package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"
)

// bound is a listener that is open.
type bound struct {
	net.Listener
	spec listenSpec
}

// port returns the port of a TCP listener, else 0.
func (b bound) port() uint16 {
	if a, ok := b.Addr().(*net.TCPAddr); ok {
		return uint16(a.Port)
	}
	return 0
}

// address returns where the listener is reached from this machine.
func (b bound) address() string {
	a, ok := b.Addr().(*net.TCPAddr)
	if !ok {
		return b.Addr().String()
	}
	ap := a.AddrPort()
	ip := ap.Addr().Unmap()
	if ip.IsUnspecified() {
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.AddrPortFrom(ip, ap.Port()).String()
}

// openListeners opens all listeners, or none.
func openListeners(ctx context.Context, specs []listenSpec) (out []bound, err error) {
	defer func() {
		if err != nil {
			closeListeners(out)
			out = nil
		}
	}()
	for _, spec := range specs {
		ls, err := openListener(ctx, spec)
		if err != nil {
			return out, err
		}
		for _, l := range ls {
			out = append(out, bound{l, spec})
		}
	}
	return out, nil
}

func closeListeners(ls []bound) {
	for _, l := range ls {
		_ = l.Close() // nobody has used it
	}
}

// openListener opens the sockets of one listener: several for localhost, which
// clients take for either loopback address.
func openListener(ctx context.Context, spec listenSpec) ([]net.Listener, error) {
	if spec.at.host != "localhost" {
		l, err := listen(ctx, "tcp", spec.at.host, int(spec.at.port))
		if err != nil {
			return nil, listenError(spec.at, err)
		}
		return []net.Listener{l}, nil
	}
	const tries = 10 // a port that is free on one address may be taken on the other
	for try := 1; ; try++ {
		ls, err := listenLoopback(ctx, int(spec.at.port))
		if err == nil {
			return ls, nil
		}
		if spec.at.port != 0 || try == tries || !inUse(err) {
			return nil, listenError(spec.at, err)
		}
	}
}

// listenLoopback listens on 127.0.0.1 and, where there is one, on ::1.
func listenLoopback(ctx context.Context, port int) ([]net.Listener, error) {
	v4, err := listen(ctx, "tcp4", "127.0.0.1", port)
	if err != nil {
		return nil, err
	}
	port = v4.Addr().(*net.TCPAddr).Port
	v6, err := listen(ctx, "tcp6", "::1", port)
	switch {
	case err == nil:
		return []net.Listener{v4, v6}, nil
	case inUse(err), isAny(err, syscall.EACCES, wsaAccess):
		_ = v4.Close() // nobody has used it
		return nil, err
	}
	return []net.Listener{v4}, nil // no IPv6 here
}

func listen(ctx context.Context, network, host string, port int) (net.Listener, error) {
	var lc net.ListenConfig
	return lc.Listen(ctx, network, net.JoinHostPort(host, strconv.Itoa(port)))
}

// What Windows calls EACCES, EADDRINUSE and EADDRNOTAVAIL of sockets. No other
// system has errors of these numbers.
const (
	wsaAccess       = syscall.Errno(10013)
	wsaAddrInUse    = syscall.Errno(10048)
	wsaAddrNotAvail = syscall.Errno(10049)
)

func inUse(err error) bool { return isAny(err, syscall.EADDRINUSE, wsaAddrInUse) }

func isAny(err error, errnos ...syscall.Errno) bool {
	for _, n := range errnos {
		if errors.Is(err, n) {
			return true
		}
	}
	return false
}

// listenError says in one line why a listener did not open.
func listenError(at hostPort, err error) error {
	e := &Error{Message: fmt.Sprintf("listen on %s", at), Err: err}
	var op *net.OpError
	if errors.As(err, &op) {
		e.Err = op.Err
	}
	var dns *net.DNSError
	switch {
	case inUse(err):
		e.Next = "another program, or another kq, has the port: stop it, or use --listen localhost:0 for any free port"
	case isAny(err, syscall.EACCES, wsaAccess):
		e.Next = "this port needs more rights: use one above 1023"
	case isAny(err, syscall.EADDRNOTAVAIL, wsaAddrNotAvail), errors.As(err, &dns):
		e.Next = "listen on an address of this machine; with --advertise clients are told another one"
	}
	return e
}

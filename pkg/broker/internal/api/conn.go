package api

import (
	"net/netip"
	"sync"
)

// Conn is what handlers know of a connection.
type Conn struct {
	ID     uint64
	Local  netip.AddrPort // the address the client reached; zero for a connection in memory
	Remote netip.AddrPort

	// Advertise returns where clients of this connection reach a broker.
	Advertise func(c *Conn, broker int32) (host string, port int32, ok bool)

	mu       sync.Mutex
	software Software          // guarded by mu
	closed   bool              // guarded by mu
	onClose  map[uint64]func() // guarded by mu; nil until one is registered
	nextID   uint64            // guarded by mu
}

// Software is what a client said of itself in ApiVersions (KIP-511).
type Software struct {
	Name, Version string
}

// Advertised returns where the client of this connection reaches a broker; ok is
// false for a broker that is not known.
func (c *Conn) Advertised(broker int32) (host string, port int32, ok bool) {
	if c.Advertise == nil {
		return "", 0, false
	}
	return c.Advertise(c, broker)
}

// Software returns what the client said of itself.
func (c *Conn) Software() Software {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.software
}

// SetSoftware keeps what the client said of itself.
func (c *Conn) SetSoftware(s Software) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.software = s
}

// OnClose calls f once when the connection closes, so that work parked for it
// can be dropped. It calls f at once when the connection is closed already. The
// caller must hold no lock that f takes. After cancel f is not called any more,
// but a call may be under way.
func (c *Conn) OnClose(f func()) (cancel func()) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		f()
		return func() {}
	}
	defer c.mu.Unlock()
	if c.onClose == nil {
		c.onClose = make(map[uint64]func(), 1)
	}
	id := c.nextID
	c.nextID++
	c.onClose[id] = f
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.onClose, id)
	}
}

// Closed says that the connection is gone and calls what OnClose registered.
// Later calls do nothing.
func (c *Conn) Closed() {
	c.mu.Lock()
	c.closed = true
	fs := c.onClose
	c.onClose = nil
	c.mu.Unlock()
	for _, f := range fs {
		f()
	}
}

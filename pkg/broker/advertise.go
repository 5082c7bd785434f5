package broker

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"kq/pkg/broker/internal/api"
)

// hostPort is an address as clients are told it.
type hostPort struct {
	host string
	port int32
}

func (h hostPort) String() string { return net.JoinHostPort(h.host, strconv.Itoa(int(h.port))) }

// advertiser knows where clients reach the brokers of this process.
type advertiser struct {
	nodeID int32
	// networks are tried first, the longest prefix that holds the client wins.
	networks []network
	// fixed is where all other clients connect; nil for the address that they
	// reached.
	fixed *hostPort
	// byListener are the addresses of Kafka's advertised.listeners, by the
	// address of the listener's port. They are used when fixed is nil.
	byListener map[uint16]hostPort
	// fallback is for connections without an address, in memory.
	fallback hostPort
}

// network is where the clients of one network connect.
type network struct {
	prefix netip.Prefix
	to     hostPort
}

// parseAdvertise reads what --advertise takes.
func parseAdvertise(rules []string) (networks []network, fixed *hostPort, err error) {
	for _, rule := range rules {
		cidr, to, isNetwork := strings.Cut(rule, "=")
		if !isNetwork {
			to = rule
		}
		if !isNetwork && rule == "auto" {
			fixed = nil
			continue
		}
		hp, err := parseHostPort(to, 1)
		if err != nil {
			return nil, nil, badAdvertise(rule, err.Error())
		}
		if !isNetwork {
			fixed = &hp
			continue
		}
		prefix, err := parseNetwork(cidr)
		if err != nil {
			return nil, nil, badAdvertise(rule, fmt.Sprintf("%q is no network", cidr))
		}
		networks = append(networks, network{prefix, hp})
	}
	return networks, fixed, nil
}

func badAdvertise(rule, why string) error {
	return &Error{
		Message: fmt.Sprintf("advertise %q: %s", rule, why), Usage: true,
		Next: "say auto, HOST:PORT, or CIDR=HOST:PORT as in 172.17.0.0/16=host.docker.internal:9092",
	}
}

// parseNetwork reads a network, or a single address.
func parseNetwork(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		return p.Masked(), err
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return a.Unmap().WithZone("").Prefix(a.Unmap().BitLen())
}

// parseHostPort reads HOST:PORT; the port must be at least minPort.
func parseHostPort(s string, minPort int) (hostPort, error) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return hostPort{}, fmt.Errorf("%q is not HOST:PORT", s)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || int(n) < minPort {
		return hostPort{}, fmt.Errorf("%q is no port", port)
	}
	if minPort > 0 && host == "" {
		return hostPort{}, fmt.Errorf("%q has no host", s)
	}
	return hostPort{host: host, port: int32(n)}, nil
}

// advertised returns where the client of c reaches a broker.
func (a *advertiser) advertised(c *api.Conn, broker int32) (string, int32, bool) {
	if broker != a.nodeID {
		return "", 0, false
	}
	hp := a.address(c)
	return hp.host, hp.port, true
}

func (a *advertiser) address(c *api.Conn) hostPort {
	best := -1
	client := c.Remote.Addr().WithZone("")
	for i, n := range a.networks {
		if n.prefix.Contains(client) && (best < 0 || n.prefix.Bits() > a.networks[best].prefix.Bits()) {
			best = i
		}
	}
	switch {
	case best >= 0:
		return a.networks[best].to
	case a.fixed != nil:
		return *a.fixed
	case !c.Local.IsValid():
		return a.fallback
	}
	if hp, ok := a.byListener[c.Local.Port()]; ok {
		return hp
	}
	// The zone of a link-local address names an interface of this machine; to
	// the client it means nothing.
	return hostPort{host: c.Local.Addr().WithZone("").String(), port: int32(c.Local.Port())}
}

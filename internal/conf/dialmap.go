package conf

import (
	"fmt"
	"net"
	"strings"
)

// DialMap says where to dial in place of an address, for clusters whose brokers
// name hosts that cannot be reached from here.
type DialMap []dialRule

type dialRule struct {
	fromHost, fromPort string // an empty port matches every port
	toHost, toPort     string // an empty port keeps the port
}

// ParseDialMap reads rules of the form FROM=TO, each side HOST or HOST:PORT. The
// first rule that matches an address counts, so that a more special one goes
// first.
func ParseDialMap(rules []string) (DialMap, error) {
	var m DialMap
	for _, rule := range rules {
		from, to, ok := strings.Cut(rule, "=")
		if !ok {
			return nil, fmt.Errorf("%q is not FROM=TO", rule)
		}
		var r dialRule
		var err error
		if r.fromHost, r.fromPort, err = splitAddress(from); err != nil {
			return nil, err
		}
		if r.toHost, r.toPort, err = splitAddress(to); err != nil {
			return nil, err
		}
		m = append(m, r)
	}
	return m, nil
}

// Map returns the address to dial for addr, which is HOST:PORT.
func (m DialMap) Map(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	for _, r := range m {
		if !strings.EqualFold(r.fromHost, host) || r.fromPort != "" && r.fromPort != port {
			continue
		}
		if r.toPort != "" {
			port = r.toPort
		}
		return net.JoinHostPort(r.toHost, port)
	}
	return addr
}

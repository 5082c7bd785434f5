package conf

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// DefaultPort is the port of a broker address that names none.
const DefaultPort = "9092"

// ErrAddress is an address that is not HOST:PORT, HOST or [IPV6]:PORT.
var ErrAddress = errors.New("not a HOST:PORT")

// ParseBootstrap reads a list of broker addresses separated by commas. A listener
// prefix as in Kafka's configuration (PLAINTEXT://host:port) is accepted, since
// people paste it. Duplicates go; order stays.
func ParseBootstrap(list string) ([]string, error) {
	var out []string
	seen := map[string]bool{}
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		item = strings.TrimPrefix(item, "PLAINTEXT://")
		addr, err := ParseAddress(item)
		if err != nil {
			return nil, err
		}
		if !seen[addr] {
			seen[addr] = true
			out = append(out, addr)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no broker address in %q: %w", list, ErrAddress)
	}
	return out, nil
}

// ParseAddress checks HOST[:PORT] and returns it with its port, 9092 where it
// has none.
func ParseAddress(s string) (string, error) {
	host, port, err := splitAddress(s)
	if err != nil {
		return "", err
	}
	if port == "" {
		port = DefaultPort
	}
	return net.JoinHostPort(host, port), nil
}

// splitAddress splits HOST[:PORT]; a bare IPv6 address needs no brackets.
func splitAddress(s string) (host, port string, err error) {
	bad := func(why string) (string, string, error) {
		return "", "", fmt.Errorf("%q: %s: %w", s, why, ErrAddress)
	}
	if ip, ipErr := netip.ParseAddr(s); ipErr == nil {
		return ip.String(), "", nil
	}
	switch {
	case strings.Contains(s, "://"):
		return bad("a URL")
	case strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]"):
		host = s[1 : len(s)-1]
	case strings.Contains(s, ":"):
		if host, port, err = net.SplitHostPort(s); err != nil {
			return bad("too many colons")
		}
		if n, numErr := strconv.ParseUint(port, 10, 16); numErr != nil || n == 0 {
			return bad("the port is not a number from 1 to 65535")
		}
	default:
		host = s
	}
	if host == "" {
		return bad("no host")
	}
	if _, ipErr := netip.ParseAddr(host); ipErr != nil && strings.ContainsFunc(host, notInHost) {
		return bad("the host has a character no host name has")
	}
	return host, port, nil
}

// notInHost is deliberately loose: names are the resolver's business, this only
// catches what cannot be one.
func notInHost(r rune) bool {
	return r <= ' ' || r == 0x7f || strings.ContainsRune("/\\@\"'[]:%,=", r)
}

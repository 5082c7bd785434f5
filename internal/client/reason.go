package client

import (
	"bytes"
	"errors"
	"fmt"
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
	kindNotKafka

	kindTLSSilent // connected, no answer to a TLS handshake
	kindTLSClosed // connected, closed at a TLS handshake
	kindTLSAuthority
	kindTLSName
	kindTLSExpired
	kindTLSWantsCertificate
	kindTLSCertificateRefused
	kindTLSOther

	kindSASLWanted    // by a server, where none is set up
	kindSASLUnwanted  // by a server, where one is set up
	kindSASLMechanism // is not among those the server offers
	kindSASLFailed

	// What the server speaks is known, and it is not what was asked for. Of two
	// findings the later kind here counts.
	kindHTTP
	kindTLS
	kindTLSPlain // Kafka in plain text, where TLS was asked for
)

// reason is why an address cannot be talked to.
type reason struct {
	kind   kind
	detail string        // the system's words, or the first bytes of an answer
	waited time.Duration // for the two timeouts
}

// foreign tells that the server is known to speak something else than Kafka.
func (r reason) foreign() bool { return r.kind >= kindHTTP }

// dark tells that a look at what the server speaks may find out more.
func (r reason) dark() bool {
	switch r.kind {
	case kindSilent, kindClosed, kindClosedLater, kindTLSSilent, kindTLSClosed:
		return true
	}
	return false
}

// certificate tells that somebody's certificate is wrong, which no second try mends.
func (r reason) certificate() bool { return r.kind >= kindTLSAuthority && r.kind < kindTLSOther }

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
	case TimedOut(err):
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

package client

import (
	"fmt"
	"time"

	"kq/internal/conf"
)

// scene is what the words about a reason depend on beside it.
type scene struct {
	origin    string        // where the address was given
	security  conf.Security // what was tried
	values    conf.Values   // where the user and the password come from
	encrypted bool
	limit     time.Duration // what an address has, where the reason does not say it
}

func (w *watch) scene() scene {
	return scene{w.settings.Origin, w.settings.Security, w.settings.Values, w.tls != nil, w.limit}
}

// text says what was tried and what came of it.
func (r reason) text(s scene) string {
	waited := r.waited
	if waited == 0 {
		waited = s.limit
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
		return fmt.Sprintf("connected (%s), but no answer to a Kafka request within %v", s.layer(), waited)
	case kindClosed:
		return "connected (" + s.layer() + "), but the server closed the connection at the first Kafka request"
	case kindClosedLater:
		if sasl := s.security.SASL; sasl != nil {
			return "the broker told its versions (ApiVersions) and closed the connection at the login (" + as(sasl) + ")"
		}
		return "the broker told its versions (ApiVersions) and then closed the connection"
	case kindHTTP:
		return "the server there speaks HTTP, not the Kafka protocol"
	case kindTLS:
		return "the server there speaks TLS, and this connection is plain text"
	case kindNotKafka:
		return "the server there does not speak the Kafka protocol, its answer begins " + r.detail
	}
	return r.secureText(s, waited)
}

// layer is how far a connection got that stands.
func (s scene) layer() string {
	if s.encrypted {
		return "TCP, TLS"
	}
	return "TCP"
}

// secureText is text where encryption or login failed.
func (r reason) secureText(s scene, waited time.Duration) string {
	switch r.kind {
	case kindTLSSilent:
		return fmt.Sprintf("connected (TCP), but no answer to the TLS handshake within %v", waited)
	case kindTLSClosed:
		return "connected (TCP), but the server closed the connection at the TLS handshake"
	case kindTLSPlain:
		return "the server there speaks plain text, and TLS was asked for"
	case kindTLSAuthority:
		return "its certificate is signed by an authority that is not trusted here (TLS: " + r.detail + ")"
	case kindTLSName:
		return "its certificate is for " + r.detail + " and not for this name (TLS)"
	case kindTLSExpired:
		return "its certificate " + r.detail + " (TLS)"
	case kindTLSWantsCertificate:
		return "it wants a client certificate, and none was given (TLS)"
	case kindTLSCertificateRefused:
		return "it refuses the client certificate (TLS: " + r.detail + ")"
	case kindTLSOther:
		return r.detail + " (TLS)"
	case kindSASLWanted:
		return "it wants a login (SASL) with " + r.detail + ", and none was given"
	}
	sasl := s.security.SASL
	if sasl == nil {
		return "unknown"
	}
	switch r.kind {
	case kindSASLUnwanted:
		return as(sasl) + " was tried, and its listener takes no login"
	case kindSASLMechanism:
		return as(sasl) + " was tried, and it offers " + r.detail
	case kindSASLFailed:
		return as(sasl) + ": " + r.detail
	}
	return "unknown"
}

// next says what to do about it.
func (r reason) next(addr string, s scene) string {
	origin := s.origin
	switch r.kind {
	case kindDNS, kindDNSTimeout:
		return "check the host name in " + origin + ", or give its address with --dial-map NAME=ADDRESS"
	case kindRefused:
		if origin == "the default" {
			return "start a broker with: kq serve, or name yours with -b HOST:PORT or " + conf.EnvBootstrap
		}
		return "no process listens there: start the broker, or check the port in " + origin
	case kindTimeout, kindUntried, kindDialOther:
		return "check the address in " + origin + " and the network or firewall on the way"
	case kindSilent, kindTLSSilent:
		return "the process at " + addr + " may hang or be something else than Kafka: check the port in " + origin + " and the broker's log"
	case kindClosed:
		return "a listener that wants TLS or SASL does this, or a server that is not Kafka: check the port in " + origin
	case kindTLSClosed:
		return "a listener of plain text does this, or a server that is not Kafka: check the port in " + origin
	case kindClosedLater:
		if s.security.SASL != nil {
			return "a listener without a login does this: leave out sasl.*, with -X security.protocol=" + s.without("SASL")
		}
		return "a listener that wants SASL does this: use a port that takes plain connections, or -X sasl.mechanism=…"
	case kindHTTP, kindNotKafka:
		return "check the port in " + origin + ": Kafka's is often 9092"
	}
	return r.secureNext(s)
}

// without is the security.protocol in use less one of its two parts.
func (s scene) without(part string) string {
	rest := s.security
	if part == "SASL" {
		rest.SASL = nil
	} else {
		rest.TLS = nil
	}
	return rest.Protocol()
}

// secureNext is next where encryption or login failed.
func (r reason) secureNext(s scene) string {
	switch r.kind {
	case kindTLS:
		return "ask for TLS with -X security.protocol=SSL, or use the port of a plain text listener"
	case kindTLSPlain:
		return "use the port of its TLS listener, or plain text: -X security.protocol=" + s.without("TLS")
	case kindTLSAuthority:
		return "trust it with -X ssl.truststore.location=FILE, the authority's certificate as PEM; for a test, -X enable.ssl.certificate.verification=false"
	case kindTLSName:
		return "use a name that it is for in " + s.origin + ", with --dial-map NAME=ADDRESS where that does not resolve, or -X ssl.endpoint.identification.algorithm=none"
	case kindTLSExpired:
		return "check this machine's clock, or renew the broker's certificate"
	case kindTLSWantsCertificate:
		return "give one with -X ssl.keystore.location=FILE, certificate and key as PEM (or -X ssl.certificate.location and -X ssl.key.location)"
	case kindTLSCertificateRefused:
		return "check that the broker trusts its authority, and its dates"
	case kindTLSOther:
		return "check the listener's TLS settings; the broker's log may tell more"
	case kindSASLWanted:
		return "give -X sasl.mechanism=…, -X sasl.username=… and " + conf.Env("sasl.password") + ", or a profile that holds them"
	case kindSASLUnwanted:
		return "leave out sasl.*, with -X security.protocol=" + s.without("SASL") + ", or check the port in " + s.origin
	case kindSASLMechanism:
		return "give one of these with -X sasl.mechanism=…"
	case kindSASLFailed:
		return s.checkLogin()
	}
	return ""
}

// checkLogin names where the user and the password come from.
func (s scene) checkLogin() string {
	from := func(name string) string {
		if where := s.values.Where(name); where != "" {
			return name + " (from " + where + ")"
		}
		return name
	}
	if s.security.SASL.Mechanism == "OAUTHBEARER" {
		return "check " + from("sasl.oauthbearer.token")
	}
	return "check " + from("sasl.username") + " and " + from("sasl.password")
}

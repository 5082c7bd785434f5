package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"kq/internal/client"
)

// origin is where the addresses were given, for a hint.
func (v *visit) origin() string {
	if v.o.Origin == "" {
		return "the settings"
	}
	return v.o.Origin
}

func (v *visit) dnsFailure(err error) *failure {
	meaning := "the name does not resolve: " + err.Error()
	var dns *net.DNSError
	if errors.As(err, &dns) {
		meaning = "the name does not resolve: " + dns.Err
		if dns.IsTimeout {
			meaning = "no answer from the name server"
		}
	}
	return &failure{meaning, "check the host name in " + v.origin() + ", or say where it is with --dial-map NAME=ADDRESS"}
}

func (v *visit) dialFailure(err error) *failure {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		hint := "no process listens there: start the broker, or check the port in " + v.origin()
		if v.o.Origin == "the default" {
			hint = "start a broker with: kq serve, or name yours with -b HOST:PORT"
		}
		return &failure{"connection refused: the machine answers, and nothing listens on the port", hint}
	case timedOut(err):
		return &failure{"no answer: the machine is off, or a firewall drops the packets", "check the address in " + v.origin() + " and the network on the way"}
	}
	cause := err
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		cause = op.Err // the rest of its text is the address once more
	}
	return &failure{cause.Error(), "check the address in " + v.origin() + " and the network on the way"}
}

func (v *visit) tlsFailure(err error) *failure {
	var (
		plain     tls.RecordHeaderError
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		alert     tls.AlertError
	)
	switch {
	case errors.As(err, &plain):
		return &failure{"the server there does not speak TLS", "use the port of its TLS listener, or plain text: -X security.protocol=PLAINTEXT"}
	case errors.As(err, &authority):
		return &failure{"nobody trusted here has signed its certificate", "name the authority that did: -X ssl.ca.location=FILE"}
	case errors.As(err, &name):
		return &failure{"its certificate is for another name: " + name.Error(), "use a name that is in the certificate"}
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return &failure{"its certificate is not valid now: " + invalid.Error(), "renew it, or check this machine's clock"}
	case errors.As(err, &alert):
		return &failure{"the server refuses: " + alert.Error(), clientCertificate}
	case timedOut(err):
		return &failure{"no answer to a TLS greeting", "the server there may speak plain text: check the port in " + v.origin()}
	case hungUp(err):
		return &failure{"the server closed the connection at a TLS greeting", "it may speak plain text: check the port in " + v.origin()}
	}
	return &failure{err.Error(), ""}
}

const clientCertificate = "it may want a certificate of yours: -X ssl.certificate.location=FILE -X ssl.key.location=FILE"

// strangerFailure is that of a server which does not answer as Kafka does.
func (v *visit) strangerFailure(ctx context.Context, err error, to string) *failure {
	port := "check the port in " + v.origin() + ": Kafka's is often 9092"
	plain := "-X security.protocol=SSL makes kq speak it; else use the port of a plain text listener"
	var other *notKafka
	var alert tls.AlertError
	switch {
	case errors.As(err, &other) && strings.HasPrefix(string(other.first), "HTTP"):
		return &failure{"the server there speaks HTTP", port}
	case errors.As(err, &other) && looksTLS(other.first):
		return &failure{"the server there speaks TLS, and this connection is plain text", plain}
	case errors.As(err, &other):
		return &failure{fmt.Sprintf("the server there does not speak the Kafka protocol, its answer begins %.16q", other.first), port}
	case errors.As(err, &alert): // TLS 1.3 tells of a missing certificate this late
		return &failure{"the server refuses: " + alert.Error(), clientCertificate}
	case !timedOut(err) && !hungUp(err):
		return &failure{"the server's answer cannot be read: " + err.Error(), port}
	}
	if v.o.TLS == nil {
		switch client.Speaks(ctx, to) {
		case "HTTP":
			return &failure{"the server there speaks HTTP", port}
		case "TLS":
			return &failure{"the server there speaks TLS, and this connection is plain text", plain}
		}
	}
	if timedOut(err) {
		return &failure{
			"connected, but no answer to a Kafka request",
			"the process there may hang or be something else than Kafka: check the port in " + v.origin() + " and the broker's log",
		}
	}
	return &failure{"the server closed the connection at the first Kafka request", "a listener that wants TLS does this, or a server that is not Kafka: " + port}
}

func (v *visit) metadataFailure(err error) *failure {
	switch {
	case hungUp(err) && v.o.SASL == nil:
		return &failure{"the broker told its versions and then closed the connection", "a listener that wants SASL does this: give a user and a mechanism (-X sasl.mechanism=…), or use another port"}
	case hungUp(err):
		return &failure{"the broker closed the connection", "look at the broker's log"}
	case timedOut(err):
		return &failure{"no answer to a Metadata request", "the broker may be starting or overloaded: look at its log"}
	}
	return &failure{err.Error(), "look at the broker's log"}
}

// advertisedHint is what to do about an address that the cluster itself names:
// clients are sent there, wherever they began.
func (v *visit) advertisedHint() string {
	to := v.addr
	if host, _, err := net.SplitHostPort(v.seed.addr); err == nil {
		if _, port, err := net.SplitHostPort(v.addr); err == nil {
			to = net.JoinHostPort(host, port)
		}
	}
	hint := fmt.Sprintf("set advertised.listeners of the broker to an address that clients reach, or say where it is: --dial-map %s=HOST:PORT", v.addr)
	if to != v.addr {
		hint += fmt.Sprintf(", perhaps %s=%s", v.addr, to)
	}
	return hint
}

// otherCluster notes that the address belongs to another cluster than the first.
func (v *visit) otherCluster(first *visit) {
	s := &v.steps[len(v.steps)-1]
	s.OK = false
	s.Detail = fmt.Sprintf("another cluster (%s) than that of %s (%s)", show(v.meta.ClusterID), first.addr, show(first.meta.ClusterID))
	s.Hint = "take one of the two out of " + v.origin()
}

func looksTLS(first []byte) bool {
	return len(first) >= 2 && (first[0] == 0x15 || first[0] == 0x16) && first[1] == 3
}

func timedOut(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// certName is the name a certificate is for.
func certName(c *x509.Certificate) string {
	switch {
	case len(c.DNSNames) > 0:
		return c.DNSNames[0]
	case len(c.IPAddresses) > 0:
		return c.IPAddresses[0].String()
	}
	return c.Subject.String()
}

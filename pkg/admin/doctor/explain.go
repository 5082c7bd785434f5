package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	"kq/internal/client"
)

// origin is where the addresses were given, for a hint.
func (v *visit) origin() string {
	if v.o.Origin == "" {
		return "the settings"
	}
	return v.o.Origin
}

// place is where v goes, for words about what goes wrong there.
func (v *visit) place(limit time.Duration) client.Place {
	p := client.Place{Addr: v.addr, To: v.o.Map(v.addr), Origin: v.origin(), Encrypted: v.o.TLS != nil, Limit: limit}
	if v.o.SASL != nil {
		p.Mechanism = v.o.SASL.Mechanism
	}
	return p
}

func failed(f client.Failure) *failure {
	return &failure{meaning: f.Text, hint: f.Next, stays: f.Certificate}
}

// strangerFailure is that of a server which does not answer as Kafka does.
func (v *visit) strangerFailure(ctx context.Context, err error) *failure {
	p := v.place(v.o.Timeout * 2 / 3)
	var other *notKafka
	switch {
	case errors.As(err, &other):
		return failed(p.StrangerFailure(other.first))
	case client.TimedOut(err), client.HungUp(err), client.Refused(err): // TLS 1.3 tells of a missing certificate this late
		return failed(p.AnswerFailure(ctx, v.shake, err, false))
	}
	return &failure{meaning: "the server's answer cannot be read: " + err.Error(), hint: "check the port in " + v.origin() + ": Kafka's is often 9092"}
}

func (v *visit) metadataFailure(ctx context.Context, err error) *failure {
	const look = "look at the broker's log"
	switch {
	case client.HungUp(err) && v.o.SASL == nil:
		return failed(v.place(v.o.Timeout).AnswerFailure(ctx, v.shake, err, true))
	case client.HungUp(err):
		return &failure{meaning: "the broker closed the connection", hint: look}
	case client.TimedOut(err):
		return &failure{meaning: "no answer to a Metadata request", hint: "the broker may be starting or overloaded: look at its log"}
	}
	return &failure{meaning: err.Error(), hint: look}
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

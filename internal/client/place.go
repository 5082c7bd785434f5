package client

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"kq/internal/conf"
)

// Place is an address that somebody else talks to, step by step: its methods
// sort and word what goes wrong there as this package does for its own clients.
type Place struct {
	Addr   string // HOST:PORT, as it is named
	To     string // where it is dialled
	Origin string // where it was given, as "--bootstrap"

	Encrypted bool
	Mechanism string        // of SASL, "" without a login
	Limit     time.Duration // what the step in question had
}

// Failure is what went wrong at a place and what to do about it.
type Failure struct {
	Text, Next string

	// Certificate is set where somebody's certificate is wrong: another address
	// of the same broker does not mend that.
	Certificate bool
}

func (p Place) failure(r reason) Failure {
	s := scene{origin: p.Origin, encrypted: p.Encrypted, limit: p.Limit}
	if p.Encrypted {
		s.security.TLS = &conf.TLS{}
	}
	if p.Mechanism != "" {
		s.security.SASL = &conf.SASL{Mechanism: p.Mechanism}
	}
	return Failure{r.text(s), r.next(p.Addr, s), r.certificate()}
}

// DialFailure is a name that does not resolve or a port that does not answer.
func (p Place) DialFailure(err error) Failure { return p.failure(dialReason(err, p.Limit)) }

// Handshake is the beginning of TLS on one connection, and what is known of it.
type Handshake struct{ handshake }

// Begin begins TLS on a connection to addr, whose host the certificate must
// name unless cfg says otherwise.
func (h *Handshake) Begin(ctx context.Context, addr string, c net.Conn, cfg *tls.Config) (*tls.Conn, error) {
	return h.begin(ctx, addr, c, cfg)
}

// TLSFailure is a handshake that failed. It may look what the server speaks,
// until ctx ends.
func (p Place) TLSFailure(ctx context.Context, h *Handshake, err error) Failure {
	r := h.reason(err, p.Limit)
	if r.dark() && probeKafka(ctx, p.To) == kindTLSPlain {
		r = reason{kind: kindTLSPlain}
	}
	return p.failure(r)
}

// AnswerFailure is a connection that ended, or stayed silent, where the answer
// to a Kafka request was due; answered tells that another one had come before, h
// is nil for plain text. It may look what the server speaks, until ctx ends.
func (p Place) AnswerFailure(ctx context.Context, h *Handshake, err error, answered bool) Failure {
	var shake *handshake
	if h != nil {
		shake = &h.handshake
	}
	r := shake.ended(err, answered)
	if TimedOut(err) && alertText(err) == "" {
		r = reason{kind: kindSilent, waited: p.Limit}
	}
	if r.dark() && !answered && !p.Encrypted {
		switch Speaks(ctx, p.To) {
		case "TLS":
			r = reason{kind: kindTLS}
		case "HTTP":
			r = reason{kind: kindHTTP}
		}
	}
	return p.failure(r)
}

// StrangerFailure is an answer that is not Kafka's and begins with first.
func (p Place) StrangerFailure(first []byte) Failure { return p.failure(spoken(first)) }

// TimedOut tells that an error is that of a time that is over.
func TimedOut(err error) bool { return errors.Is(err, context.DeadlineExceeded) || isTimeout(err) }

// HungUp tells that an error is that of a connection which the other side, or
// something on the way, has closed.
func HungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// Refused tells that an error is what the server said to end TLS.
func Refused(err error) bool { return alertText(err) != "" }

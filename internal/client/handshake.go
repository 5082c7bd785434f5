package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"time"
)

// handshake is what is known of the beginning of TLS on one connection.
type handshake struct {
	asked atomic.Bool // the server wants to see a certificate
	shown bool        // and there is one to show
}

// encrypt begins TLS on a connection to addr, whose host the certificate must name.
func (w *watch) encrypt(ctx context.Context, addr string, c net.Conn, shake *handshake) (net.Conn, error) {
	secure, err := shake.begin(ctx, addr, c, w.tls)
	if err != nil {
		return nil, err
	}
	w.logf("encrypted with %s", tls.VersionName(secure.ConnectionState().Version))
	return secure, nil
}

// begin begins TLS and follows what comes of it.
func (h *handshake) begin(ctx context.Context, addr string, c net.Conn, cfg *tls.Config) (*tls.Conn, error) {
	cfg = cfg.Clone()
	if cfg.ServerName == "" {
		cfg.ServerName = serverName(addr)
	}
	give := cfg.GetClientCertificate
	h.shown = len(cfg.Certificates) > 0 || give != nil
	cfg.GetClientCertificate = func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		h.asked.Store(true)
		switch {
		case give != nil:
			return give(info)
		case !h.shown:
			return &tls.Certificate{}, nil
		}
		return &cfg.Certificates[0], nil
	}
	secure := tls.Client(c, cfg)
	return secure, secure.HandshakeContext(ctx)
}

// serverName is the host of an address, without the zone of IPv6.
func serverName(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	host, _, _ = strings.Cut(host, "%")
	return host
}

// reason sorts the error of a handshake.
func (h *handshake) reason(err error, limit time.Duration) reason {
	var (
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &authority):
		return reason{kind: kindTLSAuthority, detail: issuer(authority.Cert)}
	case errors.As(err, &name):
		return reason{kind: kindTLSName, detail: strings.Join(namesOf(name.Certificate), ", ")}
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return reason{kind: kindTLSExpired, detail: validity(invalid.Cert)}
	case errors.As(err, &record):
		if bytes.HasPrefix(record.RecordHeader[:], []byte("HTTP")) {
			return reason{kind: kindHTTP}
		}
		return reason{kind: kindTLSPlain}
	case alertText(err) != "":
		return h.alert(err)
	case TimedOut(err):
		return reason{kind: kindTLSSilent, waited: limit}
	case HungUp(err):
		return reason{kind: kindTLSClosed}
	}
	return reason{kind: kindTLSOther, detail: strings.TrimPrefix(err.Error(), "tls: ")}
}

// alert sorts what a server says that ends TLS. The one that a certificate is
// missing has many names: what counts is that it had asked for one.
func (h *handshake) alert(err error) reason {
	text := alertText(err)
	switch {
	case h.asked.Load() && !h.shown:
		return reason{kind: kindTLSWantsCertificate}
	case h.asked.Load():
		return reason{kind: kindTLSCertificateRefused, detail: text}
	}
	return reason{kind: kindTLSOther, detail: "the server refuses: " + text}
}

// alertText is the text of the alert that a server sent, "" for another error.
func alertText(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" {
		return strings.TrimPrefix(op.Err.Error(), "tls: ")
	}
	return ""
}

func issuer(cert *x509.Certificate) string {
	if cert == nil {
		return "unknown"
	}
	if bytes.Equal(cert.RawIssuer, cert.RawSubject) {
		return "itself, " + cert.Subject.String()
	}
	return cert.Issuer.String()
}

func namesOf(cert *x509.Certificate) []string {
	if cert == nil {
		return nil
	}
	all := append([]string{}, cert.DNSNames...)
	for _, ip := range cert.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return []string{"no host (" + cert.Subject.String() + ")"}
	}
	return all
}

func validity(cert *x509.Certificate) string {
	switch {
	case cert == nil:
		return "is not valid now"
	case time.Now().Before(cert.NotBefore):
		return "is valid only from " + cert.NotBefore.UTC().Format(time.DateTime) + " UTC on"
	}
	return "has expired on " + cert.NotAfter.UTC().Format(time.DateTime) + " UTC"
}

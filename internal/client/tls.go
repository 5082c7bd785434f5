package client

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"

	"kq/internal/conf"
)

// TLSConfig reads the certificates that t names and makes the configuration of
// its connections, without a server name; nil for nil. A mistake in them is a
// *conf.Error.
func TLSConfig(t *conf.TLS) (*tls.Config, error) {
	if t == nil {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: !t.Verify || !t.VerifyHost}
	if t.CA.Given() {
		blocks, err := readPEM(t.CA, false)
		if err != nil {
			return nil, err
		}
		c.RootCAs = x509.NewCertPool()
		for _, der := range certificates(blocks) {
			cert, err := x509.ParseCertificate(der)
			if err != nil {
				return nil, wrong(t.CA, "", "%w", err)
			}
			c.RootCAs.AddCert(cert)
		}
		if len(certificates(blocks)) == 0 {
			return nil, wrong(t.CA, "", "there is no certificate in it")
		}
	}
	if t.Verify && !t.VerifyHost {
		c.VerifyConnection = verifyChain(c)
	}
	if t.Certificate.Given() {
		cert, err := keyPair(t)
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{cert}
	}
	return c, nil
}

// verifyChain checks all of a server's certificate but its name.
func verifyChain(c *tls.Config) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		o := x509.VerifyOptions{Roots: c.RootCAs, Intermediates: x509.NewCertPool()}
		for _, cert := range s.PeerCertificates[1:] {
			o.Intermediates.AddCert(cert)
		}
		_, err := s.PeerCertificates[0].Verify(o)
		return err
	}
}

func wrong(p conf.PEM, hint, format string, args ...any) error {
	where := p.Where
	if p.Path != "" {
		where += ": " + p.Path
	}
	return &conf.Error{Err: fmt.Errorf("%s: %w", where, fmt.Errorf(format, args...)), Next: hint}
}

// keyPair is the client's certificate with its key.
func keyPair(t *conf.TLS) (tls.Certificate, error) {
	blocks, err := readPEM(t.Certificate, true)
	if err != nil {
		return tls.Certificate{}, err
	}
	cert := tls.Certificate{Certificate: certificates(blocks)}
	if len(cert.Certificate) == 0 {
		return tls.Certificate{}, wrong(t.Certificate, "", "there is no certificate in it")
	}
	from := t.Certificate
	if t.Key.Given() {
		from = t.Key
		if blocks, err = readPEM(from, true); err != nil {
			return tls.Certificate{}, err
		}
	}
	if cert.PrivateKey, err = privateKey(from, blocks, t.KeyPassword); err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		return tls.Certificate{}, wrong(t.Certificate, "", "%w", err)
	}
	signer, ok := cert.PrivateKey.(crypto.Signer)
	if own, isKey := leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); ok && isKey && !own.Equal(signer.Public()) {
		return tls.Certificate{}, wrong(from, "", "this key does not belong to the certificate in %s", t.Certificate.Where)
	}
	return cert, nil
}

// readPEM reads the blocks of a file or a text.
func readPEM(p conf.PEM, withKey bool) ([]*pem.Block, error) {
	text := loosePEM(p.Text)
	if p.Path != "" {
		var err error
		if text, err = os.ReadFile(p.Path); err != nil {
			var path *os.PathError
			if errors.As(err, &path) {
				err = path.Err // the rest of its text is the path once more
			}
			return nil, wrong(p, "", "%w", err)
		}
	}
	var blocks []*pem.Block
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			break
		}
		blocks = append(blocks, b)
	}
	if len(blocks) > 0 {
		return blocks, nil
	}
	switch {
	case bytes.HasPrefix(text, []byte{0xfe, 0xed, 0xfe, 0xed}), bytes.HasPrefix(text, []byte{0xce, 0xce, 0xce, 0xce}):
		return nil, wrong(p, conf.ConvertStore(p.Path, withKey), "a Java key store (JKS); kq reads PEM")
	case len(text) > 4 && text[0] == 0x30 && text[1] >= 0x80:
		return nil, wrong(p, conf.ConvertStore(p.Path, withKey), "a PKCS12 store or a DER file; kq reads PEM")
	}
	return nil, wrong(p, "a PEM file has lines as -----BEGIN CERTIFICATE-----", "no PEM file")
}

// loosePEM brings PEM that was put on one line, as a .properties file wants it,
// into lines again.
func loosePEM(text string) []byte {
	const begin, end, dashes = "-----BEGIN ", "-----END ", "-----"
	var b strings.Builder
	for {
		_, rest, ok := strings.Cut(text, begin)
		if !ok {
			return []byte(b.String())
		}
		kind, rest, ok := strings.Cut(rest, dashes)
		if !ok {
			return []byte(b.String())
		}
		body, rest, ok := strings.Cut(rest, end)
		if !ok {
			return []byte(b.String())
		}
		if _, text, ok = strings.Cut(rest, dashes); !ok {
			return []byte(b.String())
		}
		b.WriteString(begin + kind + dashes + "\n")
		if strings.Contains(body, ":") {
			b.WriteString(strings.TrimLeft(body, " \n")) // it has headers, whose lines count
		} else {
			b.WriteString(strings.Join(strings.Fields(body), "\n") + "\n")
		}
		b.WriteString(end + kind + dashes + "\n")
	}
}

func certificates(blocks []*pem.Block) [][]byte {
	var all [][]byte
	for _, b := range blocks {
		if b.Type == "CERTIFICATE" || b.Type == "TRUSTED CERTIFICATE" {
			all = append(all, b.Bytes)
		}
	}
	return all
}

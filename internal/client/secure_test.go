package client

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kq/internal/conf"
)

// authority signs certificates for a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // its certificate, as PEM
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{}
	a.cert, a.key = signed(t, nil, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	a.file = write(t, "ca.pem", certPEM(a.cert))
	return a
}

// signed makes a certificate of template, by a or by itself.
func signed(t *testing.T, a *authority, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}
	parent, signer := template, key
	if a != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// server is the configuration of a server at 127.0.0.1.
func (a *authority) server(t *testing.T, change func(*x509.Certificate)) *tls.Config {
	t.Helper()
	template := &x509.Certificate{Subject: pkix.Name{CommonName: "broker"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	if change != nil {
		change(template)
	}
	cert, key := signed(t, a, template)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}}}
}

func certPEM(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

func keyPEM(t *testing.T, key *ecdsa.PrivateKey) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func write(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// secureBroker is a broker of one listener with TLS.
func secureBroker(t *testing.T, cfg *tls.Config) string {
	var self string
	ready := make(chan struct{})
	self = listen(t, func(c net.Conn) { <-ready; fakeBroker(self, -1)(tls.Server(c, cfg)) })
	close(ready)
	return self
}

func TestTLS(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "test authority")
	clients := x509.NewCertPool()
	clients.AddCert(ca.cert)
	mutual := func(version uint16) *tls.Config {
		cfg := ca.server(t, nil)
		cfg.ClientAuth, cfg.ClientCAs, cfg.MaxVersion = tls.RequireAndVerifyClientCert, clients, version
		return cfg
	}
	good := secureBroker(t, ca.server(t, nil))
	trust := "ssl.truststore.location=" + ca.file
	mine, key := signed(t, ca, &x509.Certificate{Subject: pkix.Name{CommonName: "me"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	both := write(t, "client.pem", append(certPEM(mine), keyPEM(t, key)...))
	other, otherKey := signed(t, newAuthority(t, "another authority"), &x509.Certificate{Subject: pkix.Name{CommonName: "me"}})
	foreign := write(t, "foreign.pem", append(certPEM(other), keyPEM(t, otherKey)...))
	web := httptest.NewUnstartedServer(http.NotFoundHandler())
	web.Config.ErrorLog = log.New(io.Discard, "", 0)
	web.TLS = ca.server(t, nil)
	web.StartTLS()
	t.Cleanup(web.Close)
	plainWeb := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plainWeb.Close)
	plainKafka := listen(t, fakeBroker("127.0.0.1:1", -1))
	named := secureBroker(t, ca.server(t, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"kafka.internal"}, nil }))
	expired := secureBroker(t, ca.server(t, func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour)
	}))
	mutual12, mutual13 := secureBroker(t, mutual(tls.VersionTLS12)), secureBroker(t, mutual(tls.VersionTLS13))

	tests := []struct {
		name  string
		addr  string
		props []string
		want  string // "" for success
	}{
		{"trusted file", good, []string{trust}, ""},
		{"trusted text", good, []string{"security.protocol=SSL", "ssl.truststore.certificates=" + strings.ReplaceAll(string(certPEM(ca.cert)), "\n", " ")}, ""},
		{"unknown authority", good, []string{"security.protocol=SSL"}, "signed by an authority that is not trusted here (TLS: CN=test authority)"},
		{"no check", good, []string{"enable.ssl.certificate.verification=false"}, ""},
		{"other name", named, []string{trust}, "its certificate is for kafka.internal and not for this name"},
		{"other name, not checked", named, []string{trust, "ssl.endpoint.identification.algorithm="}, ""},
		{"unknown authority, name not checked", named, []string{"ssl.endpoint.identification.algorithm=none"}, "not trusted here"},
		{"expired", expired, []string{trust}, "its certificate has expired on "},
		{"wants a certificate, 1.2", mutual12, []string{trust}, "wants a client certificate"},
		{"wants a certificate, 1.3", mutual13, []string{trust}, "wants a client certificate"},
		{"certificate, 1.2", mutual12, []string{trust, "ssl.keystore.location=" + both}, ""},
		{"certificate, 1.3", mutual13, []string{trust, "ssl.keystore.location=" + both}, ""},
		{"foreign certificate", mutual13, []string{trust, "ssl.certificate.location=" + foreign, "ssl.key.location=" + foreign}, "refuses the client certificate"},
		{"plain Kafka", plainKafka, []string{trust}, "speaks plain text"},
		{"plain HTTP", plainWeb.Listener.Addr().String(), []string{trust}, "speaks HTTP"},
		{"HTTPS", web.Listener.Addr().String(), []string{trust}, "speaks HTTP"},
		{"silent", listen(t, hang), []string{trust}, "no answer to the TLS handshake"},
		{"closes", listen(t, func(c net.Conn) { c.Close() }), []string{trust}, "closed the connection at the TLS handshake"},
		{"SSH", listen(t, func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.9\r\n"); hang(c) }), []string{trust}, "plain text"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			expect(t, ask(t, Options{ConnectTimeout: testTimeout}, conf.Flags{Bootstrap: tt.addr, Properties: tt.props}), tt.want)
		})
	}
}

// expect checks for a *ConnectError that says want and has a hint, or for success.
func expect(t *testing.T, err error, want string) {
	t.Helper()
	var connect *ConnectError
	switch {
	case want == "" && err == nil:
	case want == "" || !errors.As(err, &connect):
		t.Errorf("got %v, want %q", err, want)
	case !strings.Contains(connect.Text, want):
		t.Errorf("%q does not say %q", connect.Text, want)
	case connect.Next == "" || connect.ExitCode() != 4:
		t.Errorf("no hint, or exit code %d", connect.ExitCode())
	}
}

func TestCertificateFiles(t *testing.T) {
	ca := newAuthority(t, "test authority")
	cert, key := signed(t, ca, &x509.Certificate{Subject: pkix.Name{CommonName: "me"}})
	_, otherKey := signed(t, ca, &x509.Certificate{Subject: pkix.Name{CommonName: "you"}})
	certFile, keyFile := write(t, "cert.pem", certPEM(cert)), write(t, "key.pem", keyPEM(t, key))
	jks := write(t, "trust.jks", []byte{0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2})
	p12 := write(t, "trust.p12", append([]byte{0x30, 0x82, 1, 0}, bytes.Repeat([]byte{1}, 260)...))
	for _, tt := range []struct{ props, want, hint string }{
		{"ssl.ca.location=" + ca.file, "", ""},
		{"ssl.ca.location=/no/such/file", "-X: ssl.ca.location: /no/such/file: no such file or directory", ""},
		{"ssl.truststore.location=" + jks, "a Java key store (JKS)", "keytool -list -rfc -keystore " + jks},
		{"ssl.truststore.location=" + p12, "a PKCS12 store", "keytool -list -rfc"},
		{"ssl.keystore.location=" + jks, "a Java key store (JKS)", "openssl pkcs12"},
		{"ssl.truststore.location=" + keyFile, "there is no certificate in it", ""},
		{"ssl.truststore.location=" + write(t, "x", []byte("hello")), "no PEM file", "-----BEGIN"},
		{"ssl.certificate.location=" + certFile, "there is no private key in it", "ssl.key.location"},
		{"ssl.certificate.location=" + certFile + " ssl.key.location=" + keyFile, "", ""},
		{"ssl.certificate.location=" + certFile + " ssl.key.location=" + write(t, "k", keyPEM(t, otherKey)), "does not belong to the certificate", ""},
		{"ssl.keystore.location=testdata/encrypted.pem", "the key is encrypted", "KQ_SSL_KEY_PASSWORD"},
		{"ssl.keystore.location=testdata/encrypted.pem ssl.key.password=wrong", "ssl.key.password does not open the key", ""},
		{"ssl.keystore.location=testdata/encrypted.pem ssl.key.password=secret", "", ""},
		{"ssl.keystore.location=testdata/legacy.pem ssl.key.password=secret", "encrypted in a way that kq does not know", "openssl pkcs8 -topk8"},
	} {
		s, err := conf.Resolve(conf.Flags{Properties: strings.Fields(tt.props)}, func(string) string { return "" })
		if err != nil {
			t.Fatal(err)
		}
		_, err = TLSConfig(s.Security.TLS)
		var wrong *conf.Error
		switch {
		case tt.want == "" && err == nil:
		case tt.want == "" || !errors.As(err, &wrong):
			t.Errorf("%s: got %v, want %q", tt.props, err, tt.want)
		case !strings.Contains(err.Error(), tt.want), !strings.Contains(wrong.Next, tt.hint), wrong.ExitCode() != 2:
			t.Errorf("%s: got %v, hint: %s", tt.props, err, wrong.Next)
		}
	}
}

// FuzzEncryptedKey: hostile key files end with an error, soon.
func FuzzEncryptedKey(f *testing.F) {
	text, err := os.ReadFile("testdata/encrypted.pem")
	if err != nil {
		f.Fatal(err)
	}
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			break
		}
		f.Add(b.Bytes)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		var k encryptedKey
		if _, err := asn1.Unmarshal(der, &k); err == nil && k.Algorithm.Params.KDF.Params.Iterations > 10_000 {
			return // a key may ask for work, this test has no time for it
		}
		if plain, err := decryptPKCS8(der, "secret"); err == nil && len(plain) >= len(der) {
			t.Errorf("%d bytes of %d", len(plain), len(der))
		}
	})
}

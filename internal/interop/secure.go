package interop

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Secure is the set of listeners of a Kafka beside its plain one, and what a
// client needs for them.
type Secure struct {
	SASLSSL   string            // host:port: SASL_SSL with PLAIN and SCRAM-SHA-512
	MutualTLS string            // host:port: SSL that wants a client certificate
	SASLPlain string            // host:port: SASL_PLAINTEXT with PLAIN and OAUTHBEARER
	CA        string            // the authority of its certificate, as PEM
	Client    string            // a client's certificate and key, as PEM
	Settings  map[string]string // of the broker
}

// User and password of the logins.
const (
	SecureUser     = "alice"
	SecurePassword = "alice-secret"
)

// NewSecure makes certificates in dir and settings for StartKafka. The SCRAM user
// is still to be made, with Kafka's own tool or a client.
func NewSecure(dir string) (*Secure, error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	at := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", ports[i]) }
	s := &Secure{
		SASLSSL: at(0), MutualTLS: at(1), SASLPlain: at(2),
		CA: filepath.Join(dir, "ca.pem"), Client: filepath.Join(dir, "client.pem"),
	}
	ca, caKey, err := certify(nil, nil, "interop authority")
	if err != nil {
		return nil, err
	}
	broker := filepath.Join(dir, "broker.pem")
	if err := writePEM(s.CA, ca, nil); err != nil {
		return nil, err
	}
	for _, path := range []string{broker, s.Client} {
		cert, key, err := certify(ca, caKey, filepath.Base(path))
		if err != nil {
			return nil, err
		}
		if err := writePEM(path, cert, key); err != nil {
			return nil, err
		}
	}
	plain := fmt.Sprintf(`org.apache.kafka.common.security.plain.PlainLoginModule required user_%s="%s";`, SecureUser, SecurePassword)
	s.Settings = map[string]string{
		"listeners":                      "SASLSSL://" + s.SASLSSL + ",MUTUAL://" + s.MutualTLS + ",SASLPLAIN://" + s.SASLPlain,
		"listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASLSSL:SASL_SSL,MUTUAL:SSL,SASLPLAIN:SASL_PLAINTEXT",
		"ssl.keystore.type":              "PEM", "ssl.keystore.location": broker,
		"ssl.truststore.type": "PEM", "ssl.truststore.location": s.CA,
		"listener.name.mutual.ssl.client.auth":                 "required",
		"sasl.enabled.mechanisms":                              "PLAIN,SCRAM-SHA-512",
		"listener.name.saslplain.sasl.enabled.mechanisms":      "PLAIN,OAUTHBEARER",
		"listener.name.saslplain.oauthbearer.sasl.jaas.config": `org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
		"listener.name.saslssl.plain.sasl.jaas.config":         plain,
		"listener.name.saslplain.plain.sasl.jaas.config":       plain,
		"listener.name.saslssl.scram-sha-512.sasl.jaas.config": "org.apache.kafka.common.security.scram.ScramLoginModule required;",
	}
	return s, nil
}

// UnsecuredToken is a token of nobody's signature for subject, which a Kafka that
// is not told otherwise believes.
func UnsecuredToken(subject string) string {
	now := time.Now().Unix()
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	return part(`{"alg":"none"}`) + "." + part(fmt.Sprintf(`{"sub":%q,"iat":%d,"exp":%d}`, subject, now, now+600)) + "."
}

// certify makes a certificate for 127.0.0.1 signed by ca, or an authority.
func certify(ca *x509.Certificate, caKey *ecdsa.PrivateKey, name string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	parent, signer := ca, caKey
	if ca == nil {
		template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return nil, nil, fmt.Errorf("make a certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	return cert, key, err
}

// writePEM writes a certificate, its key before it where there is one.
func writePEM(path string, cert *x509.Certificate, key *ecdsa.PrivateKey) error {
	var b strings.Builder
	if key != nil {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
	return os.WriteFile(path, []byte(b.String()), 0o600)
}

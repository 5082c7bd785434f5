package conf

import (
	"strings"
)

// Security is how a connection is encrypted and who logs in on it.
type Security struct {
	TLS  *TLS  // nil for plain text
	SASL *SASL // nil for no login
}

// Protocol is the value of security.protocol.
func (s Security) Protocol() string {
	p := "PLAINTEXT"
	if s.TLS != nil {
		p = "SSL"
	}
	if s.SASL != nil {
		p = map[string]string{"PLAINTEXT": "SASL_PLAINTEXT", "SSL": "SASL_SSL"}[p]
	}
	return p
}

// TLS is what a connection is encrypted with. Files are not read yet.
type TLS struct {
	CA          PEM // the authorities to trust; none for the system's
	Certificate PEM // the client's, with its chain; none for none
	Key         PEM // the client's; none where it is with the certificate
	KeyPassword string
	Verify      bool // the broker's certificate
	VerifyHost  bool // that it is for the broker's name
}

// PEM is where something in PEM comes from.
type PEM struct {
	Path  string // a file, or
	Text  string // the thing itself
	Where string // the property and who set it
}

// Given tells whether there is something.
func (p PEM) Given() bool { return p.Path != "" || p.Text != "" }

// SASL is how to log in.
type SASL struct {
	Mechanism  string
	User       string
	Password   string
	IsToken    bool // user and password are those of a delegation token
	Token      string
	Extensions map[string]string
}

// security settles what the ssl.* and sasl.* properties mean. Where
// security.protocol does not say, ssl.* imply TLS and sasl.* imply a login: that
// never gives less than what was asked for.
func (v Values) security() (Security, error) {
	useTLS, useSASL := v.hasPrefix("ssl.", "enable.ssl."), v.hasPrefix("sasl.")
	if p := v.Text("security.protocol"); p != "" {
		useTLS, useSASL = strings.HasSuffix(p, "SSL"), strings.HasPrefix(p, "SASL")
	}
	var s Security
	var err error
	if useTLS {
		if s.TLS, err = v.tls(); err != nil {
			return Security{}, err
		}
	}
	if useSASL {
		if s.SASL, err = v.sasl(); err != nil {
			return Security{}, err
		}
	}
	return s, nil
}

func (v Values) hasPrefix(prefixes ...string) bool {
	for name := range v.m {
		for _, p := range prefixes {
			if strings.HasPrefix(name, p) {
				return true
			}
		}
	}
	return false
}

func (v Values) tls() (*TLS, error) {
	t := &TLS{
		CA:          v.pem("ssl.ca.location", "ssl.truststore.certificates"),
		Certificate: v.pem("ssl.certificate.location", "ssl.keystore.certificate.chain"),
		Key:         v.pem("ssl.key.location", "ssl.keystore.key"),
		KeyPassword: v.Text("ssl.key.password"),
		Verify:      true,
		VerifyHost:  v.Text("ssl.endpoint.identification.algorithm") != "none",
	}
	if verify, set := v.Bool("enable.ssl.certificate.verification"); set {
		t.Verify = verify
	}
	for _, store := range []string{"truststore", "keystore"} {
		if kind := v.Text("ssl." + store + ".type"); kind == "JKS" || kind == "PKCS12" {
			return nil, errorf(ConvertStore("FILE."+strings.ToLower(kind), store == "keystore"),
				"%s: ssl.%s.type: kq reads PEM, not %s", v.Where("ssl."+store+".type"), store, kind)
		}
	}
	if t.Key.Given() && !t.Certificate.Given() {
		return nil, errorf("give the certificate too: ssl.certificate.location", "%s: a key without a certificate", t.Key.Where)
	}
	return t, nil
}

// pem is the one of two properties that is set, the file before the text.
func (v Values) pem(file, text string) PEM {
	if v.Has(file) && v.Text(file) != "" {
		return PEM{Path: v.Text(file), Where: v.Where(file) + ": " + file}
	}
	if v.Has(text) {
		return PEM{Text: v.Text(text), Where: v.Where(text) + ": " + text}
	}
	return PEM{}
}

// ConvertStore tells how to make a PEM file of a Java key store.
func ConvertStore(path string, withKey bool) string {
	if withKey {
		return "convert it: keytool -importkeystore -srckeystore " + path + " -destkeystore tmp.p12 -deststoretype PKCS12 && openssl pkcs12 -in tmp.p12 -out client.pem, then -X ssl.keystore.location=client.pem"
	}
	return "convert it: keytool -list -rfc -keystore " + path + " > ca.pem, then -X ssl.truststore.location=ca.pem"
}

func (v Values) sasl() (*SASL, error) {
	s := &SASL{
		Mechanism: v.Text("sasl.mechanism"),
		User:      v.Text("sasl.username"),
		Password:  v.Text("sasl.password"),
		Token:     v.Text("sasl.oauthbearer.token"),
		IsToken:   v.Has(jaasToken),
	}
	if s.Mechanism == "" {
		switch {
		case v.Text(jaasModule) == modulePlain:
			s.Mechanism = "PLAIN"
		case s.Token != "":
			s.Mechanism = "OAUTHBEARER"
		default:
			return nil, errorf("give -X sasl.mechanism=PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER, whichever the broker has", "sasl.mechanism is not set")
		}
	}
	if s.Mechanism == "OAUTHBEARER" {
		if s.Token == "" {
			return nil, errorf("give -X sasl.oauthbearer.token=TOKEN, or "+Env("sasl.oauthbearer.token"), "OAUTHBEARER needs a token")
		}
		return s, s.setExtensions(v)
	}
	for _, need := range []string{"sasl.username", "sasl.password"} {
		if v.Text(need) == "" {
			return nil, errorf("give -X "+need+"=…, or "+Env(need), "%s needs %s", s.Mechanism, need)
		}
	}
	if s.Mechanism == "PLAIN" && v.Text(jaasModule) == moduleScram || s.Mechanism != "PLAIN" && v.Text(jaasModule) == modulePlain {
		return nil, errorf("", "%s: sasl.jaas.config is for another mechanism than sasl.mechanism, %s", v.Where(jaasModule), s.Mechanism)
	}
	return s, nil
}

func (s *SASL) setExtensions(v Values) error {
	const name = "sasl.oauthbearer.extensions"
	if v.Text(name) == "" {
		return nil
	}
	s.Extensions = map[string]string{}
	for pair := range strings.SplitSeq(v.Text(name), ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok || key == "" {
			return errorf("", "%s: %s: %q is not KEY=VALUE", v.Where(name), name, pair)
		}
		s.Extensions[key] = value
	}
	return nil
}

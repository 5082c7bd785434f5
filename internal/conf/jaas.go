package conf

import (
	"errors"
	"fmt"
	"strings"
)

// ErrJAAS is a sasl.jaas.config that cannot be read.
var ErrJAAS = errors.New("not MODULE FLAG OPTION=\"VALUE\"…;")

// JAAS is a login module with its options, as Java's javax.security.auth.login
// has it.
type JAAS struct {
	Module  string // a class
	Flag    string // required, requisite, sufficient or optional
	Options map[string]string
}

// ParseJAAS reads a sasl.jaas.config: one login module. Its text, which holds a
// password, is in no error.
func ParseJAAS(text string) (JAAS, error) {
	s := jaasScanner{text: text}
	j := JAAS{Options: map[string]string{}}
	var ok bool
	if j.Module, ok = s.word(); !ok {
		return JAAS{}, fmt.Errorf("no login module: %w", ErrJAAS)
	}
	flag, _ := s.word()
	j.Flag = strings.ToLower(flag)
	switch j.Flag {
	case "required", "requisite", "sufficient", "optional":
	default:
		return JAAS{}, fmt.Errorf("after the login module stands no required, requisite, sufficient or optional: %w", ErrJAAS)
	}
	for {
		if s.take(';') {
			break
		}
		name, ok := s.word()
		if !ok || !s.take('=') {
			return JAAS{}, fmt.Errorf("option %d is not NAME=VALUE, or the ; at the end is missing: %w", len(j.Options)+1, ErrJAAS)
		}
		value, ok := s.word()
		if !ok {
			return JAAS{}, fmt.Errorf("the value of option %d is missing or its quote is not closed: %w", len(j.Options)+1, ErrJAAS)
		}
		if _, twice := j.Options[name]; twice {
			return JAAS{}, fmt.Errorf("option %d is there twice: %w", len(j.Options)+1, ErrJAAS)
		}
		j.Options[name] = value
	}
	if s.skip(); s.at < len(s.text) {
		return JAAS{}, fmt.Errorf("text after the ; (one login module is enough): %w", ErrJAAS)
	}
	return j, nil
}

type jaasScanner struct {
	text string
	at   int
}

func (s *jaasScanner) skip() {
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n\f", s.text[s.at]) >= 0 {
		s.at++
	}
}

func (s *jaasScanner) take(c byte) bool {
	s.skip()
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

// word reads a bare or a quoted word, the latter with Java's escapes.
func (s *jaasScanner) word() (string, bool) {
	s.skip()
	if s.at == len(s.text) {
		return "", false
	}
	if q := s.text[s.at]; q == '"' || q == '\'' {
		s.at++
		return s.quoted(q)
	}
	begin := s.at
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n\f=;\"'", s.text[s.at]) < 0 {
		s.at++
	}
	return s.text[begin:s.at], s.at > begin
}

func (s *jaasScanner) quoted(q byte) (string, bool) {
	var b strings.Builder
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case q:
			s.at++
			return b.String(), true
		case '\\':
			if s.at++; s.at == len(s.text) {
				return "", false
			}
			c = s.text[s.at]
			if i := strings.IndexByte("ntrfb", c); i >= 0 {
				c = "\n\t\r\f\b"[i]
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

// The login modules of Apache Kafka.
const (
	modulePlain = "org.apache.kafka.common.security.plain.PlainLoginModule"
	moduleScram = "org.apache.kafka.common.security.scram.ScramLoginModule"
	moduleOAuth = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule"
	moduleKerb  = "com.sun.security.auth.module.Krb5LoginModule"
)

// jaasModule is where Values keep the module of a sasl.jaas.config.
const jaasModule = "(sasl.jaas.config)"

// setJAAS turns a sasl.jaas.config into the properties it stands for.
func (v *Values) setJAAS(where, text string) error {
	j, err := ParseJAAS(text)
	if err != nil {
		return errorf(`it is as: `+modulePlain+` required username="…" password="…";`, "%s: sasl.jaas.config: %w", where, err)
	}
	switch j.Module {
	case modulePlain, moduleScram:
	case moduleOAuth:
		return errorf("give a token: sasl.mechanism=OAUTHBEARER with sasl.oauthbearer.token", "%s: sasl.jaas.config: kq cannot fetch tokens as OAuthBearerLoginModule does", where)
	case moduleKerb:
		return errorf("use PLAIN, SCRAM or OAUTHBEARER, or a client certificate", "%s: sasl.jaas.config: kq has no Kerberos", where)
	default:
		return errorf("kq knows PlainLoginModule and ScramLoginModule of "+strings.TrimSuffix(modulePlain, ".plain.PlainLoginModule"), "%s: sasl.jaas.config: unknown login module %q", where, j.Module)
	}
	for _, option := range []string{"username", "password"} {
		value, ok := j.Options[option]
		if !ok {
			return errorf("", "%s: sasl.jaas.config: it has no %s", where, option)
		}
		v.m["sasl."+option] = Value{Raw: value, Where: where}
	}
	v.m[jaasModule] = Value{Raw: j.Module, Where: where}
	delete(v.m, jaasToken)
	if strings.EqualFold(j.Options["tokenauth"], "true") {
		v.m[jaasToken] = Value{Raw: "true", Where: where}
	}
	return nil
}

// jaasToken is where Values keep that the user of a sasl.jaas.config is a
// delegation token.
const jaasToken = "(tokenauth)"

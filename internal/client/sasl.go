package client

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"kq/internal/conf"
)

// login makes the kgo option of a login, none for none.
func login(s *conf.SASL) []kgo.Opt {
	if s == nil {
		return nil
	}
	return []kgo.Opt{kgo.SASL(mechanism(s))}
}

func mechanism(s *conf.SASL) sasl.Mechanism {
	switch s.Mechanism {
	case "PLAIN":
		return plain.Auth{User: s.User, Pass: s.Password}.AsMechanism()
	case "SCRAM-SHA-256":
		return scram.Auth{User: s.User, Pass: s.Password, IsToken: s.IsToken}.AsSha256Mechanism()
	case "SCRAM-SHA-512":
		return scram.Auth{User: s.User, Pass: s.Password, IsToken: s.IsToken}.AsSha512Mechanism()
	}
	return oauth.Auth{Token: s.Token, Extensions: s.Extensions}.AsMechanism()
}

// StartLogin begins a login at addr, for whoever carries its messages himself:
// the first message, and what answers each challenge, done when nothing is left
// to say.
func StartLogin(ctx context.Context, s *conf.SASL, addr string) (first []byte, answer func(challenge []byte) (done bool, message []byte, err error), err error) {
	session, first, err := mechanism(s).Authenticate(ctx, addr)
	if err != nil {
		return nil, nil, fmt.Errorf("begin %s: %w", as(s), err)
	}
	return first, session.Challenge, nil
}

// as is a login in a message: SASL PLAIN as "alice".
func as(s *conf.SASL) string {
	if s.User == "" {
		return "SASL " + s.Mechanism
	}
	return "SASL " + s.Mechanism + " as \"" + s.User + "\""
}

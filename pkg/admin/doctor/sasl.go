package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/client"
)

const checkLogin = "check the user, the password and the mechanism"

// authenticate agrees on the mechanism and goes through its exchange.
func (v *visit) authenticate(ctx context.Context) (string, *failure) {
	shake := kmsg.NewPtrSASLHandshakeRequest()
	shake.Mechanism = v.o.SASL.Mechanism
	v.pick(shake, 1)
	got, err := v.conn.ask(ctx, shake)
	if err != nil {
		return "", v.saslFailure(err)
	}
	resp := got.(*kmsg.SASLHandshakeResponse)
	switch err := kerr.ErrorForCode(resp.ErrorCode); {
	case errors.Is(err, kerr.UnsupportedSaslMechanism):
		return "", &failure{
			meaning: fmt.Sprintf("the broker does not take the mechanism %s here", shake.Mechanism),
			hint:    "it takes: " + strings.Join(resp.SupportedMechanisms, ", "),
		}
	case errors.Is(err, kerr.IllegalSaslState):
		return "", &failure{meaning: "this listener wants no SASL", hint: "leave SASL out, or use the port of another listener"}
	case err != nil:
		return "", v.saslFailure(err)
	}
	message, answer, err := v.o.SASL.Start(ctx, v.addr)
	if err != nil {
		return "", &failure{meaning: err.Error(), hint: checkLogin}
	}
	for {
		req := kmsg.NewPtrSASLAuthenticateRequest()
		req.SASLAuthBytes = message
		v.pick(req, 1)
		got, err := v.conn.ask(ctx, req)
		if err != nil {
			return "", v.saslFailure(err)
		}
		resp := got.(*kmsg.SASLAuthenticateResponse)
		if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
			if resp.ErrorMessage != nil {
				err = errors.New(*resp.ErrorMessage)
			}
			return "", v.saslFailure(err)
		}
		done, next, err := answer(resp.SASLAuthBytes)
		if err != nil {
			return "", &failure{meaning: err.Error(), hint: checkLogin}
		}
		if done {
			return shake.Mechanism, nil
		}
		message = next
	}
}

func (v *visit) saslFailure(err error) *failure {
	switch {
	case client.TimedOut(err):
		return &failure{meaning: "no answer to the login", hint: "look at the broker's log"}
	case client.HungUp(err):
		return &failure{meaning: "the broker closed the connection at the login", hint: checkLogin}
	}
	return &failure{meaning: "the broker refuses the login: " + err.Error(), hint: checkLogin}
}

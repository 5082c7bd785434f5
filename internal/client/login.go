package client

import (
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The requests that come before a command's own.
const (
	keyAPIVersions  = 18
	keyHandshake    = 17
	keyAuthenticate = 36
)

// request is one whose answer is due.
type request struct{ key, version int16 }

// prelude tells that a request comes before those of a command.
func (r request) prelude() bool {
	return r.key == keyAPIVersions || r.key == keyHandshake || r.key == keyAuthenticate
}

// maxLogin is more than any answer to a login.
const maxLogin = 64 << 10

// asking notes the request that p is.
func (c *conn) asking(p []byte) {
	if len(p) < 8 {
		return
	}
	r := request{int16(binary.BigEndian.Uint16(p[4:])), int16(binary.BigEndian.Uint16(p[6:]))}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.due = append(c.due, r)
}

// answers returns the request that the next answer is for.
func (c *conn) answers() (r request, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.due) == 0 {
		return request{}, false
	}
	r, c.due = c.due[0], c.due[1:]
	return r, true
}

// loginAnswer looks whether the answer to a step of the login refuses it. kgo
// tells of it too, but not of what the broker offers, and not to all who wait.
func (c *conn) loginAnswer(r request, frame []byte) (why reason, refused bool) {
	if len(frame) < 4 {
		return reason{}, false
	}
	body := frame[4:] // what follows the correlation id
	if r.key == keyHandshake {
		resp := kmsg.NewPtrSASLHandshakeResponse()
		resp.Version = r.version
		if resp.ReadFrom(body) != nil || resp.ErrorCode == 0 {
			return reason{}, false
		}
		if len(resp.SupportedMechanisms) == 0 {
			return reason{kind: kindSASLUnwanted}, true
		}
		slices.Sort(resp.SupportedMechanisms)
		return reason{kind: kindSASLMechanism, detail: strings.Join(resp.SupportedMechanisms, ", ")}, true
	}
	resp := kmsg.NewPtrSASLAuthenticateResponse()
	resp.Version = r.version
	if resp.IsFlexible() {
		if len(body) == 0 || body[0] != 0 {
			return reason{}, false // a header with tags, which nobody sends
		}
		body = body[1:]
	}
	if resp.ReadFrom(body) != nil {
		return reason{}, false
	}
	if resp.ErrorCode == 0 {
		// OAUTHBEARER has a refusal of its own, RFC 7628 section 3.2.2: what else
		// would be answered to a token that is good is nothing.
		token := c.watch.settings.Security.SASL != nil && c.watch.settings.Security.SASL.Mechanism == "OAUTHBEARER"
		return reason{kind: kindSASLFailed, detail: tokenStatus(resp.SASLAuthBytes)}, token && len(resp.SASLAuthBytes) > 0
	}
	e := kerr.TypedErrorForCode(resp.ErrorCode)
	if e == nil {
		return reason{}, false
	}
	why = reason{kind: kindSASLFailed, detail: e.Description}
	if resp.ErrorMessage != nil && *resp.ErrorMessage != "" {
		why.detail = *resp.ErrorMessage
	}
	return why, true
}

// tokenStatus is why a token was refused.
func tokenStatus(answer []byte) string {
	var a struct{ Status string }
	if json.Unmarshal(answer, &a) != nil || a.Status == "" {
		return "the token is refused"
	}
	return "the token is refused, " + a.Status
}

// refused ends the command: a login that one broker refuses, all do.
func (w *watch) refused(addr string, why reason) {
	w.mu.Lock()
	h := w.hosts[addr]
	h.why = why
	h.failures++
	err := &ConnectError{Text: "cannot log in at " + w.shown(addr) + ": " + why.text(w.scene()), Next: why.next(addr, w.scene())}
	w.mu.Unlock()
	w.end(err)
}

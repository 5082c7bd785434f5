package cluster

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// The iterations that a SCRAM credential may have (ScramControlManager).
const (
	minScramIterations = 4096
	maxScramIterations = 16384
)

// alterScram is the step of AlterUserScramCredentials (ScramControlManager): one
// change a user, which happens or not by itself. The first thing that is wrong
// with a user is told. Results come in the order of the request.
func (s *stepper) alterScram(q *kmsg.AlterUserSCRAMCredentialsRequest) (*kmsg.AlterUserSCRAMCredentialsResponse, []meta.Record) {
	resp := kmsg.NewPtrAlterUserSCRAMCredentialsResponse()
	var changes []meta.Record // one a result; nil where it is refused
	at := map[string]int{}    // the result of a user
	take := func(user string, change func() (meta.Record, *refusal)) {
		i, again := at[user]
		if !again {
			i = len(changes)
			at[user] = i
			result := kmsg.NewAlterUserSCRAMCredentialsResponseResult()
			result.User = user
			resp.Results, changes = append(resp.Results, result), append(changes, nil)
		}
		r, why := meta.Record(nil), refuse(kerr.DuplicateResource, "A user credential cannot be altered twice in the same request")
		switch {
		case again && changes[i] == nil:
			return // refused already
		case !again:
			r, why = change()
		}
		changes[i] = r
		why.fill(&resp.Results[i].ErrorCode, &resp.Results[i].ErrorMessage)
	}
	for i := range q.Deletions {
		d := &q.Deletions[i]
		take(d.Name, func() (meta.Record, *refusal) { return s.deleteScram(d) })
	}
	for i := range q.Upsertions {
		u := &q.Upsertions[i]
		take(u.Name, func() (meta.Record, *refusal) { return upsertScram(u) })
	}
	return resp, slices.DeleteFunc(changes, func(r meta.Record) bool { return r == nil })
}

func checkScram(user string, mechanism int8) *refusal {
	switch {
	case user == "":
		return refuse(kerr.UnacceptableCredential, "Username must not be empty")
	case mechanism != meta.ScramSHA256 && mechanism != meta.ScramSHA512:
		return refuse(kerr.UnsupportedSaslMechanism, "Unknown SCRAM mechanism")
	}
	return nil
}

func (s *stepper) deleteScram(d *kmsg.AlterUserSCRAMCredentialsRequestDeletion) (meta.Record, *refusal) {
	if why := checkScram(d.Name, d.Mechanism); why != nil {
		return nil, why
	}
	if s.img.ScramCredential(d.Name, d.Mechanism) == nil {
		return nil, refuse(kerr.ResourceNotFound, "Attempt to delete a user credential that does not exist")
	}
	return &meta.RemoveScramCredential{Name: d.Name, Mechanism: d.Mechanism}, nil
}

// upsertScram makes the record of a credential. What the client sends is the
// salted password; what is kept are the two keys that RFC 5802 makes of it.
func upsertScram(u *kmsg.AlterUserSCRAMCredentialsRequestUpsertion) (meta.Record, *refusal) {
	why := checkScram(u.Name, u.Mechanism)
	switch {
	case why != nil:
		return nil, why
	case u.Iterations < minScramIterations:
		return nil, refuse(kerr.UnacceptableCredential, "Too few iterations")
	case u.Iterations > maxScramIterations:
		return nil, refuse(kerr.UnacceptableCredential, "Too many iterations")
	case len(u.SaltedPassword) == 0:
		return nil, &refusal{err: kerr.UnknownServerError} // an empty key, over which Kafka fails
	}
	newHash := sha256.New
	if u.Mechanism == meta.ScramSHA512 {
		newHash = sha512.New
	}
	clientKey := keyed(newHash, u.SaltedPassword, "Client Key")
	h := newHash()
	h.Write(clientKey)
	return &meta.UserScramCredential{
		Name: u.Name, Mechanism: u.Mechanism, Iterations: u.Iterations,
		Salt:      append([]byte(nil), u.Salt...),
		StoredKey: h.Sum(nil), ServerKey: keyed(newHash, u.SaltedPassword, "Server Key"),
	}, nil
}

func keyed(newHash func() hash.Hash, key []byte, text string) []byte {
	h := hmac.New(newHash, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

package api

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// handleDescribeUserSCRAMCredentials answers DescribeUserScramCredentials 0
// (KIP-554): which credentials the users asked for have, or all of them.
func handleDescribeUserSCRAMCredentials(s *Service, _ *Request, q *kmsg.DescribeUserSCRAMCredentialsRequest) kmsg.Response {
	resp := kmsg.NewPtrDescribeUserSCRAMCredentialsResponse()
	none := ""
	resp.ErrorMessage = &none
	img := s.Image()
	users, times := scramUsers(img, q)
	for _, user := range users {
		r := kmsg.NewDescribeUserSCRAMCredentialsResponseResult()
		r.User, r.ErrorMessage = user, &none
		for _, mechanism := range []int8{meta.ScramSHA256, meta.ScramSHA512} {
			if c := img.ScramCredential(user, mechanism); c != nil {
				info := kmsg.NewDescribeUserSCRAMCredentialsResponseResultCredentialInfo()
				info.Mechanism, info.Iterations = c.Mechanism, c.Iterations
				r.CredentialInfos = append(r.CredentialInfos, info)
			}
		}
		switch {
		case times[user] > 1:
			text := "Cannot describe SCRAM credentials for the same user twice in a single request: " + user
			r.ErrorCode, r.ErrorMessage, r.CredentialInfos = kerr.DuplicateResource.Code, &text, nil
		case len(r.CredentialInfos) == 0:
			text := "Attempt to describe a user credential that does not exist: " + user
			r.ErrorCode, r.ErrorMessage = kerr.ResourceNotFound.Code, &text
		}
		resp.Results = append(resp.Results, r)
	}
	return resp
}

// scramUsers lists the users that are meant, each once, and how often the request
// names them.
func scramUsers(img *meta.Image, q *kmsg.DescribeUserSCRAMCredentialsRequest) (users []string, times map[string]int) {
	times = map[string]int{}
	for i := range q.Users {
		if times[q.Users[i].Name]++; times[q.Users[i].Name] == 1 {
			users = append(users, q.Users[i].Name)
		}
	}
	if len(q.Users) > 0 {
		return users, times
	}
	for _, c := range img.ScramCredentials() {
		if n := len(users); n == 0 || users[n-1] != c.Name {
			users = append(users, c.Name)
		}
	}
	return users, times
}

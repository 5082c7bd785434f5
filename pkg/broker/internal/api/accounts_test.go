package api

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// As Apache Kafka 4.3.1 answers, but for the order of results.
func TestDescribeScram(t *testing.T) {
	n := newNode(t, nil)
	q := kmsg.NewPtrDescribeUserSCRAMCredentialsRequest()
	n.expect(t, "nobody", q, `{"ErrorCode":0,"ErrorMessage":"","Results":null}`)
	n.apply(&meta.UserScramCredential{Name: "bob", Mechanism: 2, Iterations: 8192},
		&meta.UserScramCredential{Name: "alice", Mechanism: 2, Iterations: 5000}, &meta.UserScramCredential{Name: "alice", Mechanism: 1, Iterations: 4096})
	const alice = `{"User":"alice","ErrorCode":0,"ErrorMessage":"","CredentialInfos":[{"Mechanism":1,"Iterations":4096},{"Mechanism":2,"Iterations":5000}]}`
	const bob = `{"User":"bob","ErrorCode":0,"ErrorMessage":"","CredentialInfos":[{"Mechanism":2,"Iterations":8192}]}`
	n.expect(t, "all", q, `{"ErrorCode":0,"ErrorMessage":"","Results":[`+alice+`,`+bob+`]}`)
	for _, name := range []string{"bob", "carol", "alice", "alice"} {
		q.Users = append(q.Users, kmsg.DescribeUserSCRAMCredentialsRequestUser{Name: name})
	}
	n.expect(t, "some", q, `{"ErrorCode":0,"ErrorMessage":"","Results":[`+bob+
		`,{"User":"carol","ErrorCode":91,"ErrorMessage":"Attempt to describe a user credential that does not exist: carol","CredentialInfos":null}`+
		`,{"User":"alice","ErrorCode":92,"ErrorMessage":"Cannot describe SCRAM credentials for the same user twice in a single request: alice","CredentialInfos":null}]}`)
}

// As Apache Kafka 4.3.1 answers, but for the order of entries.
func TestDescribeClientQuotas(t *testing.T) {
	n := newNode(t, nil)
	name := func(s string) *string { return &s }
	quota := func(value float64, entity ...meta.QuotaEntity) *meta.ClientQuota {
		return &meta.ClientQuota{Entity: entity, Key: "k", Value: value}
	}
	user := meta.QuotaEntity{Type: "user", Name: name("a")}
	n.apply(quota(1, user), quota(2, meta.QuotaEntity{Type: "user"}), quota(3, meta.QuotaEntity{Type: "client-id", Name: name("c")}, user),
		quota(4, meta.QuotaEntity{Type: "ip"}), quota(5, meta.QuotaEntity{Type: "client-id"}))
	type part = kmsg.DescribeClientQuotasRequestComponent
	for _, c := range []struct {
		name   string
		strict bool
		parts  []part
		code   int16
		text   string
		values []float64
	}{
		{"all", false, nil, 0, "", []float64{5, 3, 4, 2, 1}},
		{"all, strict", true, nil, 0, "", nil},
		{"user a", false, []part{{EntityType: "user", Match: name("a")}}, 0, "", []float64{3, 1}},
		{"user a, strict", true, []part{{EntityType: "user", Match: name("a")}}, 0, "", []float64{1}},
		{"default user", false, []part{{EntityType: "user", MatchType: 1}}, 0, "", []float64{2}},
		{"any user, strict", true, []part{{EntityType: "user", MatchType: 2}}, 0, "", []float64{2, 1}},
		{"any user and client", true, []part{{EntityType: "user", MatchType: 2}, {EntityType: "client-id", MatchType: 2}}, 0, "", []float64{3}},
		{"any address", false, []part{{EntityType: "ip", MatchType: 2}}, 0, "", []float64{4}},
		{"exact null", false, []part{{EntityType: "user"}}, 42, "Request specified MATCH_TYPE_EXACT, but set match string to null.", nil},
		{"default with a name", false, []part{{EntityType: "user", MatchType: 1, Match: name("a")}}, 42, "Request specified MATCH_TYPE_DEFAULT, but also specified a match string.", nil},
		{"match type", false, []part{{EntityType: "user", MatchType: 9}}, 42, "Unknown match type 9", nil},
		{"entity type", false, []part{{EntityType: "group", MatchType: 2}}, 35, "Unsupported entity type group", nil},
		{"no entity type", false, []part{{MatchType: 2}}, 42, "Invalid empty entity type.", nil},
		{"twice", false, []part{{EntityType: "user", MatchType: 2}, {EntityType: "user", MatchType: 1}}, 42, "Entity type user cannot appear more than once in the filter.", nil},
		{"address and user", false, []part{{EntityType: "user", MatchType: 2}, {EntityType: "ip", MatchType: 2}}, 42, "Invalid entity filter component combination. IP filter component should not be used with user or clientId filter component.", nil},
	} {
		for v := int16(0); v <= 1; v++ {
			resp := ask(t, n.Service, &kmsg.DescribeClientQuotasRequest{Version: v, Components: c.parts, Strict: c.strict}).(*kmsg.DescribeClientQuotasResponse)
			if resp.ErrorCode != c.code || *resp.ErrorMessage != c.text || (resp.Entries == nil) != (c.code != 0) || len(resp.Entries) != len(c.values) {
				t.Errorf("%s version %d: %d %q, %+v", c.name, v, resp.ErrorCode, *resp.ErrorMessage, resp.Entries)
				continue
			}
			for i, want := range c.values {
				if got := resp.Entries[i].Values[0].Value; got != want {
					t.Errorf("%s version %d: entry %d is %v, want %v", c.name, v, i, got, want)
				}
			}
		}
	}
}

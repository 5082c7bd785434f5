package interop

import (
	"github.com/twmb/franz-go/pkg/kmsg"
)

func accountRows() []Row {
	return []Row{
		{Name: "i-scram", Traps: []int{124}, Alone: true, Sort: []string{"Results", "Results.CredentialInfos"}, Run: scram},
		{Name: "i-quota-errors", Traps: []int{125}, Sort: quotaOrder(), Run: quotaErrors},
		{Name: "i-quota-filters", Traps: []int{125}, Alone: true, Sort: quotaOrder(), Run: quotaFilters},
		{Name: "i-acls-disabled", Traps: []int{126}, Run: aclsDisabled},
	}
}

type (
	scramGone = kmsg.AlterUserSCRAMCredentialsRequestDeletion
	scramSet  = kmsg.AlterUserSCRAMCredentialsRequestUpsertion
)

func scramCredential(user string, mechanism int8, iterations int32) scramSet {
	return scramSet{Name: user, Mechanism: mechanism, Iterations: iterations, Salt: []byte("salt12345678"), SaltedPassword: []byte("salted password, thirty-two byte")}
}

func scram(s *Session) {
	users := func(names ...string) *kmsg.DescribeUserSCRAMCredentialsRequest {
		req := &kmsg.DescribeUserSCRAMCredentialsRequest{}
		for _, n := range names {
			req.Users = append(req.Users, kmsg.DescribeUserSCRAMCredentialsRequestUser{Name: n})
		}
		return req
	}
	alter := func(what string, gone []scramGone, set ...scramSet) {
		s.Note("%s", what)
		s.Send(&kmsg.AlterUserSCRAMCredentialsRequest{Deletions: gone, Upsertions: set})
	}
	s.Send(users())
	s.Send(users("alice"))
	alter("nothing", nil)
	alter("remove what is not there", []scramGone{{Name: "alice", Mechanism: 1}})
	alter("mechanisms", []scramGone{{Name: "a1"}, {Name: "a2", Mechanism: 9}}, scramCredential("a3", 0, 4096), scramCredential("a4", 3, 4096))
	alter("iterations", nil, scramCredential("a1", 1, 4095), scramCredential("a2", 1, 16385), scramCredential("a3", 2, 0), scramCredential("a4", 2, -1))
	alter("no user", []scramGone{{Mechanism: 1}})
	alter("no password", nil, scramSet{Name: "a1", Mechanism: 1, Iterations: 4096, Salt: []byte("salt")})
	alter("twice", []scramGone{{Name: "a1", Mechanism: 1}, {Name: "a1", Mechanism: 2}, {Name: "a2", Mechanism: 1}},
		scramCredential("a2", 1, 4096), scramCredential("a3", 1, 4096), scramCredential("a3", 2, 4096))
	alter("set", nil, scramCredential("alice", 1, 4096), scramCredential("bob", 2, 16384), scramSet{Name: "carol", Mechanism: 1, Iterations: 5000, SaltedPassword: []byte("p")})
	alter("another mechanism", nil, scramCredential("alice", 2, 8192))
	s.Until(users("alice"), func(r kmsg.Response) bool {
		return len(r.(*kmsg.DescribeUserSCRAMCredentialsResponse).Results[0].CredentialInfos) == 2
	})
	s.Send(users())
	s.Send(users("bob", "nobody", "alice", "alice", ""))
	alter("remove", []scramGone{{Name: "alice", Mechanism: 1}, {Name: "bob", Mechanism: 1}})
	s.Until(users("alice"), func(r kmsg.Response) bool {
		return len(r.(*kmsg.DescribeUserSCRAMCredentialsResponse).Results[0].CredentialInfos) == 1
	})
	s.Send(users())
}

func quotaOrder() []string { return []string{"Entries", "Entries.Entity", "Entries.Values"} }

type (
	quotaOf = kmsg.AlterClientQuotasRequestEntryEntity
	quotaOp = kmsg.AlterClientQuotasRequestEntryOp
)

// quotaEntity makes an entity of types and names; the name * is the default.
func quotaEntity(kv ...string) (out []quotaOf) {
	for i := 0; i < len(kv); i += 2 {
		e := quotaOf{Type: kv[i]}
		if kv[i+1] != "*" {
			e.Name = &kv[i+1]
		}
		out = append(out, e)
	}
	return out
}

func alterQuota(version int16, entity []quotaOf, ops ...quotaOp) *kmsg.AlterClientQuotasRequest {
	return &kmsg.AlterClientQuotasRequest{Version: version, Entries: []kmsg.AlterClientQuotasRequestEntry{{Entity: entity, Ops: ops}}}
}

const (
	bytesIn     = "producer_byte_rate"
	bytesOut    = "consumer_byte_rate"
	connections = "connection_creation_rate"
)

func quotaErrors(s *Session) {
	u := quotaEntity("user", "u")
	for _, c := range []struct {
		what   string
		entity []quotaOf
		ops    []quotaOp
	}{
		{"no ops", u, nil},
		{"unknown key", u, []quotaOp{{Key: "nope", Value: 1}}},
		{"unknown key removed", u, []quotaOp{{Key: "nope", Remove: true}}},
		{"absent key removed", u, []quotaOp{{Key: bytesIn, Remove: true}}},
		{"a key of addresses", u, []quotaOp{{Key: connections, Value: 1}}},
		{"zero", u, []quotaOp{{Key: bytesIn}}},
		{"negative", u, []quotaOp{{Key: bytesIn, Value: -1}}},
		{"fraction", u, []quotaOp{{Key: bytesIn, Value: 1.5}}},
		{"huge", u, []quotaOp{{Key: bytesIn, Value: 1e30}}},
		{"key twice", u, []quotaOp{{Key: bytesIn, Value: 1}, {Key: bytesIn, Value: 2}}},
		{"no entity", nil, []quotaOp{{Key: bytesIn, Value: 1}}},
		{"unknown type", quotaEntity("group", "g"), []quotaOp{{Key: bytesIn, Value: 1}}},
		{"empty type", quotaEntity("", "g"), []quotaOp{{Key: bytesIn, Value: 1}}},
		{"empty name", quotaEntity("user", ""), []quotaOp{{Key: bytesIn, Value: 1}}},
		{"address and user", quotaEntity("ip", "127.0.0.1", "user", "u"), []quotaOp{{Key: bytesIn, Value: 1}}},
		{"no address", quotaEntity("ip", "not an ip"), []quotaOp{{Key: connections, Value: 1}}},
		{"address, wrong key", quotaEntity("ip", "127.0.0.1"), []quotaOp{{Key: bytesIn, Value: 1}}},
		{"address, fraction", quotaEntity("ip", "127.0.0.1"), []quotaOp{{Key: connections, Value: 1.5}}},
		{"address, too many", quotaEntity("ip", "127.0.0.1"), []quotaOp{{Key: connections, Value: 1e10}}},
	} {
		s.Note("%s", c.what)
		versions(0, 1, func(v int16) { s.Send(alterQuota(v, c.entity, c.ops...)) })
	}
}

func quotaFilters(s *Session) {
	describe := func(version int16, strict bool, parts ...kmsg.DescribeClientQuotasRequestComponent) *kmsg.DescribeClientQuotasRequest {
		return &kmsg.DescribeClientQuotasRequest{Version: version, Strict: strict, Components: parts}
	}
	s.Send(describe(1, false))
	for i, e := range [][]quotaOf{
		quotaEntity("user", "a"), quotaEntity("user", "*"), quotaEntity("user", "a", "client-id", "c"),
		quotaEntity("user", "*", "client-id", "*"), quotaEntity("client-id", "*"),
	} {
		s.Send(alterQuota(1, e, quotaOp{Key: bytesIn, Value: float64(i + 1)}, quotaOp{Key: "request_percentage", Value: 0.5 + float64(i)}))
	}
	s.Send(alterQuota(1, quotaEntity("client-id", "c", "user", "a"), quotaOp{Key: bytesOut, Value: 9}))
	s.Send(alterQuota(1, quotaEntity("ip", "127.0.0.1"), quotaOp{Key: connections, Value: 5}))
	s.Until(describe(1, false), func(r kmsg.Response) bool { return len(r.(*kmsg.DescribeClientQuotasResponse).Entries) == 6 })
	part := func(kind string, match int8, name ...string) kmsg.DescribeClientQuotasRequestComponent {
		c := kmsg.DescribeClientQuotasRequestComponent{EntityType: kind, MatchType: kmsg.QuotasMatchType(match)}
		if len(name) > 0 {
			c.Match = &name[0]
		}
		return c
	}
	for _, strict := range []bool{false, true} {
		s.Note("strict: %v", strict)
		s.Send(describe(1, strict))
		s.Send(describe(1, strict, part("user", 0, "a")))
		s.Send(describe(0, strict, part("user", 1)))
		s.Send(describe(1, strict, part("user", 2)))
		s.Send(describe(1, strict, part("user", 2), part("client-id", 2)))
		s.Send(describe(1, strict, part("ip", 2)))
	}
	s.Note("what is no filter")
	s.Send(describe(1, false, part("user", 0)))
	s.Send(describe(1, false, part("user", 1, "a")))
	s.Send(describe(1, false, part("user", 2, "a")))
	s.Send(describe(1, false, part("user", 9)))
	s.Send(describe(1, false, part("group", 2)))
	s.Send(describe(1, false, part("", 2)))
	s.Send(describe(1, false, part("user", 2), part("user", 1)))
	s.Send(describe(1, false, part("user", 2), part("ip", 2)))
	s.Note("removed")
	s.Send(alterQuota(1, quotaEntity("ip", "127.0.0.1"), quotaOp{Key: connections, Remove: true}))
	s.Until(describe(1, false), func(r kmsg.Response) bool { return len(r.(*kmsg.DescribeClientQuotasResponse).Entries) == 5 })
	s.Send(describe(1, false, part("ip", 2)))
}

func aclsDisabled(s *Session) {
	creation := kmsg.CreateACLsRequestCreation{
		ResourceType: 2, ResourceName: "p", ResourcePatternType: 3, Principal: "User:a", Host: "*", Operation: 3, PermissionType: 3,
	}
	any := kmsg.DeleteACLsRequestFilter{ResourceType: 1, ResourcePatternType: 1, Operation: 1, PermissionType: 1}
	describe := func(v int16) *kmsg.DescribeACLsRequest {
		return &kmsg.DescribeACLsRequest{Version: v, ResourceType: 1, ResourcePatternType: 1, Operation: 1, PermissionType: 1}
	}
	versions(1, 3, func(v int16) {
		s.Send(describe(v))
		s.Send(&kmsg.CreateACLsRequest{Version: v, Creations: []kmsg.CreateACLsRequestCreation{creation, creation}})
		s.Send(&kmsg.CreateACLsRequest{Version: v})
		s.Send(&kmsg.DeleteACLsRequest{Version: v, Filters: []kmsg.DeleteACLsRequestFilter{any, any}})
		s.Send(&kmsg.DeleteACLsRequest{Version: v})
	})
	s.Note("of an unknown kind")
	unknown := describe(3)
	unknown.ResourceType = 0
	s.Send(unknown)
	creation.Operation = 0
	s.Send(&kmsg.CreateACLsRequest{Version: 3, Creations: []kmsg.CreateACLsRequestCreation{creation}})
	any.PermissionType = 0
	s.Send(&kmsg.DeleteACLsRequest{Version: 3, Filters: []kmsg.DeleteACLsRequestFilter{any}})
}

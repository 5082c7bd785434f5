package api

import (
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// The match types of DescribeClientQuotas.
const (
	matchExact kmsg.QuotasMatchType = iota
	matchDefault
	matchAny
)

// handleDescribeClientQuotas answers DescribeClientQuotas 0-1 (KIP-546): the limits
// of the entities that have all the components asked for and, if strict, no others
// (ClientQuotasImage.describe).
func handleDescribeClientQuotas(s *Service, _ *Request, q *kmsg.DescribeClientQuotasRequest) kmsg.Response {
	resp := kmsg.NewPtrDescribeClientQuotasResponse()
	none := ""
	resp.ErrorMessage = &none
	if ke, text := checkQuotaFilter(q.Components); ke != nil {
		resp.ErrorCode, resp.ErrorMessage = ke.Code, &text
		return resp
	}
	resp.Entries = []kmsg.DescribeClientQuotasResponseEntry{}
	for _, have := range s.Image().AllQuotas() {
		if !quotaMatches(have.Entity, q) {
			continue
		}
		entry := kmsg.NewDescribeClientQuotasResponseEntry()
		for _, e := range have.Entity {
			entry.Entity = append(entry.Entity, kmsg.DescribeClientQuotasResponseEntryEntity{Type: e.Type, Name: e.Name})
		}
		for _, key := range slices.Sorted(maps.Keys(have.Values)) {
			entry.Values = append(entry.Values, kmsg.DescribeClientQuotasResponseEntryValue{Key: key, Value: have.Values[key]})
		}
		resp.Entries = append(resp.Entries, entry)
	}
	return resp
}

// checkQuotaFilter says in Kafka's words what is wrong with the components.
func checkQuotaFilter(components []kmsg.DescribeClientQuotasRequestComponent) (*kerr.Error, string) {
	seen := map[string]bool{}
	for i := range components {
		c := &components[i]
		switch {
		case c.EntityType == "":
			return kerr.InvalidRequest, "Invalid empty entity type."
		case seen[c.EntityType]:
			return kerr.InvalidRequest, fmt.Sprintf("Entity type %s cannot appear more than once in the filter.", c.EntityType)
		case c.EntityType != "user" && c.EntityType != "client-id" && c.EntityType != "ip":
			return kerr.UnsupportedVersion, "Unsupported entity type " + c.EntityType
		case c.MatchType == matchExact && c.Match == nil:
			return kerr.InvalidRequest, "Request specified MATCH_TYPE_EXACT, but set match string to null."
		case c.MatchType == matchDefault && c.Match != nil:
			return kerr.InvalidRequest, "Request specified MATCH_TYPE_DEFAULT, but also specified a match string."
		case c.MatchType == matchAny && c.Match != nil:
			return kerr.InvalidRequest, "Request specified MATCH_TYPE_SPECIFIED, but also specified a match string."
		case c.MatchType < matchExact || c.MatchType > matchAny:
			return kerr.InvalidRequest, fmt.Sprintf("Unknown match type %d", c.MatchType)
		}
		seen[c.EntityType] = true
	}
	if seen["ip"] && len(seen) > 1 {
		return kerr.InvalidRequest, "Invalid entity filter component combination. IP filter component should not be used with user or clientId filter component."
	}
	return nil, ""
}

func quotaMatches(entity []meta.QuotaEntity, q *kmsg.DescribeClientQuotasRequest) bool {
	for i := range q.Components {
		c := &q.Components[i]
		ok := slices.ContainsFunc(entity, func(e meta.QuotaEntity) bool {
			if e.Type != c.EntityType {
				return false
			}
			switch c.MatchType {
			case matchExact:
				return e.Name != nil && *e.Name == *c.Match
			case matchDefault:
				return e.Name == nil
			}
			return true
		})
		if !ok {
			return false
		}
	}
	return !q.Strict || len(entity) == len(q.Components)
}

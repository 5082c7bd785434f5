package cluster

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// quotaKind is what a quota's value may be (QuotaConfig).
type quotaKind struct {
	most float64 // 0: any number above 0, else whole ones up to here
	kind string  // Java's name of the type
}

// quotaKeys are the limits that an entity can have.
func quotaKeys(ip bool) map[string]quotaKind {
	if ip {
		return map[string]quotaKind{"connection_creation_rate": {math.MaxInt32, "an INT"}}
	}
	return map[string]quotaKind{
		"producer_byte_rate":       {math.MaxInt64, "a LONG"},
		"consumer_byte_rate":       {math.MaxInt64, "a LONG"},
		"request_percentage":       {},
		"controller_mutation_rate": {},
	}
}

// alterClientQuotas is the step of AlterClientQuotas (ClientQuotaControlManager).
// Each entity is changed as a whole or not at all; one that is named twice is not
// changed.
func (s *stepper) alterClientQuotas(q *kmsg.AlterClientQuotasRequest) (*kmsg.AlterClientQuotasResponse, []meta.Record) {
	resp := kmsg.NewPtrAlterClientQuotasResponse()
	times := map[string]int{}
	entities := make([][]meta.QuotaEntity, len(q.Entries))
	for i := range q.Entries {
		entities[i] = quotaEntity(q.Entries[i].Entity)
		times[entityText(entities[i])]++
	}
	var records []meta.Record
	for i := range q.Entries {
		text := entityText(entities[i])
		n := times[text]
		if n == 0 {
			continue // answered
		}
		times[text] = 0
		why := refuse(kerr.InvalidRequest, "Ignoring duplicate entity "+text)
		if n == 1 && !keyTwice(q.Entries[i].Ops) {
			var changes []meta.Record
			if changes, why = s.alterQuota(entities[i], q.Entries[i].Ops); why == nil {
				records = append(records, changes...)
			}
		}
		out := kmsg.NewAlterClientQuotasResponseEntry()
		for _, e := range entities[i] {
			out.Entity = append(out.Entity, kmsg.AlterClientQuotasResponseEntryEntity{Type: e.Type, Name: e.Name})
		}
		why.fill(&out.ErrorCode, &out.ErrorMessage)
		resp.Entries = append(resp.Entries, out)
	}
	if q.ValidateOnly {
		records = nil
	}
	return resp, records
}

// quotaEntity puts the parts of an entity in order; of two of a type the later
// counts.
func quotaEntity(parts []kmsg.AlterClientQuotasRequestEntryEntity) (out []meta.QuotaEntity) {
	byType := map[string]*string{}
	for _, p := range parts {
		byType[p.Type] = p.Name
	}
	for _, t := range slices.Sorted(maps.Keys(byType)) {
		out = append(out, meta.QuotaEntity{Type: t, Name: byType[t]})
	}
	return out
}

// entityText is an entity as Kafka prints it.
func entityText(entity []meta.QuotaEntity) string {
	text := ""
	for i, e := range entity {
		if i > 0 {
			text += ", "
		}
		name := "null"
		if e.Name != nil {
			name = *e.Name
		}
		text += e.Type + "=" + name
	}
	return "ClientQuotaEntity(entries={" + text + "})"
}

func keyTwice(ops []kmsg.AlterClientQuotasRequestEntryOp) bool {
	seen := map[string]bool{}
	for _, op := range ops {
		if seen[op.Key] {
			return true
		}
		seen[op.Key] = true
	}
	return false
}

// alterQuota gives the records that change the limits of one entity.
func (s *stepper) alterQuota(entity []meta.QuotaEntity, ops []kmsg.AlterClientQuotasRequestEntryOp) ([]meta.Record, *refusal) {
	keys, why := checkEntity(entity)
	if why != nil {
		return nil, why
	}
	var have map[string]float64
	if old := s.img.Quotas(entity); old != nil {
		have = old.Values
	}
	var records []meta.Record
	for _, op := range slices.SortedFunc(slices.Values(ops), func(a, b kmsg.AlterClientQuotasRequestEntryOp) int { return cmp.Compare(a.Key, b.Key) }) {
		old, was := have[op.Key]
		if op.Remove {
			if was {
				records = append(records, &meta.ClientQuota{Entity: entity, Key: op.Key, Remove: true})
			}
			continue
		}
		if why := checkQuota(keys, op.Key, op.Value); why != nil {
			return nil, why
		}
		if !was || old != op.Value {
			records = append(records, &meta.ClientQuota{Entity: entity, Key: op.Key, Value: op.Value})
		}
	}
	return records, nil
}

// checkEntity gives the keys that an entity can have.
func checkEntity(entity []meta.QuotaEntity) (map[string]quotaKind, *refusal) {
	ip := false
	for _, e := range entity {
		switch e.Type {
		case "user", "client-id":
		case "ip":
			ip = true
		default:
			return nil, refuse(kerr.InvalidRequest, "Unhandled client quota entity type: "+e.Type)
		}
		if e.Name != nil && *e.Name == "" {
			return nil, refuse(kerr.InvalidRequest, fmt.Sprintf("Empty %s not supported", e.Type))
		}
	}
	switch {
	case len(entity) == 0:
		return nil, refuse(kerr.InvalidRequest, "Invalid empty client quota entity")
	case ip && len(entity) > 1:
		return nil, refuse(kerr.InvalidRequest, "Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId")
	case ip && entity[0].Name != nil && !isAddress(*entity[0].Name):
		return nil, refuse(kerr.InvalidRequest, *entity[0].Name+" is not a valid IP or resolvable host.")
	}
	return quotaKeys(ip), nil
}

// isAddress takes addresses, and of the names that Kafka would look up the one
// that needs no look-up.
func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || host == "localhost"
}

func checkQuota(keys map[string]quotaKind, key string, value float64) *refusal {
	k, ok := keys[key]
	switch {
	case !ok:
		return refuse(kerr.InvalidRequest, "Invalid configuration key "+key)
	case value <= 0:
		return refuse(kerr.InvalidRequest, fmt.Sprintf("Quota %s must be greater than 0", key))
	case k.most == 0:
		return nil
	case value > k.most:
		return refuse(kerr.InvalidRequest, fmt.Sprintf("Proposed value for %s is too large for %s.", key, k.kind))
	case math.Mod(value, 1) > 1e-6:
		return refuse(kerr.InvalidRequest, key+" cannot be a fractional value.")
	}
	return nil
}

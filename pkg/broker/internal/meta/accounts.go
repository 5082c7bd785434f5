package meta

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// scramKey names one credential.
type scramKey struct {
	user      string
	mechanism int8
}

func compareScram(a, b scramKey) int {
	return cmp.Or(strings.Compare(a.user, b.user), cmp.Compare(a.mechanism, b.mechanism))
}

// Quotas are the limits of one entity, by key. Read-only.
type Quotas struct {
	Entity []QuotaEntity // by type
	Values map[string]float64
}

// ScramCredential returns a user's credential, nil when there is none.
func (img *Image) ScramCredential(user string, mechanism int8) *UserScramCredential {
	c, _ := img.scram.get(scramKey{user, mechanism})
	return c
}

// ScramCredentials lists all credentials by user and mechanism.
func (img *Image) ScramCredentials() []*UserScramCredential {
	out := make([]*UserScramCredential, 0, img.scram.size)
	img.scram.from(nil, func(_ scramKey, c *UserScramCredential) bool {
		out = append(out, c)
		return true
	})
	return out
}

// Quotas returns the limits of an entity, nil when it has none.
func (img *Image) Quotas(entity []QuotaEntity) *Quotas {
	q, _ := img.quotas.get(quotaKey(entity))
	return q
}

// AllQuotas lists the limits of all entities, by entity.
func (img *Image) AllQuotas() []*Quotas {
	out := make([]*Quotas, 0, img.quotas.size)
	img.quotas.from(nil, func(_ string, q *Quotas) bool {
		out = append(out, q)
		return true
	})
	return out
}

// quotaKey is the same for all orders of the parts of an entity.
func quotaKey(entity []QuotaEntity) string {
	var b strings.Builder
	for _, e := range sortedEntity(entity) {
		if e.Name == nil {
			fmt.Fprintf(&b, "%q default,", e.Type)
		} else {
			fmt.Fprintf(&b, "%q name %q,", e.Type, *e.Name)
		}
	}
	return b.String()
}

func sortedEntity(entity []QuotaEntity) []QuotaEntity {
	return slices.SortedFunc(slices.Values(entity), func(a, b QuotaEntity) int { return strings.Compare(a.Type, b.Type) })
}

func (d *Delta) setScram(r *UserScramCredential) {
	d.img.scram = d.img.scram.put(scramKey{r.Name, r.Mechanism}, r)
}

func (d *Delta) removeScram(r *RemoveScramCredential) {
	d.img.scram = d.img.scram.remove(scramKey{r.Name, r.Mechanism})
}

func (d *Delta) setQuota(r *ClientQuota) {
	key := quotaKey(r.Entity)
	next := &Quotas{Entity: sortedEntity(r.Entity), Values: map[string]float64{}}
	if old, ok := d.img.quotas.get(key); ok {
		next.Values = maps.Clone(old.Values)
	}
	if r.Remove {
		delete(next.Values, r.Key)
	} else {
		next.Values[r.Key] = r.Value
	}
	if len(next.Values) == 0 {
		d.img.quotas = d.img.quotas.remove(key)
	} else {
		d.img.quotas = d.img.quotas.put(key, next)
	}
}

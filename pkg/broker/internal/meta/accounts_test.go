package meta

import (
	"testing"
)

// Credentials and quotas live in the image and in its snapshot.
func TestImageAccounts(t *testing.T) {
	user := func(name string) []QuotaEntity { return []QuotaEntity{{Type: "user", Name: &name}} }
	both := []QuotaEntity{{Type: "user", Name: ptr("a")}, {Type: "client-id"}}
	swapped := []QuotaEntity{both[1], both[0]}
	empty := NewImage("c")
	img := apply(t, empty,
		&UserScramCredential{Name: "b", Mechanism: 2, Iterations: 5}, &UserScramCredential{Name: "b", Mechanism: 1, Iterations: 4},
		&UserScramCredential{Name: "a", Mechanism: 1}, &UserScramCredential{Name: "b", Mechanism: 1, Iterations: 6},
		&ClientQuota{Entity: user("a"), Key: "k", Value: 1}, &ClientQuota{Entity: user("a"), Key: "l", Value: 2},
		&ClientQuota{Entity: both, Key: "k", Value: 3}, &ClientQuota{Entity: swapped, Key: "l", Value: 4},
		&ClientQuota{Entity: []QuotaEntity{{Type: "user"}}, Key: "k", Value: 5},
	)
	if len(empty.ScramCredentials()) != 0 || len(empty.AllQuotas()) != 0 {
		t.Error("the old image changed")
	}
	if all := img.ScramCredentials(); len(all) != 3 || all[0].Name != "a" || img.ScramCredential("b", 1).Iterations != 6 || img.ScramCredential("c", 1) != nil {
		t.Errorf("credentials: %+v", all)
	}
	if all := img.AllQuotas(); len(all) != 3 || len(img.Quotas(swapped).Values) != 2 || img.Quotas(both).Entity[0].Type != "client-id" {
		t.Errorf("quotas: %+v", all)
	}
	d := NewDelta(NewImage("c"))
	if err := img.Records(d.Apply); err != nil {
		t.Fatal(err)
	}
	if loaded := d.Image(img.Offset, img.Epoch); describe(loaded) != describe(img) {
		t.Errorf("snapshot gives\n%s, not\n%s", describe(loaded), describe(img))
	}
	gone := apply(t, img, &RemoveScramCredential{Name: "b", Mechanism: 1}, &RemoveScramCredential{Name: "x", Mechanism: 1},
		&ClientQuota{Entity: user("a"), Key: "k", Remove: true}, &ClientQuota{Entity: user("a"), Key: "l", Remove: true},
		&ClientQuota{Entity: user("z"), Key: "l", Remove: true})
	if len(gone.ScramCredentials()) != 2 || gone.Quotas(user("a")) != nil || len(gone.AllQuotas()) != 2 || len(img.AllQuotas()) != 3 {
		t.Errorf("left: %+v, %+v", gone.ScramCredentials(), gone.AllQuotas())
	}
}

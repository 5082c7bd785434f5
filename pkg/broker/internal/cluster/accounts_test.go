package cluster

import (
	"bytes"
	"context"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/vfs"
)

type (
	scramGone = kmsg.AlterUserSCRAMCredentialsRequestDeletion
	scramSet  = kmsg.AlterUserSCRAMCredentialsRequestUpsertion
	quotaPart = kmsg.AlterClientQuotasRequestEntryEntity
	quotaOp   = kmsg.AlterClientQuotasRequestEntryOp
)

// The texts are those of Apache Kafka 4.3.1. Rows build on each other.
func TestAlterScram(t *testing.T) {
	s := world(t, 1, nil)
	put := func(name string, mechanism int8, iterations int32) scramSet {
		return scramSet{Name: name, Mechanism: mechanism, Iterations: iterations, Salt: []byte("salt"), SaltedPassword: []byte("password")}
	}
	const twice = " 92 A user credential cannot be altered twice in the same request"
	for _, row := range []struct {
		name    string
		deletes []scramGone
		puts    []scramSet
		want    string
	}{
		{name: "nothing"},
		{name: "absent", deletes: []scramGone{{Name: "a", Mechanism: 1}}, want: "a 91 Attempt to delete a user credential that does not exist"},
		{name: "mechanisms", deletes: []scramGone{{Name: "a"}}, puts: []scramSet{put("b", 3, 4096)}, want: "a 33 Unknown SCRAM mechanism; b 33 Unknown SCRAM mechanism"},
		{name: "iterations", puts: []scramSet{put("a", 1, 4095), put("b", 2, 16385), put("c", 2, -1)}, want: "a 93 Too few iterations; b 93 Too many iterations; c 93 Too few iterations"},
		{name: "no user", deletes: []scramGone{{Mechanism: 1}}, want: " 93 Username must not be empty"},
		{name: "no password", puts: []scramSet{{Name: "a", Mechanism: 1, Iterations: 4096}}, want: "a -1 null"},
		{name: "no salt", puts: []scramSet{{Name: "a", Mechanism: 1, Iterations: 4096, SaltedPassword: []byte("p")}}, want: "a ok"},
		{name: "two users", puts: []scramSet{put("a", 2, 16384), put("b", 1, 4096)}, want: "a ok; b ok"},
		{name: "twice", puts: []scramSet{put("c", 1, 4096), put("c", 2, 4096), put("d", 1, 4096)}, want: "c" + twice + "; d ok"},
		{name: "the first error is told", deletes: []scramGone{{Name: "x", Mechanism: 1}, {Name: "x", Mechanism: 2}}, puts: []scramSet{put("x", 1, 4096)}, want: "x 91 Attempt to delete a user credential that does not exist"},
		{name: "removed and set", deletes: []scramGone{{Name: "a", Mechanism: 1}}, puts: []scramSet{put("a", 2, 4096)}, want: "a" + twice},
		{name: "removed", deletes: []scramGone{{Name: "a", Mechanism: 1}, {Name: "d", Mechanism: 2}}, want: "a ok; d 91 Attempt to delete a user credential that does not exist"},
	} {
		resp, records := s.alterScram(&kmsg.AlterUserSCRAMCredentialsRequest{Deletions: row.deletes, Upsertions: row.puts})
		done(t, s, records)
		var got []string
		for _, r := range resp.Results {
			got = append(got, verdict(r.User, r.ErrorCode, r.ErrorMessage))
		}
		if got := strings.Join(got, "; "); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
	if all := s.img.ScramCredentials(); len(all) != 3 || all[0].Name != "a" || all[0].Mechanism != 2 {
		t.Errorf("left: %+v", all)
	}
}

// The keys are those that Kafka 4.3.1 makes of the same request, and nothing in
// the log gives the salted password away.
func TestScramKeys(t *testing.T) {
	password := []byte("salted password, thirty-two byte")
	r, why := upsertScram(&scramSet{Name: "b1", Mechanism: meta.ScramSHA256, Iterations: 4096, SaltedPassword: password})
	if why != nil {
		t.Fatal(*why.message)
	}
	c := r.(*meta.UserScramCredential)
	if got := hex.EncodeToString(c.StoredKey) + " " + hex.EncodeToString(c.ServerKey); got !=
		"e8c6e6e3d9a444b66c5c27c03c9b791e67a8877bb534128fd40cdb2dfd474bf8 eeab30833d0fba058907c27a0cbede35a469c3dd46039599015dd1d84ee104de" {
		t.Errorf("keys %s", got)
	}
	if bytes.Contains(meta.Append(nil, r), password) {
		t.Error("the record holds the salted password")
	}
}

// The texts are those of Apache Kafka 4.3.1. Rows build on each other.
func TestAlterClientQuotas(t *testing.T) {
	s := world(t, 1, nil)
	user := func(name string) []quotaPart { return []quotaPart{{Type: "user", Name: &name}} }
	ip := func(name string) []quotaPart { return []quotaPart{{Type: "ip", Name: &name}} }
	const bytesIn, bytesOut, connections = "producer_byte_rate", "consumer_byte_rate", "connection_creation_rate"
	for _, row := range []struct {
		name   string
		entity []quotaPart
		ops    []quotaOp
		want   string
		left   int // quotas of the entity
	}{
		{"two", user("a"), []quotaOp{{Key: bytesIn, Value: 10}, {Key: bytesOut, Value: 20}}, "ok", 2},
		{"all or nothing", user("a"), []quotaOp{{Key: bytesIn, Value: 11}, {Key: bytesOut, Value: 2048.5}}, "42 consumer_byte_rate cannot be a fractional value.", 2},
		{"none", user("a"), nil, "ok", 2},
		{"unknown key", user("a"), []quotaOp{{Key: "nope", Value: 1}}, "42 Invalid configuration key nope", 2},
		{"unknown key removed", user("a"), []quotaOp{{Key: "nope", Remove: true}}, "ok", 2},
		{"a key of addresses", user("a"), []quotaOp{{Key: connections, Value: 1}}, "42 Invalid configuration key connection_creation_rate", 2},
		{"zero", user("a"), []quotaOp{{Key: bytesIn}}, "42 Quota producer_byte_rate must be greater than 0", 2},
		{"negative", user("a"), []quotaOp{{Key: bytesIn, Value: -1}}, "42 Quota producer_byte_rate must be greater than 0", 2},
		{"percentage", user("a"), []quotaOp{{Key: "request_percentage", Value: 0.5}}, "ok", 3},
		{"mutations", user("a"), []quotaOp{{Key: "controller_mutation_rate", Value: 200.5}}, "ok", 4},
		{"huge", user("a"), []quotaOp{{Key: bytesIn, Value: 1e30}}, "42 Proposed value for producer_byte_rate is too large for a LONG.", 4},
		{"key twice", user("a"), []quotaOp{{Key: bytesIn, Value: 1}, {Key: bytesIn, Value: 2}}, "42 Ignoring duplicate entity ClientQuotaEntity(entries={user=a})", 4},
		{"no entity", nil, []quotaOp{{Key: bytesIn, Value: 1}}, "42 Invalid empty client quota entity", 0},
		{"unknown type", []quotaPart{{Type: "group", Name: ptr("g")}}, []quotaOp{{Key: bytesIn, Value: 1}}, "42 Unhandled client quota entity type: group", 0},
		{"empty name", user(""), []quotaOp{{Key: bytesIn, Value: 1}}, "42 Empty user not supported", 0},
		{"address and user", append(ip("127.0.0.1"), user("a")...), []quotaOp{{Key: bytesIn, Value: 1}}, "42 Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId", 0},
		{"no address", ip("not an ip"), []quotaOp{{Key: connections, Value: 1}}, "42 not an ip is not a valid IP or resolvable host.", 0},
		{"address", ip("::1"), []quotaOp{{Key: connections, Value: 5}}, "ok", 1},
		{"address, fraction", ip("::1"), []quotaOp{{Key: connections, Value: 5.5}}, "42 connection_creation_rate cannot be a fractional value.", 1},
		{"address, wrong key", ip("::1"), []quotaOp{{Key: bytesIn, Value: 5}}, "42 Invalid configuration key producer_byte_rate", 1},
		{"default address", []quotaPart{{Type: "ip"}}, []quotaOp{{Key: connections, Value: 5}}, "ok", 1},
		{"user and client", append(user("a"), quotaPart{Type: "client-id"}), []quotaOp{{Key: bytesIn, Value: 5}}, "ok", 1},
		{"in the other order", append([]quotaPart{{Type: "client-id"}}, user("a")...), []quotaOp{{Key: bytesOut, Value: 5}}, "ok", 2},
		{"removed", user("a"), []quotaOp{{Key: bytesIn, Remove: true}, {Key: bytesOut, Remove: true}, {Key: "request_percentage", Remove: true}}, "ok", 1},
	} {
		resp, records := s.alterClientQuotas(&kmsg.AlterClientQuotasRequest{Entries: []kmsg.AlterClientQuotasRequestEntry{{Entity: row.entity, Ops: row.ops}}})
		done(t, s, records)
		if got := strings.TrimPrefix(verdict("", resp.Entries[0].ErrorCode, resp.Entries[0].ErrorMessage), " "); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
		left := 0
		if q := s.img.Quotas(quotaEntity(row.entity)); q != nil {
			left = len(q.Values)
		}
		if left != row.left {
			t.Errorf("%s: %d quotas, want %d", row.name, left, row.left)
		}
	}
	q := &kmsg.AlterClientQuotasRequest{Entries: []kmsg.AlterClientQuotasRequestEntry{
		{Entity: user("x"), Ops: []quotaOp{{Key: bytesIn, Value: 1}}},
		{Entity: user("x"), Ops: []quotaOp{{Key: bytesOut, Value: 1}}},
		{Entity: user("y"), Ops: []quotaOp{{Key: bytesIn, Value: 1}}},
	}}
	resp, records := s.alterClientQuotas(q)
	if len(resp.Entries) != 2 || resp.Entries[0].ErrorCode != 42 || resp.Entries[1].ErrorCode != 0 || len(records) != 1 {
		t.Errorf("an entity twice: %+v, %d records", resp.Entries, len(records))
	}
	q.ValidateOnly = true
	if _, records := s.alterClientQuotas(q); len(records) != 0 {
		t.Errorf("validated only: %d records", len(records))
	}
}

// Accounts are in the log and survive a restart, by the log and by a snapshot; so
// does a feature that was set lower than this release would have it.
func TestAccountsSurvive(t *testing.T) {
	for _, snapshot := range []int{1, 10_000} {
		fs, change := vfs.NewMem(0), func(o *Options) {
			o.SnapshotRecords = snapshot
			o.Features = []Feature{{metadataVersion, 7, 30, 30}, {"transaction.version", 0, 2, 2}}
		}
		b := mustBoot(t, fs, change)
		ctx := context.Background()
		b.AlterUserSCRAMCredentials(ctx, &kmsg.AlterUserSCRAMCredentialsRequest{Upsertions: []scramSet{{Name: "a", Mechanism: 1, Iterations: 4096, SaltedPassword: []byte("p")}}})
		b.AlterClientQuotas(ctx, &kmsg.AlterClientQuotasRequest{Entries: []kmsg.AlterClientQuotasRequestEntry{{Entity: []quotaPart{{Type: "user"}}, Ops: []quotaOp{{Key: "producer_byte_rate", Value: 7}}}}})
		b.UpdateFeatures(ctx, &kmsg.UpdateFeaturesRequest{Version: 1, FeatureUpdates: []featureUpdate{{Feature: "transaction.version", MaxVersionLevel: 1, UpgradeType: 2}}})
		b.stop(t, false)
		b = mustBoot(t, fs, change)
		img := b.Image()
		if c := img.ScramCredential("a", 1); c == nil || c.Iterations != 4096 || len(img.AllQuotas()) != 1 || img.Features()["transaction.version"] != 1 {
			t.Errorf("snapshot after %d records: %+v, %+v, %v", snapshot, c, img.AllQuotas(), img.Features())
		}
		b.stop(t, true)
	}
}

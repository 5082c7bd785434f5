package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/vfs"
)

type featureUpdate = kmsg.UpdateFeaturesRequestFeatureUpdate

// The texts are those of Apache Kafka 4.3.1.
func TestUpdateFeatures(t *testing.T) {
	s := world(t, 1, nil)
	s.features = []Feature{{metadataVersion, 7, 30, 30}, {"group.version", 0, 1, 1}, {"transaction.version", 0, 2, 2}}
	done(t, s, s.raiseFeatures(s.features))
	const failed = "The update failed for all features since the following feature had an error: "
	const notDown = "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade."
	for _, row := range []struct {
		name    string
		feature string
		level   int16
		kind    int8
		want    string // of the error; empty for success
	}{
		{"unknown", "nope", 1, 1, "Invalid update version 1 for feature nope. Local controller 1 does not support this feature."},
		{"same", "group.version", 1, 1, ""},
		{"above", "group.version", 9, 1, "Invalid update version 9 for feature group.version. Local controller 1 only supports versions 0-1"},
		{"down by an upgrade", "transaction.version", 1, 1, "Invalid update version 1 for feature transaction.version. " + notDown},
		{"down, safe", "transaction.version", 1, 2, ""},
		{"down, unsafe", "transaction.version", 0, 3, ""},
		{"type 0", "transaction.version", 1, 0, "Invalid update version 1 for feature transaction.version. The controller does not support the given upgrade type."},
		{"type 9", "transaction.version", 1, 9, "Invalid update version 1 for feature transaction.version. The controller does not support the given upgrade type."},
		{"negative", "group.version", -1, 2, "Invalid update version -1 for feature group.version. A feature version cannot be less than 0."},
		{"metadata, same", metadataVersion, 30, 1, ""},
		{"metadata, down by an upgrade", metadataVersion, 25, 1, "Invalid update version 25 for feature metadata.version. " + notDown},
		{"metadata, safe", metadataVersion, 25, 2, "Unsupported metadata.version downgrade from 30 to 25. Refusing to perform the requested downgrade because it might delete metadata information."},
		{"metadata, unsafe", metadataVersion, 25, 3, "Unsupported metadata.version downgrade from 30 to 25. Unsafe metadata downgrade is not supported in this version."},
		{"metadata, too high", metadataVersion, 99, 1, "Invalid update version 99 for feature metadata.version. Local controller 1 only supports versions 7-30"},
		{"metadata, 0", metadataVersion, 0, 3, "Invalid update version 0 for feature metadata.version. Local controller 1 only supports versions 7-30"},
	} {
		for v := int16(0); v <= 2; v++ {
			u := featureUpdate{Feature: row.feature, MaxVersionLevel: row.level, UpgradeType: row.kind, AllowDowngrade: row.kind > 1}
			if v == 0 && (row.kind == 0 || row.kind == 3 && row.want != "" || row.kind == 9) {
				continue // cannot be said there
			}
			resp, records := s.updateFeatures(&kmsg.UpdateFeaturesRequest{Version: v, FeatureUpdates: []featureUpdate{u}, ValidateOnly: v == 2})
			want, code := row.want, int16(0)
			if want != "" {
				want, code = failed+want, 95
			}
			if text := deref(resp.ErrorMessage); text != want || resp.ErrorCode != code || code != 0 && len(records) > 0 || v == 2 && len(records) > 0 {
				t.Errorf("%s version %d: %d %q, %d records, want %d %q", row.name, v, resp.ErrorCode, text, len(records), code, want)
			}
			if (len(resp.Results) == 1) != (code == 0 && v < 2) {
				t.Errorf("%s version %d: results %+v", row.name, v, resp.Results)
			}
		}
	}
	_, records := s.updateFeatures(&kmsg.UpdateFeaturesRequest{Version: 1, FeatureUpdates: []featureUpdate{{Feature: "transaction.version", MaxVersionLevel: 1, UpgradeType: 2}, {Feature: "nope", UpgradeType: 1}}})
	if len(records) != 0 {
		t.Errorf("one of two fails: %d records", len(records))
	}
	_, records = s.updateFeatures(&kmsg.UpdateFeaturesRequest{Version: 1, FeatureUpdates: []featureUpdate{{Feature: "transaction.version", MaxVersionLevel: 1, UpgradeType: 2}}})
	if done(t, s, records); s.img.Features()["transaction.version"] != 1 || len(s.raiseFeatures(s.features)) != 0 {
		t.Errorf("levels %v, raised %v", s.img.Features(), s.raiseFeatures(s.features))
	}
}

// place makes the topic p with these replicas, all of them in sync.
func place(t *testing.T, s *stepper, replicas ...[]int32) {
	t.Helper()
	records := []meta.Record{&meta.TopicRecord{Name: "p", TopicID: meta.ID{9}}}
	for i, r := range replicas {
		p, _ := s.partition(meta.ID{9}, int32(i), r)
		records = append(records, p)
	}
	done(t, s, records)
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func elected(resp *kmsg.ElectLeadersResponse) string {
	out := []string{fmt.Sprint(resp.ErrorCode)}
	for _, t := range resp.Topics {
		line := t.Topic + ":"
		for _, p := range t.Partitions {
			line += fmt.Sprintf(" %d=%d", p.Partition, p.ErrorCode)
			if p.ErrorMessage != nil {
				line += " " + *p.ErrorMessage
			}
		}
		out = append(out, line)
	}
	return strings.Join(out, "; ")
}

// Trap 121; the texts are those of Apache Kafka 4.3.1.
func TestElectLeaders(t *testing.T) {
	s := world(t, 2, nil)
	place(t, s, []int32{1}, []int32{1, 2}, []int32{1})
	id := s.img.Topic("p").ID
	change := func(index, leader int32, isr ...int32) {
		ch := meta.NewPartitionChange(id, index)
		ch.Leader, ch.ISR = leader, isr
		done(t, s, []meta.Record{ch})
	}
	const no = "=84 Leader election not needed for topic partition."
	ask := func(indexes ...int32) []kmsg.ElectLeadersRequestTopic {
		return []kmsg.ElectLeadersRequestTopic{{Topic: "p", Partitions: indexes}}
	}
	for _, row := range []struct {
		name    string
		prepare func()
		version int16
		kind    int8
		topics  []kmsg.ElectLeadersRequestTopic
		want    string
	}{
		{"all", nil, 2, 0, nil, "0; p:"},
		{"all, unclean", nil, 2, 1, nil, "0; p:"},
		{"none", nil, 2, 0, []kmsg.ElectLeadersRequestTopic{}, "0"},
		{"none, unknown type", nil, 2, 7, []kmsg.ElectLeadersRequestTopic{}, "0"},
		{"all, unknown type", nil, 2, 7, nil, "42"},
		{"unknown type", nil, 2, 7, ask(0, 9), "42; p: 0=42 Unknown election type 7 9=42 Unknown election type 7"},
		{"version 0 has no type", nil, 0, 7, ask(0), "0; p: 0" + no},
		{"nothing to do", nil, 1, 0, ask(0, 1), "0; p: 0" + no + " 1" + no},
		{"unknown", nil, 1, 0, append(ask(9, -1), kmsg.ElectLeadersRequestTopic{Topic: "none", Partitions: []int32{0}}), "0; p: 9=3 No such partition as p-9 -1=3 No such partition as p--1; none: 0=3 No such topic as none"},
		{"the preferred one leads again", func() { change(1, 2, 1, 2) }, 2, 0, ask(1), "0; p: 1=0"},
		{"the preferred one is not in sync", func() { change(1, 2, 2) }, 2, 0, ask(1), "0; p: 1=80 The preferred leader was not available."},
		{"that is no reason for an unclean one", nil, 2, 1, ask(1), "0; p: 1" + no},
		{"no leader", func() { change(2, -1, 1) }, 2, 1, ask(2), "0; p: 2=0"},
		{"nobody is alive", func() { done(t, s, []meta.Record{&meta.FenceBroker{ID: 1, Epoch: 5}}); change(2, -1, 1) }, 2, 1, ask(2), "0; p: 2=83 Eligible topic partition leaders are not available."},
	} {
		if row.prepare != nil {
			row.prepare()
		}
		resp, records := s.electLeaders(&kmsg.ElectLeadersRequest{Version: row.version, ElectionType: row.kind, Topics: row.topics})
		done(t, s, records)
		if got := elected(resp); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
	if p := s.img.Partition("p", 1); p.Leader != 2 {
		t.Errorf("partition 1: %+v", p)
	}
}

// Trap 122; the texts are those of Apache Kafka 4.3.1.
func TestAlterReassignments(t *testing.T) {
	s := world(t, 3, nil)
	place(t, s, []int32{1}, []int32{1, 2})
	for _, row := range []struct {
		name     string
		topic    string
		index    int32
		replicas []int32
		want     string
		state    string // replicas, adding, removing, leader
	}{
		{"nothing to cancel", "p", 0, nil, " 85 null", "[1] [] [] 1"},
		{"empty", "p", 0, []int32{}, " 39 The manual partition assignment includes an empty replica list.", "[1] [] [] 1"},
		{"same", "p", 0, []int32{1}, " ok", "[1] [] [] 1"},
		{"unknown broker", "p", 0, []int32{1, 9}, " 39 The manual partition assignment includes broker 9, but no such broker is registered.", "[1] [] [] 1"},
		{"twice", "p", 0, []int32{1, 1}, " 39 The manual partition assignment includes the broker 1 more than once.", "[1] [] [] 1"},
		{"unknown partition", "p", 9, []int32{1}, " 3 Unable to find partition p:9.", ""},
		{"unknown topic", "none", 0, []int32{1}, " 3 Unable to find a topic named none.", ""},
		{"other order", "p", 1, []int32{2, 1}, " ok", "[2 1] [] [] 1"},
		{"one less", "p", 1, []int32{2}, " ok", "[2] [] [] 2"},
		{"one more, which has to catch up", "p", 0, []int32{1, 3}, " ok", "[1 3] [3] [] 1"},
		{"another one instead", "p", 0, []int32{2}, " ok", "[2 1] [2] [1] 1"},
		{"cancelled", "p", 0, nil, " ok", "[1] [] [] 1"},
	} {
		resp, records := s.alterReassignments(&kmsg.AlterPartitionAssignmentsRequest{Topics: []kmsg.AlterPartitionAssignmentsRequestTopic{
			{Topic: row.topic, Partitions: []kmsg.AlterPartitionAssignmentsRequestTopicPartition{{Partition: row.index, Replicas: row.replicas}}},
		}})
		done(t, s, records)
		out := resp.Topics[0].Partitions[0]
		if got := verdict("", out.ErrorCode, out.ErrorMessage); got != row.want || resp.ErrorMessage != nil {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
		state := ""
		if p := s.img.Partition(row.topic, row.index); p != nil {
			state = fmt.Sprint(p.Replicas, p.Adding, p.Removing, p.Leader)
			if len(p.Directories) != len(p.Replicas) {
				t.Errorf("%s: directories %v", row.name, p.Directories)
			}
		}
		if state != row.state {
			t.Errorf("%s: now %s, want %s", row.name, state, row.state)
		}
	}
	if resp, _ := s.alterReassignments(&kmsg.AlterPartitionAssignmentsRequest{}); deref(resp.ErrorMessage) != "" || resp.ErrorMessage == nil {
		t.Errorf("nothing asked: %+v", resp)
	}
}

func TestUnregisterBroker(t *testing.T) {
	fs := vfs.NewMem(0)
	b := mustBoot(t, fs, nil)
	ask := func(id int32) string {
		resp := b.UnregisterBroker(context.Background(), &kmsg.UnregisterBrokerRequest{BrokerID: id})
		return verdict("", resp.ErrorCode, resp.ErrorMessage)
	}
	if got := ask(77); got != " 102 Broker ID 77 is not currently registered" {
		t.Errorf("unknown: %s", got)
	}
	b.create("p", 1)
	epoch := b.BrokerEpoch()
	if got := ask(1); got != " 0 " {
		t.Errorf("this one: %s", got)
	}
	if r := b.Image().Broker(1); r == nil || r.Fenced || r.Epoch <= epoch || r.Epoch != b.Image().Offset || b.Image().Partition("p", 0).Leader != 1 {
		t.Errorf("registered as %+v, before at %d", r, epoch)
	}
	if b.producerIDs().ErrorCode != 0 {
		t.Error("no producer ids for the new registration")
	}
	b.stop(t, false)
	b = mustBoot(t, fs, nil)
	if len(b.Image().Brokers()) != 1 {
		t.Errorf("brokers: %+v", b.Image().Brokers())
	}
	b.stop(t, true)

	s := world(t, 3, nil)
	place(t, s, []int32{2, 1}, []int32{2}, []int32{1})
	done(t, s, append([]meta.Record{&meta.UnregisterBroker{BrokerID: 2, BrokerEpoch: 5}}, s.leave(2)...))
	for i, want := range []string{"1 [1]", "-1 [2]", "1 [1]"} {
		if p := s.img.Partition("p", int32(i)); fmt.Sprintf("%d %v", p.Leader, p.ISR) != want {
			t.Errorf("partition %d: leader %d, in sync %v; want %s", i, p.Leader, p.ISR, want)
		}
	}
	if slices.ContainsFunc(s.img.Brokers(), func(b *meta.Broker) bool { return b.ID == 2 }) {
		t.Error("broker 2 is still there")
	}
}

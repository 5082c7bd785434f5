package admin_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/admin"
)

func describe(t *testing.T, cl *kgo.Client, o admin.DescribeConfigsOptions) admin.ResourceConfigs {
	t.Helper()
	c, err := admin.DescribeConfigs(t.Context(), cl, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConfigs(t *testing.T) {
	cl := start(t)
	create(t, cl, "a", 1, "retention.ms=1000")
	r := admin.Resource{Type: "topic", Name: "a"}
	some := describe(t, cl, admin.DescribeConfigsOptions{Resource: r})
	if !slices.ContainsFunc(some.Configs, func(c admin.Config) bool {
		return c.Name == "retention.ms" && *c.Value == "1000" && !c.Default && c.Type == "LONG" && c.Synonyms[0].Source == "DYNAMIC_TOPIC_CONFIG"
	}) {
		t.Errorf("%+v", some)
	}
	every := describe(t, cl, admin.DescribeConfigsOptions{Resource: r, All: true, Docs: true})
	if len(every.Configs) < 20 || len(every.Names) != len(every.Configs) || !slices.IsSorted(every.Names) {
		t.Errorf("all: %d configs, %d names", len(every.Configs), len(every.Names))
	}
	keyed := describe(t, cl, admin.DescribeConfigsOptions{Resource: r, Keys: []string{"segment.bytes", "nope", "nope"}})
	if len(keyed.Configs) != 1 || !keyed.Configs[0].Default || !slices.Equal(keyed.Missing, []string{"nope"}) {
		t.Errorf("%+v", keyed)
	}
	gone := describe(t, cl, admin.DescribeConfigsOptions{Resource: admin.Resource{Type: "topic", Name: "nope"}, Keys: []string{"x"}})
	if !errors.Is(gone.Error, kerr.UnknownTopicOrPartition) || gone.Missing != nil {
		t.Errorf("%+v", gone)
	}
}

func TestAlterConfigs(t *testing.T) {
	cl := start(t)
	create(t, cl, "a", 1)
	o := admin.AlterConfigsOptions{Resource: admin.Resource{Type: "topic", Name: "a"}}
	for _, step := range []struct {
		change        admin.ConfigChange
		dry           bool
		before, after string
	}{
		{admin.ConfigChange{Op: admin.AppendConfig, Key: "cleanup.policy", Value: "compact"}, true, "delete", "delete,compact"},
		{admin.ConfigChange{Op: admin.AppendConfig, Key: "cleanup.policy", Value: "compact"}, false, "delete", "delete,compact"},
		{admin.ConfigChange{Op: admin.AppendConfig, Key: "cleanup.policy", Value: "compact"}, false, "delete,compact", "delete,compact"},
		{admin.ConfigChange{Op: admin.SubtractConfig, Key: "cleanup.policy", Value: "delete"}, false, "delete,compact", "compact"},
		{admin.ConfigChange{Op: admin.UnsetConfig, Key: "cleanup.policy"}, false, "compact", "delete"},
		{admin.ConfigChange{Op: admin.SetConfig, Key: "cleanup.policy", Value: "compact"}, false, "delete", "compact"},
	} {
		o.Changes, o.DryRun = []admin.ConfigChange{step.change}, step.dry
		got, err := admin.AlterConfigs(t.Context(), cl, o)
		if err != nil || got.Error != nil || !got.Changes[0].Known || *got.Changes[0].Before != step.before || *got.Changes[0].After != step.after {
			t.Fatalf("%s: %+v, %v", step.change, got, err)
		}
		want := step.after
		if step.dry {
			want = step.before
		}
		now := describe(t, cl, admin.DescribeConfigsOptions{Resource: o.Resource, Keys: []string{"cleanup.policy"}})
		if *now.Configs[0].Value != want {
			t.Errorf("%s: it is %s then", step.change, *now.Configs[0].Value)
		}
	}
	// All or nothing.
	o.Changes = []admin.ConfigChange{{Op: admin.SetConfig, Key: "retention.ms", Value: "5"}, {Op: admin.SetConfig, Key: "nope", Value: "5"}}
	got, err := admin.AlterConfigs(t.Context(), cl, o)
	if err != nil || !errors.Is(got.Error, kerr.InvalidConfig) || !slices.Contains(got.Names, "retention.ms") {
		t.Errorf("%+v, %v", got, err)
	}
	if now := describe(t, cl, admin.DescribeConfigsOptions{Resource: o.Resource, Keys: []string{"retention.ms"}}); !now.Configs[0].Default {
		t.Errorf("%+v", now)
	}
}

func TestBrokerConfigs(t *testing.T) {
	cl := start(t)
	all, err := admin.ListResources(t.Context(), cl, "broker")
	if err != nil || len(all) != 2 || all[0].String() != "broker/default" {
		t.Fatal(all, err)
	}
	got, err := admin.AlterConfigs(t.Context(), cl, admin.AlterConfigsOptions{
		Resource: all[0], Changes: []admin.ConfigChange{{Op: admin.SetConfig, Key: "log.retention.ms", Value: "7200000"}},
	})
	if err != nil || got.Error != nil || got.Name != "default" {
		t.Fatalf("%+v, %v", got, err)
	}
	c := describe(t, cl, admin.DescribeConfigsOptions{Resource: all[1], Keys: []string{"log.retention.ms"}})
	if *c.Configs[0].Value != "7200000" || c.Configs[0].Source != "DYNAMIC_DEFAULT_BROKER_CONFIG" {
		t.Errorf("%+v", c)
	}
	id, err := strconv.Atoi(all[1].Name)
	if err != nil {
		t.Fatal(err)
	}
	absent := admin.Resource{Type: "broker", Name: strconv.Itoa(id + 1000)}
	if _, err := admin.DescribeConfigs(t.Context(), cl, admin.DescribeConfigsOptions{Resource: absent}); !errors.Is(err, admin.ErrNoBroker) {
		t.Error(err)
	}
	if _, err := admin.ListResources(t.Context(), cl, "queue"); !errors.Is(err, admin.ErrResourceType) {
		t.Error(err)
	}
}

func TestValidateChanges(t *testing.T) {
	topic := admin.Resource{Type: "topic", Name: "a"}
	change := admin.ConfigChange{Key: "x", Value: "1"}
	for name, err := range map[string]error{
		"no change":            (&admin.AlterConfigsOptions{Resource: topic}).Validate(),
		"twice":                (&admin.AlterConfigsOptions{Resource: topic, Changes: []admin.ConfigChange{change, change}}).Validate(),
		"no key":               (&admin.AlterConfigsOptions{Resource: topic, Changes: []admin.ConfigChange{{}}}).Validate(),
		"empty key":            (&admin.DescribeConfigsOptions{Resource: topic, Keys: []string{""}}).Validate(),
		"topic without name":   admin.Resource{Type: "topic"}.Validate(),
		"alter nothing":        (&admin.AlterTopicsOptions{Topics: []string{"a"}}).Validate(),
		"alter no topic":       (&admin.AlterTopicsOptions{Partitions: 1}).Validate(),
		"assigned and counted": (&admin.CreateTopicsOptions{Topics: []string{"a"}, Partitions: 1, Replicas: -1, Assignment: [][]int32{{1}}}).Validate(),
		"offsets of nothing":   (&admin.TopicOffsetsOptions{}).Validate(),
		"partition -1":         (&admin.TopicOffsetsOptions{Topics: []string{"a"}, Partitions: []int32{-1}}).Validate(),
		"trim nothing":         (&admin.TrimTopicOptions{Before: admin.Position{Kind: admin.AtEnd}}).Validate(),
		"trim to the start":    (&admin.TrimTopicOptions{Topic: "a"}).Validate(),
		"a bad expression":     (&admin.DeleteTopicsOptions{Topics: []string{"("}, Regexp: true}).Validate(),
	} {
		if !errors.Is(err, admin.ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

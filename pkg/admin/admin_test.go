package admin_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/admin"
	"kq/pkg/broker/brokertest"
)

func start(t *testing.T) *kgo.Client {
	t.Helper()
	b := brokertest.Start(t)
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

func TestTopics(t *testing.T) {
	cl := start(t)
	ctx := t.Context()
	topics, err := admin.ListTopics(ctx, cl, admin.ListTopicsOptions{Internal: true})
	if err != nil || topics == nil || len(topics) != 0 {
		t.Fatalf("an empty cluster lists %v, %v", topics, err)
	}
	created, err := admin.CreateTopics(ctx, cl, admin.CreateTopicsOptions{
		Topics: []string{"b", "a", "b"}, Partitions: 3, Replicas: 1, Configs: map[string]string{"retention.ms": "1000"},
	})
	if err != nil || len(created) != 2 || created[0].Name != "b" || created[0].Error != nil || created[0].Partitions != 3 || len(created[0].ID) != 22 {
		t.Fatalf("created %+v, %v", created, err)
	}
	again, err := admin.CreateTopics(ctx, cl, admin.CreateTopicsOptions{Topics: []string{"a", "c"}, Partitions: admin.BrokerDefault, Replicas: admin.BrokerDefault})
	if err != nil || again[0].Error == nil || again[0].Error.Name != "TOPIC_ALREADY_EXISTS" || !errors.Is(again[0].Error, kerr.TopicAlreadyExists) || again[1].Error != nil {
		t.Fatalf("created %+v, %v", again, err)
	}
	topics, err = admin.ListTopics(ctx, cl, admin.ListTopicsOptions{Match: regexp.MustCompile("^[ab]$")})
	if err != nil || len(topics) != 2 || topics[0].Name != "a" || topics[0].Partitions != 3 || topics[0].Replicas != 1 || topics[0].ID != created[1].ID {
		t.Fatalf("listed %+v, %v", topics, err)
	}

	described, err := admin.DescribeTopics(ctx, cl, admin.DescribeTopicsOptions{Topics: []string{"nope", "a"}})
	if err != nil || len(described) != 2 {
		t.Fatal(described, err)
	}
	if e := described[0].Error; e == nil || !errors.Is(e, kerr.UnknownTopicOrPartition) || e.Code != 3 {
		t.Errorf("a missing topic: %+v", described[0])
	}
	d := described[1]
	if len(d.Partitions) != 3 || d.Partitions[2].Number != 2 || d.Partitions[0].Start == nil || *d.Partitions[0].End != 0 || d.Partitions[0].Size == nil {
		t.Errorf("partitions: %+v", d.Partitions)
	}
	if len(d.Configs) == 0 || d.Configs[len(d.Configs)-1].Name != "retention.ms" || *d.Configs[len(d.Configs)-1].Value != "1000" {
		t.Errorf("configs: %+v", d.Configs)
	}
	all, err := admin.DescribeTopics(ctx, cl, admin.DescribeTopicsOptions{Topics: []string{"a"}, AllConfigs: true})
	if err != nil || len(all[0].Configs) < 20 {
		t.Errorf("all configs: %d, %v", len(all[0].Configs), err)
	}

	deleted, err := admin.DeleteTopics(ctx, cl, admin.DeleteTopicsOptions{Topics: []string{"a", "nope"}})
	if err != nil || deleted[0].Error != nil || deleted[1].Error == nil {
		t.Errorf("deleted %+v, %v", deleted, err)
	}
}

func TestDryRunCreatesNothing(t *testing.T) {
	cl := start(t)
	o := admin.CreateTopicsOptions{Topics: []string{"a"}, Partitions: 1, Replicas: 1, DryRun: true}
	if created, err := admin.CreateTopics(t.Context(), cl, o); err != nil || created[0].Error != nil {
		t.Fatal(created, err)
	}
	if topics, err := admin.ListTopics(t.Context(), cl, admin.ListTopicsOptions{}); err != nil || len(topics) != 0 {
		t.Error(topics, err)
	}
}

func TestCluster(t *testing.T) {
	cl := start(t)
	c, err := admin.DescribeCluster(t.Context(), cl, admin.DescribeClusterOptions{Versions: true})
	if err != nil || len(c.ID) != 22 || len(c.Brokers) != 1 || c.Controller != c.Brokers[0].ID || c.Brokers[0].Rack != nil {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestValidate(t *testing.T) {
	for name, err := range map[string]error{
		"create nothing":   (&admin.CreateTopicsOptions{}).Validate(),
		"no partitions":    (&admin.CreateTopicsOptions{Topics: []string{"a"}, Partitions: 0, Replicas: 1}).Validate(),
		"no replicas":      (&admin.CreateTopicsOptions{Topics: []string{"a"}, Partitions: 1}).Validate(),
		"delete nothing":   (&admin.DeleteTopicsOptions{}).Validate(),
		"describe nothing": (&admin.DescribeTopicsOptions{}).Validate(),
	} {
		if !errors.Is(err, admin.ErrOptions) || !strings.HasPrefix(err.Error(), "invalid options: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

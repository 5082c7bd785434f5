package admin_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/admin"
)

// create creates a topic with partitions, one replica each, and configs KEY=VALUE.
func create(t *testing.T, cl *kgo.Client, topic string, partitions int32, configs ...string) {
	t.Helper()
	o := admin.CreateTopicsOptions{Topics: []string{topic}, Partitions: partitions, Replicas: 1, Configs: map[string]string{}}
	for _, c := range configs {
		k, v, _ := strings.Cut(c, "=")
		o.Configs[k] = v
	}
	if created, err := admin.CreateTopics(t.Context(), cl, o); err != nil || created[0].Error != nil {
		t.Fatal(created, err)
	}
}

// fill writes n records to a partition, a second apart from time first on.
func fill(t *testing.T, cl *kgo.Client, topic string, partition int32, n int, first time.Time) {
	t.Helper()
	p, err := kgo.NewClient(append(cl.Opts(), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for i := range n {
		r := &kgo.Record{Topic: topic, Partition: partition, Key: []byte("k"), Value: []byte("v"), Timestamp: first.Add(time.Duration(i) * time.Second)}
		if err := p.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCreateLike(t *testing.T) {
	cl := start(t)
	create(t, cl, "model", 3, "retention.ms=1000", "cleanup.policy=compact")
	o := admin.CreateTopicsOptions{
		Topics: []string{"copy"}, Partitions: 4, Replicas: admin.BrokerDefault, Like: "model", Configs: map[string]string{"retention.ms": "2000"},
	}
	created, err := admin.CreateTopics(t.Context(), cl, o)
	if err != nil || created[0].Error != nil || created[0].Partitions != 4 || created[0].Replicas != 1 {
		t.Fatal(created, err)
	}
	if len(o.Configs) != 1 {
		t.Errorf("the caller's configs became %v", o.Configs)
	}
	c, err := admin.DescribeConfigs(t.Context(), cl, admin.DescribeConfigsOptions{
		Resource: admin.Resource{Type: "topic", Name: "copy"}, Keys: []string{"retention.ms", "cleanup.policy"},
	})
	if err != nil || len(c.Configs) != 2 || *c.Configs[0].Value != "compact" || *c.Configs[1].Value != "2000" {
		t.Errorf("%+v, %v", c, err)
	}
	o.Like = "nope"
	if _, err := admin.CreateTopics(t.Context(), cl, o); !errors.Is(err, kerr.UnknownTopicOrPartition) {
		t.Error(err)
	}
}

func TestCreateIfNotExists(t *testing.T) {
	cl := start(t)
	create(t, cl, "a", 3)
	created, err := admin.CreateTopics(t.Context(), cl, admin.CreateTopicsOptions{
		Topics: []string{"a", "b"}, Partitions: 1, Replicas: 1, IfNotExists: true,
	})
	if err != nil || !created[0].Existed || created[0].Partitions != 3 || created[0].ID == "" || created[1].Existed || created[1].Partitions != 1 {
		t.Errorf("%+v, %v", created, err)
	}
}

func TestCreateAssigned(t *testing.T) {
	cl := start(t)
	c, err := admin.DescribeCluster(t.Context(), cl, admin.DescribeClusterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	id := c.Brokers[0].ID
	o := admin.CreateTopicsOptions{Topics: []string{"a"}, Partitions: admin.BrokerDefault, Replicas: admin.BrokerDefault, Assignment: [][]int32{{id}, {id}}}
	if created, err := admin.CreateTopics(t.Context(), cl, o); err != nil || created[0].Error != nil || created[0].Partitions != 2 {
		t.Errorf("%+v, %v", created, err)
	}
	o.Topics, o.Assignment = []string{"b"}, [][]int32{{id + 1}}
	if created, err := admin.CreateTopics(t.Context(), cl, o); err != nil || !errors.Is(created[0].Error, kerr.InvalidReplicaAssignment) {
		t.Errorf("%+v, %v", created, err)
	}
}

func TestAlterTopics(t *testing.T) {
	cl := start(t)
	create(t, cl, "a", 2)
	o := admin.AlterTopicsOptions{Topics: []string{"a", "nope"}, Partitions: 3, Configs: []admin.ConfigChange{
		{Op: admin.SetConfig, Key: "retention.ms", Value: "1000"}, {Op: admin.AppendConfig, Key: "cleanup.policy", Value: "compact"},
	}}
	altered, err := admin.AlterTopics(t.Context(), cl, o)
	if err != nil || altered[0].Error != nil || altered[0].PartitionsBefore != 2 || altered[0].Partitions != 3 || len(altered[0].Configs) != 2 {
		t.Fatalf("%+v, %v", altered, err)
	}
	if c := altered[0].Configs[1]; *c.Before != "delete" || *c.After != "delete,compact" {
		t.Errorf("%+v", c)
	}
	if !errors.Is(altered[1].Error, kerr.UnknownTopicOrPartition) {
		t.Errorf("%+v", altered[1])
	}
	// Fewer partitions: the configs stay too.
	o = admin.AlterTopicsOptions{Topics: []string{"a"}, Partitions: 1, Configs: []admin.ConfigChange{{Op: admin.SetConfig, Key: "retention.ms", Value: "5"}}}
	altered, err = admin.AlterTopics(t.Context(), cl, o)
	if err != nil || !errors.Is(altered[0].Error, admin.ErrFewerPartitions) || altered[0].Error.Code != kerr.InvalidPartitions.Code || altered[0].Partitions != 3 {
		t.Errorf("%+v, %v", altered, err)
	}
	d, err := admin.DescribeTopics(t.Context(), cl, admin.DescribeTopicsOptions{Topics: []string{"a"}})
	if err != nil || len(d[0].Partitions) != 3 || *d[0].Configs[len(d[0].Configs)-1].Value != "1000" {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestDeleteByExpression(t *testing.T) {
	cl := start(t)
	for _, name := range []string{"test-1", "test-2", "tests", "atest-1"} {
		create(t, cl, name, 1)
	}
	var asked []string
	refusal := errors.New("no")
	o := admin.DeleteTopicsOptions{Topics: []string{"test-.*|x", "est"}, Regexp: true, Approve: func(names []string) error {
		asked = names
		return refusal
	}}
	if deleted, err := admin.DeleteTopics(t.Context(), cl, o); !errors.Is(err, refusal) || deleted != nil || !slices.Equal(asked, []string{"test-1", "test-2"}) {
		t.Errorf("%+v, %v, asked for %v", deleted, err, asked)
	}
	o.Approve, o.DryRun = nil, true
	if deleted, err := admin.DeleteTopics(t.Context(), cl, o); err != nil || len(deleted) != 2 || !deleted[0].Deleted || len(deleted[0].ID) != 22 {
		t.Errorf("%+v, %v", deleted, err)
	}
	o.DryRun = false
	if deleted, err := admin.DeleteTopics(t.Context(), cl, o); err != nil || len(deleted) != 2 || !deleted[0].Deleted {
		t.Errorf("%+v, %v", deleted, err)
	}
	topics, err := admin.ListTopics(t.Context(), cl, admin.ListTopicsOptions{})
	if err != nil || len(topics) != 2 {
		t.Errorf("%+v, %v", topics, err)
	}
	deleted, err := admin.DeleteTopics(t.Context(), cl, admin.DeleteTopicsOptions{Topics: []string{"tests", "nope"}, IfExists: true})
	if err != nil || !deleted[0].Deleted || deleted[1].Deleted || deleted[1].Error != nil {
		t.Errorf("%+v, %v", deleted, err)
	}
	if err := (&admin.DeleteTopicsOptions{Topics: []string{"a)|(b"}, Regexp: true}).Validate(); !errors.Is(err, admin.ErrOptions) {
		t.Errorf("a)|(b: %v", err)
	}
}

func TestOffsetsAndTrim(t *testing.T) {
	cl := start(t)
	create(t, cl, "a", 3)
	first := time.Now().Add(-time.Hour).Truncate(time.Second)
	fill(t, cl, "a", 0, 10, first)
	fill(t, cl, "a", 1, 3, first)
	offsets := func(at string) string {
		t.Helper()
		p, err := admin.ParsePosition(at, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		topics, err := admin.ListTopicOffsets(t.Context(), cl, admin.TopicOffsetsOptions{Topics: []string{"a"}, At: &p})
		if err != nil || topics[0].Error != nil {
			t.Fatal(topics, err)
		}
		var got []string
		for _, p := range topics[0].Partitions {
			at := "-"
			if p.At != nil {
				at = fmt.Sprint(*p.At)
			}
			got = append(got, fmt.Sprintf("%d..%d(%d)@%s", *p.Start, *p.End, *p.Count, at))
		}
		return strings.Join(got, " ")
	}
	middle := fmt.Sprintf("@%d", first.Add(1500*time.Millisecond).UnixMilli())
	for at, want := range map[string]string{
		"start": "0..10(10)@0 0..3(3)@0 0..0(0)@0", "end": "0..10(10)@10 0..3(3)@3 0..0(0)@0",
		"5": "0..10(10)@5 0..3(3)@- 0..0(0)@-", "-4": "0..10(10)@6 0..3(3)@0 0..0(0)@0",
		middle: "0..10(10)@2 0..3(3)@2 0..0(0)@-", "@-1s": "0..10(10)@- 0..3(3)@- 0..0(0)@-",
	} {
		if got := offsets(at); got != want {
			t.Errorf("at %s: %s, want %s", at, got, want)
		}
	}

	trim := func(before string, partitions ...int32) string {
		t.Helper()
		p, err := admin.ParsePosition(before, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		trimmed, err := admin.TrimTopic(t.Context(), cl, admin.TrimTopicOptions{Topic: "a", Before: p, Partitions: partitions})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range trimmed {
			word := fmt.Sprintf("%d:", p.Number)
			if p.Before != nil {
				word += fmt.Sprintf("%d>%d", *p.Before, *p.After)
			}
			if p.Error != nil {
				word += p.Error.Name
			}
			got = append(got, word)
		}
		return strings.Join(got, " ")
	}
	for _, step := range [][2]string{
		{"1", "0:0>1 1:0>1 2:0>0OFFSET_OUT_OF_RANGE"},
		{middle, "0:1>2 1:1>2 2:0>0"},
		{"1", "0:2>2 1:2>2 2:0>0OFFSET_OUT_OF_RANGE"},
		{"-4", "0:2>6 1:2>2 2:0>0"},
		{"@-1s", "0:6>10 1:2>3 2:0>0"},
		{"end", "0:10>10 1:3>3 2:0>0"},
	} {
		if got := trim(step[0]); got != step[1] {
			t.Errorf("before %s: %s, want %s", step[0], got, step[1])
		}
	}
	if got, want := trim("end", 1, 9, 1), "1:3>3 9:UNKNOWN_TOPIC_OR_PARTITION"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := offsets("end"); got != "10..10(0)@10 3..3(0)@3 0..0(0)@0" {
		t.Errorf("in the end: %s", got)
	}
}

func TestTrimAsks(t *testing.T) {
	cl := start(t)
	create(t, cl, "a", 1)
	fill(t, cl, "a", 0, 2, time.Now())
	refusal := errors.New("no")
	o := admin.TrimTopicOptions{Topic: "a", Before: admin.Position{Kind: admin.AtEnd}, Approve: func(plan []admin.TrimmedPartition) error {
		if len(plan) != 1 || plan[0].Deleted != 2 || *plan[0].After != 2 {
			t.Errorf("plan %+v", plan)
		}
		return refusal
	}}
	if _, err := admin.TrimTopic(t.Context(), cl, o); !errors.Is(err, refusal) {
		t.Error(err)
	}
	o.Approve, o.Topic = nil, "nope"
	if _, err := admin.TrimTopic(t.Context(), cl, o); !errors.Is(err, kerr.UnknownTopicOrPartition) {
		t.Error(err)
	}
	create(t, cl, "compacted", 1, "cleanup.policy=compact")
	fill(t, cl, "compacted", 0, 2, time.Now())
	o.Topic = "compacted"
	if trimmed, err := admin.TrimTopic(t.Context(), cl, o); err != nil || !errors.Is(trimmed[0].Error, kerr.PolicyViolation) || *trimmed[0].After != 0 {
		t.Errorf("%+v, %v", trimmed, err)
	}
}

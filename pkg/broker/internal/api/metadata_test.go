package api

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// metadata asks about names; a nil name stands for a null one.
func (a *admin) metadata(version int16, auto bool, names ...string) *kmsg.MetadataResponse {
	a.t.Helper()
	q := kmsg.NewPtrMetadataRequest()
	q.AllowAutoTopicCreation = auto
	q.Topics = []kmsg.MetadataRequestTopic{}
	for i := range names {
		q.Topics = append(q.Topics, kmsg.MetadataRequestTopic{Topic: &names[i]})
	}
	return a.ask(q, version).(*kmsg.MetadataResponse)
}

// seen is the topics of an answer in short: name, error, number of partitions.
func seen(resp *kmsg.MetadataResponse) string {
	var out []string
	for _, t := range resp.Topics {
		name := "<nil>"
		if t.Topic != nil {
			name = *t.Topic
		}
		out = append(out, fmt.Sprintf("%s %d/%d", name, t.ErrorCode, len(t.Partitions)))
	}
	return strings.Join(out, ", ")
}

func TestMetadataTopics(t *testing.T) {
	a := newAdmin(t, map[string]string{"auto.create.topics.enable": "false"})
	a.create("b:2", "a", "__consumer_offsets")
	all := "__consumer_offsets 0/1, a 0/1, b 0/2"
	for v := range int16(14) {
		q := kmsg.NewPtrMetadataRequest()
		if got := seen(a.ask(q, v).(*kmsg.MetadataResponse)); got != all {
			t.Errorf("v%d, null: %s", v, got)
		}
		want := ""
		if v == 0 {
			want = all
		}
		if got := seen(a.metadata(v, true)); got != want {
			t.Errorf("v%d, empty: %s", v, got)
		}
		got := a.metadata(v, true, "b", "nope", "a/b", "b", "")
		if seen(got) != "b 0/2, nope 3/0, a/b 17/0,  17/0" || len(got.Brokers) != 1 || got.Brokers[0].Host != "host-1" || got.Brokers[0].Port != 9091 {
			t.Errorf("v%d: %s, %+v", v, seen(got), got.Brokers)
		}
		if v >= 1 && got.ControllerID != 1 || v >= 2 && *got.ClusterID != a.controller.ClusterID() {
			t.Errorf("v%d: %+v", v, got)
		}
		if v >= 10 && got.Topics[0].TopicID != a.Image().Topic("b").ID {
			t.Errorf("v%d: id %v", v, got.Topics[0].TopicID)
		}
	}
	if r := a.metadata(9, false, "__consumer_offsets", "__transaction_state", "b"); !r.Topics[0].IsInternal || r.Topics[1].IsInternal || !r.Topics[2].IsInternal {
		t.Errorf("internal: %+v", r.Topics)
	}
}

func TestMetadataIDs(t *testing.T) {
	a := newAdmin(t, nil)
	a.create("a", "b")
	id := a.Image().Topic("a").ID
	with := func(version int16, topics ...kmsg.MetadataRequestTopic) *kmsg.MetadataResponse {
		q := kmsg.NewPtrMetadataRequest()
		q.Topics = topics
		return a.ask(q, version).(*kmsg.MetadataResponse)
	}
	name := "a"
	none := kmsg.MetadataRequestTopic{}
	for _, v := range []int16{10, 11} {
		r := with(v, kmsg.MetadataRequestTopic{Topic: &name, TopicID: id})
		if seen(r) != "a 42/0" || len(r.Brokers) != 0 || r.ControllerID != -1 || r.ClusterID != nil {
			t.Errorf("v%d: %+v", v, r)
		}
		if r := with(v, none); seen(r) != " 42/0" {
			t.Errorf("v%d without a name: %s", v, seen(r))
		}
	}
	for _, v := range []int16{12, 13} {
		r := with(v, kmsg.MetadataRequestTopic{TopicID: id}, kmsg.MetadataRequestTopic{TopicID: meta.ID{9}}, kmsg.MetadataRequestTopic{Topic: &name}, none)
		if seen(r) != "<nil> 100/0, a 0/1" || r.Topics[0].TopicID != (meta.ID{9}) {
			t.Errorf("v%d: %s", v, seen(r))
		}
		if r := with(v, none); seen(r) != " -1/0" {
			t.Errorf("v%d with nothing: %s", v, seen(r))
		}
	}
}

func TestMetadataAutoCreates(t *testing.T) {
	a := newAdmin(t, map[string]string{"num.partitions": "3"})
	a.create("x.y")
	for _, row := range []struct {
		version int16
		auto    bool
		name    string
		want    string
	}{
		{9, false, "asked-not", "asked-not 3/0"},
		{4, false, "asked-not", "asked-not 3/0"},
		{9, true, "a", "a 0/3"},
		{0, false, "b", "b 0/3"},
		{3, false, "c", "c 0/3"},
		{13, true, "d", "d 0/3"},
		{9, true, "bad name", "bad name 17/0"},
		{9, true, "x_y", "x_y 3/0"},
		{9, true, "__cluster_metadata", "__cluster_metadata 3/0"},
		{9, true, "__consumer_offsets", "__consumer_offsets 0/50"},
		{9, true, "__transaction_state", "__transaction_state 0/50"},
		{9, true, "__share_group_state", "__share_group_state 0/50"},
	} {
		if got := seen(a.metadata(row.version, row.auto, row.name)); got != row.want {
			t.Errorf("v%d, allowed %v: %s, want %s", row.version, row.auto, got, row.want)
		}
	}
	if got := a.Image().Config(meta.ResourceTopic, "__consumer_offsets"); got["cleanup.policy"] != "compact" || got["segment.bytes"] != "104857600" || got["compression.type"] != "producer" {
		t.Errorf("offsets topic: %v", got)
	}
	if got := a.Image().Config(meta.ResourceTopic, "__transaction_state"); got["cleanup.policy"] != "compact" || len(got) != 5 {
		t.Errorf("transactions topic: %v", got)
	}
	before := a.Image().TopicCount()
	if a.ask(kmsg.NewPtrMetadataRequest(), 9); a.Image().TopicCount() != before {
		t.Error("all topics made one")
	}
}

func TestMetadataPartitions(t *testing.T) {
	a := newAdmin(t, nil)
	a.imagine(1, -1, 2, 3, 9)
	a.advertised[3] = false
	for v := range int16(14) {
		r := a.metadata(v, false, "p")
		unknown := int16(5)
		if v >= 6 {
			unknown = 72
		}
		leaders, codes := []int32{1, -1, 2, -1, -1}, []int16{0, 5, 0, unknown, 5}
		if v == 0 {
			codes[0], codes[2] = 9, 9
		}
		for i, p := range r.Topics[0].Partitions {
			if p.Leader != leaders[i] || p.ErrorCode != codes[i] || p.Partition != int32(i) {
				t.Errorf("v%d: partition %d: leader %d, error %d", v, i, p.Leader, p.ErrorCode)
			}
			replicas, isr := []int32{1, 2, 3}, []int32{1, 3}
			if v == 0 {
				replicas = []int32{1, 3}
			}
			if !slices.Equal(p.Replicas, replicas) || !slices.Equal(p.ISR, isr) {
				t.Errorf("v%d: replicas %v, in sync %v", v, p.Replicas, p.ISR)
			}
			if v >= 5 && !slices.Equal(p.OfflineReplicas, []int32{2}) || v >= 7 && p.LeaderEpoch != 4 {
				t.Errorf("v%d: %+v", v, p)
			}
		}
		if len(r.Brokers) != 1 || r.Brokers[0].NodeID != 1 {
			t.Errorf("v%d: brokers %+v", v, r.Brokers)
		}
	}
}

func TestMetadataOperations(t *testing.T) {
	a := newAdmin(t, nil)
	a.create("a")
	q := kmsg.NewPtrMetadataRequest()
	name := "a"
	q.Topics = []kmsg.MetadataRequestTopic{{Topic: &name}}
	for v := int16(8); v <= 13; v++ {
		r := a.ask(q, v).(*kmsg.MetadataResponse)
		if r.AuthorizedOperations != noOperations || r.Topics[0].AuthorizedOperations != noOperations {
			t.Errorf("v%d, not asked: %d and %d", v, r.AuthorizedOperations, r.Topics[0].AuthorizedOperations)
		}
	}
	q.IncludeClusterAuthorizedOperations, q.IncludeTopicAuthorizedOperations = true, true
	for v := int16(8); v <= 13; v++ {
		want := int32(clusterOperations)
		if v > 10 {
			want = noOperations
		}
		if r := a.ask(q, v).(*kmsg.MetadataResponse); r.AuthorizedOperations != want || r.Topics[0].AuthorizedOperations != topicOperations {
			t.Errorf("v%d, asked: %d and %d", v, r.AuthorizedOperations, r.Topics[0].AuthorizedOperations)
		}
	}
}

func TestDescribeCluster(t *testing.T) {
	a := newAdmin(t, nil)
	a.imagine()
	ask := func(version int16, kind int8, fenced bool) *kmsg.DescribeClusterResponse {
		q := kmsg.NewPtrDescribeClusterRequest()
		q.EndpointType, q.IncludeFencedBrokers = kind, fenced
		return a.ask(q, version).(*kmsg.DescribeClusterResponse)
	}
	for v := range int16(3) {
		r := ask(v, 1, false)
		if r.ErrorCode != 0 || len(r.Brokers) != 2 || r.Brokers[1].NodeID != 3 || r.Brokers[1].Rack == nil || r.ControllerID != 1 || r.ClusterID != a.other.ClusterID {
			t.Errorf("v%d: %+v", v, r)
		}
	}
	if r := ask(2, 1, true); len(r.Brokers) != 3 || !r.Brokers[1].IsFenced || r.Brokers[0].IsFenced {
		t.Errorf("with fenced brokers: %+v", r.Brokers)
	}
	if r := ask(1, 2, false); said(r.ErrorCode, r.ErrorMessage) != "114 The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER" {
		t.Error(said(r.ErrorCode, r.ErrorMessage))
	}
	if r := ask(2, 7, false); said(r.ErrorCode, r.ErrorMessage) != "115 Unsupported endpoint type 7" || r.ControllerID != -1 {
		t.Error(said(r.ErrorCode, r.ErrorMessage))
	}
}

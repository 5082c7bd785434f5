package interop

import (
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Topic creates a topic of one replica, waits until every partition has a
// leader, and returns its id. Settings are "key=value". Nothing is recorded.
func (s *Session) Topic(name string, partitions int32, settings ...string) [16]byte {
	s.TB.Helper()
	req := createTopic(name, partitions, settings...)
	resp := s.Do(req).(*kmsg.CreateTopicsResponse)
	if t := resp.Topics[0]; t.ErrorCode != 0 {
		s.TB.Fatalf("create %s: %d %s", name, t.ErrorCode, deref(t.ErrorMessage))
	}
	got := s.Until(metadataOf(12, name), func(r kmsg.Response) bool {
		t := r.(*kmsg.MetadataResponse).Topics[0]
		return t.ErrorCode == 0 && len(t.Partitions) == int(partitions) &&
			!slices.ContainsFunc(t.Partitions, func(p kmsg.MetadataResponseTopicPartition) bool { return p.ErrorCode != 0 || p.Leader < 0 })
	})
	for p := range partitions { // metadata may run ahead of the replica itself
		s.Until(listOffsets(7, name, p, -1), func(r kmsg.Response) bool {
			return r.(*kmsg.ListOffsetsResponse).Topics[0].Partitions[0].ErrorCode == 0
		})
	}
	return got.(*kmsg.MetadataResponse).Topics[0].TopicID
}

// Fill produces one batch a value list to partition 0 of topic, unrecorded.
func (s *Session) Fill(topic string, batches ...BatchSpec) {
	s.TB.Helper()
	for _, b := range batches {
		s.Until(produce(9, topic, 0, b.Bytes()), func(r kmsg.Response) bool {
			return r.(*kmsg.ProduceResponse).Topics[0].Partitions[0].ErrorCode == 0
		})
	}
}

func createTopic(name string, partitions int32, settings ...string) *kmsg.CreateTopicsRequest {
	req := kmsg.NewPtrCreateTopicsRequest()
	req.Version, req.TimeoutMillis = 7, 15000
	req.Topics = []kmsg.CreateTopicsRequestTopic{topicSpec(name, partitions, 1, settings...)}
	return req
}

func topicSpec(name string, partitions int32, rf int16, settings ...string) kmsg.CreateTopicsRequestTopic {
	t := kmsg.NewCreateTopicsRequestTopic()
	t.Topic, t.NumPartitions, t.ReplicationFactor = name, partitions, rf
	for _, kv := range settings {
		k, v, ok := strings.Cut(kv, "=")
		c := kmsg.NewCreateTopicsRequestTopicConfig()
		c.Name = k
		if ok {
			c.Value = &v
		}
		t.Configs = append(t.Configs, c)
	}
	return t
}

func metadataOf(version int16, topics ...string) *kmsg.MetadataRequest {
	req := kmsg.NewPtrMetadataRequest()
	req.Version, req.AllowAutoTopicCreation = version, false
	req.Topics = []kmsg.MetadataRequestTopic{}
	for _, name := range topics {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = &name
		req.Topics = append(req.Topics, t)
	}
	return req
}

// produce asks for acks=all of records (nil = null) on one partition.
func produce(version int16, topic string, partition int32, records []byte) *kmsg.ProduceRequest {
	req := kmsg.NewPtrProduceRequest()
	req.Version, req.Acks, req.TimeoutMillis = version, -1, 10000
	t := kmsg.NewProduceRequestTopic()
	t.Topic = topic
	p := kmsg.NewProduceRequestTopicPartition()
	p.Partition, p.Records = partition, records
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	return req
}

// fetch asks for one partition from offset, sessionless, without waiting.
func fetch(version int16, topic string, partition int32, offset int64) *kmsg.FetchRequest {
	req := kmsg.NewPtrFetchRequest()
	req.Version, req.ReplicaID, req.MaxWaitMillis, req.MinBytes = version, -1, 0, 0
	req.MaxBytes = 50 << 20
	t := kmsg.NewFetchRequestTopic()
	t.Topic = topic
	p := kmsg.NewFetchRequestTopicPartition()
	p.Partition, p.FetchOffset, p.PartitionMaxBytes = partition, offset, 1<<20
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	return req
}

func listOffsets(version int16, topic string, partition int32, ts int64) *kmsg.ListOffsetsRequest {
	req := kmsg.NewPtrListOffsetsRequest()
	req.Version, req.ReplicaID = version, -1
	t := kmsg.NewListOffsetsRequestTopic()
	t.Topic = topic
	p := kmsg.NewListOffsetsRequestTopicPartition()
	p.Partition, p.Timestamp = partition, ts
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	return req
}

func deleteRecords(version int16, topic string, partition int32, offset int64) *kmsg.DeleteRecordsRequest {
	req := kmsg.NewPtrDeleteRecordsRequest()
	req.Version, req.TimeoutMillis = version, 10000
	t := kmsg.NewDeleteRecordsRequestTopic()
	t.Topic = topic
	p := kmsg.NewDeleteRecordsRequestTopicPartition()
	p.Partition, p.Offset = partition, offset
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	return req
}

// resource kinds of the config APIs
const (
	kindTopic  = kmsg.ConfigResourceTypeTopic
	kindBroker = kmsg.ConfigResourceTypeBroker
)

func describeConfigs(version int16, kind kmsg.ConfigResourceType, name string, keys ...string) *kmsg.DescribeConfigsRequest {
	req := kmsg.NewPtrDescribeConfigsRequest()
	req.Version = version
	r := kmsg.NewDescribeConfigsRequestResource()
	r.ResourceType, r.ResourceName, r.ConfigNames = kind, name, keys
	req.Resources = append(req.Resources, r)
	return req
}

// incremental builds one resource's IncrementalAlterConfigs from "op key=value"
// with op set, delete, append or subtract; without "=" the value is null.
func incremental(kind kmsg.ConfigResourceType, name string, ops ...string) *kmsg.IncrementalAlterConfigsRequest {
	codes := map[string]kmsg.IncrementalAlterConfigOp{"set": 0, "delete": 1, "append": 2, "subtract": 3, "bad": 9}
	req := kmsg.NewPtrIncrementalAlterConfigsRequest()
	req.Version = 1
	r := kmsg.NewIncrementalAlterConfigsRequestResource()
	r.ResourceType, r.ResourceName = kind, name
	for _, o := range ops {
		op, kv, _ := strings.Cut(o, " ")
		k, v, ok := strings.Cut(kv, "=")
		c := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		c.Op, c.Name = codes[op], k
		if ok {
			c.Value = &v
		}
		r.Configs = append(r.Configs, c)
	}
	req.Resources = append(req.Resources, r)
	return req
}

func alterConfigs(version int16, kind kmsg.ConfigResourceType, name string, settings ...string) *kmsg.AlterConfigsRequest {
	req := kmsg.NewPtrAlterConfigsRequest()
	req.Version = version
	r := kmsg.NewAlterConfigsRequestResource()
	r.ResourceType, r.ResourceName = kind, name
	for _, kv := range settings {
		k, v, ok := strings.Cut(kv, "=")
		c := kmsg.NewAlterConfigsRequestResourceConfig()
		c.Name = k
		if ok {
			c.Value = &v
		}
		r.Configs = append(r.Configs, c)
	}
	req.Resources = append(req.Resources, r)
	return req
}

// versions calls f with each version from lo to hi.
func versions(lo, hi int16, f func(v int16)) {
	for v := lo; v <= hi; v++ {
		f(v)
	}
}

// early reports whether d is well below limit: an answer that did not wait.
func early(d, limit time.Duration) string {
	if d < limit/2 {
		return "answered at once"
	}
	return "waited"
}

func deref(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

func ptr[T any](v T) *T { return &v }

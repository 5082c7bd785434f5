package cluster

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/configdef"
	"kq/pkg/broker/internal/meta"
)

func TestDeleteTopics(t *testing.T) {
	s := world(t, 1, nil)
	create(t, s, topic("a", 1, 1), topic("b", 1, 1), topic("c", 1, 1), topic("d", 1, 1))
	id := func(name string) meta.ID { return s.img.Topic(name).ID }
	named := func(name string) kmsg.DeleteTopicsRequestTopic { return kmsg.DeleteTopicsRequestTopic{Topic: &name} }
	byID := func(id meta.ID) kmsg.DeleteTopicsRequestTopic { return kmsg.DeleteTopicsRequestTopic{TopicID: id} }
	gone := id("d")
	for _, row := range []struct {
		name    string
		version int16
		ask     []kmsg.DeleteTopicsRequestTopic
		want    string
	}{
		{"nothing", 6, nil, ""},
		{"neither", 6, []kmsg.DeleteTopicsRequestTopic{{}}, "<nil> 42 Neither topic name nor id were specified."},
		{"both", 6, []kmsg.DeleteTopicsRequestTopic{{Topic: ptr("a"), TopicID: id("a")}}, "a 42 You may not specify both topic name and topic id."},
		{"name twice", 6, []kmsg.DeleteTopicsRequestTopic{named("a"), named("a")}, "a 42 Duplicate topic name."},
		{"name twice v5", 5, []kmsg.DeleteTopicsRequestTopic{named("a"), named("a")}, "a 42 Duplicate topic name."},
		{"id twice", 6, []kmsg.DeleteTopicsRequestTopic{byID(id("a")), byID(id("a"))}, "<nil> 42 Duplicate topic id."},
		{"name and its id", 6, []kmsg.DeleteTopicsRequestTopic{named("a"), byID(id("a"))}, "a 42 The provided topic name maps to an ID that was already supplied."},
		{"name and its id twice", 6, []kmsg.DeleteTopicsRequestTopic{byID(id("a")), named("a"), byID(id("a"))}, "<nil> 42 Duplicate topic id.; a 42 The provided topic name maps to an ID that was already supplied."},
		{"unknown name", 6, []kmsg.DeleteTopicsRequestTopic{named("nope")}, "nope 3 This server does not host this topic-partition."},
		{"unknown name v1", 1, []kmsg.DeleteTopicsRequestTopic{named("nope")}, "nope 3 This server does not host this topic-partition."},
		{"unknown id", 6, []kmsg.DeleteTopicsRequestTopic{byID(meta.ID{99})}, "<nil> 100 This server does not host this topic ID."},
		{"several", 6, []kmsg.DeleteTopicsRequestTopic{named("nope"), named("c"), byID(gone)}, "nope 3 This server does not host this topic-partition.; d ok; c ok"},
		{"gone", 6, []kmsg.DeleteTopicsRequestTopic{byID(gone)}, "<nil> 100 This server does not host this topic ID."},
		{"v1", 1, []kmsg.DeleteTopicsRequestTopic{named("a")}, "a ok"},
	} {
		q := &kmsg.DeleteTopicsRequest{Version: row.version, Topics: row.ask}
		if row.version < 6 {
			for _, t := range row.ask {
				q.TopicNames = append(q.TopicNames, *t.Topic)
			}
			q.Topics = nil
		}
		resp, records := s.deleteTopics(q)
		done(t, s, records)
		var got []string
		for _, r := range resp.Topics {
			name := "<nil>"
			if r.Topic != nil {
				name = *r.Topic
			}
			got = append(got, verdict(name, r.ErrorCode, r.ErrorMessage))
		}
		if got := strings.Join(got, "; "); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
	if s.img.TopicCount() != 1 || s.img.Topic("b") == nil {
		t.Errorf("left: %v", s.img.Topics())
	}
}

func TestDeleteDisabled(t *testing.T) {
	s := world(t, 1, map[string]string{"delete.topic.enable": "false"})
	create(t, s, topic("a", 1, 1))
	for v, want := range map[int16]int16{1: 42, 2: 42, 3: 73, 5: 73} {
		resp, records := s.deleteTopics(&kmsg.DeleteTopicsRequest{Version: v, TopicNames: []string{"a"}})
		if len(records) > 0 || resp.Topics[0].ErrorCode != want || resp.Topics[0].ErrorMessage != nil {
			t.Errorf("v%d: %+v", v, resp.Topics)
		}
	}
}

func TestCreatePartitions(t *testing.T) {
	s := world(t, 2, nil)
	create(t, s, topic("a", 2, 1), topic("b", 2, 2))
	more := func(name string, count int32, replicas ...[]int32) kmsg.CreatePartitionsRequestTopic {
		r := kmsg.CreatePartitionsRequestTopic{Topic: name, Count: count}
		for _, a := range replicas {
			r.Assignment = append(r.Assignment, kmsg.CreatePartitionsRequestTopicAssignment{Replicas: a})
		}
		return r
	}
	none := more("a", 3)
	none.Assignment = []kmsg.CreatePartitionsRequestTopicAssignment{}
	for _, row := range []struct {
		name string
		ask  []kmsg.CreatePartitionsRequestTopic
		want string
	}{
		{"equal", []kmsg.CreatePartitionsRequestTopic{more("a", 2)}, "a 37 Topic already has 2 partition(s)."},
		{"less", []kmsg.CreatePartitionsRequestTopic{more("a", -1)}, "a 37 The topic a currently has 2 partition(s); -1 would not be an increase."},
		{"unknown", []kmsg.CreatePartitionsRequestTopic{more("nope", 3)}, "nope 3 null"},
		{"twice", []kmsg.CreatePartitionsRequestTopic{more("a", 3), more("a", 4), more("b", 3)}, "a 42 Duplicate topic name.; b ok"},
		{"too few assignments", []kmsg.CreatePartitionsRequestTopic{more("a", 4, []int32{1})}, "a 39 Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified."},
		{"no assignments", []kmsg.CreatePartitionsRequestTopic{none}, "a 39 Attempted to add 1 additional partition(s), but only 0 assignment(s) were specified."},
		{"unknown broker", []kmsg.CreatePartitionsRequestTopic{more("a", 3, []int32{9})}, "a 39 The manual partition assignment includes broker 9, but no such broker is registered."},
		{"uneven", []kmsg.CreatePartitionsRequestTopic{more("a", 3, []int32{1, 2})}, "a 39 The manual partition assignment includes a partition with 2 replica(s), but this is not consistent with previous partitions, which have 1 replica(s)."},
		{"too many", []kmsg.CreatePartitionsRequestTopic{more("a", math.MaxInt32), more("b", 4)}, "a 44 Unable to perform excessively large batch operation.; b 44 Unable to perform excessively large batch operation."},
		{"assigned", []kmsg.CreatePartitionsRequestTopic{more("a", 3, []int32{2})}, "a ok"},
		{"one more", []kmsg.CreatePartitionsRequestTopic{more("a", 4)}, "a ok"},
	} {
		resp, records := s.createPartitions(&kmsg.CreatePartitionsRequest{Version: 3, Topics: row.ask})
		done(t, s, records)
		var got []string
		for _, r := range resp.Topics {
			got = append(got, verdict(r.Topic, r.ErrorCode, r.ErrorMessage))
		}
		if got := strings.Join(got, "; "); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
	if _, records := s.createPartitions(&kmsg.CreatePartitionsRequest{ValidateOnly: true, Topics: []kmsg.CreatePartitionsRequestTopic{more("a", 9)}}); len(records) > 0 {
		t.Error("validate only writes")
	}
	if p := s.img.Topic("a").Partitions; len(p) != 4 || p[2].Leader != 2 || len(s.img.Topic("b").Partitions[2].Replicas) != 2 {
		t.Errorf("partitions %+v", p)
	}
	done(t, s, []meta.Record{&meta.UnregisterBroker{BrokerID: 2, BrokerEpoch: 5}})
	resp, _ := s.createPartitions(&kmsg.CreatePartitionsRequest{Topics: []kmsg.CreatePartitionsRequestTopic{more("b", 9)}})
	if got, want := verdict("b", resp.Topics[0].ErrorCode, resp.Topics[0].ErrorMessage), "b 38 The target replication factor of 2 cannot be reached because only 1 broker(s) are registered or some brokers have all their log directories cordoned."; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// ops are operations of IncrementalAlterConfigs: "=" set, "-" delete, "+"
// append, "~" subtract, then name, and value behind another "=".
func ops(kind int8, name string, list ...string) kmsg.IncrementalAlterConfigsRequestResource {
	r := kmsg.NewIncrementalAlterConfigsRequestResource()
	r.ResourceType, r.ResourceName = kmsg.ConfigResourceType(kind), name
	for _, o := range list {
		c := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		c.Op = kmsg.IncrementalAlterConfigOp(strings.Index("=-+~?", o[:1]))
		var value string
		if c.Name, value, _ = strings.Cut(o[1:], "="); c.Op != 1 {
			c.Value = &value
		}
		r.Configs = append(r.Configs, c)
	}
	return r
}

func TestIncrementalAlterConfigs(t *testing.T) {
	s := world(t, 1, nil)
	create(t, s, topic("a", 1, 1), topic("b", 1, 1))
	for _, row := range []struct {
		name string
		ask  kmsg.IncrementalAlterConfigsRequestResource
		want string
	}{
		{"set", ops(2, "a", "=retention.ms=5"), " ok"},
		{"unknown topic", ops(2, "nope", "=retention.ms=5"), " 3 The topic 'nope' does not exist."},
		{"unknown topic, bad config", ops(2, "nope", "=retention.ms=x"), " 40 Invalid value x for configuration retention.ms: Not a number of type LONG"},
		{"bad name", ops(2, "a/b", "=retention.ms=5"), " 17 Topic name is invalid: 'a/b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"},
		{"empty name", ops(2, "", "=retention.ms=5"), " 42 Default topic resources are not allowed."},
		{"unknown key", ops(2, "a", "=nosuch=5"), " 40 Unknown topic config name: nosuch"},
		{"delete unknown key", ops(2, "a", "-nosuch"), " ok"},
		{"append unknown key", ops(2, "a", "+nosuch=5"), " 40 Can't APPEND to key nosuch because its type is not LIST."},
		{"append to a number", ops(2, "a", "+retention.ms=5"), " 40 Can't APPEND to key retention.ms because its type is not LIST."},
		{"subtract from a number", ops(2, "a", "~retention.ms=5"), " 40 Can't SUBTRACT to key retention.ms because its type is not LIST."},
		{"append", ops(2, "a", "+cleanup.policy=compact"), " ok"},
		{"append what is there", ops(2, "a", "+cleanup.policy=compact"), " ok"},
		{"append nonsense", ops(2, "a", "+cleanup.policy=shred"), " 40 Invalid value shred for configuration cleanup.policy: String must be one of: compact, delete"},
		{"subtract", ops(2, "a", "~cleanup.policy=delete"), " ok"},
		{"unknown operation", ops(2, "a", "?retention.ms=5"), " -1 null"},
		{"all or nothing", ops(2, "a", "=retention.ms=77", "=segment.ms=x"), " 40 Invalid value x for configuration segment.ms: Not a number of type LONG"},
		{"no configs", ops(2, "a"), " ok"},
		{"no configs of an unknown topic", ops(2, "nope"), " 3 The topic 'nope' does not exist."},
		{"broker", ops(4, "1", "=log.cleaner.threads=2"), " ok"},
		{"unknown broker", ops(4, "7", "=log.cleaner.threads=2"), " 102 No node with id 7 found."},
		{"default", ops(4, "", "=log.retention.ms=7"), " ok"},
		{"group", ops(32, "g", "=consumer.session.timeout.ms=50000"), " ok"},
		{"group, unknown key", ops(32, "g", "=nosuch=1"), " 40 Unknown group config name: nosuch"},
		{"group without name", ops(32, "", "=consumer.session.timeout.ms=50000"), " 42 Default group resources are not allowed."},
		{"client metrics", ops(16, "m", "=interval.ms=5000", "=metrics=a,b"), " ok"},
		{"client metrics append", ops(16, "m", "+metrics=c"), " 40 Can't APPEND to key metrics because its type is not LIST."},
		{"client metrics range", ops(16, "m", "=interval.ms=5"), " 42 Invalid value 5 for interval.ms, interval must be between 100 and 3600000 (1 hour)"},
		{"odd type", ops(3, "m", "=a=5"), " 42 Unknown resource type 3"},
	} {
		resp, records := s.incrementalAlterConfigs(&kmsg.IncrementalAlterConfigsRequest{Resources: []kmsg.IncrementalAlterConfigsRequestResource{row.ask}})
		done(t, s, records)
		r := resp.Resources[0]
		if got := verdict("", r.ErrorCode, r.ErrorMessage); got != row.want || r.ResourceName != row.ask.ResourceName || r.ResourceType != row.ask.ResourceType {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
	if got := s.img.Config(meta.ResourceTopic, "a"); len(got) != 2 || got["retention.ms"] != "5" || got["cleanup.policy"] != "compact" {
		t.Errorf("topic: %v", got)
	}
	want := []meta.Resource{{Type: 2, Name: "a"}, {Type: 4}, {Type: 4, Name: "1"}, {Type: 16, Name: "m"}, {Type: 32, Name: "g"}}
	if got := s.img.Configured(); !slices.Equal(got, want) {
		t.Errorf("configured %v", got)
	}
	q := &kmsg.IncrementalAlterConfigsRequest{ValidateOnly: true, Resources: []kmsg.IncrementalAlterConfigsRequestResource{ops(2, "a", "=retention.ms=9")}}
	if _, records := s.incrementalAlterConfigs(q); len(records) > 0 {
		t.Error("validate only writes")
	}
	q.ValidateOnly = false
	q.Resources = []kmsg.IncrementalAlterConfigsRequestResource{ops(2, "a", "=retention.ms=5"), ops(4, "1", "=log.cleaner.threads=2")}
	if _, records := s.incrementalAlterConfigs(q); len(records) != 1 || records[0].(*meta.ConfigRecord).ResourceType != meta.ResourceBroker {
		t.Errorf("what stays the same is written for brokers alone: %v", records)
	}
	if configdef.OpSubtract != 3 {
		t.Error("operations are numbered otherwise than on the wire")
	}
}

func TestAlterConfigs(t *testing.T) {
	s := world(t, 1, nil)
	create(t, s, topic("a", 1, 1, "retention.ms=1", "flush.ms=2"))
	alter := func(name string, configs ...string) string {
		r := kmsg.NewAlterConfigsRequestResource()
		r.ResourceType, r.ResourceName = 2, name
		for _, c := range configs {
			name, value, _ := strings.Cut(c, "=")
			r.Configs = append(r.Configs, kmsg.AlterConfigsRequestResourceConfig{Name: name, Value: &value})
		}
		resp, records := s.alterConfigs(&kmsg.AlterConfigsRequest{Resources: []kmsg.AlterConfigsRequestResource{r}})
		done(t, s, records)
		return verdict("", resp.Resources[0].ErrorCode, resp.Resources[0].ErrorMessage)
	}
	if got := alter("a", "flush.ms=3", "segment.ms=4"); got != " ok" {
		t.Error(got)
	}
	if got := s.img.Config(meta.ResourceTopic, "a"); len(got) != 2 || got["flush.ms"] != "3" || got["segment.ms"] != "4" {
		t.Errorf("replaced: %v", got)
	}
	if got := alter("a", "flush.ms=x"); got != " 40 Invalid value x for configuration flush.ms: Not a number of type LONG" {
		t.Error(got)
	}
	if got := alter("nope"); got != " 3 The topic 'nope' does not exist." {
		t.Error(got)
	}
	if got := alter("a"); got != " ok" || s.img.Config(meta.ResourceTopic, "a") != nil {
		t.Errorf("%s, %v", got, s.img.Config(meta.ResourceTopic, "a"))
	}
}

func TestAllocateProducerIDs(t *testing.T) {
	s := world(t, 1, nil)
	ask := func(broker int32, epoch int64) *kmsg.AllocateProducerIDsResponse {
		resp, records := s.allocateProducerIDs(&kmsg.AllocateProducerIDsRequest{BrokerID: broker, BrokerEpoch: epoch})
		done(t, s, records)
		return resp
	}
	for i := range int64(3) {
		if r := ask(1, 5); r.ErrorCode != 0 || r.ProducerIDStart != 1000*i || r.ProducerIDLen != 1000 {
			t.Errorf("block %d: %+v", i, r)
		}
	}
	if r := ask(2, 5); r.ErrorCode != 102 {
		t.Errorf("unknown broker: %+v", r)
	}
	if r := ask(1, 4); r.ErrorCode != 77 {
		t.Errorf("old epoch: %+v", r)
	}
	done(t, s, []meta.Record{&meta.ProducerIDs{BrokerID: 1, NextProducerID: math.MaxInt64 - 999}})
	if r := ask(1, 5); r.ErrorCode != -1 {
		t.Errorf("no ids left: %+v", r)
	}
}

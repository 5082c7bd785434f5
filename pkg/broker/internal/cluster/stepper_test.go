package cluster

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// world is a stepper over a cluster of brokers 1 to n.
func world(t *testing.T, brokers int, static map[string]string) *stepper {
	t.Helper()
	next := byte(0)
	o := Options{
		NodeID: 1, Static: static, Rand: rand.New(rand.NewPCG(1, 2)),
		NewID: func() meta.ID { next++; return meta.ID{next} },
	}
	s := newStepper(o, meta.NewImage("a cluster"))
	for id := range brokers {
		done(t, &s, []meta.Record{&meta.RegisterBroker{BrokerID: int32(id + 1), BrokerEpoch: 5, LogDirs: []meta.ID{{byte(id + 1)}}}})
	}
	return &s
}

// done makes records the present, as the driver does after the log has them.
func done(t *testing.T, s *stepper, records []meta.Record) {
	t.Helper()
	img, err := s.img.Apply(records...)
	if err != nil {
		t.Fatal(err)
	}
	s.move(img)
}

func topic(name string, partitions int32, rf int16, configs ...string) kmsg.CreateTopicsRequestTopic {
	t := kmsg.NewCreateTopicsRequestTopic()
	t.Topic, t.NumPartitions, t.ReplicationFactor = name, partitions, rf
	for _, c := range configs {
		cc := kmsg.NewCreateTopicsRequestTopicConfig()
		name, value, ok := strings.Cut(c, "=")
		if cc.Name = name; ok {
			cc.Value = &value
		}
		t.Configs = append(t.Configs, cc)
	}
	return t
}

func assigned(name string, partitions int32, rf int16, replicas ...[]int32) kmsg.CreateTopicsRequestTopic {
	t := topic(name, partitions, rf)
	for i, r := range replicas {
		a := kmsg.NewCreateTopicsRequestTopicReplicaAssignment()
		a.Partition, a.Replicas = int32(i), r
		t.ReplicaAssignment = append(t.ReplicaAssignment, a)
	}
	return t
}

func renumber(t kmsg.CreateTopicsRequestTopic, partitions ...int32) kmsg.CreateTopicsRequestTopic {
	for i, p := range partitions {
		t.ReplicaAssignment[i].Partition = p
	}
	return t
}

func create(t *testing.T, s *stepper, topics ...kmsg.CreateTopicsRequestTopic) string {
	t.Helper()
	resp, records := s.createTopics(&kmsg.CreateTopicsRequest{Version: 7, Topics: topics})
	done(t, s, records)
	var out []string
	for _, r := range resp.Topics {
		out = append(out, verdict(r.Topic, r.ErrorCode, r.ErrorMessage))
		if ok := r.ErrorCode == 0; ok != (len(r.Configs) > 0) || ok != (r.TopicID != meta.ID{}) || ok != (r.NumPartitions > 0) || r.Configs == nil {
			t.Errorf("%s: answer %+v", r.Topic, r)
		}
	}
	return strings.Join(out, "; ")
}

// verdict is one item of an answer in short.
func verdict(name string, code int16, message *string) string {
	text := "null"
	if message != nil {
		text = *message
	}
	if code == 0 && message == nil {
		return name + " ok"
	}
	return fmt.Sprintf("%s %d %s", name, code, text)
}

// The texts are those of Apache Kafka 4.3.1 with one broker. Rows build on each
// other: a topic that was created stays.
func TestCreateTopics(t *testing.T) {
	s := world(t, 1, map[string]string{"num.partitions": "4"})
	n250 := strings.Repeat("x", 250)
	for _, row := range []struct {
		name string
		ask  []kmsg.CreateTopicsRequestTopic
		want string
	}{
		{"a topic", one(topic("c.a", 1, 1)), "c.a ok"},
		{"collision", one(topic("c_a", 1, 1)), "c_a 17 Topic 'c_a' collides with existing topic: c.a"},
		{"exists, whatever else is wrong", one(topic("c.a", 0, 1, "x=y")), "c.a 36 Topic 'c.a' already exists."},
		{"collision in one request", []kmsg.CreateTopicsRequestTopic{topic("d.e", 1, 1), topic("d_e", 1, 1)}, "d.e ok; d_e ok"},
		{"empty name", one(topic("", 1, 1)), " 17 Topic name is invalid: the empty string is not allowed"},
		{"dot", one(topic(".", 1, 1)), ". 17 Topic name is invalid: '.' is not allowed"},
		{"dots", one(topic("..", 1, 1)), ".. 17 Topic name is invalid: '..' is not allowed"},
		{"slash", one(topic("a/b", 1, 1)), "a/b 17 Topic name is invalid: 'a/b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"},
		{"250 characters", one(topic(n250, 1, 1)), n250 + " 17 Topic name is invalid: the length of '" + n250 + "' is longer than the max allowed length 249"},
		{"249 characters", one(topic(n250[1:], 1, 1)), n250[1:] + " ok"},
		{"no partitions", one(topic("e", 0, 1)), "e 37 Number of partitions was set to an invalid non-positive value."},
		{"-2 partitions", one(topic("e", -2, 1)), "e 37 Number of partitions was set to an invalid non-positive value."},
		{"no replicas", one(topic("e", 1, 0)), "e 38 Replication factor must be larger than 0, or -1 to use the default value."},
		{"-2 replicas", one(topic("e", 1, -2)), "e 38 Replication factor must be larger than 0, or -1 to use the default value."},
		{"two replicas", one(topic("e", 1, 2)), "e 38 Unable to replicate the partition 2 time(s): The target replication factor of 2 cannot be reached because only 1 broker(s) are registered or some brokers have all their log directories cordoned."},
		{"neither", one(topic("e", 0, 0)), "e 38 Replication factor must be larger than 0, or -1 to use the default value."},
		{"too many partitions", []kmsg.CreateTopicsRequestTopic{topic("e", 10001, 1), topic("f", 1, 1)}, "e 44 Excessively large number of partitions per request.; f 44 Excessively large number of partitions per request."},
		{"assignment and partitions", one(assigned("e", 1, -1, []int32{1})), "e 42 A manual partition assignment was specified, but numPartitions was not set to -1."},
		{"assignment and factor", one(assigned("e", -1, 1, []int32{1})), "e 42 A manual partition assignment was specified, but replication factor was not set to -1."},
		{"unknown broker", one(assigned("e", -1, -1, []int32{9})), "e 39 The manual partition assignment includes broker 9, but no such broker is registered."},
		{"broker twice", one(assigned("e", -1, -1, []int32{1, 1})), "e 39 The manual partition assignment includes the broker 1 more than once."},
		{"empty assignment", one(assigned("e", -1, -1, []int32{})), "e 39 The manual partition assignment includes an empty replica list."},
		{"gap", one(renumber(assigned("e", -1, -1, []int32{1}, []int32{1}), 0, 2)), "e 39 partitions should be a consecutive 0-based integer sequence"},
		{"negative", one(renumber(assigned("e", -1, -1, []int32{1}), -1)), "e 39 partitions should be a consecutive 0-based integer sequence"},
		{"partition twice", one(renumber(assigned("e", -1, -1, []int32{1}, []int32{1}), 0, 0)), "e 39 Found multiple manual partition assignments for partition 0"},
		{"assigned", one(assigned("assigned", -1, -1, []int32{1}, []int32{1})), "assigned ok"},
		{"twice in a request", []kmsg.CreateTopicsRequestTopic{topic("g", 1, 1), topic("g", 1, 1), topic("h", 1, 1)}, "h ok; g 42 Duplicate topic name."},
		{"unknown config", one(topic("e", 1, 1, "nosuch=1")), "e 40 Unknown topic config name: nosuch"},
		{"bad config", one(topic("e", 1, 1, "retention.ms=abc")), "e 40 Invalid value abc for configuration retention.ms: Not a number of type LONG"},
		{"null configs", one(topic("e", 1, 1, "retention.ms", "segment.ms", "flush.ms=1")), "e 40 Null value not supported for topic configs: retention.ms,segment.ms"},
		{"long value", one(topic("e", 1, 1, "follower.replication.throttled.replicas="+strings.Repeat("1:2,", 9000)+"1:2")), "e 40 The configuration value cannot be added because it exceeds the maximum value size of 32767 bytes."},
		{"the metadata log", one(topic(LogTopic, 1, 1)), LogTopic + " 42 Creation of internal topic __cluster_metadata is prohibited."},
		{"internal", one(topic("__transaction_state", 1, 1)), "__transaction_state ok"},
		{"defaults", one(topic("defaults", -1, -1)), "defaults ok"},
		{"nothing", nil, ""},
	} {
		if got := create(t, s, row.ask...); got != row.want {
			t.Errorf("%s:\n%s, want\n%s", row.name, got, row.want)
		}
	}
	if got := s.img.Topic("defaults").Partitions; len(got) != 4 || !slices.Equal(got[3].Replicas, []int32{1}) || got[3].Directories[0] != (meta.ID{1}) {
		t.Errorf("default partitions: %+v", got)
	}
	if s.img.Topic("e") != nil || s.img.Topic("g") != nil {
		t.Error("a refused topic is there")
	}
}

func one(t kmsg.CreateTopicsRequestTopic) []kmsg.CreateTopicsRequestTopic {
	return []kmsg.CreateTopicsRequestTopic{t}
}

func TestCreateTopicsConfigs(t *testing.T) {
	s := world(t, 1, nil)
	q := &kmsg.CreateTopicsRequest{Version: 7, Topics: one(topic("a", 1, 1, "retention.ms=1", "cleanup.policy= compact , delete ", "retention.ms=2"))}
	q.ValidateOnly = true
	resp, records := s.createTopics(q)
	if len(records) != 0 || resp.Topics[0].ErrorCode != 0 || len(resp.Topics[0].Configs) < 30 {
		t.Errorf("validate only: %d records, %+v", len(records), resp.Topics[0])
	}
	q.ValidateOnly = false
	resp, records = s.createTopics(q)
	done(t, s, records)
	if got := s.img.Config(meta.ResourceTopic, "a"); len(got) != 2 || got["retention.ms"] != "2" || got["cleanup.policy"] != " compact , delete " {
		t.Errorf("configs %v", got)
	}
	shown := map[string]kmsg.CreateTopicsResponseTopicConfig{}
	for _, c := range resp.Topics[0].Configs {
		shown[c.Name] = c
	}
	if c := shown["cleanup.policy"]; *c.Value != " compact , delete " || c.Source != 1 {
		t.Errorf("its own config: %+v", c)
	}
	if c := shown["segment.bytes"]; *c.Value != "1073741824" || c.Source != 5 {
		t.Errorf("default: %+v", c)
	}
}

// A name is free again, also for its collisions, once its topic is gone.
func TestCollisionsEnd(t *testing.T) {
	s := world(t, 1, nil)
	create(t, s, topic("a.b", 1, 1), topic("a_b", 1, 1))
	for i, name := range []string{"a.b", "a_b"} {
		if got, want := create(t, s, topic("a.b", 1, 1)), "a.b 17 Topic 'a.b' collides with existing topic: a_b"; i == 1 && got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		_, records := s.deleteTopics(&kmsg.DeleteTopicsRequest{Version: 5, TopicNames: []string{name}})
		done(t, s, records)
	}
	if got := create(t, s, topic("a_b", 1, 1)); got != "a_b ok" {
		t.Error(got)
	}
}

func TestPlacement(t *testing.T) {
	s := world(t, 4, nil)
	done(t, s, []meta.Record{&meta.FenceBroker{ID: 4, Epoch: 5}})
	if got := create(t, s, topic("p", 9, 3)); got != "p ok" {
		t.Fatal(got)
	}
	leaders, pairs := map[int32]int{}, map[[2]int32]int{}
	for _, p := range s.img.Topic("p").Partitions {
		leaders[p.Leader]++
		pairs[[2]int32{p.Replicas[0], p.Replicas[1]}]++
		if got := slices.Sorted(slices.Values(p.Replicas)); !slices.Equal(got, []int32{1, 2, 3}) || p.Leader != p.Replicas[0] || !slices.Equal(p.ISR, p.Replicas) {
			t.Errorf("partition %+v", p)
		}
	}
	if leaders[1] != 3 || leaders[2] != 3 || leaders[3] != 3 || len(pairs) != 6 {
		t.Errorf("leaders %v, pairs %v", leaders, pairs)
	}
	create(t, s, topic("q", 1, 4))
	if p := s.img.Topic("q").Partitions[0]; p.Replicas[3] != 4 || len(p.ISR) != 3 {
		t.Errorf("with a fenced broker: %+v", p)
	}
	if got, want := create(t, s, topic("r", 1, 5)), "only 4 broker(s)"; !strings.Contains(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
	if got := create(t, s, assigned("m", -1, -1, []int32{4, 2}, []int32{2, 4})); got != "m ok" {
		t.Error(got)
	} else if p := s.img.Topic("m").Partitions; p[0].Leader != 2 || !slices.Equal(p[0].ISR, []int32{2}) {
		t.Errorf("assigned %+v", p)
	}
	if got, want := create(t, s, assigned("m2", -1, -1, []int32{1}, []int32{2, 3})), "m2 39 The manual partition assignment includes a partition with 2 replica(s), but this is not consistent with previous partitions, which have 1 replica(s)."; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := create(t, s, assigned("m3", -1, -1, []int32{4})), "m3 39 All brokers specified in the manual partition assignment for partition 0 are fenced or in controlled shutdown."; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for id := range int32(3) {
		done(t, s, []meta.Record{&meta.BrokerRegistrationChange{BrokerID: id + 1, BrokerEpoch: 5, InControlledShutdown: 1}})
	}
	if got, want := create(t, s, topic("s", 1, 1)), "s 38 Unable to replicate the partition 1 time(s): All brokers are currently fenced or in controlled shutdown."; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for id := range int32(3) {
		done(t, s, []meta.Record{&meta.FenceBroker{ID: id + 1, Epoch: 5}})
	}
	if got, want := create(t, s, topic("s", 1, 1)), "s 38 Unable to replicate the partition 1 time(s): All brokers are currently fenced, or have all their log directories cordoned."; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

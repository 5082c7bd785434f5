package interop

import (
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// noConfigs drops the long config lists of CreateTopics answers.
func noConfigs(api string, tree map[string]any) {
	if api != "CreateTopics" {
		return
	}
	for _, t := range asList(tree["Topics"]) {
		if t, ok := t.(map[string]any); ok && len(asList(t["Configs"])) > 0 {
			t["Configs"] = "a list"
		}
	}
}

func createTopics(version int16, topics ...kmsg.CreateTopicsRequestTopic) *kmsg.CreateTopicsRequest {
	req := kmsg.NewPtrCreateTopicsRequest()
	req.Version, req.TimeoutMillis, req.Topics = version, 15000, topics
	return req
}

func adminRows() []Row {
	return slices.Concat(createRows(), deleteRows())
}

func createRows() []Row {
	return []Row{
		{Name: "i-create-names", Traps: []int{112}, Edit: noConfigs, Run: func(s *Session) {
			for _, name := range []string{"", ".", "..", "bad name", "bad/name", "ü", strings.Repeat("n", 250), "-", "_", "ok.name"} {
				s.Send(createTopics(7, topicSpec(name, 1, 1)))
			}
			s.Send(createTopics(7, topicSpec(strings.Repeat("n", 249), 1, 1)))
			s.Note("collisions of . and _")
			s.Send(createTopics(7, topicSpec("ok_name", 1, 1)))
			s.Send(createTopics(7, topicSpec("x.y_z", 1, 1), topicSpec("x_y.z", 1, 1)))
			s.Note("it exists")
			s.Send(createTopics(7, topicSpec("ok.name", 1, 1)))
			s.Note("older versions")
			versions(2, 6, func(v int16) { s.Send(createTopics(v, topicSpec("ok.name", 1, 1))) })
		}, Sort: []string{"Topics"}},
		{Name: "i-create-counts", Traps: []int{113}, Edit: noConfigs, Run: func(s *Session) {
			for _, c := range []struct {
				partitions int32
				rf         int16
			}{{0, 1}, {-2, 1}, {-1, 1}, {1, 0}, {1, -2}, {1, -1}, {1, 2}, {-1, -1}, {0, 0}, {3, 1}} {
				name := "n" + strings.ReplaceAll(strings.Join([]string{itoa(c.partitions), itoa(int32(c.rf))}, "r"), "-", "m")
				s.Note("%d partitions, replication factor %d", c.partitions, c.rf)
				s.Send(createTopics(7, topicSpec(name, c.partitions, c.rf)))
			}
			s.Note("-1 before v4")
			s.Send(createTopics(3, topicSpec("v3", -1, -1)))
		}},
		{Name: "i-create-assignment", Traps: []int{113}, Edit: noConfigs, Run: createAssignments},
		{Name: "i-create-configs", Traps: []int{114, 120}, Edit: noConfigs, Run: createConfigs},
		{Name: "i-create-answer", Traps: []int{114, 118}, Run: func(s *Session) {
			s.Send(createTopics(7, topicSpec("answer", 2, 1, "retention.ms=5000", "cleanup.policy=compact,delete")))
			versions(2, 6, func(v int16) { s.Send(createTopics(v, topicSpec("answer-v"+itoa(int32(v)), 1, 1))) })
		}},
		{Name: "i-create-duplicates", Traps: []int{114}, Edit: noConfigs, Sort: []string{"Topics"}, Run: func(s *Session) {
			s.Send(createTopics(7, topicSpec("dup", 1, 1), topicSpec("single", 1, 1), topicSpec("dup", 2, 1)))
			s.Send(metadataOf(9, "dup"))
			s.Note("no topics")
			s.Send(createTopics(7))
		}},
		{Name: "i-create-validate-only", Traps: []int{114}, Edit: noConfigs, Run: func(s *Session) {
			req := createTopics(7, topicSpec("only", 2, 1))
			req.ValidateOnly = true
			s.Send(req)
			s.Send(metadataOf(9, "only"))
			req.Topics[0].ReplicationFactor = 3
			s.Send(req)
		}},
		{Name: "i-create-timeout", Traps: []int{114}, Edit: noConfigs, Differs: "kq never times out on its own metadata log", Run: func(s *Session) {
			for i, ms := range []int32{0, -1} {
				req := createTopics(7, topicSpec("timeout"+itoa(int32(i)), 1, 1))
				req.TimeoutMillis = ms
				s.Note("timeout %d", ms)
				s.Send(req)
			}
		}},
	}
}

func deleteRows() []Row {
	return []Row{
		{Name: "i-delete", Traps: []int{115}, Run: deleteTopics, Sort: []string{"Topics"}},
		{Name: "i-delete-disabled", Traps: []int{115}, Config: map[string]string{"delete.topic.enable": "false"}, Run: func(s *Session) {
			s.Topic("kept", 1)
			versions(1, 6, func(v int16) {
				req := kmsg.NewPtrDeleteTopicsRequest()
				req.Version, req.TimeoutMillis, req.TopicNames = v, 5000, []string{"kept", "none"}
				req.Topics = []kmsg.DeleteTopicsRequestTopic{{Topic: ptr("kept")}, {Topic: ptr("none")}}
				s.Send(req)
			})
		}, Sort: []string{"Topics"}},
		{Name: "i-create-partitions", Traps: []int{116}, Run: createPartitions, Sort: []string{"Topics"}},
		{Name: "i-log-dirs", Traps: []int{123}, Alone: true, Run: func(s *Session) {
			s.Topic("ld", 2)
			s.Fill("ld", Records("a", "b"))
			ask := func(v int16, topics ...kmsg.DescribeLogDirsRequestTopic) {
				req := kmsg.NewPtrDescribeLogDirsRequest()
				req.Version, req.Topics = v, topics
				s.Send(req)
			}
			versions(1, 5, func(v int16) { ask(v) })
			s.Note("one partition, an unknown one, an unknown topic, the same twice")
			ask(4, kmsg.DescribeLogDirsRequestTopic{Topic: "ld", Partitions: []int32{1}})
			ask(4, kmsg.DescribeLogDirsRequestTopic{Topic: "ld", Partitions: []int32{9}})
			ask(4, kmsg.DescribeLogDirsRequestTopic{Topic: "none", Partitions: []int32{0}})
			ask(4, kmsg.DescribeLogDirsRequestTopic{Topic: "ld", Partitions: []int32{0, 0}})
			s.Note("an empty list of topics, a topic without partitions")
			ask(4, []kmsg.DescribeLogDirsRequestTopic{}...)
			empty := kmsg.NewPtrDescribeLogDirsRequest()
			empty.Version, empty.Topics = 4, []kmsg.DescribeLogDirsRequestTopic{}
			s.Send(empty)
			ask(4, kmsg.DescribeLogDirsRequestTopic{Topic: "ld"})
		}, Sort: []string{"Dirs.Topics", "Dirs.Topics.Partitions"}},
	}
}

func itoa(n int32) string {
	if n < 0 {
		return "-" + itoa(-n)
	}
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

func createAssignments(s *Session) {
	for _, c := range []struct {
		what       string
		partitions int32
		rf         int16
		replicas   map[int32][]int32
	}{
		{"one partition on this broker", -1, -1, map[int32][]int32{0: {s.Node}}},
		{"with a partition count", 1, -1, map[int32][]int32{0: {s.Node}}},
		{"with a replication factor", -1, 1, map[int32][]int32{0: {s.Node}}},
		{"a gap", -1, -1, map[int32][]int32{0: {s.Node}, 2: {s.Node}}},
		{"not from 0", -1, -1, map[int32][]int32{1: {s.Node}}},
		{"a broker twice", -1, -1, map[int32][]int32{0: {s.Node, s.Node}}},
		{"an unknown broker", -1, -1, map[int32][]int32{0: {77}}},
		{"a negative broker", -1, -1, map[int32][]int32{0: {-1}}},
		{"no replicas", -1, -1, map[int32][]int32{0: {}}},
		{"uneven", -1, -1, map[int32][]int32{0: {s.Node}, 1: {s.Node, 77}}},
		{"two partitions", -1, -1, map[int32][]int32{0: {s.Node}, 1: {s.Node}}},
	} {
		t := topicSpec("as-"+strings.ReplaceAll(c.what, " ", "-"), c.partitions, c.rf)
		for p := int32(0); p < 3; p++ {
			if r, ok := c.replicas[p]; ok {
				t.ReplicaAssignment = append(t.ReplicaAssignment, kmsg.CreateTopicsRequestTopicReplicaAssignment{Partition: p, Replicas: r})
			}
		}
		s.Note("%s", c.what)
		s.Send(createTopics(7, t))
	}
	s.Note("a partition twice")
	t := topicSpec("as-twice", -1, -1)
	one := kmsg.CreateTopicsRequestTopicReplicaAssignment{Partition: 0, Replicas: []int32{s.Node}}
	t.ReplicaAssignment = append(t.ReplicaAssignment, one, one)
	s.Send(createTopics(7, t))
}

func createConfigs(s *Session) {
	for i, settings := range [][]string{
		{"no.such.config=1"},
		{"retention.ms=soon"},
		{"retention.ms=-2"},
		{"retention.ms=-1"},
		{"retention.ms= 5000 "},
		{"retention.ms"},
		{"retention.ms="},
		{"segment.bytes=13"},
		{"segment.bytes=1048575"},
		{"segment.bytes=99999999999"},
		{"cleanup.policy=delete , compact"},
		{"cleanup.policy=compact,delete"},
		{"cleanup.policy=shred"},
		{"cleanup.policy="},
		{"cleanup.policy=delete,delete"},
		{"compression.type=brotli"},
		{"compression.type=GZIP"},
		{"preallocate=TRUE"},
		{"preallocate=maybe"},
		{"min.cleanable.dirty.ratio=1.5"},
		{"min.insync.replicas=0"},
		{"min.insync.replicas=5"},
		{"max.message.bytes=-1"},
		{"message.timestamp.type=Whenever"},
		{"min.compaction.lag.ms=10", "max.compaction.lag.ms=5"},
		{"retention.ms=1", "retention.ms=2"},
		{"local.retention.ms=5", "retention.ms=3"},
		{"remote.storage.enable=true"},
		{"segment.ms=0"},
		{"flush.ms=0"},
		{"index.interval.bytes=-1"},
		{"follower.replication.throttled.replicas=*"},
		{"follower.replication.throttled.replicas=nonsense"},
		{"compression.zstd.level=99"},
		{"compression.gzip.level=-5"},
		{"message.format.version=3.0"},
		{"unclean.leader.election.enable=yes"},
		{"=5"},
	} {
		s.Note("%s", strings.Join(settings, " and "))
		s.Send(createTopics(7, topicSpec("cc"+itoa(int32(i)), 1, 1, settings...)))
	}
}

func deleteTopics(s *Session) {
	ids := map[string][16]byte{}
	for _, name := range []string{"del-a", "del-b", "del-c", "del-d", "del-e", "del-f", "del-g"} {
		ids[name] = s.Topic(name, 1)
	}
	named := func(v int16, names ...string) {
		req := kmsg.NewPtrDeleteTopicsRequest()
		req.Version, req.TimeoutMillis, req.TopicNames = v, 15000, names
		for _, n := range names {
			req.Topics = append(req.Topics, kmsg.DeleteTopicsRequestTopic{Topic: &n})
		}
		s.Send(req)
	}
	named(1, "del-a")
	named(5, "del-b", "none", "bad name", "")
	named(6, "del-c", "none")
	s.Note("the same twice")
	named(5, "del-d", "del-d")
	named(6, "del-d", "del-d")
	six := func(what string, topics ...kmsg.DeleteTopicsRequestTopic) {
		req := kmsg.NewPtrDeleteTopicsRequest()
		req.Version, req.TimeoutMillis, req.Topics = 6, 15000, topics
		s.Note("%s", what)
		s.Send(req)
	}
	six("by id", kmsg.DeleteTopicsRequestTopic{TopicID: ids["del-e"]})
	six("by the same id again", kmsg.DeleteTopicsRequestTopic{TopicID: ids["del-e"]})
	six("name and id", kmsg.DeleteTopicsRequestTopic{Topic: ptr("del-f"), TopicID: ids["del-f"]})
	six("neither", kmsg.DeleteTopicsRequestTopic{})
	six("unknown id", kmsg.DeleteTopicsRequestTopic{TopicID: [16]byte{3}})
	six("its name and its id in one request", kmsg.DeleteTopicsRequestTopic{Topic: ptr("del-g")}, kmsg.DeleteTopicsRequestTopic{TopicID: ids["del-g"]})
	six("an id twice", kmsg.DeleteTopicsRequestTopic{TopicID: ids["del-g"]}, kmsg.DeleteTopicsRequestTopic{TopicID: ids["del-g"]})
	six("nothing")
}

func createPartitions(s *Session) {
	s.Topic("cp", 2)
	s.Topic("cp2", 1)
	ask := func(what string, v int16, validate bool, topics ...kmsg.CreatePartitionsRequestTopic) {
		req := kmsg.NewPtrCreatePartitionsRequest()
		req.Version, req.TimeoutMillis, req.ValidateOnly, req.Topics = v, 15000, validate, topics
		s.Note("%s", what)
		s.Send(req)
	}
	more := func(name string, count int32, replicas ...[]int32) kmsg.CreatePartitionsRequestTopic {
		t := kmsg.NewCreatePartitionsRequestTopic()
		t.Topic, t.Count = name, count
		for _, r := range replicas {
			t.Assignment = append(t.Assignment, kmsg.CreatePartitionsRequestTopicAssignment{Replicas: r})
		}
		return t
	}
	for _, n := range []int32{2, 1, 0, -1} {
		ask("count "+itoa(n)+" of 2", 3, false, more("cp", n))
	}
	ask("validate only", 3, true, more("cp", 3))
	ask("unknown topic", 3, false, more("none", 3))
	ask("assignment of the wrong size", 3, false, more("cp", 4, []int32{s.Node}))
	ask("assignment to an unknown broker", 3, false, more("cp", 3, []int32{77}))
	ask("assignment of two replicas", 3, false, more("cp", 3, []int32{s.Node, 77}))
	ask("assignment with a broker twice", 3, false, more("cp", 3, []int32{s.Node, s.Node}))
	ask("empty assignment", 3, false, more("cp", 3, []int32{}))
	ask("a topic twice, and another", 3, false, more("cp", 4), more("cp", 5), more("cp2", 2))
	for v := int16(0); v <= 3; v++ {
		ask("one more", v, false, more("cp", int32(v)+3))
	}
	ask("one more, assigned", 3, false, more("cp", 7, []int32{s.Node}))
	s.Until(metadataOf(9, "cp"), func(r kmsg.Response) bool { return len(r.(*kmsg.MetadataResponse).Topics[0].Partitions) == 7 })
	s.Send(metadataOf(9, "cp"))
}

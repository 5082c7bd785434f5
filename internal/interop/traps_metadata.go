package interop

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func metadataRows() []Row {
	return slices.Concat(topicRows(), autoCreateRows(), describeRows())
}

func topicRows() []Row {
	return []Row{
		{Name: "b-features", Traps: []int{8}, Sort: []string{"SupportedFeatures", "FinalizedFeatures"}, Drop: []string{"FinalizedFeaturesEpoch"}, Edit: func(_ string, tree map[string]any) { delete(tree, "ApiKeys") }, Run: func(s *Session) {
			s.Send(apiVersions(3, "kq", "1.0"))
			s.Send(apiVersions(4, "kq", "1.0"))
		}, Differs: "kq reports the features it has"},
		{Name: "b-metadata-null-empty", Traps: []int{20, 25, 31, 28}, Alone: true, Run: func(s *Session) {
			s.Topic("one", 2)
			all := metadataOf(0)
			s.Send(all)
			versions(1, 13, func(v int16) {
				none := metadataOf(v)
				s.Send(none)
				every := metadataOf(v)
				every.Topics = nil
				s.Send(every)
			})
		}},
		{Name: "b-metadata-ids", Traps: []int{21, 31}, Run: func(s *Session) {
			id := s.Topic("by-id", 1)
			byID := func(v int16, name *string, id [16]byte) *kmsg.MetadataRequest {
				req := metadataOf(v)
				req.Topics = append(req.Topics, kmsg.MetadataRequestTopic{Topic: name, TopicID: id})
				return req
			}
			s.Send(byID(12, nil, id))
			s.Send(byID(13, ptr("by-id"), id))
			s.Note("a name with another id")
			s.Send(byID(12, ptr("by-id"), [16]byte{1, 2, 3}))
			s.Note("unknown id")
			s.Send(byID(12, nil, [16]byte{1, 2, 3}))
			s.Note("null name and no id")
			s.Send(byID(12, nil, [16]byte{}))
			s.Note("v10 and v11 with an id")
			s.Send(byID(10, ptr("by-id"), id))
			s.Send(byID(11, ptr("by-id"), id))
			two := byID(12, nil, id)
			two.Topics = append(two.Topics, kmsg.MetadataRequestTopic{TopicID: [16]byte{9}}, kmsg.MetadataRequestTopic{Topic: ptr("by-id")})
			s.Note("id, unknown id, name in one request")
			s.Send(two)
		}},
		{Name: "b-metadata-unknown", Traps: []int{22, 23}, Config: map[string]string{"auto.create.topics.enable": "false"}, Run: func(s *Session) {
			for _, v := range []int16{0, 3, 4, 9, 12, 13} {
				req := metadataOf(v, "missing")
				req.AllowAutoTopicCreation = true
				s.Send(req)
			}
			bad := metadataOf(9, "bad name", "", "..", "missing", "missing")
			s.Send(bad)
			bad.AllowAutoTopicCreation = true
			s.Send(bad)
		}},
	}
}

func autoCreateRows() []Row {
	return []Row{
		{Name: "b-metadata-autocreate", Traps: []int{22}, Run: autoCreate, Config: map[string]string{"num.partitions": "2"}},
		{Name: "b-metadata-order", Traps: []int{20}, Sort: []string{"Topics"}, Run: func(s *Session) {
			s.Topic("order-b", 1)
			s.Topic("order-a", 1)
			s.Send(metadataOf(9, "order-b", "order-a", "order-b", "order-none"))
		}},
		{Name: "b-metadata-authorized-ops", Traps: []int{28}, Run: func(s *Session) {
			s.Topic("ops", 1)
			for _, v := range []int16{8, 10, 11, 13} {
				req := metadataOf(v, "ops")
				req.IncludeTopicAuthorizedOperations = true
				req.IncludeClusterAuthorizedOperations = v <= 10
				s.Send(req)
			}
		}},
		{Name: "b-recreate", Traps: []int{31, 27}, Run: func(s *Session) {
			first := s.Topic("again", 1)
			s.deleteTopic("again")
			second := s.Topic("again", 1)
			s.Note("the id changed: %v", first != second)
			s.Send(metadataOf(13, "again"))
			byID := metadataOf(12)
			byID.Topics = append(byID.Topics, kmsg.MetadataRequestTopic{TopicID: first})
			s.Note("by the old id")
			s.Send(byID)
		}},
	}
}

func describeRows() []Row {
	return []Row{
		{Name: "b-describe-cluster", Traps: []int{32}, Run: func(s *Session) {
			versions(0, 2, func(v int16) {
				for _, kind := range []int8{1, 2, 3, 0} {
					req := kmsg.NewPtrDescribeClusterRequest()
					req.Version, req.EndpointType = v, kind
					if v == 0 && kind != 1 {
						continue
					}
					s.Note("endpoint type %d", kind)
					s.Send(req)
				}
			})
			req := kmsg.NewPtrDescribeClusterRequest()
			req.Version, req.EndpointType, req.IncludeClusterAuthorizedOperations = 1, 1, true
			s.Note("with authorized operations")
			s.Send(req)
			req = kmsg.NewPtrDescribeClusterRequest()
			req.Version, req.EndpointType, req.IncludeFencedBrokers = 2, 1, true
			s.Note("with fenced brokers")
			s.Send(req)
		}},
		{Name: "b-describe-topic-partitions", Traps: []int{33}, Run: describeTopicPartitions},
		{Name: "b-describe-topic-partitions-all", Traps: []int{33}, Alone: true, Config: map[string]string{"max.request.partition.size.limit": "3"}, Run: func(s *Session) {
			s.Topic("all-a", 2)
			s.Topic("all-b", 2)
			s.Topic("all-c", 2)
			s.Send(describeTopics(2000))
			s.Send(describeTopics(4))
			s.Send(describeTopics(1))
			s.Send(describeTopics(0))
			s.Send(describeTopics(-1))
		}},
		{Name: "b-internal-names", Traps: []int{29, 45}, Run: func(s *Session) {
			s.Note("creating internal topics by hand is allowed")
			s.Send(createTopic("__consumer_offsets", 1))
			s.Topic("not-internal", 1)
			s.Until(metadataOf(9, "__consumer_offsets"), func(r kmsg.Response) bool { return r.(*kmsg.MetadataResponse).Topics[0].ErrorCode == 0 })
			s.Send(metadataOf(9, "__consumer_offsets"))
			s.Note("producing to it")
			s.Send(produce(9, "__consumer_offsets", 0, Records("a").Bytes()))
		}},
	}
}

func autoCreate(s *Session) {
	quiet := metadataOf(9, "auto-no")
	s.Note("not asked for")
	s.Send(quiet)
	s.Note("invalid name, asked for")
	bad := metadataOf(9, "bad name")
	bad.AllowAutoTopicCreation = true
	s.Send(bad)
	s.Note("v0 and v3 ask by themselves")
	for i, v := range []int16{0, 3, 9, 13} {
		name := "auto-" + string(rune('a'+i))
		req := metadataOf(v, name)
		req.AllowAutoTopicCreation = true
		s.Note("v%d, first answer has error 3 or 5, or none", v)
		first := s.Do(req).(*kmsg.MetadataResponse).Topics[0].ErrorCode
		if first != 0 && first != 3 && first != 5 {
			s.TB.Errorf("first answer while creating: error %d", first)
		}
		s.Until(req, func(r kmsg.Response) bool {
			t := r.(*kmsg.MetadataResponse).Topics[0]
			return t.ErrorCode == 0 && len(t.Partitions) == 2 && t.Partitions[0].Leader >= 0 && t.Partitions[1].Leader >= 0
		})
		s.Send(req)
	}
	s.Note("colliding names: auto.a beside auto-a is fine, auto.x beside auto_x is not")
	s.Topic("auto_x", 1)
	clash := metadataOf(9, "auto.x")
	clash.AllowAutoTopicCreation = true
	s.Send(clash)
}

func describeTopics(limit int32, names ...string) *kmsg.DescribeTopicPartitionsRequest {
	req := kmsg.NewPtrDescribeTopicPartitionsRequest()
	req.ResponsePartitionLimit = limit
	for _, n := range names {
		req.Topics = append(req.Topics, kmsg.DescribeTopicPartitionsRequestTopic{Topic: n})
	}
	return req
}

func describeTopicPartitions(s *Session) {
	s.Topic("dtp-a", 3)
	s.Topic("dtp-b", 2)
	s.Send(describeTopics(2000, "dtp-b", "dtp-a"))
	s.Note("unknown and invalid names")
	s.Send(describeTopics(2000, "dtp-none", "bad name", "dtp-a"))
	s.Note("the same name twice")
	s.Send(describeTopics(2000, "dtp-b", "dtp-b"))
	s.Note("limit 2, then from the cursor it gave")
	page := describeTopics(2, "dtp-a", "dtp-b")
	s.Send(page)
	page.Cursor = &kmsg.DescribeTopicPartitionsRequestCursor{Topic: "dtp-a", Partition: 2}
	s.Send(page)
	s.Note("cursors: past the partitions, partition -1, unknown topic between, after all")
	for _, c := range []kmsg.DescribeTopicPartitionsRequestCursor{
		{Topic: "dtp-a", Partition: 7},
		{Topic: "dtp-a", Partition: -1},
		{Topic: "dtp-aa", Partition: 0},
		{Topic: "dtp-z", Partition: 0},
		{Topic: "bad name", Partition: 0},
	} {
		req := describeTopics(2000, "dtp-a", "dtp-b")
		req.Cursor = &c
		s.Send(req)
	}
	s.Note("limits 0, -1")
	s.Send(describeTopics(0, "dtp-a"))
	s.Send(describeTopics(-1, "dtp-a"))
}

// deleteTopic deletes a topic and waits until metadata does not know it.
func (s *Session) deleteTopic(name string) {
	s.TB.Helper()
	req := kmsg.NewPtrDeleteTopicsRequest()
	req.Version, req.TimeoutMillis, req.TopicNames = 5, 15000, []string{name}
	if t := s.Do(req).(*kmsg.DeleteTopicsResponse).Topics[0]; t.ErrorCode != 0 {
		s.TB.Fatalf("delete %s: error %d", name, t.ErrorCode)
	}
	s.Until(metadataOf(9, name), func(r kmsg.Response) bool { return r.(*kmsg.MetadataResponse).Topics[0].ErrorCode == 3 })
}

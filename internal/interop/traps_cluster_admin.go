package interop

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func clusterAdminRows() []Row {
	return []Row{
		{Name: "i-elect-leaders", Traps: []int{121}, Run: electLeaders},
		{Name: "i-elect-all-leaders", Traps: []int{121}, Alone: true, Run: func(s *Session) {
			s.Topic("elect1", 2)
			s.Topic("elect2", 1)
			versions(0, 2, func(v int16) { s.Send(&kmsg.ElectLeadersRequest{Version: v, TimeoutMillis: 5000}) })
			s.Note("unclean")
			s.Send(&kmsg.ElectLeadersRequest{Version: 2, ElectionType: 1, TimeoutMillis: 5000})
			s.Note("an unknown type")
			s.Send(&kmsg.ElectLeadersRequest{Version: 2, ElectionType: 7, TimeoutMillis: 5000})
		}, Sort: []string{"Topics"}},
		{Name: "i-reassign", Traps: []int{122}, Run: reassign},
		{Name: "i-log-dirs-move", Traps: []int{123}, Sort: []string{"Topics", "Topics.Partitions"}, Run: moveLogDirs},
		{Name: "i-quorum", Traps: []int{127}, Run: quorum, Mask: []string{
			"HighWatermark", "LogEndOffset", "LastFetchTimestamp", "LastCaughtUpTimestamp", "LeaderEpoch",
		}, Drop: []string{"Nodes.Listeners"}},
		{Name: "i-config-resources", Traps: []int{117}, Alone: true, Sort: []string{"ConfigResources"}, Run: configResources},
		{Name: "i-features", Traps: []int{127}, Run: features},
		{Name: "i-unregister", Traps: []int{127}, Run: func(s *Session) {
			for _, id := range []int32{77, -1} {
				s.Send(&kmsg.UnregisterBrokerRequest{BrokerID: id})
			}
		}},
	}
}

func electLeaders(s *Session) {
	s.Topic("elect", 2)
	some := []kmsg.ElectLeadersRequestTopic{
		{Topic: "elect", Partitions: []int32{0, 1, 9, -1}},
		{Topic: "nobody", Partitions: []int32{0}},
		{Topic: "bad name", Partitions: []int32{0}},
		{Topic: "elect"},
	}
	for _, kind := range []int8{0, 1, 7, -1} {
		s.Note("type %d", kind)
		versions(0, 2, func(v int16) {
			s.Send(&kmsg.ElectLeadersRequest{Version: v, ElectionType: kind, Topics: some, TimeoutMillis: 5000})
			s.Send(&kmsg.ElectLeadersRequest{Version: v, ElectionType: kind, Topics: []kmsg.ElectLeadersRequestTopic{}, TimeoutMillis: 5000})
		})
	}
}

func reassign(s *Session) {
	s.Topic("move", 2)
	type part = kmsg.AlterPartitionAssignmentsRequestTopicPartition
	ask := func(topic string, parts ...part) {
		versions(0, 1, func(v int16) {
			s.Send(&kmsg.AlterPartitionAssignmentsRequest{
				Version: v, TimeoutMillis: 5000, AllowReplicationFactorChange: true,
				Topics: []kmsg.AlterPartitionAssignmentsRequestTopic{{Topic: topic, Partitions: parts}},
			})
		})
	}
	s.Note("nothing")
	s.Send(&kmsg.AlterPartitionAssignmentsRequest{Version: 1, TimeoutMillis: 5000, AllowReplicationFactorChange: true})
	s.Note("nothing to cancel")
	ask("move", part{})
	for _, replicas := range [][]int32{{}, {s.Node}, {s.Node, 77}, {s.Node, s.Node}, {-1}} {
		s.Note("to %v", replicas)
		ask("move", part{Replicas: replicas})
	}
	s.Note("what is not there")
	ask("move", part{Partition: 9, Replicas: []int32{s.Node}}, part{Partition: -1})
	ask("nobody", part{Replicas: []int32{s.Node}}, part{Partition: 1})
	ask("")
	s.Note("what is on the move")
	s.Send(&kmsg.ListPartitionReassignmentsRequest{TimeoutMillis: 5000})
	s.Send(&kmsg.ListPartitionReassignmentsRequest{TimeoutMillis: 5000, Topics: []kmsg.ListPartitionReassignmentsRequestTopic{
		{Topic: "move", Partitions: []int32{0, 1, 9}}, {Topic: "nobody", Partitions: []int32{0}},
	}})
}

func moveLogDirs(s *Session) {
	s.Topic("dirs", 2)
	own := s.Do(&kmsg.DescribeLogDirsRequest{Version: 4}).(*kmsg.DescribeLogDirsResponse).Dirs[0].Dir
	type dir = kmsg.AlterReplicaLogDirsRequestDir
	names := func(topic string, partitions ...int32) []kmsg.AlterReplicaLogDirsRequestDirTopic {
		return []kmsg.AlterReplicaLogDirsRequestDirTopic{{Topic: topic, Partitions: partitions}}
	}
	for _, c := range []struct {
		what string
		dirs []dir
	}{
		{"nothing", nil},
		{"where they are", []dir{{Dir: own, Topics: slices.Concat(names("dirs", 0, 1, 9, 0), names("nobody", 0), names("__cluster_metadata", 0))}}},
		{"nowhere", []dir{{Dir: "/nowhere", Topics: slices.Concat(names("dirs", 0, 9), names("nobody", 0))}}},
		{"a relative one", []dir{{Dir: "here", Topics: names("dirs", 0)}}},
		{"none", []dir{{Topics: names("dirs", 0)}}},
		{"the same, spelled otherwise", []dir{{Dir: own + "/", Topics: names("dirs", 0)}}},
		{"two", []dir{{Dir: own, Topics: names("dirs", 0)}, {Dir: "/nowhere", Topics: names("dirs", 0)}}},
	} {
		s.Note("%s", c.what)
		versions(1, 2, func(v int16) { s.Send(&kmsg.AlterReplicaLogDirsRequest{Version: v, Dirs: c.dirs}) })
	}
}

func quorum(s *Session) {
	s.Topic("q", 1)
	ask := func(topics ...kmsg.DescribeQuorumRequestTopic) {
		versions(0, 2, func(v int16) { s.Send(&kmsg.DescribeQuorumRequest{Version: v, Topics: topics}) })
	}
	names := func(topic string, partitions ...int32) kmsg.DescribeQuorumRequestTopic {
		t := kmsg.DescribeQuorumRequestTopic{Topic: topic}
		for _, p := range partitions {
			t.Partitions = append(t.Partitions, kmsg.DescribeQuorumRequestTopicPartition{Partition: p})
		}
		return t
	}
	const log = "__cluster_metadata"
	ask(names(log, 0))
	ask()
	ask(names(log))
	ask(names(log, 1))
	ask(names(log, 0, 1))
	ask(names(log, 0), names("q", 0))
	ask(names("q", 0, 9))
}

func configResources(s *Session) {
	s.Topic("res", 1)
	s.Send(&kmsg.ListConfigResourcesRequest{})
	for _, types := range [][]int8{nil, {2}, {4}, {8}, {16}, {32}, {4, 2, 2}, {0}, {1}, {3}, {99}, {2, 3}} {
		s.Note("types %v", types)
		s.Send(&kmsg.ListConfigResourcesRequest{Version: 1, ResourceTypes: types})
	}
}

func features(s *Session) {
	type update = kmsg.UpdateFeaturesRequestFeatureUpdate
	ask := func(what string, updates ...update) {
		s.Note("%s", what)
		versions(1, 2, func(v int16) {
			s.Send(&kmsg.UpdateFeaturesRequest{Version: v, TimeoutMillis: 5000, ValidateOnly: true, FeatureUpdates: updates})
		})
	}
	ask("nothing")
	for _, u := range []update{
		{Feature: "nope", MaxVersionLevel: 1, UpgradeType: 1},
		{Feature: "", MaxVersionLevel: 1, UpgradeType: 1},
		{Feature: "group.version", MaxVersionLevel: 1, UpgradeType: 1},
		{Feature: "group.version", MaxVersionLevel: 9, UpgradeType: 1},
		{Feature: "group.version", MaxVersionLevel: -1, UpgradeType: 2},
		{Feature: "transaction.version", MaxVersionLevel: 1, UpgradeType: 1},
		{Feature: "transaction.version", MaxVersionLevel: 1, UpgradeType: 2},
		{Feature: "transaction.version", MaxVersionLevel: 0, UpgradeType: 3},
		{Feature: "transaction.version", MaxVersionLevel: 1, UpgradeType: 0},
		{Feature: "transaction.version", MaxVersionLevel: 1, UpgradeType: 9},
		{Feature: "metadata.version", MaxVersionLevel: 30, UpgradeType: 1},
		{Feature: "metadata.version", MaxVersionLevel: 25, UpgradeType: 1},
		{Feature: "metadata.version", MaxVersionLevel: 25, UpgradeType: 2},
		{Feature: "metadata.version", MaxVersionLevel: 25, UpgradeType: 3},
		{Feature: "metadata.version", MaxVersionLevel: 99, UpgradeType: 1},
		{Feature: "metadata.version", MaxVersionLevel: 0, UpgradeType: 3},
	} {
		ask(u.Feature+" to "+itoa(int32(u.MaxVersionLevel))+" by "+itoa(int32(u.UpgradeType)), u)
	}
	ask("one of two fails", update{Feature: "transaction.version", MaxVersionLevel: 1, UpgradeType: 2}, update{Feature: "nope", MaxVersionLevel: 1, UpgradeType: 1})
}

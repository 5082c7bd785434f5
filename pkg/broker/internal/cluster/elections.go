package cluster

import (
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// The election types of ElectLeaders (ElectionType).
const (
	electPreferred int8 = 0
	electUnclean   int8 = 1
)

// electLeaders is the step of ElectLeaders (ReplicationControlManager). A request
// without topics is for all partitions; those that need none are left out then.
func (s *stepper) electLeaders(q *kmsg.ElectLeadersRequest) (*kmsg.ElectLeadersResponse, []meta.Record) {
	resp := kmsg.NewPtrElectLeadersResponse()
	kind := q.ElectionType
	if q.Version == 0 {
		kind = electPreferred
	}
	known := kind == electPreferred || kind == electUnclean
	if !known && (q.Topics == nil || len(q.Topics) > 0) {
		resp.ErrorCode = kerr.InvalidRequest.Code
	}
	var records []meta.Record
	answer := func(topic string, indexes []int32, all bool) {
		rt := kmsg.NewElectLeadersResponseTopic()
		rt.Topic = topic
		for _, index := range indexes {
			change, why := s.electLeader(topic, index, kind)
			if !known {
				change, why = nil, refuse(kerr.InvalidRequest, fmt.Sprintf("Unknown election type %d", kind))
			}
			if all && why != nil && why.err == kerr.ElectionNotNeeded {
				continue
			}
			if change != nil {
				records = append(records, change)
			}
			p := kmsg.NewElectLeadersResponseTopicPartition()
			p.Partition = index
			why.fill(&p.ErrorCode, &p.ErrorMessage)
			rt.Partitions = append(rt.Partitions, p)
		}
		resp.Topics = append(resp.Topics, rt)
	}
	for i := range q.Topics {
		answer(q.Topics[i].Topic, q.Topics[i].Partitions, false)
	}
	if q.Topics == nil && known {
		for _, t := range s.img.Topics() {
			answer(t.Name, partitionIDs(t), true)
		}
	}
	return resp, records
}

func partitionIDs(t *meta.Topic) []int32 {
	ids := make([]int32, len(t.Partitions))
	for i := range ids {
		ids[i] = int32(i)
	}
	return ids
}

// electLeader looks for a leader of one partition.
func (s *stepper) electLeader(topic string, index int32, kind int8) (meta.Record, *refusal) {
	t, p := s.img.Topic(topic), s.img.Partition(topic, index)
	switch {
	case t == nil:
		return nil, refuse(kerr.UnknownTopicOrPartition, "No such topic as "+topic)
	case p == nil:
		return nil, refuse(kerr.UnknownTopicOrPartition, fmt.Sprintf("No such partition as %s-%d", topic, index))
	case kind == electPreferred && len(p.Replicas) > 0 && p.Leader == p.Replicas[0], kind == electUnclean && p.Leader != -1:
		return nil, refuse(kerr.ElectionNotNeeded, "Leader election not needed for topic partition.")
	}
	ch := meta.NewPartitionChange(t.ID, index)
	if kind == electPreferred {
		if ch.Leader = p.Replicas[0]; !s.img.Alive(ch.Leader) || !slices.Contains(p.ISR, ch.Leader) {
			return nil, refuse(kerr.PreferredLeaderNotAvailable, "The preferred leader was not available.")
		}
		return ch, nil
	}
	for _, id := range p.Replicas {
		if s.img.Alive(id) {
			ch.Leader, ch.ISR, ch.LeaderRecoveryState = id, []int32{id}, 1
			return ch, nil
		}
	}
	return nil, refuse(kerr.EligibleLeadersNotAvailable, "Eligible topic partition leaders are not available.")
}

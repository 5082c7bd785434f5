package cluster

import (
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// alterReassignments is the step of AlterPartitionReassignments (KIP-455): each
// partition gets the replicas that it is to have, or, with none, those back that
// it had.
func (s *stepper) alterReassignments(q *kmsg.AlterPartitionAssignmentsRequest) (*kmsg.AlterPartitionAssignmentsResponse, []meta.Record) {
	resp := kmsg.NewPtrAlterPartitionAssignmentsResponse()
	if len(q.Topics) == 0 {
		resp.ErrorMessage = ptr("") // as Kafka answers then
	}
	var records []meta.Record
	seen := map[meta.ID]map[int32]bool{}
	for i := range q.Topics {
		qt := &q.Topics[i]
		rt := kmsg.NewAlterPartitionAssignmentsResponseTopic()
		rt.Topic = qt.Topic
		for j := range qt.Partitions {
			out := kmsg.NewAlterPartitionAssignmentsResponseTopicPartition()
			out.Partition = qt.Partitions[j].Partition
			change, why := s.reassign(qt.Topic, out.Partition, qt.Partitions[j].Replicas)
			if change != nil && !seen[change.TopicID][change.PartitionID] {
				records = append(records, change)
				if seen[change.TopicID] == nil {
					seen[change.TopicID] = map[int32]bool{}
				}
				seen[change.TopicID][change.PartitionID] = true
			}
			why.fill(&out.ErrorCode, &out.ErrorMessage)
			rt.Partitions = append(rt.Partitions, out)
		}
		resp.Topics = append(resp.Topics, rt)
	}
	return resp, records
}

// reassign is alterReassignments for one partition. The change is nil when
// there is nothing to do.
func (s *stepper) reassign(topic string, index int32, target []int32) (*meta.PartitionChange, *refusal) {
	t, p := s.img.Topic(topic), s.img.Partition(topic, index)
	switch {
	case t == nil:
		return nil, refuse(kerr.UnknownTopicOrPartition, fmt.Sprintf("Unable to find a topic named %s.", topic))
	case p == nil:
		return nil, refuse(kerr.UnknownTopicOrPartition, fmt.Sprintf("Unable to find partition %s:%d.", topic, index))
	}
	moving := len(p.Adding)+len(p.Removing) > 0
	had := without(p.Replicas, p.Adding)
	if target == nil {
		if !moving {
			return nil, &refusal{err: kerr.NoReassignmentInProgress}
		}
		target = had
	} else if why := s.checkReplicas(target, 0); why != nil {
		return nil, why
	}
	if !moving && slices.Equal(target, p.Replicas) {
		return nil, nil
	}
	return s.moveReplicas(t.ID, index, p, had, target), nil
}

// moveReplicas takes a partition from the replicas it had to others. That is done
// at once if those that come are in sync, and one of those that stay.
func (s *stepper) moveReplicas(id meta.ID, index int32, p *meta.Partition, had, target []int32) *meta.PartitionChange {
	ch := meta.NewPartitionChange(id, index)
	adding, removing := without(target, had), without(had, target)
	isr := without(p.ISR, without(p.ISR, target))
	if len(isr) == 0 || len(without(adding, p.ISR)) > 0 {
		ch.Replicas = append(slices.Clone(target), removing...)
		ch.AddingReplicas, ch.RemovingReplicas = adding, removing
	} else {
		ch.Replicas, ch.ISR = target, isr
		ch.AddingReplicas, ch.RemovingReplicas = []int32{}, []int32{}
		if !slices.Contains(target, p.Leader) {
			ch.Leader = -1
			if i := slices.IndexFunc(isr, s.img.Alive); i >= 0 {
				ch.Leader = isr[i]
			}
		}
	}
	ch.Directories = make([]meta.ID, len(ch.Replicas))
	for i, b := range ch.Replicas {
		if k := slices.Index(p.Replicas, b); k >= 0 && k < len(p.Directories) {
			ch.Directories[i] = p.Directories[k]
		} else {
			ch.Directories[i] = defaultDirectory(s.img.Broker(b))
		}
	}
	return ch
}

// without gives the elements of list that are not in gone; never nil.
func without(list, gone []int32) []int32 {
	out := []int32{}
	for _, id := range list {
		if !slices.Contains(gone, id) {
			out = append(out, id)
		}
	}
	return out
}

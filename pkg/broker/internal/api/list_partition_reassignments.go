package api

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// handleListPartitionReassignments answers ListPartitionReassignments 0 (KIP-455):
// of the partitions asked for, or of all, those that are on the move.
func handleListPartitionReassignments(s *Service, _ *Request, q *kmsg.ListPartitionReassignmentsRequest) kmsg.Response {
	resp := kmsg.NewPtrListPartitionReassignmentsResponse()
	img := s.Image()
	add := func(t *meta.Topic, indexes func(yield func(int32) bool)) {
		rt := kmsg.NewListPartitionReassignmentsResponseTopic()
		rt.Topic = t.Name
		for index := range indexes {
			p := img.Partition(t.Name, index)
			if p == nil || len(p.Adding)+len(p.Removing) == 0 {
				continue
			}
			out := kmsg.NewListPartitionReassignmentsResponseTopicPartition()
			out.Partition, out.Replicas, out.AddingReplicas, out.RemovingReplicas = index, p.Replicas, p.Adding, p.Removing
			rt.Partitions = append(rt.Partitions, out)
		}
		if len(rt.Partitions) > 0 {
			resp.Topics = append(resp.Topics, rt)
		}
	}
	if q.Topics == nil {
		for _, t := range img.Topics() {
			add(t, func(yield func(int32) bool) {
				for i := range t.Partitions {
					if !yield(int32(i)) {
						return
					}
				}
			})
		}
		return resp
	}
	for i := range q.Topics {
		if t := img.Topic(q.Topics[i].Topic); t != nil {
			add(t, func(yield func(int32) bool) {
				for _, index := range q.Topics[i].Partitions {
					if !yield(index) {
						return
					}
				}
			})
		}
	}
	return resp
}

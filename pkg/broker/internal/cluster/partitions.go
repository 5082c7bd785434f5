package cluster

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// createPartitions is the step of CreatePartitions.
func (s *stepper) createPartitions(q *kmsg.CreatePartitionsRequest) (*kmsg.CreatePartitionsResponse, []meta.Record) {
	resp := kmsg.NewPtrCreatePartitionsResponse()
	answer := func(name string, why *refusal) {
		r := kmsg.NewCreatePartitionsResponseTopic()
		r.Topic = name
		why.fill(&r.ErrorCode, &r.ErrorMessage)
		resp.Topics = append(resp.Topics, r)
	}
	count := map[string]int{}
	for _, t := range q.Topics {
		count[t.Topic]++
	}
	if s.newPartitionCount(q, count) > maxPartitionsPerRequest {
		for _, t := range q.Topics {
			answer(t.Topic, excessive())
		}
		return resp, nil
	}
	var records []meta.Record
	for i := range q.Topics {
		t := &q.Topics[i]
		if count[t.Topic] > 1 {
			count[t.Topic] = -1 // answered
			answer(t.Topic, refuse(kerr.InvalidRequest, "Duplicate topic name."))
		}
		if count[t.Topic] != 1 {
			continue
		}
		added, why := s.morePartitions(t)
		records = append(records, added...)
		answer(t.Topic, why)
	}
	if q.ValidateOnly {
		records = nil
	}
	return resp, records
}

// newPartitionCount is how many partitions the request would add.
func (s *stepper) newPartitionCount(q *kmsg.CreatePartitionsRequest, count map[string]int) (total int) {
	for _, t := range q.Topics {
		if have := s.img.Topic(t.Topic); have != nil && count[t.Topic] == 1 {
			total += max(0, int(t.Count)-len(have.Partitions))
		}
	}
	return total
}

// excessive is how Kafka refuses a request that would write too many records.
func excessive() *refusal {
	return refuse(kerr.PolicyViolation, "Unable to perform excessively large batch operation.")
}

// morePartitions is createPartitions for one topic.
func (s *stepper) morePartitions(q *kmsg.CreatePartitionsRequestTopic) ([]meta.Record, *refusal) {
	t := s.img.Topic(q.Topic)
	if t == nil || len(t.Partitions) == 0 {
		return nil, &refusal{err: kerr.UnknownTopicOrPartition}
	}
	have := len(t.Partitions)
	more := int(q.Count) - have
	switch {
	case more == 0:
		return nil, refuse(kerr.InvalidPartitions, fmt.Sprintf("Topic already has %d partition(s).", have))
	case more < 0:
		return nil, refuse(kerr.InvalidPartitions, fmt.Sprintf("The topic %s currently has %d partition(s); %d would not be an increase.", q.Topic, have, q.Count))
	case q.Assignment != nil && len(q.Assignment) != more:
		return nil, refuse(kerr.InvalidReplicaAssignment, fmt.Sprintf("Attempted to add %d additional partition(s), but only %d assignment(s) were specified.", more, len(q.Assignment)))
	}
	rf := len(t.Partitions[0].Replicas)
	p := newPlacer(s.img, s.rand)
	if q.Assignment == nil {
		if why := p.check(rf); why != nil {
			return nil, why
		}
	}
	records := make([]meta.Record, 0, more)
	for i := range more {
		var replicas []int32
		none := refuse(kerr.InvalidReplicationFactor, fmt.Sprintf("Unable to replicate the partition %d time(s): All brokers are currently fenced or in controlled shutdown.", rf))
		if q.Assignment == nil {
			replicas = p.next(rf)
		} else {
			replicas = q.Assignment[i].Replicas
			if why := s.checkReplicas(replicas, rf); why != nil {
				return nil, why
			}
			none = refuse(kerr.InvalidReplicaAssignment, fmt.Sprintf("All brokers specified in the manual partition assignment for partition %d are fenced or in controlled shutdown.", have+i))
		}
		r, ok := s.partition(t.ID, int32(have+i), replicas)
		if !ok {
			return nil, none
		}
		records = append(records, r)
	}
	return records, nil
}

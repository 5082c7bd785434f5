package cluster

import (
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/configdef"
	"kq/pkg/broker/internal/meta"
)

// maxPartitionsPerRequest is how many partitions one request may create
// (ReplicationControlManager.MAX_PARTITIONS_PER_BATCH).
const maxPartitionsPerRequest = 10_000

// createTopics is the step of CreateTopics (ReplicationControlManager).
func (s *stepper) createTopics(q *kmsg.CreateTopicsRequest) (*kmsg.CreateTopicsResponse, []meta.Record) {
	resp := kmsg.NewPtrCreateTopicsResponse()
	var records []meta.Record
	count := map[string]int{}
	for _, t := range q.Topics {
		count[t.Topic]++
	}
	tooMany := s.tooManyPartitions(q, count)
	var repeated []string
	for i := range q.Topics {
		t := &q.Topics[i]
		if count[t.Topic] > 1 && tooMany == nil {
			if !slices.Contains(repeated, t.Topic) {
				repeated = append(repeated, t.Topic)
			}
			continue
		}
		result, made, why := kmsg.NewCreateTopicsResponseTopic(), []meta.Record(nil), tooMany
		if why == nil {
			result, made, why = s.createTopic(t)
		}
		if why != nil {
			result = refusedTopic(t.Topic, why)
		}
		resp.Topics = append(resp.Topics, result)
		records = append(records, made...)
	}
	for _, name := range repeated {
		resp.Topics = append(resp.Topics, refusedTopic(name, refuse(kerr.InvalidRequest, "Duplicate topic name.")))
	}
	if q.ValidateOnly {
		records = nil
	}
	return resp, records
}

func refusedTopic(name string, why *refusal) kmsg.CreateTopicsResponseTopic {
	r := kmsg.NewCreateTopicsResponseTopic()
	r.Topic, r.Configs = name, []kmsg.CreateTopicsResponseTopicConfig{}
	why.fill(&r.ErrorCode, &r.ErrorMessage)
	return r
}

// tooManyPartitions refuses the whole request.
func (s *stepper) tooManyPartitions(q *kmsg.CreateTopicsRequest, count map[string]int) *refusal {
	total := 0
	for _, t := range q.Topics {
		switch {
		case count[t.Topic] > 1 || t.Topic == LogTopic:
		case len(t.ReplicaAssignment) > 0:
			total += len(t.ReplicaAssignment)
		case t.NumPartitions == -1:
			total += s.number("num.partitions")
		default:
			total += int(t.NumPartitions)
		}
		if total > maxPartitionsPerRequest {
			return refuse(kerr.PolicyViolation, "Excessively large number of partitions per request.")
		}
	}
	return nil
}

// createTopic is createTopics for one of them.
func (s *stepper) createTopic(t *kmsg.CreateTopicsRequestTopic) (kmsg.CreateTopicsResponseTopic, []meta.Record, *refusal) {
	result := kmsg.NewCreateTopicsResponseTopic()
	if why := s.checkNewName(t.Topic); why != nil {
		return result, nil, why
	}
	configs, order, why := s.newTopicConfigs(t)
	if why != nil {
		return result, nil, why
	}
	id := s.newID()
	partitions, why := s.newPartitions(t, id)
	if why != nil {
		return result, nil, why
	}
	records := []meta.Record{&meta.TopicRecord{Name: t.Topic, TopicID: id}}
	for _, name := range order {
		records = append(records, &meta.ConfigRecord{ResourceType: meta.ResourceTopic, ResourceName: t.Topic, Name: name, Value: ptr(configs[name])})
	}
	for _, p := range partitions {
		records = append(records, p)
	}
	result.Topic, result.TopicID = t.Topic, id
	result.NumPartitions = int32(len(partitions))
	result.ReplicationFactor = int16(len(partitions[0].Replicas))
	result.Configs = s.effectiveConfigs(configs)
	return result, records, nil
}

// checkNewName refuses what cannot be, and what is there already.
func (s *stepper) checkNewName(name string) *refusal {
	if name == LogTopic {
		return refuse(kerr.InvalidRequest, "Creation of internal topic "+LogTopic+" is prohibited.")
	}
	if s.img.Topic(name) != nil {
		return refuse(kerr.TopicAlreadyExists, fmt.Sprintf("Topic '%s' already exists.", name))
	}
	if text := meta.CheckTopicName(name); text != "" {
		return refuse(kerr.InvalidTopicException, text)
	}
	if !meta.HasCollisionChars(name) {
		return nil
	}
	if others := s.collisions[meta.MetricName(name)]; len(others) > 0 {
		return refuse(kerr.InvalidTopicException, fmt.Sprintf("Topic '%s' collides with existing topic: %s", name, others[0]))
	}
	return nil
}

// newTopicConfigs checks the configs of a new topic; order has their names as
// they came. Of a name that comes twice the last value counts.
func (s *stepper) newTopicConfigs(t *kmsg.CreateTopicsRequestTopic) (configs map[string]string, order []string, _ *refusal) {
	var null []string
	configs = map[string]string{}
	for _, c := range t.Configs {
		if c.Value == nil {
			null = append(null, c.Name)
			continue
		}
		if _, there := configs[c.Name]; !there {
			order = append(order, c.Name)
		}
		configs[c.Name] = *c.Value
	}
	if len(null) > 0 {
		return nil, nil, refuse(kerr.InvalidConfig, "Null value not supported for topic configs: "+strings.Join(null, ","))
	}
	for _, name := range order {
		if why := checkValueSize(configs[name]); why != nil {
			return nil, nil, why
		}
	}
	node, cluster, static := s.layers()
	return configs, order, configRefusal(configdef.ValidateTopic(nil, configs, node, cluster, static))
}

// newPartitions places the partitions of a new topic.
func (s *stepper) newPartitions(t *kmsg.CreateTopicsRequestTopic, id meta.ID) ([]*meta.PartitionRecord, *refusal) {
	switch {
	case len(t.ReplicaAssignment) > 0:
		return s.assignedPartitions(t, id)
	case t.ReplicationFactor < -1 || t.ReplicationFactor == 0:
		return nil, refuse(kerr.InvalidReplicationFactor, "Replication factor must be larger than 0, or -1 to use the default value.")
	case t.NumPartitions < -1 || t.NumPartitions == 0:
		return nil, refuse(kerr.InvalidPartitions, "Number of partitions was set to an invalid non-positive value.")
	}
	n, rf := int(t.NumPartitions), int(t.ReplicationFactor)
	if n == -1 {
		n = s.number("num.partitions")
	}
	if rf == -1 {
		rf = s.number("default.replication.factor")
	}
	unable := fmt.Sprintf("Unable to replicate the partition %d time(s): ", rf)
	p := newPlacer(s.img, s.rand)
	if why := p.check(rf); why != nil {
		return nil, refuse(why.err, unable+*why.message)
	}
	partitions := make([]*meta.PartitionRecord, n)
	for i := range partitions {
		r, ok := s.partition(id, int32(i), p.next(rf))
		if !ok {
			return nil, refuse(kerr.InvalidReplicationFactor, unable+"All brokers are currently fenced or in controlled shutdown.")
		}
		partitions[i] = r
	}
	return partitions, nil
}

// assignedPartitions takes the replicas that the client asks for.
func (s *stepper) assignedPartitions(t *kmsg.CreateTopicsRequestTopic, id meta.ID) ([]*meta.PartitionRecord, *refusal) {
	if t.ReplicationFactor != -1 {
		return nil, refuse(kerr.InvalidRequest, "A manual partition assignment was specified, but replication factor was not set to -1.")
	}
	if t.NumPartitions != -1 {
		return nil, refuse(kerr.InvalidRequest, "A manual partition assignment was specified, but numPartitions was not set to -1.")
	}
	rf := 0
	byID := map[int32]*meta.PartitionRecord{}
	for _, a := range t.ReplicaAssignment {
		if byID[a.Partition] != nil {
			return nil, refuse(kerr.InvalidReplicaAssignment, fmt.Sprintf("Found multiple manual partition assignments for partition %d", a.Partition))
		}
		if why := s.checkReplicas(a.Replicas, rf); why != nil {
			return nil, why
		}
		rf = len(a.Replicas)
		r, ok := s.partition(id, a.Partition, a.Replicas)
		if !ok {
			return nil, refuse(kerr.InvalidReplicaAssignment, fmt.Sprintf("All brokers specified in the manual partition assignment for partition %d are fenced or in controlled shutdown.", a.Partition))
		}
		byID[a.Partition] = r
	}
	partitions := make([]*meta.PartitionRecord, len(byID))
	for i := range partitions {
		if partitions[i] = byID[int32(i)]; partitions[i] == nil {
			return nil, refuse(kerr.InvalidReplicaAssignment, "partitions should be a consecutive 0-based integer sequence")
		}
	}
	return partitions, nil
}

// effectiveConfigs is the config part of an answer to CreateTopics: all configs
// by name, the topic's own as they came.
func (s *stepper) effectiveConfigs(own map[string]string) []kmsg.CreateTopicsResponseTopicConfig {
	node, cluster, static := s.layers()
	entries := configdef.DescribeTopic(own, node, cluster, static)
	out := make([]kmsg.CreateTopicsResponseTopicConfig, 0, len(entries))
	for _, e := range entries {
		c := kmsg.NewCreateTopicsResponseTopicConfig()
		c.Name, c.Source, c.IsSensitive = e.Def.Name, e.Source, e.Def.Sensitive()
		if value, ok := own[c.Name]; ok {
			e.Value = value
		}
		if !e.Null && !c.IsSensitive {
			c.Value = ptr(e.Value)
		}
		out = append(out, c)
	}
	return out
}

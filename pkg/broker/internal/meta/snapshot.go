package meta

import (
	"maps"
	"slices"
)

// metadataVersion is the feature whose level governs all other records; it is
// written first.
const metadataVersion = "metadata.version"

// Records calls yield for the records that make up the image, in the order in
// which Kafka writes a snapshot (features, brokers, topics, configs, quotas,
// producer ids, credentials, the rest), until yield fails. Applied to an empty image they give this
// one again.
func (img *Image) Records(yield func(Record) error) error {
	e := emitter{yield: yield}
	if level, ok := img.features[metadataVersion]; ok {
		e.emit(&FeatureLevel{Name: metadataVersion, Level: level})
	}
	for _, name := range slices.Sorted(maps.Keys(img.features)) {
		if name != metadataVersion {
			e.emit(&FeatureLevel{Name: name, Level: img.features[name]})
		}
	}
	for _, b := range img.brokers {
		e.emit(b.record())
	}
	img.topics.from(nil, func(_ string, t *Topic) bool {
		e.emit(&TopicRecord{Name: t.Name, TopicID: t.ID})
		for i := range t.Partitions {
			e.emit(t.Partitions[i].record(t.ID, int32(i)))
		}
		return e.err == nil
	})
	img.configs.from(nil, func(r Resource, c *configs) bool {
		for _, name := range slices.Sorted(maps.Keys(c.values)) {
			value := c.values[name]
			e.emit(&ConfigRecord{ResourceType: r.Type, ResourceName: r.Name, Name: name, Value: &value})
		}
		return e.err == nil
	})
	for _, q := range img.AllQuotas() {
		for _, key := range slices.Sorted(maps.Keys(q.Values)) {
			e.emit(&ClientQuota{Entity: q.Entity, Key: key, Value: q.Values[key]})
		}
	}
	if img.producerBlock != nil {
		e.emit(img.producerBlock)
	}
	for _, c := range img.ScramCredentials() {
		e.emit(c)
	}
	for _, u := range img.unknown {
		e.emit(u)
	}
	return e.err
}

// emitter stops at the first error.
type emitter struct {
	yield func(Record) error
	err   error
}

func (e *emitter) emit(r Record) {
	if e.err == nil {
		e.err = e.yield(r)
	}
}

func (b *Broker) record() *RegisterBroker {
	return &RegisterBroker{
		BrokerID: b.ID, BrokerEpoch: b.Epoch, IncarnationID: b.Incarnation,
		Endpoints: b.Endpoints, Features: b.Features, Rack: b.Rack,
		Fenced: b.Fenced, InControlledShutdown: b.InControlledShutdown,
		LogDirs: b.LogDirs, CordonedLogDirs: b.CordonedLogDirs,
	}
}

func (p *Partition) record(topic ID, id int32) *PartitionRecord {
	return &PartitionRecord{
		PartitionID: id, TopicID: topic,
		Replicas: p.Replicas, ISR: p.ISR, AddingReplicas: p.Adding, RemovingReplicas: p.Removing,
		Leader: p.Leader, LeaderEpoch: p.LeaderEpoch, PartitionEpoch: p.PartitionEpoch,
		LeaderRecoveryState: p.RecoveryState, Directories: p.Directories, ELR: p.ELR, LastKnownELR: p.LastKnownELR,
	}
}

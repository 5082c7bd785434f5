package broker

import (
	"slices"
	"time"

	"kq/pkg/broker/internal/api"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/statelog"
	"kq/pkg/broker/internal/txn"
	"kq/pkg/broker/logstore"
)

// openTxns starts the transaction coordinator and gives it to service.
func (b *Broker) openTxns(service *api.Service) error {
	s := b.set
	state, err := b.stateLog(txn.Topic, "transaction.state.log", map[string]string{
		"cleanup.policy": "compact", "compression.type": "uncompressed", "unclean.leader.election.enable": "false",
		"min.insync.replicas": s.text("transaction.state.log.min.isr"),
	})
	if err != nil {
		return err
	}
	b.txns, err = txn.New(txn.Options{
		Log: state, NodeID: s.nodeID, Now: s.Now, Logger: s.Logger,
		WriteMarkers: service.WriteTxnMarkers, NewProducerID: service.NewProducerID,
		TopicID:        b.topicID,
		Open:           b.openTxn,
		GroupPartition: b.groupPartition,
		MaxTimeout:     b.milliseconds("transaction.max.timeout.ms"),
		IDExpiration:   b.milliseconds("transactional.id.expiration.ms"),
		ExpiryInterval: b.milliseconds("transaction.remove.expired.transaction.cleanup.interval.ms")(),
	})
	if err != nil {
		return err
	}
	service.Txns, service.TxnStates = b.txns, b.txns
	service.Finders[api.CoordinatesTxns] = b.txns
	b.txns.Start()
	return nil
}

// stateLog is the log of a coordinator's topic, whose configs begin with prefix.
func (b *Broker) stateLog(topic, prefix string, configs map[string]string) (*statelog.Log, error) {
	s := b.set
	configs["segment.bytes"] = s.text(prefix + ".segment.bytes")
	return statelog.New(statelog.Options{
		Topic: topic, NodeID: s.nodeID, Catalog: b.catalog, Create: b.controller.CreateTopics, Now: s.Now, Logger: s.Logger,
		Partitions: func() int32 { return int32(s.number(prefix + ".num.partitions")) },
		Replicas:   func() int16 { return int16(s.number(prefix + ".replication.factor")) },
		Configs:    func() map[string]string { return configs },
	})
}

// topicID is the id of the topic that has a partition.
func (b *Broker) topicID(name string, partition int32) (meta.ID, bool) {
	t := b.catalog.Image().Topic(name)
	if t == nil || partition < 0 || int(partition) >= len(t.Partitions) {
		return meta.ID{}, false
	}
	return t.ID, true
}

// openTxn says whether a partition has an open transaction of a producer, as far
// as this broker can see.
func (b *Broker) openTxn(p txn.Partition, producerID int64) bool {
	part, ok := b.catalog.Partition(p.Topic, p.Index)
	if !ok {
		return true
	}
	producers, err := part.ActiveProducers()
	if err != nil {
		return true
	}
	return slices.ContainsFunc(producers, func(s logstore.ProducerState) bool {
		return s.ProducerID == producerID && s.TxnStartOffset >= 0
	})
}

// milliseconds is a config as a duration, read anew at each call.
func (b *Broker) milliseconds(config string) func() time.Duration {
	return func() time.Duration { return time.Duration(b.catalog.BrokerNumber(config)) * time.Millisecond }
}

package broker

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/api"
	"kq/pkg/broker/internal/share"
	"kq/pkg/broker/internal/topic"
)

// openShares starts the share coordinator and what uses it, and gives them to service.
func (b *Broker) openShares(service *api.Service) error {
	s := b.set
	log, err := b.stateLog(share.Topic, "share.coordinator.state.topic", map[string]string{
		"cleanup.policy": "delete", "retention.ms": "-1", "compression.type": "producer",
		"min.insync.replicas": s.text("share.coordinator.state.topic.min.isr"),
	})
	if err != nil {
		return err
	}
	updates := int(s.number("share.coordinator.snapshot.update.records.per.snapshot"))
	if updates == 0 {
		updates = -1
	}
	states, err := share.NewCoordinator(share.CoordinatorOptions{
		Log: log, NodeID: s.nodeID, Image: b.catalog.Image, Truncate: b.truncateShareStates, UpdatesPerSnapshot: updates,
		PruneInterval: b.milliseconds("share.coordinator.state.topic.prune.interval.ms")(),
		ColdInterval:  b.milliseconds("share.coordinator.cold.partition.snapshot.interval.ms")(),
		Now:           s.Now, Logger: s.Logger,
	})
	if err != nil {
		return err
	}
	service.ShareStates = states
	service.Finders[api.CoordinatesShares] = states
	b.shareStates.Store(states)
	states.Follow(b.catalog.Image())
	states.Start()
	shares, err := share.New(share.Options{
		Persister: states, Topics: b.catalog, Sessions: int(s.number("group.share.max.share.sessions")), Now: s.Now, Logger: s.Logger,
	})
	if err != nil {
		return err
	}
	b.shares, service.Shares = shares, shares
	return nil
}

// truncateShareStates deletes the records of __share_group_state that nobody needs.
func (b *Broker) truncateShareStates(partition int32, below int64) error {
	p, ok := b.catalog.Partition(share.Topic, partition)
	if !ok {
		return nil
	}
	_, err := p.DeleteRecords(below, &topic.Ack{Done: func(error) {}})
	return err
}

// sharePersister is the share coordinator as the group coordinator asks it, which is
// opened before.
type sharePersister struct{ b *Broker }

// InitializeShareGroupState implements group.SharePersister.
func (p sharePersister) InitializeShareGroupState(q *kmsg.InitializeShareGroupStateRequest, reply func(*kmsg.InitializeShareGroupStateResponse)) {
	p.b.shareStates.Load().InitializeShareGroupState(q, reply)
}

// ReadShareGroupStateSummary implements group.SharePersister.
func (p sharePersister) ReadShareGroupStateSummary(q *kmsg.ReadShareGroupStateSummaryRequest, reply func(*kmsg.ReadShareGroupStateSummaryResponse)) {
	p.b.shareStates.Load().ReadShareGroupStateSummary(q, reply)
}

// DeleteShareGroupState implements group.SharePersister.
func (p sharePersister) DeleteShareGroupState(q *kmsg.DeleteShareGroupStateRequest, reply func(*kmsg.DeleteShareGroupStateResponse)) {
	p.b.shareStates.Load().DeleteShareGroupState(q, reply)
}

// endOffset is the high watermark of a partition.
func (b *Broker) endOffset(name string, partition int32) (int64, *kerr.Error) {
	p, ok := b.catalog.Partition(name, partition)
	if !ok {
		return 0, kerr.UnknownTopicOrPartition
	}
	return p.Log().HighWatermark(), nil
}

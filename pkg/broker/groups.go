package broker

import (
	"context"
	"strconv"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/api"
	"kq/pkg/broker/internal/group"
)

// openGroups starts the group coordinator, which loads its groups while the broker
// serves, and gives it to service.
func (b *Broker) openGroups(service *api.Service) error {
	s := b.set
	log, err := b.stateLog(group.Topic, "offsets.topic", map[string]string{
		"cleanup.policy": "compact", "compression.type": "producer",
	})
	if err != nil {
		return err
	}
	groups, err := group.New(group.Options{
		Log: log, NodeID: s.nodeID, Image: b.catalog.Image, Number: b.catalog.BrokerNumber, Now: s.Now, Logger: s.Logger,
		Text: b.catalog.BrokerText, GroupNumber: b.catalog.GroupNumber,
		Verify: func(q *kmsg.AddPartitionsToTxnRequest, done func(*kmsg.AddPartitionsToTxnResponse)) {
			b.txns.AddPartitionsToTxn(q, done)
		},
		Share: sharePersister{b}, EndOffset: b.endOffset,
		Verification: func() bool { return b.catalog.BrokerFlag("transaction.partition.verification.enable") },
	})
	if err != nil {
		return err
	}
	service.Members, service.Offsets, service.Groups, service.TxnOffsets = groups, groups, groups, groups
	service.ConsumerGroups, service.ShareGroups, service.ShareOffsets = groups, groups, groups
	service.Finders = map[int8]api.Finder{api.CoordinatesGroups: groups}
	b.groups.Store(groups)
	groups.Follow(b.catalog.Image())
	return nil
}

// groupPartition is where the offsets of a group are, for a transaction that they
// are sent to.
func (b *Broker) groupPartition(id string) (topic string, partition int32, code int16) {
	groups := b.groups.Load()
	if err := groups.Ensure(context.Background()); err != nil {
		b.set.Logger.Warn("cannot add the offsets of a group to a transaction", "group", strconv.Quote(id), "err", err)
	}
	p, err := groups.PartitionFor(id)
	if err != nil {
		return "", -1, kerr.CoordinatorNotAvailable.Code
	}
	return group.Topic, p, 0
}

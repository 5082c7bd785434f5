package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// DefaultMaxTimeout is Kafka's default of transaction.max.timeout.ms: no
// transaction that is well is open for longer.
const DefaultMaxTimeout = 15 * time.Minute

// HangingOptions chooses where to look for hanging transactions.
type HangingOptions struct {
	Topics     []TopicPartitions // none: all topics, Kafka's own too
	Broker     *int32            // only partitions with a replica there, as it sees them; nil for all, as their leaders see them
	MaxTimeout time.Duration     // how long a producer must have been silent; 0 for DefaultMaxTimeout
	Now        time.Time         // zero for the clock's
}

// Validate finds what no cluster would take, and fills the defaults in.
func (o *HangingOptions) Validate() error {
	switch {
	case o.MaxTimeout < 0:
		return fmt.Errorf("%w: a timeout of %v", ErrOptions, o.MaxTimeout)
	case o.MaxTimeout == 0:
		o.MaxTimeout = DefaultMaxTimeout
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	return nil
}

// HangingTransaction is a transaction that is open in a partition and that no
// coordinator will end: read_committed consumers of the partition stand still
// there.
type HangingTransaction struct {
	Topic            string `json:"topic"`
	Partition        int32  `json:"partition"`
	TxnStart         int64  `json:"txn_start"` // its first offset
	ProducerID       int64  `json:"producer_id"`
	ProducerEpoch    int32  `json:"producer_epoch"`
	CoordinatorEpoch int32  `json:"coordinator_epoch"` // -1 where none ended a transaction of the producer before
	LastMs           int64  `json:"last_timestamp"`    // of its last record, ms since 1970
}

// HangingTransactions finds hanging transactions (KIP-664): those open in a
// partition for longer than MaxTimeout whose producer id belongs to no
// transactional id, or whose transactional id does not know the partition to be
// in a transaction. They come by topic, partition and offset.
func HangingTransactions(ctx context.Context, cl *kgo.Client, o HangingOptions) ([]HangingTransaction, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	topics, err := o.places(ctx, cl)
	if err != nil || len(topics) == 0 {
		return []HangingTransaction{}, err
	}
	parts, err := DescribeProducers(ctx, cl, DescribeProducersOptions{Topics: topics, Broker: o.Broker})
	if err != nil {
		return nil, err
	}
	open := []HangingTransaction{}
	for _, p := range parts {
		if p.Error != nil {
			return nil, fmt.Errorf("describe producers of topic %q partition %d: %w", p.Topic, p.Number, p.Error)
		}
		for _, w := range p.Producers {
			if w.TxnStart != nil && o.Now.Sub(time.UnixMilli(w.LastMs)) > o.MaxTimeout {
				open = append(open, HangingTransaction{p.Topic, p.Number, *w.TxnStart, w.ID, w.Epoch, w.CoordinatorEpoch, w.LastMs})
			}
		}
	}
	hanging, err := withoutCoordinator(ctx, cl, open)
	slices.SortFunc(hanging, func(a, b HangingTransaction) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.TxnStart, b.TxnStart))
	})
	return hanging, err
}

// places are the partitions to look at.
func (o *HangingOptions) places(ctx context.Context, cl *kgo.Client) ([]TopicPartitions, error) {
	wanted := o.Topics
	if len(wanted) == 0 {
		all, err := ListTopics(ctx, cl, ListTopicsOptions{Internal: true})
		if err != nil {
			return nil, err
		}
		for _, t := range all {
			wanted = append(wanted, TopicPartitions{Topic: t.Name})
		}
	}
	if o.Broker == nil || len(wanted) == 0 {
		return wanted, nil
	}
	names := make([]string, len(wanted))
	for i, t := range wanted {
		names[i] = t.Topic
	}
	details, err := topicDetails(ctx, cl, unique(names))
	if err != nil {
		return nil, fmt.Errorf("find the partitions of broker %d: %w", *o.Broker, err)
	}
	var there []TopicPartitions
	for _, t := range wanted {
		d := details[t.Topic]
		if d.Err != nil {
			return nil, fmt.Errorf("find the partitions of topic %q: %w", t.Topic, d.Err)
		}
		var here []int32
		for _, p := range d.Partitions.Sorted() {
			if slices.Contains(p.Replicas, *o.Broker) && (len(t.Partitions) == 0 || slices.Contains(t.Partitions, p.Partition)) {
				here = append(here, p.Partition)
			}
		}
		if len(here) > 0 {
			there = append(there, TopicPartitions{t.Topic, here})
		}
	}
	return there, nil
}

// withoutCoordinator leaves of open transactions those that nobody will end.
func withoutCoordinator(ctx context.Context, cl *kgo.Client, open []HangingTransaction) ([]HangingTransaction, error) {
	if len(open) == 0 {
		return open, nil
	}
	var producers []int64
	for _, t := range open {
		producers = append(producers, t.ProducerID)
	}
	slices.Sort(producers)
	known, err := ListTransactions(ctx, cl, ListTransactionsOptions{ProducerIDs: slices.Compact(producers)})
	if err != nil || len(known) == 0 {
		return open, err
	}
	ids := make([]string, len(known))
	for i, t := range known {
		ids[i] = t.ID
	}
	described, err := DescribeTransactions(ctx, cl, ids)
	if err != nil {
		return nil, err
	}
	for _, d := range described {
		if d.Error != nil && !errors.Is(d.Error, kerr.TransactionalIDNotFound) {
			return nil, fmt.Errorf("describe transaction %q: %w", d.ID, d.Error)
		}
	}
	hanging := []HangingTransaction{}
	for _, t := range open {
		ends := slices.ContainsFunc(described, func(d TransactionDescription) bool {
			return d.Error == nil && d.ProducerID == t.ProducerID && d.holds(t.Topic, t.Partition)
		})
		if !ends {
			hanging = append(hanging, t)
		}
	}
	return hanging, nil
}

package txn

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/statelog"
)

// Topic is where the state of transactional ids is kept.
const Topic = "__transaction_state"

// Log is __transaction_state: a [statelog.Log].
type Log interface {
	Ensure(ctx context.Context) error
	PartitionFor(key string) (partition int32, ok bool)
	// Home is who leads a partition in which epoch, and the topic's id, which is
	// zero while there is none.
	Home(partition int32) (topic meta.ID, node, epoch int32)
	Load(ctx context.Context, partition int32, each func(statelog.Entry) error) (end int64, err error)
	Append(partition int32, recs []statelog.Record, o statelog.AppendOptions) (pending bool, err error)
}

// Options of a Coordinator. Log, NodeID, WriteMarkers, NewProducerID, TopicID and
// GroupPartition are needed.
type Options struct {
	Log    Log
	NodeID int32
	// WriteMarkers is WriteTxnMarkers on the leaders of the partitions. done is
	// called once, on any goroutine, without locks.
	WriteMarkers func(q *kmsg.WriteTxnMarkersRequest, done func(*kmsg.WriteTxnMarkersResponse))
	// NewProducerID gives an id that no producer has had, or a Kafka error code.
	// It may take a while.
	NewProducerID func() (id int64, code int16)
	// TopicID is the id of the topic that has a partition; false when there is
	// no such partition.
	TopicID func(topic string, partition int32) (meta.ID, bool)
	// Open says whether the log of a partition has an open transaction of a producer;
	// true when that cannot be seen. A transaction that was loaded does not know the
	// ids of its topics, and ends where this is so. Default: everywhere.
	Open func(p Partition, producerID int64) bool
	// GroupPartition is the partition of __consumer_offsets that has the offsets
	// of a group, or a Kafka error code.
	GroupPartition func(group string) (topic string, partition int32, code int16)

	// MaxTimeout is transaction.max.timeout.ms; default 15 minutes.
	MaxTimeout func() time.Duration
	// IDExpiration is transactional.id.expiration.ms; default 7 days.
	IDExpiration func() time.Duration
	// ExpiryInterval is transaction.remove.expired.transaction.cleanup.interval.ms,
	// how often expired ids are looked for; default 1 hour.
	ExpiryInterval time.Duration
	// Patience is how long a request waits for the transition that it meets
	// before it is refused; default 500 ms.
	Patience time.Duration

	Now    func() time.Time // wall clock of the records; default time.Now
	Logger *slog.Logger     // default: discards
}

// Validate reports options that cannot be meant.
func (o Options) Validate() error {
	switch {
	case o.Log == nil:
		return errors.New("open transaction coordinator: no state log given")
	case o.WriteMarkers == nil:
		return errors.New("open transaction coordinator: nobody to write markers given")
	case o.NewProducerID == nil:
		return errors.New("open transaction coordinator: no producer ids given")
	case o.TopicID == nil || o.GroupPartition == nil:
		return errors.New("open transaction coordinator: no topics given")
	}
	return nil
}

func (o Options) withDefaults() Options {
	if o.MaxTimeout == nil {
		o.MaxTimeout = func() time.Duration { return 15 * time.Minute }
	}
	if o.IDExpiration == nil {
		o.IDExpiration = func() time.Duration { return 7 * 24 * time.Hour }
	}
	if o.ExpiryInterval == 0 {
		o.ExpiryInterval = time.Hour
	}
	if o.Patience == 0 {
		o.Patience = 500 * time.Millisecond
	}
	if o.Open == nil {
		o.Open = func(Partition, int64) bool { return true }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

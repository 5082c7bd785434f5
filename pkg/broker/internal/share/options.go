package share

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/statelog"
)

// Topic is where the states of share partitions are kept.
const Topic = "__share_group_state"

// Log is __share_group_state: a [statelog.Log].
type Log interface {
	Ensure(ctx context.Context) error
	PartitionFor(key string) (partition int32, ok bool)
	// Home is who leads a partition in which epoch, and the topic's id, which is
	// zero while there is none.
	Home(partition int32) (topic meta.ID, node, epoch int32)
	Load(ctx context.Context, partition int32, each func(statelog.Entry) error) (end int64, err error)
	Append(partition int32, recs []statelog.Record, o statelog.AppendOptions) (pending bool, err error)
}

// CoordinatorOptions are the options of a Coordinator. Log, NodeID and Image are needed.
type CoordinatorOptions struct {
	Log    Log
	NodeID int32
	// Image is the latest metadata.
	Image func() *meta.Image
	// Truncate deletes the records of a partition of the topic below an offset.
	// Default: nothing.
	Truncate func(partition int32, below int64) error

	// UpdatesPerSnapshot is share.coordinator.snapshot.update.records.per.snapshot;
	// default 500. Negative means none.
	UpdatesPerSnapshot int
	// PruneInterval is share.coordinator.state.topic.prune.interval.ms, how often
	// the records are deleted that snapshots have made superfluous; default 5 minutes.
	PruneInterval time.Duration
	// ColdInterval is share.coordinator.cold.partition.snapshot.interval.ms: share
	// partitions without a snapshot for that long get one, so that the records
	// before it can go; default 5 minutes.
	ColdInterval time.Duration

	Now    func() time.Time // wall clock of the records; default time.Now
	Logger *slog.Logger     // default: discards
}

// Validate reports options that cannot be meant.
func (o CoordinatorOptions) Validate() error {
	switch {
	case o.Log == nil:
		return errors.New("open share coordinator: no state log given")
	case o.Image == nil:
		return errors.New("open share coordinator: no metadata given")
	}
	return nil
}

func (o CoordinatorOptions) withDefaults() CoordinatorOptions {
	if o.Truncate == nil {
		o.Truncate = func(int32, int64) error { return nil }
	}
	if o.UpdatesPerSnapshot == 0 {
		o.UpdatesPerSnapshot = 500
	}
	if o.PruneInterval == 0 {
		o.PruneInterval = 5 * time.Minute
	}
	if o.ColdInterval == 0 {
		o.ColdInterval = 5 * time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

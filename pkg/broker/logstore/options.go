package logstore

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime"
	"time"

	"kq/pkg/broker/vfs"
)

// SyncMode says when appended bytes are made durable.
type SyncMode uint8

const (
	// SyncNone leaves it to the operating system, as Kafka does by default:
	// survives the process, not the machine.
	SyncNone SyncMode = iota
	// SyncInterval syncs every SyncInterval.
	SyncInterval
	// SyncCommit syncs in groups; acknowledgements wait for Log.SyncedOffset.
	SyncCommit
	// SyncAlways syncs inside every append.
	SyncAlways
)

var syncNames = [...]string{"none", "interval", "commit", "always"}

func (m SyncMode) String() string { return syncNames[m] }

// ParseSyncMode reads the name of a mode.
func ParseSyncMode(s string) (SyncMode, error) {
	for i, name := range syncNames {
		if s == name {
			return SyncMode(i), nil
		}
	}
	return 0, fmt.Errorf("unknown sync mode %q: want none, interval, commit or always", s)
}

// Options of a Store. Zero values take the defaults that Open documents in
// setDefaults.
type Options struct {
	FS  vfs.FS // default: the operating system's
	Dir string // the data directory; created
	// Sync is when appends become durable; SyncInterval the pace of that mode
	// (default 1 s).
	Sync         SyncMode
	SyncInterval time.Duration
	Now          func() time.Time // default time.Now
	// Elapsed is what has passed since some moment, whatever is done to the wall
	// clock. Default: the monotonic part of Now.
	Elapsed func() time.Duration
	Logger  *slog.Logger // default: discards
	// MaxMemory, in bytes, bounds an in-memory FS (one with Used() int64): the
	// oldest segments make room for new records. 0 = no limit.
	MaxMemory int64
	// RecoveryThreads is how many logs are opened at once (default: GOMAXPROCS),
	// SyncThreads how many files are synced at once (default 16).
	RecoveryThreads, SyncThreads int
	// RetentionInterval is the pace of retention and of forgetting producers
	// (default 5 min), CheckpointInterval that of the checkpoint files (default 10 s).
	RetentionInterval, CheckpointInterval time.Duration
	// ProducerIDExpiration is how long an idle producer is remembered (default 1 day).
	ProducerIDExpiration time.Duration
	// OpenSegments is how many sealed segments stay open for readers that may
	// return (default 256), IndexCacheBytes how much of their indexes stays in
	// memory (default 32 MiB).
	OpenSegments    int
	IndexCacheBytes int64
	// Cleaner is how compacted logs are cleaned; with no threads, none are.
	Cleaner CleanerOptions
	// Cleaning is called when a thread begins to clean a log, with true, and when it
	// ends, with false: by several threads at a time, if there are several.
	Cleaning func(begins bool)
	// BrokerEpoch goes into the clean shutdown file; 0 means none (-1).
	BrokerEpoch int64
}

func (o Options) withDefaults() Options {
	if o.FS == nil {
		o.FS = vfs.OS()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	setDefault(&o.SyncInterval, time.Second)
	setDefault(&o.RecoveryThreads, runtime.GOMAXPROCS(0))
	setDefault(&o.SyncThreads, 16)
	setDefault(&o.RetentionInterval, 5*time.Minute)
	setDefault(&o.CheckpointInterval, 10*time.Second)
	setDefault(&o.ProducerIDExpiration, 24*time.Hour)
	setDefault(&o.OpenSegments, 256)
	setDefault(&o.IndexCacheBytes, 32<<20)
	setDefault(&o.BrokerEpoch, -1)
	o.Cleaner = o.Cleaner.withDefaults()
	if o.Cleaning == nil {
		o.Cleaning = func(bool) {}
	}
	return o
}

func setDefault[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// Validate reports options that cannot be meant.
func (o Options) Validate() error {
	switch {
	case o.Dir == "":
		return errors.New("open log store: no directory given")
	case o.Sync > SyncAlways:
		return fmt.Errorf("open log store: sync mode %d", o.Sync)
	case o.SyncInterval < 0 || o.RetentionInterval < 0 || o.CheckpointInterval < 0 || o.ProducerIDExpiration < 0:
		return errors.New("open log store: negative interval")
	case o.MaxMemory < 0 || o.IndexCacheBytes < 0 || o.OpenSegments < 0 || o.RecoveryThreads < 0 || o.SyncThreads < 0:
		return errors.New("open log store: negative limit")
	}
	return nil
}

// Config of one log, from its topic's configuration. Unless Resolved is set, a
// zero is not a value but stands for Kafka's default (see withDefaults).
type Config struct {
	// Resolved says that every field is meant as it stands: retention.ms=0 is a
	// retention of nothing, not of seven days.
	Resolved bool

	SegmentBytes           int   // segment.bytes
	SegmentMs              int64 // segment.ms
	SegmentJitterMs        int64 // segment.jitter.ms
	SegmentIndexBytes      int   // segment.index.bytes
	IndexIntervalBytes     int   // index.interval.bytes
	RetentionMs            int64 // retention.ms; Unlimited
	RetentionBytes         int64 // retention.bytes; Unlimited, also the default
	Delete, Compact        bool  // cleanup.policy; neither means Delete
	MaxMessageBytes        int   // max.message.bytes; checked by batch.Validate, not here
	FlushMessages, FlushMs int64 // flush.messages, flush.ms
	FileDeleteDelayMs      int64 // file.delete.delay.ms
	// How a compacted log is cleaned: delete.retention.ms, min.compaction.lag.ms,
	// max.compaction.lag.ms and min.cleanable.dirty.ratio.
	DeleteRetentionMs, MinCompactionLagMs, MaxCompactionLagMs int64
	MinCleanableDirtyRatio                                    float64
	Preallocate                                               bool // accepted; files grow as they are written
	SyncAlways                                                bool // sync inside every append, whatever the store does
	Internal                                                  bool // never evicted in memory mode
}

// Unlimited as retention means forever.
const Unlimited = -1

func (c Config) withDefaults() Config {
	if !c.Resolved {
		setDefault(&c.IndexIntervalBytes, 4096)
		setDefault(&c.RetentionMs, 7*24*time.Hour.Milliseconds())
		setDefault(&c.RetentionBytes, Unlimited)
		setDefault(&c.FileDeleteDelayMs, time.Minute.Milliseconds())
		setDefault(&c.DeleteRetentionMs, 24*time.Hour.Milliseconds())
		setDefault(&c.MinCleanableDirtyRatio, 0.5)
		if !c.Compact {
			c.Delete = true
		}
	}
	setDefault(&c.SegmentBytes, 1<<30) // none of these can be zero
	setDefault(&c.SegmentMs, 7*24*time.Hour.Milliseconds())
	setDefault(&c.SegmentIndexBytes, 10<<20)
	setDefault(&c.MaxCompactionLagMs, math.MaxInt64)
	setDefault(&c.FlushMessages, math.MaxInt64)
	setDefault(&c.FlushMs, math.MaxInt64)
	return c
}

package configdef

import "errors"

// TopicConfig holds the configs of one topic as typed values. It is a plain value: copy it freely; the two slices must
// not be modified. Times are in milliseconds, sizes in bytes; -1 is no limit where a limit can be absent.
type TopicConfig struct {
	Delete, Compact bool // cleanup.policy; neither keeps everything for ever

	CompressionType                string // producer, uncompressed, gzip, snappy, lz4 or zstd
	GzipLevel, LZ4Level, ZstdLevel int

	SegmentBytes           int // internal.segment.bytes where that is set
	SegmentMs              int64
	SegmentJitterMs        int64
	SegmentIndexBytes      int
	IndexIntervalBytes     int
	Preallocate            bool
	FileDeleteDelayMs      int64
	RetentionMs            int64
	RetentionBytes         int64
	LocalRetentionMs       int64 // -2: as RetentionMs
	LocalRetentionBytes    int64 // -2: as RetentionBytes
	FlushMessages          int64
	FlushMs                int64
	DeleteRetentionMs      int64
	MinCompactionLagMs     int64
	MaxCompactionLagMs     int64
	MinCleanableDirtyRatio float64
	MaxMessageBytes        int
	LogAppendTime          bool // message.timestamp.type
	TimestampBeforeMaxMs   int64
	TimestampAfterMaxMs    int64
	MinInsyncReplicas      int
	UncleanLeaderElection  bool
	LeaderThrottled        []string // leader.replication.throttled.replicas
	FollowerThrottled      []string // follower.replication.throttled.replicas
	RemoteStorage          bool
	RemoteCopyDisable      bool
	RemoteDeleteOnDisable  bool // remote.log.delete.on.disable
}

// ResolveTopic returns the typed configs of a topic. It is TopicDefaults followed by With; a caller with many topics
// keeps the defaults and calls With alone.
func ResolveTopic(overrides, dynamicBroker, dynamicDefault, static map[string]string) (TopicConfig, error) {
	base, err := TopicDefaults(dynamicBroker, dynamicDefault, static)
	c, err2 := base.With(overrides)
	return c, errors.Join(err, err2)
}

// TopicDefaults returns the configs of a topic that sets nothing itself. The result is usable even with an error:
// a broker value that does not parse counts as Kafka's default.
func TopicDefaults(dynamicBroker, dynamicDefault, static map[string]string) (TopicConfig, error) {
	l := &layers{dynamicBroker, dynamicDefault, static}
	var c TopicConfig
	var errs []error
	for _, d := range topicDefs {
		if d.Internal {
			continue
		}
		text, _ := l.inherited(d)
		v, err := d.Parse(text)
		if err != nil {
			errs = append(errs, err)
			if v, err = d.Parse(d.Default); err != nil {
				continue
			}
		}
		c.set(d.Name, v)
	}
	return c, errors.Join(errs...)
}

// With returns the configs with the topic's own overrides. The result is usable even with an error: an unknown or
// refused override counts as not set.
func (c TopicConfig) With(overrides map[string]string) (TopicConfig, error) {
	var errs []error
	for _, name := range sortedNames(overrides) {
		d, ok := Topic().Lookup(name)
		if !ok {
			errs = append(errs, unknownTopicConfig(name))
			continue
		}
		v, err := d.Parse(overrides[name])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		c.set(name, v)
	}
	// The test-only segment size wins over segment.bytes whatever the order of the names.
	if v, ok := overrides[internalSegmentBytes]; ok {
		if d, ok := Topic().Lookup(internalSegmentBytes); ok {
			if n, err := d.Parse(v); err == nil {
				c.SegmentBytes = int(n.Int)
			}
		}
	}
	return c, errors.Join(errs...)
}

const internalSegmentBytes = "internal.segment.bytes"

// set stores one parsed value. Every topic config is named here, which a test checks.
func (c *TopicConfig) set(name string, v Value) bool {
	switch name {
	case "cleanup.policy":
		c.Delete, c.Compact = contains(v.List, "delete"), contains(v.List, "compact")
	case "compression.type":
		c.CompressionType = v.Text
	case "compression.gzip.level":
		c.GzipLevel = int(v.Int)
	case "compression.lz4.level":
		c.LZ4Level = int(v.Int)
	case "compression.zstd.level":
		c.ZstdLevel = int(v.Int)
	case "message.timestamp.type":
		c.LogAppendTime = v.Text == "LogAppendTime"
	case "min.cleanable.dirty.ratio":
		c.MinCleanableDirtyRatio = v.Float
	case "leader.replication.throttled.replicas":
		c.LeaderThrottled = v.List
	case "follower.replication.throttled.replicas":
		c.FollowerThrottled = v.List
	case "preallocate":
		c.Preallocate = v.Bool
	case "unclean.leader.election.enable":
		c.UncleanLeaderElection = v.Bool
	case "remote.storage.enable":
		c.RemoteStorage = v.Bool
	case "remote.log.copy.disable":
		c.RemoteCopyDisable = v.Bool
	case "remote.log.delete.on.disable":
		c.RemoteDeleteOnDisable = v.Bool
	default:
		return c.setNumber(name, v.Int)
	}
	return true
}

func (c *TopicConfig) setNumber(name string, n int64) bool {
	switch name {
	case "segment.bytes", internalSegmentBytes:
		c.SegmentBytes = int(n)
	case "segment.index.bytes":
		c.SegmentIndexBytes = int(n)
	case "index.interval.bytes":
		c.IndexIntervalBytes = int(n)
	case "max.message.bytes":
		c.MaxMessageBytes = int(n)
	case "min.insync.replicas":
		c.MinInsyncReplicas = int(n)
	case "segment.ms":
		c.SegmentMs = n
	case "segment.jitter.ms":
		c.SegmentJitterMs = n
	case "file.delete.delay.ms":
		c.FileDeleteDelayMs = n
	case "retention.ms":
		c.RetentionMs = n
	case "retention.bytes":
		c.RetentionBytes = n
	case "local.retention.ms":
		c.LocalRetentionMs = n
	case "local.retention.bytes":
		c.LocalRetentionBytes = n
	case "flush.messages":
		c.FlushMessages = n
	case "flush.ms":
		c.FlushMs = n
	case "delete.retention.ms":
		c.DeleteRetentionMs = n
	case "min.compaction.lag.ms":
		c.MinCompactionLagMs = n
	case "max.compaction.lag.ms":
		c.MaxCompactionLagMs = n
	case "message.timestamp.before.max.ms":
		c.TimestampBeforeMaxMs = n
	case "message.timestamp.after.max.ms":
		c.TimestampAfterMaxMs = n
	default:
		return false
	}
	return true
}

package configdef

// topicDefs are the topic configs (org.apache.kafka.storage.internals.log.LogConfig), sorted by name.
var topicDefs = []*Def{
	{
		Name: "cleanup.policy", Type: List, Default: "delete", Check: Check{Rule: ListOf, Words: []string{"compact", "delete"}}, Synonyms: []string{"log.cleanup.policy"},
		Doc: "What happens to old data: delete drops whole segments past the retention limits, compact keeps the newest record of every key, and both may be combined. An empty list keeps everything for ever.",
	},
	{
		Name: "compression.gzip.level", Type: Int, Default: "-1", Check: Check{Rule: GzipLevel}, Synonyms: []string{"compression.gzip.level"},
		Doc: "Effort of gzip when the broker itself compresses this topic, from 1 (fast) to 9 (small); -1 leaves the choice to the library.",
	},
	{
		Name: "compression.lz4.level", Type: Int, Default: "9", Check: Check{Rule: Between, Min: 1, Max: 17}, Synonyms: []string{"compression.lz4.level"},
		Doc: "Effort of lz4 when the broker itself compresses this topic, from 1 (fast) to 17 (small).",
	},
	{
		Name: "compression.type", Type: String, Default: "producer", Check: Check{Rule: OneOf, Words: []string{"uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"}}, Synonyms: []string{"compression.type"},
		Doc: "Codec in which the topic's batches are stored. With producer they stay as they arrive; any other value makes the broker recompress batches that use another codec.",
	},
	{
		Name: "compression.zstd.level", Type: Int, Default: "3", Check: Check{Rule: Between, Min: -131072, Max: 22}, Synonyms: []string{"compression.zstd.level"},
		Doc: "Effort of zstd when the broker itself compresses this topic, up to 22 (small); negative levels trade size for speed.",
	},
	{
		Name: "delete.retention.ms", Type: Long, Default: "86400000", Check: Check{Rule: AtLeast}, Synonyms: []string{"log.cleaner.delete.retention.ms"},
		Doc: "How long, in milliseconds, a compacted topic keeps tombstones and transaction markers. A reader that starts at offset 0 must finish within this time to be sure to see every deletion.",
	},
	{
		Name: "file.delete.delay.ms", Type: Long, Default: "60000", Check: Check{Rule: AtLeast}, Synonyms: []string{"log.segment.delete.delay.ms"},
		Doc: "Milliseconds between taking a segment out of the log and removing its files from disk.",
	},
	{
		Name: "flush.messages", Type: Long, Default: "9223372036854775807", Check: Check{Rule: AtLeast, Min: 1}, Synonyms: []string{"log.flush.interval.messages"},
		Doc: "Force the log to disk after this many records. 1 syncs every write; the default leaves flushing to the operating system.",
	},
	{
		Name: "flush.ms", Type: Long, Default: "9223372036854775807", Check: Check{Rule: AtLeast}, Synonyms: []string{"log.flush.interval.ms", "log.flush.scheduler.interval.ms"},
		Doc: "Force the log to disk when its oldest unflushed record is this many milliseconds old. The default leaves flushing to the operating system.",
	},
	{
		Name: "follower.replication.throttled.replicas", Type: List, Check: Check{Rule: ReplicaList},
		Doc: "Replicas, as partition:broker pairs or * for all, whose followers fetch under the follower replication rate limit.",
	},
	{
		Name: "index.interval.bytes", Type: Int, Default: "4096", Check: Check{Rule: AtLeast}, Synonyms: []string{"log.index.interval.bytes"},
		Doc: "How many bytes of records lie between two entries of the offset index. Smaller finds an offset with less reading and makes the index larger.",
	},
	{
		Name: "internal.segment.bytes", Type: Int, Null: true, Internal: true,
		Doc: "Size of a segment in bytes without the usual lower bound, for tests. It wins over segment.bytes.",
	},
	{
		Name: "leader.replication.throttled.replicas", Type: List, Check: Check{Rule: ReplicaList},
		Doc: "Replicas, as partition:broker pairs or * for all, whose leader sends under the leader replication rate limit.",
	},
	{
		Name: "local.retention.bytes", Type: Long, Default: "-2", Check: Check{Rule: AtLeast, Min: -2}, Synonyms: []string{"log.local.retention.bytes"},
		Doc: "With tiered storage, how many bytes of a partition stay on the broker's own disk. -2 means the value of retention.bytes.",
	},
	{
		Name: "local.retention.ms", Type: Long, Default: "-2", Check: Check{Rule: AtLeast, Min: -2}, Synonyms: []string{"log.local.retention.ms"},
		Doc: "With tiered storage, how many milliseconds data stays on the broker's own disk. -2 means the value of retention.ms.",
	},
	{
		Name: "max.compaction.lag.ms", Type: Long, Default: "9223372036854775807", Check: Check{Rule: AtLeast, Min: 1}, Synonyms: []string{"log.cleaner.max.compaction.lag.ms"},
		Doc: "In a compacted topic, the longest time in milliseconds a record may wait before it must be considered for compaction.",
	},
	{
		Name: "max.message.bytes", Type: Int, Default: "1048588", Check: Check{Rule: AtLeast}, Synonyms: []string{"message.max.bytes"},
		Doc: "Largest record batch the topic accepts, in bytes, after compression. Consumers still receive a batch that is larger than their own fetch limits.",
	},
	{
		Name: "message.timestamp.after.max.ms", Type: Long, Default: "3600000", Check: Check{Rule: AtLeast}, Synonyms: []string{"log.message.timestamp.after.max.ms"},
		Doc: "How far, in milliseconds, a record's timestamp may lie in the future of the broker's clock before the record is refused. Ignored with LogAppendTime.",
	},
	{
		Name: "message.timestamp.before.max.ms", Type: Long, Default: "9223372036854775807", Check: Check{Rule: AtLeast}, Synonyms: []string{"log.message.timestamp.before.max.ms"},
		Doc: "How far, in milliseconds, a record's timestamp may lie in the past of the broker's clock before the record is refused. Ignored with LogAppendTime.",
	},
	{
		Name: "message.timestamp.type", Type: String, Default: "CreateTime", Check: Check{Rule: OneOf, Words: []string{"CreateTime", "LogAppendTime"}}, Synonyms: []string{"log.message.timestamp.type"},
		Doc: "Whose clock stamps the records: CreateTime keeps the producer's timestamp, LogAppendTime replaces it with the time of the append.",
	},
	{
		Name: "min.cleanable.dirty.ratio", Type: Double, Default: "0.5", Check: Check{Rule: Between, Max: 1}, Synonyms: []string{"log.cleaner.min.cleanable.ratio"},
		Doc: "Share of a compacted log, from 0 to 1, that must be uncompacted before the cleaner rewrites it. Lower wastes less space and costs more I/O.",
	},
	{
		Name: "min.compaction.lag.ms", Type: Long, Default: "0", Check: Check{Rule: AtLeast}, Synonyms: []string{"log.cleaner.min.compaction.lag.ms"},
		Doc: "In a compacted topic, the time in milliseconds for which a fresh record is never compacted away.",
	},
	{
		Name: "min.insync.replicas", Type: Int, Default: "1", Check: Check{Rule: AtLeast, Min: 1}, Synonyms: []string{"min.insync.replicas"},
		Doc: "How many replicas, the leader included, must be in sync for a write with acks=all to be accepted. With fewer the producer gets NOT_ENOUGH_REPLICAS.",
	},
	{
		Name: "preallocate", Type: Boolean, Default: "false", Synonyms: []string{"log.preallocate"},
		Doc: "Reserve the full size of a segment file on disk when it is created.",
	},
	{
		Name: "remote.log.copy.disable", Type: Boolean, Default: "false",
		Doc: "Stop copying segments of this tiered topic to remote storage; what is already there can still be read.",
	},
	{
		Name: "remote.log.delete.on.disable", Type: Boolean, Default: "false",
		Doc: "When tiered storage is switched off for the topic, also delete its data in remote storage.",
	},
	{
		Name: "remote.storage.enable", Type: Boolean, Default: "false",
		Doc: "Keep older segments of this topic in remote storage. It needs a broker with tiered storage switched on.",
	},
	{
		Name: "retention.bytes", Type: Long, Default: "-1", Synonyms: []string{"log.retention.bytes"},
		Doc: "How large a partition may grow, in bytes, before its oldest segments are deleted. -1 sets no limit; the limit holds for each partition, not for the topic.",
	},
	{
		Name: "retention.ms", Type: Long, Default: "604800000", Check: Check{Rule: AtLeast, Min: -1}, Synonyms: []string{"log.retention.ms", "log.retention.minutes", "log.retention.hours"},
		Doc: "How old data may become, in milliseconds, before its segment is deleted. -1 keeps it without a time limit.",
	},
	{
		Name: "segment.bytes", Type: Int, Default: "1073741824", Check: Check{Rule: AtLeast, Min: 1048576}, Synonyms: []string{"log.segment.bytes"},
		Doc: "Size in bytes at which a segment is closed and a new one begun. Retention and compaction work on whole segments.",
	},
	{
		Name: "segment.index.bytes", Type: Int, Default: "10485760", Check: Check{Rule: AtLeast, Min: 4}, Synonyms: []string{"log.index.size.max.bytes"},
		Doc: "Largest size in bytes of the index of a segment; a full index also begins a new segment.",
	},
	{
		Name: "segment.jitter.ms", Type: Long, Default: "0", Check: Check{Rule: AtLeast}, Synonyms: []string{"log.roll.jitter.ms", "log.roll.jitter.hours"},
		Doc: "Up to this many milliseconds are taken off segment.ms at random, so that many partitions do not roll at the same moment.",
	},
	{
		Name: "segment.ms", Type: Long, Default: "604800000", Check: Check{Rule: AtLeast, Min: 1}, Synonyms: []string{"log.roll.ms", "log.roll.hours"},
		Doc: "Age in milliseconds at which a segment is closed even if it is not full, so that its data can be deleted or compacted.",
	},
	{
		Name: "unclean.leader.election.enable", Type: Boolean, Default: "false", Synonyms: []string{"unclean.leader.election.enable"},
		Doc: "Let a replica that is not in sync become leader when no other is left. The partition is available again at the price of acknowledged records.",
	},
}

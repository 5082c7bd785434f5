package topic

import (
	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/configdef"
	"kq/pkg/broker/logstore"
)

// Config is a topic's configuration, prepared for the paths that use it. Read-only.
type Config struct {
	configdef.TopicConfig
	// Rules are what produced records have to meet; NowMs is to be set for each batch.
	Rules batch.Rules
}

// codecs are shared by all validations, since they keep their memory.
type codecs struct {
	compressor   batch.Compressor
	decompressor batch.Decompressor
}

func newConfig(c configdef.TopicConfig, name string, index int32, full bool, shared *codecs) *Config {
	r := batch.Rules{
		Topic: name, Partition: index,
		Compacted:       c.Compact,
		LogAppendTime:   c.LogAppendTime,
		BeforeMaxMs:     c.TimestampBeforeMaxMs,
		AfterMaxMs:      c.TimestampAfterMaxMs,
		Compression:     batch.CodecProducer,
		Levels:          batch.Levels{Gzip: c.GzipLevel, LZ4: c.LZ4Level, Zstd: c.ZstdLevel},
		MaxMessageBytes: max(1, c.MaxMessageBytes),
		Full:            full,
		Compressor:      &shared.compressor,
		Decompressor:    &shared.decompressor,
	}
	if codec, err := batch.ParseCodec(c.CompressionType); err == nil {
		r.Compression = codec
	}
	return &Config{TopicConfig: c, Rules: r}
}

// logConfig is what of a topic's configuration its log needs.
func logConfig(c configdef.TopicConfig, internal bool) logstore.Config {
	return logstore.Config{
		Resolved:           true,
		SegmentBytes:       c.SegmentBytes,
		SegmentMs:          c.SegmentMs,
		SegmentJitterMs:    c.SegmentJitterMs,
		SegmentIndexBytes:  c.SegmentIndexBytes,
		IndexIntervalBytes: c.IndexIntervalBytes,
		RetentionMs:        c.RetentionMs,
		RetentionBytes:     c.RetentionBytes,
		Delete:             c.Delete,
		Compact:            c.Compact,
		MaxMessageBytes:    c.MaxMessageBytes,
		FlushMessages:      c.FlushMessages,
		FlushMs:            max(1, c.FlushMs),
		FileDeleteDelayMs:  c.FileDeleteDelayMs,
		DeleteRetentionMs:  c.DeleteRetentionMs,
		MinCompactionLagMs: c.MinCompactionLagMs,
		MaxCompactionLagMs: c.MaxCompactionLagMs,

		MinCleanableDirtyRatio: c.MinCleanableDirtyRatio,
		Preallocate:            c.Preallocate,
		Internal:               internal,
	}
}

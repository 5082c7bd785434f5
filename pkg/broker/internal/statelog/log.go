package statelog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"
	"unicode/utf16"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/topic"
)

// Options of a Log. Topic, Catalog, Create and Partitions are needed.
type Options struct {
	Topic   string
	NodeID  int32
	Catalog *topic.Catalog
	// Create is the controller's CreateTopics.
	Create func(context.Context, *kmsg.CreateTopicsRequest) *kmsg.CreateTopicsResponse
	// Partitions is how many the topic gets when it is created; afterwards it
	// has as many as it has.
	Partitions func() int32
	// Replicas is the replication factor that is wanted; fewer brokers give
	// fewer. Default: 3.
	Replicas func() int16
	// Configs of the topic when it is created; default: none.
	Configs func() map[string]string
	// Codec compresses the batches; default: none.
	Codec batch.Codec
	// Damaged is told of batches that a load leaves out; default: logs them.
	Damaged func(partition int32, offset int64, err error)
	Now     func() time.Time // default: time.Now
	Logger  *slog.Logger     // default: discards
}

// Validate reports options that cannot be meant.
func (o Options) Validate() error {
	switch {
	case o.Topic == "":
		return errors.New("open state log: no topic given")
	case o.Catalog == nil:
		return errors.New("open state log: no topic catalog given")
	case o.Create == nil:
		return errors.New("open state log: no controller given")
	case o.Partitions == nil:
		return errors.New("open state log: no number of partitions given")
	}
	return nil
}

func (o Options) withDefaults() Options {
	if o.Replicas == nil {
		o.Replicas = func() int16 { return 3 }
	}
	if o.Configs == nil {
		o.Configs = func() map[string]string { return nil }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Damaged == nil {
		logger, name := o.Logger, o.Topic
		o.Damaged = func(partition int32, offset int64, err error) {
			logger.Error("a batch of coordinator state is left out", "topic", name, "partition", partition, "offset", offset, "err", err)
		}
	}
	return o
}

// ErrTooLarge: the records do not fit into one batch of the topic
// (MESSAGE_TOO_LARGE, 10). Nothing was written.
var ErrTooLarge = errors.New("coordinator records are larger than a batch may be")

// Log is one coordinator's topic. It is safe for concurrent use.
type Log struct {
	o Options
	// compressor is shared by all appends, since it keeps memory.
	compressor batch.Compressor
}

// New returns the log of a topic, which need not exist yet.
func New(o Options) (*Log, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return &Log{o: o.withDefaults()}, nil
}

// Topic is the topic's name.
func (l *Log) Topic() string { return l.o.Topic }

// Partitions is how many partitions the topic has, 0 while it does not exist.
func (l *Log) Partitions() int32 {
	t := l.o.Catalog.Image().Topic(l.o.Topic)
	if t == nil {
		return 0
	}
	return int32(len(t.Partitions))
}

// Ensure creates the topic if it is not there: compacted, with as many replicas
// as there are brokers for. When it returns nil, partitions of this broker can
// be used.
func (l *Log) Ensure(ctx context.Context) error {
	if l.Partitions() > 0 {
		return nil
	}
	q := kmsg.NewPtrCreateTopicsRequest()
	q.SetVersion(q.MaxVersion())
	q.TimeoutMillis = 30_000
	t := kmsg.NewCreateTopicsRequestTopic()
	t.Topic, t.NumPartitions = l.o.Topic, l.o.Partitions()
	t.ReplicationFactor = max(1, min(l.o.Replicas(), int16(len(l.o.Catalog.Image().Brokers()))))
	for name, value := range l.o.Configs() {
		c := kmsg.NewCreateTopicsRequestTopicConfig()
		c.Name, c.Value = name, &value
		t.Configs = append(t.Configs, c)
	}
	q.Topics = append(q.Topics, t)
	for _, done := range l.o.Create(ctx, q).Topics {
		err := kerr.ErrorForCode(done.ErrorCode)
		if err == nil || errors.Is(err, kerr.TopicAlreadyExists) {
			continue
		}
		if done.ErrorMessage != nil {
			err = fmt.Errorf("%w: %s", err, *done.ErrorMessage)
		}
		return fmt.Errorf("create %s: %w", l.o.Topic, err)
	}
	return nil
}

// PartitionFor is the partition that a key belongs to; false while the topic
// does not exist. Kafka takes the absolute value of the hash of Java's strings,
// and 0 for the one that has none (Utils.abs).
func (l *Log) PartitionFor(key string) (int32, bool) {
	n := l.Partitions()
	if n == 0 {
		return -1, false
	}
	h := javaHash(key)
	switch {
	case h == math.MinInt32:
		h = 0
	case h < 0:
		h = -h
	}
	return h % n, true
}

// javaHash is String.hashCode: over UTF-16, so that a rune outside the basic
// plane counts as its two surrogates.
func javaHash(s string) int32 {
	h := int32(0)
	for _, r := range s {
		if hi, lo := utf16.EncodeRune(r); hi != '\uFFFD' {
			h = 31*(31*h+hi) + lo
			continue
		}
		h = 31*h + r
	}
	return h
}

// Leader is who leads a partition and so coordinates its keys, and the leader
// epoch; -1 for nobody or an unknown partition.
func (l *Log) Leader(partition int32) (node, epoch int32) {
	t := l.o.Catalog.Image().Topic(l.o.Topic)
	if t == nil || partition < 0 || int(partition) >= len(t.Partitions) {
		return -1, -1
	}
	p := &t.Partitions[partition]
	return p.Leader, p.LeaderEpoch
}

// partition returns a partition that this broker has.
func (l *Log) partition(index int32) (*topic.Partition, error) {
	p, err := l.o.Catalog.Topic([]byte(l.o.Topic)).Partition(index)
	if err != nil {
		return nil, fmt.Errorf("%s-%d: %w", l.o.Topic, index, err)
	}
	return p, nil
}

// Home is Leader with the id of the topic, which tells a topic from one that was
// made under its name later; a zero id for an unknown partition.
func (l *Log) Home(partition int32) (id meta.ID, node, epoch int32) {
	t := l.o.Catalog.Image().Topic(l.o.Topic)
	if t == nil || partition < 0 || int(partition) >= len(t.Partitions) {
		return meta.ID{}, -1, -1
	}
	p := &t.Partitions[partition]
	return t.ID, p.Leader, p.LeaderEpoch
}

package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/consume"
)

// Plan is what a copy does.
type Plan struct {
	Source      Place `json:"source"`
	Destination Place `json:"destination"`

	Partitions int32             `json:"partitions"`        // of the destination
	Create     bool              `json:"create"`            // the destination, which is not there
	Configs    map[string]string `json:"configs,omitempty"` // it is created with
	Keep       bool              `json:"keepPartitions"`
	Positions  string            `json:"positions"` // the group that keeps them, or PositionsTopic

	MaxMessageBytes int     `json:"maxMessageBytes"` // of the destination
	Ranges          []Range `json:"ranges"`          // by partition

	Records int64 `json:"records"` // at most: offsets from begin to end, where there is one
	Bytes   int64 `json:"bytes"`   // about so many of the source's log; -1 when nobody knows

	compacted bool
	sameSide  bool // both topics are of one cluster
	name      string
	store     store
	patience  time.Duration
}

// Place is a topic of a cluster.
type Place struct {
	Cluster string `json:"cluster"` // its id
	Topic   string `json:"topic"`
	TopicID string `json:"topicId,omitempty"` // as Kafka prints it; empty for a topic that is not there

	id [16]byte
}

// Range is what is copied of a partition.
type Range struct {
	Partition int32 `json:"partition"`
	Begin     int64 `json:"begin"`
	End       int64 `json:"end"`     // exclusive; -1 without end
	Resumed   bool  `json:"resumed"` // Begin is where the last copy stopped
	Lost      int64 `json:"lost"`    // offsets from the last copy's end to Begin that the source has no more

	first, last int64
	leader      int32
	end         int64
}

// largestBatch is how large the batches are that are built, in bytes.
const largestBatch = 1 << 20

// Prepare finds out what a copy would do, and changes nothing.
func Prepare(ctx context.Context, src, dst *kgo.Client, o Options) (*Plan, error) {
	p, err := look(ctx, src, dst, &o)
	if err != nil {
		return nil, err
	}
	if err := p.resume(ctx, &o); err != nil {
		return nil, err
	}
	p.estimate(ctx, src)
	return p, nil
}

// look looks at both sides.
func look(ctx context.Context, src, dst *kgo.Client, o *Options) (*Plan, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	p := &Plan{Keep: o.KeepPartitions, Bytes: -1, Ranges: []Range{}, patience: o.patience()}
	from, err := lookUp(ctx, src, o.Source)
	if err != nil {
		return nil, err
	}
	to, err := lookUp(ctx, dst, o.Destination)
	if err != nil {
		return nil, err
	}
	p.sameSide = from.cluster == to.cluster
	if p.sameSide && o.Source == o.Destination {
		return nil, fmt.Errorf("%w: %q of cluster %s", ErrSelf, o.Source, from.cluster)
	}
	if !p.sameSide && o.Group != "" {
		return nil, fmt.Errorf("%w: a group keeps positions inside one cluster, and these are %s and %s", ErrOptions, from.cluster, to.cluster)
	}
	if err := from.err(); err != nil {
		return nil, fmt.Errorf("topic %q: %w", o.Source, err)
	}
	p.Source = place(from.cluster, o.Source, from.topic.TopicID)
	p.Destination = place(to.cluster, o.Destination, to.topic.TopicID)
	if err := p.ranges(ctx, src, o); err != nil {
		return nil, err
	}
	if err := p.destination(ctx, src, dst, to); err != nil {
		return nil, err
	}
	if p.Keep && p.Partitions < int32(len(p.Ranges)) {
		return nil, fmt.Errorf("%w: %q has %d and %q %d", ErrPartitions, o.Source, len(p.Ranges), o.Destination, p.Partitions)
	}
	p.named(o)
	p.stored(dst)
	return p, nil
}

func place(cluster, topic string, id kadm.TopicID) Place {
	at := Place{Cluster: cluster, Topic: topic, id: id}
	if id != (kadm.TopicID{}) {
		at.TopicID = base64.RawURLEncoding.EncodeToString(id[:])
	}
	return at
}

// ranges finds what is to be copied.
func (p *Plan) ranges(ctx context.Context, src *kgo.Client, o *Options) error {
	all, err := consume.Ranges(ctx, src, o.consume())
	if err != nil {
		return err
	}
	for _, r := range all {
		one := Range{Partition: r.Partition, Begin: r.Begin, End: r.End, first: r.First, last: r.Last, leader: r.Leader, end: r.End}
		if r.End == math.MaxInt64 {
			one.End = -1
		}
		p.Ranges = append(p.Ranges, one)
	}
	return nil
}

// named gives the copy its name, of which its transactional ids and its group are made.
func (p *Plan) named(o *Options) {
	sum := sha256.Sum256([]byte(strings.Join([]string{p.Source.Cluster, p.Source.Topic, p.Destination.Cluster, p.Destination.Topic}, "\x00")))
	p.name = "kq-copy-" + hex.EncodeToString(sum[:6])
	if o.Group != "" {
		p.name = o.Group
	}
	p.Positions = PositionsTopic
	if p.sameSide {
		p.Positions = p.name
	}
}

// destination looks at the topic to write to, or how it would be made.
func (p *Plan) destination(ctx context.Context, src, dst *kgo.Client, d *found) error {
	switch err := d.err(); {
	case errors.Is(err, kerr.UnknownTopicOrPartition):
		p.Create, p.Partitions = true, int32(len(p.Ranges))
		configs, err := ownConfigs(ctx, src, p.Source.Topic)
		if err != nil {
			return err
		}
		p.Configs = configs
		p.apply(configs)
		return nil
	case err != nil:
		return fmt.Errorf("topic %q: %w", p.Destination.Topic, err)
	}
	p.Partitions = int32(len(d.topic.Partitions))
	p.apply(allConfigs(ctx, dst, p.Destination.Topic))
	return nil
}

// Of a topic, where nobody says otherwise: Kafka's default of max.message.bytes.
const defaultMaxMessage = 1<<20 + 12

// apply takes what configs say of the destination.
func (p *Plan) apply(configs map[string]string) {
	p.MaxMessageBytes = defaultMaxMessage
	if n, err := strconv.Atoi(configs["max.message.bytes"]); err == nil && n > 0 {
		p.MaxMessageBytes = n
	}
	p.compacted = strings.Contains(configs["cleanup.policy"], "compact")
}

// resume sets where each partition begins, by the positions there are.
func (p *Plan) resume(ctx context.Context, o *Options) error {
	if o.Restart {
		return nil
	}
	at, err := p.store.load(ctx)
	if err != nil {
		return err
	}
	var gaps, resumed, other int
	for i := range p.Ranges {
		r := &p.Ranges[i]
		pos, ok := at[r.Partition]
		if !ok {
			continue
		}
		if pos.source != p.Source.TopicID || pos.destination != p.Destination.TopicID {
			other++
			continue
		}
		resumed++
		switch {
		case pos.offset < r.first && r.first > 0:
			gaps++
			r.Lost = r.first - pos.offset
			text := fmt.Sprintf("%q partition %d: offsets %d to %d", p.Source.Topic, r.Partition, pos.offset, r.first-1)
			if !o.SkipGaps {
				return fmt.Errorf("%w: %s", ErrGap, text)
			}
			o.notice("%s are gone and were not copied", text)
			pos.offset = r.first
		case pos.offset > r.last:
			return fmt.Errorf("%w: %q partition %d ends at %d, and %d were copied", ErrAhead, p.Source.Topic, r.Partition, r.last, pos.offset)
		}
		r.Begin, r.Resumed = pos.offset, true
	}
	if other > 0 {
		o.notice("a topic was made anew since the last copy: %s of %d begin from the start", count(other, "partition"), len(p.Ranges))
	}
	if resumed > 0 {
		o.notice("going on where the last copy stopped")
	}
	return nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// estimate counts what is to do.
func (p *Plan) estimate(ctx context.Context, src *kgo.Client) {
	for _, r := range p.Ranges {
		p.Records += max(0, min(r.end, r.last)-r.Begin)
	}
	asked := kadm.TopicsSet{}
	for _, r := range p.Ranges {
		asked.Add(p.Source.Topic, r.Partition)
	}
	sizes, err := kadm.NewClient(src).DescribeAllLogDirs(ctx, asked)
	if err != nil {
		return // it takes a right that not everybody has
	}
	logs := map[int32]int64{}
	sizes.Each(func(dir kadm.DescribedLogDir) {
		dir.Topics.Each(func(d kadm.DescribedLogDirPartition) {
			if d.Topic == p.Source.Topic && !d.IsFuture {
				logs[d.Partition] = max(logs[d.Partition], d.Size)
			}
		})
	})
	if len(logs) == 0 {
		return
	}
	p.Bytes = 0
	for _, r := range p.Ranges {
		if all := r.last - r.first; all > 0 {
			p.Bytes += int64(float64(logs[r.Partition]) * float64(max(0, min(r.end, r.last)-r.Begin)) / float64(all))
		}
	}
}

package consume

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// partition is what is known of a partition that is read.
type partition struct {
	topic  string
	id     [16]byte // of the topic, zero where the cluster has none
	number int32
	leader int32

	pos    int64 // everything below it was given, or is not there
	end    int64 // where to stop, exclusive; MaxInt64 when following
	done   bool
	missed int // looks at it in a row that did not find the topic
}

// plan finds out where each partition begins and ends, and sets the client to it.
func (r *reader) plan(ctx context.Context) error {
	adm := kadm.NewClient(r.client)
	details, err := adm.ListTopicsWithInternal(ctx, r.options.Topics...)
	if err != nil {
		return fmt.Errorf("look up topics: %w", err)
	}
	r.parts = map[partitionKey]*partition{}
	for _, topic := range r.options.Topics {
		d, ok := details[topic]
		if !ok {
			return fmt.Errorf("topic %q: %w", topic, kerr.UnknownTopicOrPartition)
		}
		if d.Err != nil {
			return fmt.Errorf("topic %q: %w", topic, d.Err)
		}
		if err := r.choose(d); err != nil {
			return err
		}
	}
	if err := r.bounds(ctx, adm); err != nil {
		return err
	}
	assign := map[string]map[int32]kgo.Offset{}
	for key, p := range r.parts {
		if p.pos >= p.end {
			p.done = true
			continue
		}
		r.left++
		if assign[key.topic] == nil {
			assign[key.topic] = map[int32]kgo.Offset{}
		}
		assign[key.topic][key.number] = kgo.NewOffset().At(p.pos)
	}
	r.client.AddConsumePartitions(assign)
	return nil
}

// choose adds the partitions of a topic that are wanted.
func (r *reader) choose(d kadm.TopicDetail) error {
	numbers := r.options.Partitions
	if numbers == nil {
		numbers = d.Partitions.Numbers()
	}
	for _, n := range numbers {
		detail, ok := d.Partitions[n]
		if !ok {
			return fmt.Errorf("topic %q has no partition %d: it has %d, from 0", d.Topic, n, len(d.Partitions))
		}
		if detail.Err != nil {
			return fmt.Errorf("topic %q partition %d: %w", d.Topic, n, detail.Err)
		}
		r.parts[partitionKey{d.Topic, n}] = &partition{topic: d.Topic, id: d.ID, number: n, leader: detail.Leader}
	}
	return nil
}

// bounds sets where partitions begin and end.
func (r *reader) bounds(ctx context.Context, adm *kadm.Client) error {
	ends := adm.ListCommittedOffsets
	if r.options.Uncommitted {
		ends = adm.ListEndOffsets
	}
	// The end goes first: what is written between the two questions is not asked
	// for, and a start beyond the end is just an empty partition.
	end, err := ends(ctx, r.options.Topics...)
	if err != nil {
		return fmt.Errorf("list offsets: %w", err)
	}
	start, err := adm.ListStartOffsets(ctx, r.options.Topics...)
	if err != nil {
		return fmt.Errorf("list offsets: %w", err)
	}
	for _, key := range r.keys() {
		p := r.parts[key]
		from, err := listed(start, key)
		if err != nil {
			return err
		}
		if p.end, err = listed(end, key); err != nil {
			return err
		}
		var moved bool
		p.pos, moved = r.options.From.in(from, max(from, p.end))
		if moved {
			r.notice("%s partition %d has offsets %d to %d, not %v: reading from %d", p.topic, p.number, from, p.end, r.options.From, p.pos)
		}
		if r.options.Follow {
			p.end = math.MaxInt64
		}
	}
	return nil
}

func listed(offsets kadm.ListedOffsets, key partitionKey) (int64, error) {
	o, ok := offsets.Lookup(key.topic, key.number)
	if !ok {
		return 0, fmt.Errorf("list offsets: no answer for %s partition %d", key.topic, key.number)
	}
	if o.Err != nil {
		return 0, fmt.Errorf("list offsets of %s partition %d: %w", key.topic, key.number, o.Err)
	}
	return o.Offset, nil
}

// keys lists the partitions by topic and number.
func (r *reader) keys() []partitionKey {
	keys := make([]partitionKey, 0, len(r.parts))
	for key := range r.parts {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b partitionKey) int {
		if a.topic != b.topic {
			if a.topic < b.topic {
				return -1
			}
			return 1
		}
		return int(a.number) - int(b.number)
	})
	return keys
}

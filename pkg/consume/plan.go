package consume

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

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

	pos   int64 // everything below it was given, or is not there
	given int64 // as pos, but never past what is known to be there; what a group may commit
	count int64 // records that were given
	end   int64 // where to stop, exclusive; never when following without one
	until int64 // stop at the first record of this time too, in ms; -1 for none
	done  bool

	assigned bool // to the client, which fetches it on its own

	first, last int64 // what there was to read when the run began: last is exclusive
	top         int64 // as last, whatever the range that is read
	missed      int   // looks at it in a row that did not find the topic
}

// stopsAt tells that a record is the first of the time to stop at.
func (p *partition) stopsAt(rec *kgo.Record) bool {
	return p.until >= 0 && rec.Timestamp.UnixMilli() >= p.until
}

// plan finds out where each partition begins and ends.
func (r *reader) plan(ctx context.Context) error {
	adm := kadm.NewClient(r.client)
	topics, err := r.topics(ctx, adm)
	if err != nil {
		return err
	}
	r.parts = map[partitionKey]*partition{}
	names := make([]string, 0, len(topics))
	for _, d := range topics {
		names = append(names, d.Topic)
		if err := r.choose(d); err != nil {
			return err
		}
	}
	return r.bounds(ctx, adm, names, r.keys())
}

// topics looks up the topics to read.
func (r *reader) topics(ctx context.Context, adm *kadm.Client) ([]kadm.TopicDetail, error) {
	if len(r.options.Starts) > 0 {
		return r.lookUp(ctx, adm, slices.Sorted(maps.Keys(r.options.Starts)))
	}
	if r.options.Regex {
		return r.matching(ctx, adm)
	}
	return r.lookUp(ctx, adm, r.options.Topics)
}

// lookUp finds topics by name.
func (r *reader) lookUp(ctx context.Context, adm *kadm.Client, names []string) ([]kadm.TopicDetail, error) {
	details, err := adm.ListTopicsWithInternal(ctx, names...)
	if err != nil {
		return nil, fmt.Errorf("look up topics: %w", err)
	}
	var topics []kadm.TopicDetail
	for _, topic := range names {
		d, ok := details[topic]
		if !ok {
			d.Err = kerr.UnknownTopicOrPartition
		}
		if d.Err != nil {
			return nil, fmt.Errorf("topic %q: %w", topic, d.Err)
		}
		topics = append(topics, d)
	}
	return topics, nil
}

// matching finds the topics that the expressions match, none of the cluster's own.
func (r *reader) matching(ctx context.Context, adm *kadm.Client) ([]kadm.TopicDetail, error) {
	patterns, err := r.options.patterns()
	if err != nil {
		return nil, err
	}
	details, err := adm.ListTopics(ctx)
	if err != nil {
		return nil, fmt.Errorf("look up topics: %w", err)
	}
	var topics []kadm.TopicDetail
	for _, d := range details.Sorted() {
		for _, re := range patterns {
			if !re.MatchString(d.Topic) {
				continue
			}
			if d.Err != nil {
				return nil, fmt.Errorf("topic %q: %w", d.Topic, d.Err)
			}
			topics = append(topics, d)
			break
		}
	}
	if len(topics) == 0 {
		return nil, fmt.Errorf("%w %s", ErrNoMatch, strings.Join(r.options.Topics, ", "))
	}
	return topics, nil
}

// choose adds the partitions of a topic that are wanted.
func (r *reader) choose(d kadm.TopicDetail) error {
	numbers := r.options.Partitions
	if starts := r.options.Starts[d.Topic]; starts != nil {
		numbers = slices.Sorted(maps.Keys(starts))
	} else if numbers == nil {
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
		r.parts[partitionKey{d.Topic, n}] = &partition{topic: d.Topic, id: d.ID, number: n, leader: detail.Leader, until: -1}
	}
	return nil
}

// mostMoved is how many partitions are named that do not have the offset to read
// from.
const mostMoved = 4

// bounds sets where partitions begin and end.
func (r *reader) bounds(ctx context.Context, adm *kadm.Client, topics []string, keys []partitionKey) error {
	ends := adm.ListCommittedOffsets
	if r.options.Uncommitted {
		ends = adm.ListEndOffsets
	}
	// The end goes first: what is written between the two questions is not asked
	// for, and a start beyond the end is just an empty partition.
	end, err := ends(ctx, topics...)
	if err != nil {
		return fmt.Errorf("list offsets: %w", err)
	}
	start, err := adm.ListStartOffsets(ctx, topics...)
	if err != nil {
		return fmt.Errorf("list offsets: %w", err)
	}
	times := map[Offset]kadm.ListedOffsets{}
	for _, o := range []Offset{r.options.From, r.options.To} {
		if o.kind == atTime && times[o] == nil {
			if times[o], err = adm.ListOffsetsAfterMilli(ctx, o.n, topics...); err != nil {
				return fmt.Errorf("list offsets by time: %w", err)
			}
		}
	}
	for _, key := range keys {
		p := r.parts[key]
		if p.first, err = listed(start, key); err != nil {
			return err
		}
		if p.last, err = listed(end, key); err != nil {
			return err
		}
		if err := r.bound(p, times); err != nil {
			return err
		}
	}
	if more := r.moved - mostMoved; more > 0 && len(r.options.Starts) == 0 {
		r.notice("%d more partitions do not have offset %v", more, r.options.From)
	}
	if r.options.From.kind == atLast {
		return r.countBack(ctx, r.options.From.n)
	}
	return nil
}

// bound sets where to begin and to stop in a partition of which the first and
// the last offset are known.
func (r *reader) bound(p *partition, times map[Offset]kadm.ListedOffsets) error {
	from, to := r.options.From, r.options.To
	p.top = max(p.first, p.last) // of the log; p.last is that of the range from here on
	top := p.top
	var moved bool
	at, _, err := timed(times, from, p, top)
	if err != nil {
		return err
	}
	stop, found, err := timed(times, to, p, top)
	if err != nil {
		return err
	}
	p.last = to.limit(p.last, stop)
	switch {
	case !r.options.Follow:
		p.end = p.last
	case to.kind == atEnd:
		p.end = p.last
	case to.kind == atTime && found:
		p.end = stop // which may lie behind a transaction that is still open
	case to.kind == atExact:
		p.end = to.n
	default:
		p.end = never
		if to.kind == atTime {
			p.until = to.n
		}
	}
	if from.kind == atLast {
		top = max(p.first, p.last)
	}
	if start, ok := r.options.Starts[p.topic][p.number]; ok {
		from = At(start)
	}
	p.pos, moved = from.in(p.first, top, at)
	p.given = p.pos
	if moved {
		r.moved++
	}
	if moved && (r.moved <= mostMoved || len(r.options.Starts) > 0) {
		r.notice("%s partition %d has offsets %d to %d, not %v: reading from %d", p.topic, p.number, p.first, top, from, p.pos)
	}
	return nil
}

// timed is the offset of the first record of a time, or end when there is none.
func timed(times map[Offset]kadm.ListedOffsets, o Offset, p *partition, end int64) (offset int64, found bool, err error) {
	if o.kind != atTime {
		return end, false, nil
	}
	key := partitionKey{p.topic, p.number}
	offset, err = listed(times[o], key)
	if err != nil {
		return 0, false, err
	}
	// Without a timestamp it is the end, asked for later than ours.
	if l, _ := times[o].Lookup(p.topic, p.number); l.Timestamp < 0 {
		return end, false, nil
	}
	return offset, true, nil
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

// assign sets the client to the partitions that are not at their end.
func (r *reader) assign() {
	assign := map[string]map[int32]kgo.Offset{}
	for key, p := range r.parts {
		if p.done {
			continue
		}
		p.assigned = true
		if assign[key.topic] == nil {
			assign[key.topic] = map[int32]kgo.Offset{}
		}
		assign[key.topic][key.number] = kgo.NewOffset().At(p.pos)
	}
	r.client.AddConsumePartitions(assign)
}

// keys lists the partitions by topic and number.
func (r *reader) keys() []partitionKey {
	keys := make([]partitionKey, 0, len(r.parts))
	for key := range r.parts {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b partitionKey) int {
		return cmp.Or(strings.Compare(a.topic, b.topic), cmp.Compare(a.number, b.number))
	})
	return keys
}

// past tells that the time to stop at is over.
func (p *partition) past() bool {
	return p.until >= 0 && time.Now().UnixMilli() > p.until
}

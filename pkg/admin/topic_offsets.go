package admin

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
)

// TopicOffsetsOptions chooses partitions and a place in them.
type TopicOffsetsOptions struct {
	Topics     []string
	Partitions []int32   // of each topic; empty for all
	At         *Position // also the offset there; nil for none
}

// Validate finds what no cluster would take.
func (o *TopicOffsetsOptions) Validate() error {
	if len(o.Topics) == 0 {
		return fmt.Errorf("%w: no topic", ErrOptions)
	}
	return checkPartitions(o.Partitions)
}

func checkPartitions(numbers []int32) error {
	for _, n := range numbers {
		if n < 0 {
			return fmt.Errorf("%w: partition %d: the first is 0", ErrOptions, n)
		}
	}
	return nil
}

// TopicOffsets is the offsets of a topic's partitions.
type TopicOffsets struct {
	Name       string             `json:"topic"`
	Partitions []PartitionOffsets `json:"partitions"` // by number
	Error      *Error             `json:"error,omitempty"`
}

// PartitionOffsets is the offsets of a partition; nil where they are not known.
type PartitionOffsets struct {
	Number    int32  `json:"partition"`
	Start     *int64 `json:"start"`     // of the first record
	End       *int64 `json:"end"`       // that the next record gets
	Count     *int64 `json:"count"`     // of offsets between; records are fewer in compacted topics
	At        *int64 `json:"at"`        // at the place asked for, nil for no record there
	Timestamp *int64 `json:"timestamp"` // of the record there, when the place is a time; ms since 1970
	Error     *Error `json:"error,omitempty"`
}

// ListTopicOffsets tells where partitions start and end and, when asked, the
// offset of another place: of the first record at or after a time, for one.
func ListTopicOffsets(ctx context.Context, cl *kgo.Client, o TopicOffsetsOptions) ([]TopicOffsets, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	names := unique(o.Topics)
	details, err := topicDetails(ctx, cl, names)
	if err != nil {
		return nil, fmt.Errorf("list offsets: %w", err)
	}
	parts := map[string][]int32{}
	out := make([]TopicOffsets, len(names))
	for i, name := range names {
		d := details[name]
		out[i] = TopicOffsets{Name: name, Error: itemError(d.Err, "")}
		if d.Err != nil {
			continue
		}
		have, missing := partitionsOf(d, o.Partitions)
		if len(have) > 0 {
			parts[name] = have
		}
		for _, n := range have {
			out[i].Partitions = append(out[i].Partitions, PartitionOffsets{Number: n})
		}
		for n, e := range missing {
			out[i].Partitions = append(out[i].Partitions, PartitionOffsets{Number: n, Error: e})
		}
		slices.SortFunc(out[i].Partitions, func(a, b PartitionOffsets) int { return cmp.Compare(a.Number, b.Number) })
	}
	if len(parts) == 0 {
		return out, nil
	}
	return out, o.fill(ctx, cl, out, parts)
}

// fill asks for the offsets. The end comes first, so that a record which is not
// found by its time is one that is not before the end told.
func (o *TopicOffsetsOptions) fill(ctx context.Context, cl *kgo.Client, out []TopicOffsets, parts map[string][]int32) error {
	ends, err := listOffsets(ctx, cl, parts, listEnd)
	if err != nil {
		return fmt.Errorf("list offsets: %w", err)
	}
	starts, err := listOffsets(ctx, cl, parts, listStart)
	if err != nil {
		return fmt.Errorf("list offsets: %w", err)
	}
	var times map[placeKey]place
	if o.At != nil && o.At.Kind == AtTime {
		if times, err = listOffsets(ctx, cl, parts, o.At.Time.UnixMilli()); err != nil {
			return fmt.Errorf("list offsets: %w", err)
		}
	}
	for i := range out {
		for j := range out[i].Partitions {
			p := &out[i].Partitions[j]
			if p.Error != nil {
				continue
			}
			key := placeKey{out[i].Name, p.Number}
			start, end := starts[key], ends[key]
			if p.Error = cmp.Or(start.err, end.err, times[key].err); p.Error != nil {
				continue
			}
			n := end.offset - start.offset
			p.Start, p.End, p.Count = &start.offset, &end.offset, &n
			o.place(p, times[key])
		}
	}
	return nil
}

// place sets what At asks for; the start and the end of p are known.
func (o *TopicOffsetsOptions) place(p *PartitionOffsets, byTime place) {
	if o.At == nil {
		return
	}
	switch at := int64(0); o.At.Kind {
	case AtStart:
		p.At = p.Start
	case AtEnd:
		p.At = p.End
	case AtOffset:
		if o.At.N >= *p.Start && o.At.N <= *p.End {
			p.At = &o.At.N
		}
	case FromEnd:
		at = max(*p.End-o.At.N, *p.Start)
		p.At = &at
	case AtTime:
		if byTime.offset >= 0 {
			p.At, p.Timestamp = &byTime.offset, &byTime.timestamp
		}
	}
}

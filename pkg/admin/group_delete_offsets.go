package admin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// DeleteGroupOffsetsOptions says which offsets of a group go.
type DeleteGroupOffsetsOptions struct {
	Group  string
	Topics []TopicPartitions // of each all partitions that the group has offsets of, or those named
	DryRun bool

	// Approve is asked before anything is deleted, with what would be; nil is yes.
	// Its error ends DeleteGroupOffsets.
	Approve func(plan []DeletedOffset) error
}

// Validate finds what no cluster would take.
func (o *DeleteGroupOffsetsOptions) Validate() error {
	if len(o.Topics) == 0 {
		return fmt.Errorf("%w: no topic", ErrOptions)
	}
	return checkGroups([]string{o.Group})
}

// DeletedOffset is what became of a group's offset in a partition.
type DeletedOffset struct {
	Topic   string `json:"topic"`
	Number  int32  `json:"partition"`
	Offset  *int64 `json:"offset"` // that was committed; nil for none
	Deleted bool   `json:"deleted"`
	Error   *Error `json:"error,omitempty"`
}

// DeleteGroupOffsets deletes committed offsets (OffsetDelete, KIP-496). A group
// may have members, as long as they are not subscribed to the topic. The start
// offsets of a share group go by topic, while it has no members.
func DeleteGroupOffsets(ctx context.Context, cl *kgo.Client, o DeleteGroupOffsetsOptions) ([]DeletedOffset, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	fail := func(err error) error { return fmt.Errorf("delete offsets of group %q: %w", o.Group, err) }
	groups, err := DescribeGroups(ctx, cl, DescribeGroupsOptions{Groups: []string{o.Group}})
	switch {
	case err != nil:
		return nil, err
	case groups[0].Error != nil:
		return nil, fail(groups[0].Error)
	}
	shared := groups[0].Type == ShareGroup
	if shared && slices.ContainsFunc(o.Topics, func(t TopicPartitions) bool { return len(t.Partitions) > 0 }) {
		return nil, fmt.Errorf("%w: a share group's offsets are deleted by topic, not by partition", ErrOptions)
	}
	have := committedOf(&groups[0])
	if shared {
		for _, p := range groups[0].Partitions {
			if k := (placeKey{p.Topic, p.Number}); p.Current == nil {
				have[k] = GroupOffset{Topic: p.Topic, Partition: p.Number, Offset: -1} // it has a state all the same
			}
		}
	}
	plan := o.plan(have)
	set := kadm.TopicsSet{}
	for _, p := range plan {
		if p.Deleted {
			set.Add(p.Topic, p.Number)
		}
	}
	if o.DryRun || len(set) == 0 {
		return plan, nil
	}
	if o.Approve != nil {
		if err := o.Approve(plan); err != nil {
			return nil, err
		}
	}
	if shared {
		if err := deleteShare(ctx, cl, o.Group, plan); err != nil {
			return nil, fail(err)
		}
		return plan, nil
	}
	answers, err := kadm.NewClient(cl).DeleteOffsets(ctx, o.Group, set)
	if err != nil {
		return nil, fail(err)
	}
	for i := range plan {
		p := &plan[i]
		if !p.Deleted {
			continue
		}
		err, ok := answers.Lookup(p.Topic, p.Number)
		text := ""
		switch {
		case !ok:
			err = kerr.UnknownServerError
		case errors.Is(err, kerr.GroupSubscribedToTopic):
			text = "members of the group are subscribed to the topic"
		}
		p.Error = itemError(err, text)
		p.Deleted = p.Error == nil
	}
	return plan, nil
}

// plan lists what goes, by topic and number, each marked as deleted; what is not
// there has an error.
func (o *DeleteGroupOffsetsOptions) plan(committed map[placeKey]GroupOffset) []DeletedOffset {
	rows := map[placeKey]DeletedOffset{}
	for k, c := range committed {
		if chosen(o.Topics, k.topic, k.partition) {
			rows[k] = DeletedOffset{Topic: k.topic, Number: k.partition, Deleted: true}
			if c.Offset >= 0 {
				rows[k] = DeletedOffset{Topic: k.topic, Number: k.partition, Offset: &c.Offset, Deleted: true}
			}
		}
	}
	for _, t := range o.Topics {
		numbers := t.Partitions
		if len(numbers) == 0 && !slices.ContainsFunc(slices.Collect(maps.Keys(rows)), func(k placeKey) bool { return k.topic == t.Topic }) {
			numbers = []int32{-1}
		}
		for _, n := range numbers {
			if k := (placeKey{t.Topic, n}); rows[k].Topic == "" {
				rows[k] = DeletedOffset{Topic: t.Topic, Number: n, Error: itemError(ErrNoOffsets, "the group has no offset there")}
			}
		}
	}
	out := []DeletedOffset{}
	for _, k := range slices.SortedFunc(maps.Keys(rows), placeKey.compare) {
		out = append(out, rows[k])
	}
	return out
}

package admin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// resetter makes the plan of a reset.
type resetter struct {
	o      *ResetGroupOptions
	client *kgo.Client
	before map[placeKey]GroupOffset // of the group
	wanted map[placeKey]GroupOffset // of ToGroup or Offsets; nil with To

	unplaced []placeKey // partitions of a share group without a start offset
}

func (r *resetter) plan(ctx context.Context) ([]ResetPartition, error) {
	if err := r.want(ctx); err != nil {
		return nil, err
	}
	rows, parts, err := r.rows(ctx)
	if err != nil {
		return nil, err
	}
	var starts, ends, times map[placeKey]place
	if len(parts) > 0 {
		if starts, err = listOffsets(ctx, r.client, parts, listStart); err != nil {
			return nil, err
		}
		if ends, err = listOffsets(ctx, r.client, parts, listEnd); err != nil {
			return nil, err
		}
		if r.o.To != nil && r.o.To.byTime() {
			if times, err = listOffsets(ctx, r.client, parts, r.o.To.Time.UnixMilli()); err != nil {
				return nil, err
			}
		}
	}
	plan := []ResetPartition{}
	for _, k := range slices.SortedFunc(maps.Keys(rows), placeKey.compare) {
		p := rows[k]
		if b, ok := r.before[k]; ok {
			p.Before = &b.Offset
		}
		if p.Error == nil {
			for _, e := range []*Error{starts[k].err, ends[k].err, times[k].err} {
				if p.Error == nil {
					p.Error = e
				}
			}
		}
		if p.Error == nil {
			r.place(p, starts[k].offset, ends[k].offset, times[k].offset)
		}
		plan = append(plan, *p)
	}
	return plan, nil
}

// want finds the offsets to set where they are not a place.
func (r *resetter) want(ctx context.Context) error {
	switch {
	case r.o.ToGroup != "":
		list, err := GroupOffsets(ctx, r.client, []string{r.o.ToGroup})
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return fmt.Errorf("group %q: %w", r.o.ToGroup, ErrNoOffsets)
		}
		r.wanted = byPlace(list)
	case len(r.o.Offsets) > 0:
		var mine []GroupOffset
		others := map[string]bool{}
		for _, o := range r.o.Offsets {
			if o.Group == "" || o.Group == r.o.Group {
				mine = append(mine, o)
			} else {
				others[o.Group] = true
			}
		}
		if len(mine) == 0 {
			return fmt.Errorf("%w: the offsets are of other groups: %s", ErrOptions, strings.Join(slices.Sorted(maps.Keys(others)), ", "))
		}
		r.wanted = byPlace(mine)
	}
	return nil
}

func byPlace(list []GroupOffset) map[placeKey]GroupOffset {
	out := map[placeKey]GroupOffset{}
	for _, o := range list {
		out[placeKey{o.Topic, o.Partition}] = o
	}
	return out
}

// rows makes a row of each partition to set, and lists those that there are.
func (r *resetter) rows(ctx context.Context) (map[placeKey]*ResetPartition, map[string][]int32, error) {
	rows := map[placeKey]*ResetPartition{}
	add := func(topic string, n int32, e *Error) {
		rows[placeKey{topic, n}] = &ResetPartition{Topic: topic, Number: n, Error: e, epoch: -1}
	}
	from := r.wanted
	if from == nil {
		from = r.before
	}
	topics := map[string]bool{}
	for k := range from {
		if chosen(r.o.Topics, k.topic, k.partition) {
			add(k.topic, k.partition, nil)
			topics[k.topic] = true
		}
	}
	for _, k := range r.unplaced {
		if r.wanted == nil && chosen(r.o.Topics, k.topic, k.partition) {
			add(k.topic, k.partition, nil)
			topics[k.topic] = true
		}
	}
	for _, t := range r.o.Topics {
		topics[t.Topic] = true
	}
	if len(topics) == 0 {
		return nil, nil, ErrNoOffsets
	}
	details, err := topicDetails(ctx, r.client, slices.Sorted(maps.Keys(topics)))
	if err != nil {
		return nil, nil, err
	}
	for _, t := range r.o.Topics {
		d := details[t.Topic]
		if d.Err != nil {
			return nil, nil, fmt.Errorf("topic %q: %w", t.Topic, d.Err)
		}
		have, missing := partitionsOf(d, t.Partitions)
		for _, n := range have {
			if _, there := rows[placeKey{t.Topic, n}]; !there && r.wanted == nil {
				add(t.Topic, n, nil)
			} else if !there && len(t.Partitions) > 0 {
				add(t.Topic, n, itemError(ErrNoOffsets, "there is no offset to set it to"))
			}
		}
		for n, e := range missing {
			add(t.Topic, n, e)
		}
		if !slices.ContainsFunc(slices.Collect(maps.Keys(rows)), func(k placeKey) bool { return k.topic == t.Topic }) {
			return nil, nil, fmt.Errorf("topic %q: %w", t.Topic, ErrNoOffsets)
		}
	}
	parts := map[string][]int32{}
	for k, p := range rows {
		if p.Error == nil {
			p.Error = missingPartition(details, k)
		}
		if p.Error == nil {
			parts[k.topic] = append(parts[k.topic], k.partition)
		}
	}
	if len(rows) == 0 {
		return nil, nil, ErrNoOffsets
	}
	return rows, parts, nil
}

// missingPartition is the error of a partition that does not exist, nil otherwise.
func missingPartition(details kadm.TopicDetails, k placeKey) *Error {
	d := details[k.topic]
	if d.Err != nil && !errors.Is(d.Err, kerr.UnknownTopicOrPartition) {
		return itemError(d.Err, "")
	}
	if _, there := d.Partitions[k.partition]; there {
		return nil
	}
	return itemError(kerr.UnknownTopicOrPartition, fmt.Sprintf("%s partition %d does not exist", k.topic, k.partition))
}

// place sets where a partition goes that holds start to end.
func (r *resetter) place(p *ResetPartition, start, end, byTime int64) {
	p.Start, p.End = &start, &end
	want := start
	if given, ok := r.wanted[placeKey{p.Topic, p.Number}]; ok {
		want = given.Offset
		if r.o.Exact {
			p.metadata = given.Metadata
			if given.LeaderEpoch != nil {
				p.epoch = *given.LeaderEpoch
			}
		}
	} else {
		switch to := r.o.To; to.Kind {
		case PlaceEnd:
			want = end
		case PlaceOffset:
			want = to.N
		case PlaceCurrent, PlaceShift:
			if p.Before == nil {
				p.Error = itemError(ErrNoOffsets, "there is no committed offset")
				return
			}
			want = *p.Before + to.N
		case PlaceTime:
			if want = byTime; want < 0 {
				want = end
			}
		}
	}
	after := want
	if !r.o.Exact {
		after = min(max(want, start), end)
	}
	if after != want {
		p.Wanted = &want
	}
	p.After, p.Changed = &after, p.Before == nil || *p.Before != after
	if p.Before != nil {
		moved := after - *p.Before
		p.Moved = &moved
	}
}

// commitPlan commits what changes, as an administrator and not as a member, and
// notes in plan what failed.
func commitPlan(ctx context.Context, cl *kgo.Client, group string, plan []ResetPartition) error {
	var offsets kadm.Offsets
	for i := range plan {
		if p := &plan[i]; p.Changed {
			offsets.Add(kadm.Offset{Topic: p.Topic, Partition: p.Number, At: *p.After, LeaderEpoch: p.epoch, Metadata: p.metadata})
		}
	}
	answers, err := kadm.NewClient(cl).CommitOffsets(ctx, group, offsets)
	if err != nil {
		return err
	}
	for i := range plan {
		p := &plan[i]
		if !p.Changed {
			continue
		}
		a, ok := answers.Lookup(p.Topic, p.Number)
		switch {
		case !ok:
			p.Error = itemError(kerr.UnknownServerError, "the broker's answer leaves it out")
		case becameActive(a.Err):
			return fmt.Errorf("%w now, which joined a moment ago", ErrGroupActive)
		case a.Err != nil:
			p.Error = itemError(a.Err, "")
		default:
			continue
		}
		p.After, p.Moved, p.Changed = nil, nil, false
	}
	return nil
}

// becameActive tells that a commit was refused because a group has members.
func becameActive(err error) bool {
	for _, e := range []error{kerr.UnknownMemberID, kerr.IllegalGeneration, kerr.RebalanceInProgress, kerr.StaleMemberEpoch} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func isNoGroup(e *Error) bool { return e != nil && errors.Is(e, kerr.GroupIDNotFound) }

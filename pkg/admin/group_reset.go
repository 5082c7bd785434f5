package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrGroupActive is a group that has members, which keep their own offsets.
var ErrGroupActive = errors.New("the group has members")

// ErrNoOffsets is a group in which there is nothing to work on.
var ErrNoOffsets = errors.New("the group has no offsets")

// errShareOffsets is a share group where committed offsets are asked for.
var errShareOffsets = errors.New("a share group has no committed offsets")

// ResetGroupOptions says which offsets a group gets. One of To, ToGroup and
// Offsets is set.
type ResetGroupOptions struct {
	Group   string
	To      *GroupPlace
	ToGroup string            // the offsets of another group
	Offsets []GroupOffset     // these; those of other groups are left out
	Topics  []TopicPartitions // alone; empty for those that the group, ToGroup or Offsets have
	Exact   bool              // keep what lies outside of the log, and metadata, as a copy does
	DryRun  bool
	Active  bool // with DryRun: tell what would be although the group has members

	// Approve is asked before anything is changed, with what would be; nil is yes.
	// Its error ends ResetGroup.
	Approve func(plan []ResetPartition) error
}

// Validate finds what no cluster would take.
func (o *ResetGroupOptions) Validate() error {
	if err := checkGroups([]string{o.Group}); err != nil {
		return err
	}
	ways := 0
	for _, set := range []bool{o.To != nil, o.ToGroup != "", len(o.Offsets) > 0} {
		if set {
			ways++
		}
	}
	switch {
	case ways != 1:
		return fmt.Errorf("%w: one of a place, a group and a list of offsets is needed, not %d", ErrOptions, ways)
	case o.ToGroup == o.Group:
		return fmt.Errorf("%w: group %q has its own offsets", ErrOptions, o.Group)
	}
	return nil
}

// ResetPartition is what becomes of a group's offset in a partition.
type ResetPartition struct {
	Topic   string `json:"topic"`
	Number  int32  `json:"partition"`
	Before  *int64 `json:"before"`  // nil for none
	After   *int64 `json:"after"`   // nil where it failed
	Moved   *int64 `json:"moved"`   // After - Before; nil where one is not there
	Wanted  *int64 `json:"wanted"`  // what After would be if the log had it; nil unless it was clamped
	Start   *int64 `json:"start"`   // of the log
	End     *int64 `json:"end"`     // of the log
	Changed bool   `json:"changed"` // in a dry run: would be
	Error   *Error `json:"error,omitempty"`

	epoch    int32
	metadata string
}

// ResetGroup sets the committed offsets of a group that has no members, or does
// not exist yet, or the start offsets of a share group. Partitions come by topic and number. An offset outside of the
// log becomes its start or its end, unless Exact. Where one partition has an error
// nothing is changed at all, unless Exact, as in a copy that leaves out what is
// gone.
func ResetGroup(ctx context.Context, cl *kgo.Client, o ResetGroupOptions) ([]ResetPartition, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	group, err := idleGroup(ctx, cl, o.Group, o.Active && o.DryRun)
	if err != nil {
		return nil, fmt.Errorf("reset group %q: %w", o.Group, err)
	}
	r := resetter{o: &o, client: cl, before: committedOf(group), unplaced: unplacedOf(group)}
	plan, err := r.plan(ctx)
	if errors.Is(err, ErrOptions) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("reset group %q: %w", o.Group, err)
	}
	if !o.Exact && slices.ContainsFunc(plan, func(p ResetPartition) bool { return p.Error != nil }) {
		unchanged(plan)
		return plan, nil
	}
	if o.DryRun || !slices.ContainsFunc(plan, func(p ResetPartition) bool { return p.Changed }) {
		return plan, nil
	}
	if o.Approve != nil {
		if err := o.Approve(plan); err != nil {
			return nil, err
		}
	}
	commit := commitPlan
	if group.Type == ShareGroup {
		commit = alterShare
	}
	if err := commit(ctx, cl, o.Group, plan); err != nil {
		return nil, fmt.Errorf("reset group %q: %w", o.Group, err)
	}
	return plan, nil
}

// unchanged makes a plan one in which nothing moves.
func unchanged(plan []ResetPartition) {
	for i := range plan {
		if p := &plan[i]; p.Error == nil {
			p.After, p.Moved, p.Wanted, p.Changed = p.Before, nil, nil, false
		}
	}
}

// idleGroup describes a group that must not be active, unless it may be. One that
// does not exist is an idle one without offsets.
func idleGroup(ctx context.Context, cl *kgo.Client, name string, mayBeActive bool) (*GroupDescription, error) {
	groups, err := DescribeGroups(ctx, cl, DescribeGroupsOptions{Groups: []string{name}})
	if err != nil {
		return nil, err
	}
	g := &groups[0]
	switch {
	case isNoGroup(g.Error):
		g.Error = nil
	case g.Error != nil:
		return nil, g.Error
	case g.Active() && !mayBeActive:
		return nil, fmt.Errorf("%w (%d, %s)", ErrGroupActive, len(g.Members), g.State)
	}
	return g, nil
}

// committedOf is the offsets that a group has.
func committedOf(g *GroupDescription) map[placeKey]GroupOffset {
	out := map[placeKey]GroupOffset{}
	for _, p := range g.Partitions {
		if p.Current != nil {
			out[placeKey{p.Topic, p.Number}] = GroupOffset{
				Topic: p.Topic, Partition: p.Number, Offset: *p.Current, LeaderEpoch: p.LeaderEpoch, Metadata: p.Metadata,
			}
		}
	}
	return out
}

// unplacedOf is the partitions of a share group that have a state and no start
// offset yet: nothing of them was acknowledged.
func unplacedOf(g *GroupDescription) []placeKey {
	var out []placeKey
	for _, p := range g.Partitions {
		if g.Type == ShareGroup && p.Current == nil && p.Error == nil {
			out = append(out, placeKey{p.Topic, p.Number})
		}
	}
	return out
}

// GroupOffsets returns the committed offsets of groups, by group, topic and
// partition. A group that does not exist is an error.
func GroupOffsets(ctx context.Context, cl *kgo.Client, names []string) ([]GroupOffset, error) {
	if err := checkGroups(names); err != nil {
		return nil, err
	}
	groups, err := DescribeGroups(ctx, cl, DescribeGroupsOptions{Groups: names})
	if err != nil {
		return nil, err
	}
	out := []GroupOffset{}
	for i := range groups {
		if e := groups[i].Error; e != nil {
			return nil, fmt.Errorf("offsets of group %q: %w", groups[i].Name, e)
		}
		for _, c := range committedOf(&groups[i]) {
			c.Group = groups[i].Name
			out = append(out, c)
		}
	}
	sortOffsets(out)
	return out, nil
}

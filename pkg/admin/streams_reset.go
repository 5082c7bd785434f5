package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrNotInternal is a topic that is not one which an application made for itself.
var ErrNotInternal = errors.New("it is no internal topic of the application")

// ResetStreamsOptions says how a streams application is made to begin again
// (Kafka's StreamsResetter).
type ResetStreamsOptions struct {
	App          string
	To           GroupPlace // of the inputs
	Inputs       []string   // topics; empty for those that the group has offsets of and that are neither internal nor intermediate
	Intermediate []string   // topics that it writes and reads, which go to their end
	Internal     []string   // delete these alone; empty for all
	Force        bool       // remove the members first
	DryRun       bool

	// Approve is asked before anything is changed, with what would be; nil is yes.
	// Its error ends ResetStreams.
	Approve func(plan *StreamsReset) error
}

// Validate finds what no cluster would take.
func (o *ResetStreamsOptions) Validate() error {
	if err := checkGroups([]string{o.App}); err != nil {
		return err
	}
	for _, t := range o.Intermediate {
		if slices.Contains(o.Inputs, t) {
			return fmt.Errorf("%w: topic %q is an input and an intermediate one", ErrOptions, t)
		}
	}
	return nil
}

// StreamsReset is what becomes of an application.
type StreamsReset struct {
	App     string               `json:"app"`
	DryRun  bool                 `json:"dry_run"`
	Members []RemovedMember      `json:"members"` // with Force
	Offsets []ResetStreamsOffset `json:"offsets"`
	Topics  []DeletedTopic       `json:"topics"` // internal
	// Others are internal topics by their name that stay: they are of
	// applications whose id begins with this one's.
	Others []string `json:"others"`
}

// ResetStreamsOffset is what becomes of an offset.
type ResetStreamsOffset struct {
	Kind string `json:"kind"` // input or intermediate
	ResetPartition
}

// Changes tells that there is something to change.
func (s *StreamsReset) Changes() bool {
	return len(s.Members) > 0 || len(s.Topics) > 0 || slices.ContainsFunc(s.Offsets, func(o ResetStreamsOffset) bool { return o.Changed })
}

// Failed tells that some item has an error.
func (s *StreamsReset) Failed() bool {
	return slices.ContainsFunc(s.Offsets, func(o ResetStreamsOffset) bool { return o.Error != nil }) ||
		slices.ContainsFunc(s.Topics, func(t DeletedTopic) bool { return t.Error != nil }) ||
		slices.ContainsFunc(s.Members, func(m RemovedMember) bool { return m.Error != nil })
}

// ResetStreams makes a streams application that does not run begin again: it moves
// the offsets of its inputs, those of intermediate topics to the end, and deletes
// the topics that it made for itself. Where the plan has an error nothing is
// changed. Members go first and topics last, so that what failed in between can be
// done again. Local state is not touched.
func ResetStreams(ctx context.Context, cl *kgo.Client, o ResetStreamsOptions) (*StreamsReset, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	r := streamsResetter{o: &o, client: cl}
	plan, err := r.plan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reset application %q: %w", o.App, err)
	}
	if o.DryRun || plan.Failed() || !plan.Changes() {
		for i := range plan.Offsets {
			plan.Offsets[i].Changed = plan.Offsets[i].Changed && !plan.Failed()
		}
		return plan, nil
	}
	if o.Approve != nil {
		if err := o.Approve(plan); err != nil {
			return nil, err
		}
	}
	if err := r.carryOut(ctx, plan); err != nil {
		return nil, fmt.Errorf("reset application %q: %w", o.App, err)
	}
	return plan, nil
}

type streamsResetter struct {
	o      *ResetStreamsOptions
	client *kgo.Client
	resets []ResetGroupOptions // of inputs, of intermediate topics; each may be missing
	kinds  []string            // of resets
}

func (r *streamsResetter) plan(ctx context.Context) (*StreamsReset, error) {
	groups, err := DescribeGroups(ctx, r.client, DescribeGroupsOptions{Groups: []string{r.o.App}})
	if err != nil {
		return nil, err
	}
	g := &groups[0]
	plan := &StreamsReset{App: r.o.App, DryRun: r.o.DryRun, Members: []RemovedMember{}, Offsets: []ResetStreamsOffset{}, Topics: []DeletedTopic{}, Others: []string{}}
	if err := r.internal(ctx, g, plan); err != nil {
		return nil, err
	}
	if g.Active() {
		if !r.o.Force {
			return nil, fmt.Errorf("%w (%d, %s)", ErrGroupActive, len(g.Members), g.State)
		}
		if plan.Members, err = RemoveMembers(ctx, r.client, RemoveMembersOptions{Group: r.o.App, All: true, DryRun: true}); err != nil {
			return nil, err
		}
	}
	r.add("input", r.inputs(g), r.o.To)
	r.add("intermediate", r.o.Intermediate, GroupPlace{Kind: PlaceEnd})
	return plan, r.offsets(ctx, plan, true)
}

func (r *streamsResetter) add(kind string, topics []string, to GroupPlace) {
	if len(topics) == 0 {
		return
	}
	o := ResetGroupOptions{Group: r.o.App, To: &to}
	for _, t := range topics {
		o.Topics = append(o.Topics, TopicPartitions{Topic: t})
	}
	r.resets, r.kinds = append(r.resets, o), append(r.kinds, kind)
}

// inputs are those that were named, or that the group has offsets of.
func (r *streamsResetter) inputs(g *GroupDescription) []string {
	if len(r.o.Inputs) > 0 {
		return r.o.Inputs
	}
	var names []string
	for _, p := range g.Partitions {
		if p.Current != nil && !InternalTopicOf(r.o.App, p.Topic) && !slices.Contains(r.o.Intermediate, p.Topic) {
			names = append(names, p.Topic)
		}
	}
	return unique(names)
}

// internal finds the topics to delete.
func (r *streamsResetter) internal(ctx context.Context, g *GroupDescription, plan *StreamsReset) error {
	topics, err := ListTopics(ctx, r.client, ListTopicsOptions{})
	if err != nil {
		return err
	}
	groups, err := ListGroups(ctx, r.client, ListGroupsOptions{})
	if err != nil {
		return err
	}
	var mine []string
	for _, t := range topics {
		switch {
		case !InternalTopicOf(r.o.App, t.Name):
		case slices.ContainsFunc(groups, func(g Group) bool { return len(g.Name) > len(r.o.App) && InternalTopicOf(g.Name, t.Name) }):
			plan.Others = append(plan.Others, t.Name)
		default:
			mine = append(mine, t.Name)
		}
	}
	if g.Error != nil && (len(mine) == 0 || !isNoGroup(g.Error)) {
		return g.Error
	}
	for _, name := range r.o.Internal {
		if !slices.Contains(mine, name) {
			return fmt.Errorf("delete topic %q: %w", name, ErrNotInternal)
		}
	}
	if len(r.o.Internal) > 0 {
		mine = r.o.Internal
	}
	if len(mine) > 0 {
		plan.Topics, err = DeleteTopics(ctx, r.client, DeleteTopicsOptions{Topics: mine, DryRun: true})
	}
	return err
}

func (r *streamsResetter) offsets(ctx context.Context, plan *StreamsReset, dry bool) error {
	plan.Offsets = plan.Offsets[:0]
	for i, o := range r.resets {
		o.DryRun, o.Active = dry, dry
		moved, err := ResetGroup(ctx, r.client, o)
		if err != nil {
			return err
		}
		for _, p := range moved {
			plan.Offsets = append(plan.Offsets, ResetStreamsOffset{Kind: r.kinds[i], ResetPartition: p})
		}
	}
	return nil
}

func (r *streamsResetter) carryOut(ctx context.Context, plan *StreamsReset) error {
	var err error
	if len(plan.Members) > 0 {
		if plan.Members, err = RemoveMembers(ctx, r.client, RemoveMembersOptions{Group: r.o.App, All: true}); err != nil {
			return err
		}
	}
	if err := r.offsets(ctx, plan, false); err != nil {
		return err
	}
	if len(plan.Topics) == 0 || plan.Failed() {
		for i := range plan.Topics {
			plan.Topics[i].Deleted = false
		}
		return nil
	}
	names := make([]string, len(plan.Topics))
	for i, t := range plan.Topics {
		names[i] = t.Name
	}
	plan.Topics, err = DeleteTopics(ctx, r.client, DeleteTopicsOptions{Topics: names, IfExists: true})
	return err
}

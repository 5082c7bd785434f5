package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/admin"
)

// streamsReset is a reset of a streams application: its plan, then what became
// of it.
type streamsReset struct {
	App     string                `json:"app"`
	DryRun  bool                  `json:"dry_run"`
	Members []admin.RemovedMember `json:"members"` // with --force
	Offsets []streamsOffset       `json:"offsets"`
	Topics  []admin.DeletedTopic  `json:"topics"` // internal

	a      *app
	client *kgo.Client
	flags  *streamsResetFlags
	to     admin.GroupPlace
	inputs []string
}

// streamsOffset is a partition whose offset is reset.
type streamsOffset struct {
	Kind string `json:"kind"` // input or intermediate
	admin.ResetPartition
}

// run makes the plan, shows it, and carries it out once that is agreed to.
func (r *streamsReset) run(ctx context.Context) error {
	r.Members, r.Offsets, r.Topics = []admin.RemovedMember{}, []streamsOffset{}, []admin.DeletedTopic{}
	if err := r.plan(ctx); err != nil {
		err = groupError(ctx, r.client, err, r.App)
		return missingTopic(ctx, r.client, err, append(slices.Clone(r.inputs), r.flags.intermediate...)...)
	}
	bad := r.failed()
	if bad || r.DryRun || !r.any() {
		if err := r.print(); err != nil {
			return err
		}
		r.a.note("%s", map[bool]string{true: "dry run: nothing was changed", false: "nothing was changed"}[r.DryRun && !bad])
		if bad {
			return cli.ErrReported
		}
		return nil
	}
	if err := r.approve(); err != nil {
		return err
	}
	if err := r.carryOut(ctx); err != nil {
		return groupError(ctx, r.client, err, r.App)
	}
	if err := r.print(); err != nil {
		return err
	}
	if r.failed() {
		return cli.ErrReported
	}
	r.a.note("application %q is reset: %s", r.App, r.summary())
	return nil
}

// approve asks; where nobody can be asked what would be is shown all the same.
func (r *streamsReset) approve() error {
	a := r.a
	if a.yes {
		return a.confirm(true, "")
	}
	if !a.env.InTTY || !a.env.ErrTTY {
		if err := r.print(); err != nil {
			return err
		}
		return cli.WithHint(cli.Usagef("nothing was changed: there is no terminal to ask at"), "say --yes to change it, --dry-run to look")
	}
	for _, line := range r.rows() {
		a.note("%s", strings.Join(line, " "))
	}
	return a.confirm(false, "reset application %q: %s?", r.App, r.summary())
}

// plan finds what would be; nothing is changed.
func (r *streamsReset) plan(ctx context.Context) error {
	groups, err := admin.DescribeGroups(ctx, r.client, admin.DescribeGroupsOptions{Groups: []string{r.App}})
	if err != nil {
		return err
	}
	g := &groups[0]
	if err := r.internalTopics(ctx, g); err != nil {
		return err
	}
	if g.Active() && !r.flags.force {
		return cli.WithHint(fmt.Errorf("reset application %q: %w (%d, %s)", r.App, admin.ErrGroupActive, len(g.Members), g.State),
			"stop it first; --force removes members that are dead and not forgotten yet (session.timeout.ms)")
	}
	if g.Active() {
		r.Members, err = admin.RemoveMembers(ctx, r.client, admin.RemoveMembersOptions{Group: r.App, All: true, DryRun: true})
		if err != nil {
			return err
		}
	}
	r.inputs = r.inputTopics(g)
	return r.planOffsets(ctx)
}

// inputTopics are those that were named, or that the group has offsets of.
func (r *streamsReset) inputTopics(g *admin.GroupDescription) []string {
	if len(r.flags.inputs) > 0 {
		return r.flags.inputs
	}
	var names []string
	for _, p := range g.Partitions {
		if p.Current != nil && !admin.InternalTopicOf(r.App, p.Topic) && !contains(r.flags.intermediate, p.Topic) && !contains(names, p.Topic) {
			names = append(names, p.Topic)
		}
	}
	return names
}

// internalTopics finds what would be deleted. A topic of an application whose id
// begins with this one's belongs to that one.
func (r *streamsReset) internalTopics(ctx context.Context, g *admin.GroupDescription) error {
	topics, err := admin.ListTopics(ctx, r.client, admin.ListTopicsOptions{})
	if err != nil {
		return err
	}
	groups, err := admin.ListGroups(ctx, r.client, admin.ListGroupsOptions{})
	if err != nil {
		return err
	}
	var mine []string
	for _, t := range topics {
		if !admin.InternalTopicOf(r.App, t.Name) {
			continue
		}
		if i := slices.IndexFunc(groups, func(g admin.Group) bool {
			return len(g.Name) > len(r.App) && admin.InternalTopicOf(g.Name, t.Name)
		}); i >= 0 {
			r.a.note("topic %q stays: it is of application %q", t.Name, groups[i].Name)
			continue
		}
		mine = append(mine, t.Name)
	}
	if g.Error != nil && len(mine) == 0 {
		return g.Error
	}
	if len(r.flags.internal) > 0 {
		for _, name := range r.flags.internal {
			if !contains(mine, name) {
				return cli.WithHint(cli.Usagef("--internal %s: it is no internal topic of application %q", name, r.App),
					"kq streams reset %s --dry-run shows those there are", shellQuote(r.App))
			}
		}
		mine = r.flags.internal
	}
	if len(mine) == 0 {
		return nil
	}
	r.Topics, err = admin.DeleteTopics(ctx, r.client, admin.DeleteTopicsOptions{Topics: mine, DryRun: true})
	return err
}

// planOffsets finds where the offsets would go.
func (r *streamsReset) planOffsets(ctx context.Context) error {
	for _, part := range r.parts() {
		o := part.options
		o.DryRun, o.Active = true, true
		plan, err := admin.ResetGroup(ctx, r.client, o)
		if err != nil {
			return err
		}
		r.add(part.kind, plan)
	}
	return nil
}

type resetPart struct {
	kind    string
	options admin.ResetGroupOptions
}

// parts are the resets of offsets to do.
func (r *streamsReset) parts() []resetPart {
	var parts []resetPart
	add := func(kind string, topics []string, to admin.GroupPlace) {
		if len(topics) == 0 {
			return
		}
		o := admin.ResetGroupOptions{Group: r.App, To: &to}
		for _, t := range topics {
			o.Topics = append(o.Topics, admin.TopicPartitions{Topic: t})
		}
		parts = append(parts, resetPart{kind, o})
	}
	add("input", r.inputs, r.to)
	add("intermediate", r.flags.intermediate, admin.GroupPlace{Kind: admin.PlaceEnd})
	return parts
}

func (r *streamsReset) add(kind string, plan []admin.ResetPartition) {
	for _, p := range plan {
		r.Offsets = append(r.Offsets, streamsOffset{kind, p})
	}
}

// carryOut does what was planned: members first, topics last, so that what fails
// in between can be done again.
func (r *streamsReset) carryOut(ctx context.Context) error {
	var err error
	if len(r.Members) > 0 {
		if r.Members, err = admin.RemoveMembers(ctx, r.client, admin.RemoveMembersOptions{Group: r.App, All: true}); err != nil {
			return err
		}
	}
	r.Offsets = r.Offsets[:0]
	for _, part := range r.parts() {
		plan, err := admin.ResetGroup(ctx, r.client, part.options)
		if err != nil {
			return err
		}
		r.add(part.kind, plan)
	}
	if len(r.Topics) == 0 || r.failed() {
		return nil
	}
	names := make([]string, len(r.Topics))
	for i, t := range r.Topics {
		names[i] = t.Name
	}
	r.Topics, err = admin.DeleteTopics(ctx, r.client, admin.DeleteTopicsOptions{Topics: names, IfExists: true})
	return err
}

// any tells that there is something to change.
func (r *streamsReset) any() bool {
	return len(r.Members) > 0 || len(r.Topics) > 0 || slices.ContainsFunc(r.Offsets, func(o streamsOffset) bool { return o.Changed })
}

func (r *streamsReset) failed() bool {
	return slices.ContainsFunc(r.Offsets, func(o streamsOffset) bool { return o.Error != nil }) ||
		slices.ContainsFunc(r.Topics, func(t admin.DeletedTopic) bool { return t.Error != nil })
}

func (r *streamsReset) summary() string {
	changed := int64(0)
	for _, o := range r.Offsets {
		if o.Changed {
			changed++
		}
	}
	text := plural(changed, "offset") + " moved, " + plural(int64(len(r.Topics)), "internal topic") + " deleted"
	if n := len(r.Members); n > 0 {
		text = plural(int64(n), "member") + " removed, " + text
	}
	return text
}

// print shows the plan, or what became of it; errors of items are said.
func (r *streamsReset) print() error {
	for _, o := range r.Offsets {
		if o.Error != nil {
			r.a.sayItem(fmt.Sprintf("reset %s partition %d", o.Topic, o.Number), o.Error, "")
		} else if o.Wanted != nil {
			r.a.note("%s partition %d holds offsets %s to %s, not %s: %s it is", o.Topic, o.Number, number(o.Start), number(o.End), number(o.Wanted), number(o.After))
		}
	}
	for _, t := range r.Topics {
		if t.Error != nil {
			r.a.sayFailed("delete", t.Name, t.Error)
		}
	}
	rows := r.rows()
	if len(rows) == 0 && !r.a.structured() {
		return nil
	}
	return r.a.print(r, out.Table{Columns: out.Cols("TOPIC", "KIND", ">PARTITION", ">BEFORE", ">AFTER"), Rows: rows})
}

func (r *streamsReset) rows() [][]string {
	rows := [][]string{}
	for _, m := range r.Members {
		rows = append(rows, []string{m.ID, "member", "", m.Host, "removed"})
	}
	for _, o := range r.Offsets {
		if o.Error == nil {
			rows = append(rows, []string{o.Topic, o.Kind, strconv.Itoa(int(o.Number)), orNone(o.Before), number(o.After)})
		}
	}
	for _, t := range r.Topics {
		if t.Error == nil {
			rows = append(rows, []string{t.Name, "internal", "", "there", "deleted"})
		}
	}
	return rows
}

package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/admin"
)

func newGroupDeleteOffsetsCommand(a *app) *cobra.Command {
	var o admin.DeleteGroupOffsetsOptions
	var topics topicsValue
	cmd := &cobra.Command{
		Use:   "delete-offsets GROUP -t TOPIC[:0,1]… [flags]",
		Short: "delete committed offsets of topics",
		Long: `Delete the offsets that a group has committed for topics, or for some of their
partitions: of topics it reads no more, which would count as lag. No member of
the group may be subscribed to them. On a terminal it asks first; elsewhere it
needs --yes. A share group must have no members, and forgets whole topics.`,
		Example: `  kq group delete-offsets billing -t old-orders --yes
  kq group delete-offsets billing -t orders:0,1 --dry-run`,
		Args:              args(1, 1, "the name of a group"),
		ValidArgsFunction: a.completeGroup,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Group, o.Topics = args[0], topics
			if len(topics) == 0 {
				return cli.WithHint(cli.Usagef("group delete-offsets needs -t"), "-t TOPIC, or -t TOPIC:0,1; kq group delete deletes all of a group")
			}
			if err := o.Validate(); err != nil {
				return optionError("", err, "")
			}
			if !o.DryRun {
				if err := a.canConfirm(); err != nil {
					return err
				}
			}
			o.Approve = func(plan []admin.DeletedOffset) error { return a.confirmDeleteOffsets(o.Group, plan) }
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				deleted, err := admin.DeleteGroupOffsets(ctx, cl, o)
				if err != nil {
					return groupError(ctx, cl, err, o.Group)
				}
				return a.printDeletedOffsets(o.Group, deleted, o.DryRun)
			})
		},
	}
	a.addTopics(cmd, &topics, "delete the offsets of `TOPIC[:0,1]`; repeatable")
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "show what would be deleted and delete nothing")
	return cmd
}

func (a *app) confirmDeleteOffsets(group string, plan []admin.DeletedOffset) error {
	n := int64(0)
	for _, p := range plan {
		if p.Deleted {
			n++
			if !a.yes {
				cli.Notef(a.env, "%s partition %d: offset %s", p.Topic, p.Number, number(p.Offset))
			}
		}
	}
	return a.confirm(a.yes, "delete %s of group %q?", plural(n, "offset"), group)
}

func (a *app) printDeletedOffsets(group string, deleted []admin.DeletedOffset, dry bool) error {
	t := out.Table{Columns: out.Cols("TOPIC", ">PARTITION", ">DELETED")}
	failed := false
	for _, p := range deleted {
		if p.Error == nil {
			t.Rows = append(t.Rows, []string{p.Topic, strconv.Itoa(int(p.Number)), number(p.Offset)})
			continue
		}
		failed = true
		what := "delete offsets of group " + strconv.Quote(group) + ", " + p.Topic
		if p.Number >= 0 {
			what += " partition " + strconv.Itoa(int(p.Number))
		}
		next := ""
		switch {
		case errors.Is(p.Error, admin.ErrNoOffsets):
			next = "kq group describe " + shellQuote(group) + " shows those there are"
		case errors.Is(p.Error, kerr.GroupSubscribedToTopic):
			next = "stop its members first; kq group describe " + shellQuote(group) + " --members shows them"
		}
		a.sayItem(what, p.Error, next)
	}
	a.noteDryRun(dry)
	return a.printItems(deleted, t, failed)
}

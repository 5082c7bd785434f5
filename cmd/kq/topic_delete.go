package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/out"
	"kq/pkg/admin"
)

func newTopicDeleteCommand(a *app) *cobra.Command {
	var o admin.DeleteTopicsOptions
	confirm := func(names []string) error { return a.confirmDeletion("topic", names, "all records", "all records") }
	cmd := &cobra.Command{
		Use:   "delete TOPIC… [flags]",
		Short: "delete topics and all their records",
		Long: `Delete topics and all their records. On a terminal it asks first; elsewhere it
needs --yes. With --regex each TOPIC is a regular expression that must match the
whole name; Kafka's own topics, as __consumer_offsets, match none.`,
		Example: `  kq topic delete orders
  kq topic delete clicks views --yes
  kq topic delete --regex 'test-.*' --dry-run`,
		Args:              args(1, -1, "the name of a topic"),
		ValidArgsFunction: a.completeTopics,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Topics = args
			if err := o.Validate(); err != nil {
				return optionError("--regex", err, "")
			}
			if !o.DryRun {
				ask := a.canConfirm // what goes is known later
				if !o.Regexp {
					ask = func() error { return confirm(args) }
				}
				if err := ask(); err != nil {
					return err
				}
			}
			if o.Regexp {
				o.Approve = confirm
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				deleted, err := admin.DeleteTopics(ctx, cl, o)
				if err != nil {
					return err
				}
				if o.Regexp && len(deleted) == 0 {
					a.note("no topic matches %s", list(quoted(args)))
				}
				return a.printDeleted(ctx, cl, deleted, o.DryRun)
			})
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.Regexp, "regex", false, "delete the topics whose names an expression matches as a whole")
	f.BoolVar(&o.IfExists, "if-exists", false, "a topic that does not exist is no error")
	f.BoolVar(&o.DryRun, "dry-run", false, "show what would be deleted and delete nothing")
	return cmd
}

func (a *app) printDeleted(ctx context.Context, cl *kgo.Client, deleted []admin.DeletedTopic, dry bool) error {
	t := out.Table{Columns: out.Cols("DELETED", "ID")}
	failed := false
	for _, d := range deleted {
		switch {
		case d.Error != nil:
			failed = true
			a.sayTopic(ctx, cl, "delete", d.Name, d.Error)
		case d.Deleted:
			t.Rows = append(t.Rows, []string{d.Name, d.ID})
		default:
			a.note("topic %q does not exist", d.Name)
		}
	}
	a.noteDryRun(dry)
	return a.printItems(deleted, t, failed)
}

package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/out"
	"kq/pkg/admin"
)

func newGroupDeleteCommand(a *app) *cobra.Command {
	var o admin.DeleteGroupsOptions
	confirm := func(names []string) error { return a.confirmDeletion("group", names, "the offsets", "their offsets") }
	cmd := &cobra.Command{
		Use:   "delete GROUP… [flags]",
		Short: "delete groups and their committed offsets",
		Long: `Delete groups that have no members, and their committed offsets. On a terminal
it asks first; elsewhere it needs --yes. With --regex each GROUP is a regular
expression that must match the whole name.`,
		Example: `  kq group delete billing
  kq group delete --regex 'console-consumer-.*' --dry-run`,
		Args:              args(1, -1, "the name of a group"),
		ValidArgsFunction: a.completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Groups = args
			if err := o.Validate(); err != nil {
				return optionError("", err, "")
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
				deleted, err := admin.DeleteGroups(ctx, cl, o)
				if err != nil {
					return groupError(ctx, cl, err, args...)
				}
				if o.Regexp && len(deleted) == 0 {
					a.note("no group matches %s", list(quoted(args)))
				}
				return a.printDeletedGroups(ctx, cl, deleted, o.DryRun)
			})
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.Regexp, "regex", false, "delete the groups whose names an expression matches as a whole")
	f.BoolVar(&o.IfExists, "if-exists", false, "a group that does not exist is no error")
	f.BoolVar(&o.DryRun, "dry-run", false, "show what would be deleted and delete nothing")
	return cmd
}

func (a *app) printDeletedGroups(ctx context.Context, cl *kgo.Client, deleted []admin.DeletedGroup, dry bool) error {
	t := out.Table{Columns: out.Cols("DELETED")}
	failed := false
	for _, d := range deleted {
		switch {
		case d.Error != nil:
			failed = true
			a.sayGroup(ctx, cl, "delete", d.Name, d.Error)
		case d.Deleted:
			t.Rows = append(t.Rows, []string{d.Name})
		default:
			a.note("group %q does not exist", d.Name)
		}
	}
	a.noteDryRun(dry)
	return a.printItems(deleted, t, failed)
}

package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/admin"
)

func newGroupCloneCommand(a *app) *cobra.Command {
	o := admin.ResetGroupOptions{Exact: true}
	var topics topicsValue
	cmd := &cobra.Command{
		Use:   "clone GROUP NEW [flags]",
		Short: "give a group the offsets of another",
		Long: `Commit the offsets of GROUP, with their metadata, for group NEW, which is made
where it does not exist, and must have no members. What NEW has of other
partitions stays. It shows what was and what would be, and changes it with
--yes, or a yes on a terminal.`,
		Example: `  kq group clone billing billing-test --yes
  kq group clone billing billing-test -t orders --dry-run`,
		Args:              args(2, 2, "the names of two groups"),
		ValidArgsFunction: a.completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.ToGroup, o.Group, o.Topics = args[0], args[1], topics
			if err := o.Validate(); err != nil {
				return optionError("", err, "")
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				return a.resetGroup(ctx, cl, o, o.Group, o.ToGroup)
			})
		},
	}
	a.addTopics(cmd, &topics, "copy the offsets of `TOPIC[:0,1]` alone; repeatable")
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "show what would be and change nothing")
	return cmd
}

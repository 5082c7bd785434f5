package main

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/admin"
)

func newGroupRemoveMemberCommand(a *app) *cobra.Command {
	var o admin.RemoveMembersOptions
	cmd := &cobra.Command{
		Use:   "remove-member GROUP [MEMBER…] [flags]",
		Short: "remove members from a group",
		Long: `Make members leave a group, so that others get their partitions: members that
died and whose session has long to go, and static members that do not come back.
A member is named by its id or, with --instance, by its group.instance.id. One
that lives joins again.`,
		Example: `  kq group describe billing --members
  kq group remove-member billing consumer-1-0d6a2c4e
  kq group remove-member billing --instance worker-3
  kq group remove-member billing --all`,
		Args:              args(1, -1, "the name of a group"),
		ValidArgsFunction: a.completeMembers,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Group, o.Members = args[0], args[1:]
			if err := o.Validate(); err != nil {
				return optionError("", err, "name members, as kq group describe %s --members shows them, or say --all", shellQuote(o.Group))
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				removed, err := admin.RemoveMembers(ctx, cl, o)
				if err != nil {
					return groupError(ctx, cl, err, o.Group)
				}
				return a.printRemoved(o, removed)
			})
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVar(&o.Instances, "instance", nil, "remove the static member with this `ID`; repeatable")
	f.BoolVar(&o.All, "all", false, "remove all members")
	f.BoolVar(&o.DryRun, "dry-run", false, "show who would be removed and remove nobody")
	return cmd
}

func (a *app) printRemoved(o admin.RemoveMembersOptions, removed []admin.RemovedMember) error {
	t := out.Table{Columns: out.Cols("REMOVED", "INSTANCE", "CLIENT", "HOST")}
	failed := false
	for _, m := range removed {
		if m.Error != nil {
			failed = true
			who := "member " + strconv.Quote(m.ID)
			if m.ID == "" {
				who = "instance " + strconv.Quote(optional(m.Instance))
			}
			a.sayItem("remove "+who+" of group "+strconv.Quote(o.Group), m.Error, "kq group describe "+shellQuote(o.Group)+" --members shows those there are")
			continue
		}
		t.Rows = append(t.Rows, []string{m.ID, optional(m.Instance), m.Client, m.Host})
	}
	if len(removed) == 0 {
		a.note("group %q has no members", o.Group)
	}
	if o.DryRun {
		cli.Notef(a.env, "dry run: nobody was removed")
	}
	return a.printItems(removed, t, failed)
}

// completeMembers offers groups, and then the members of the one that is named.
func (a *app) completeMembers(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return a.completeGroups(cmd, args, word)
	}
	var ids []string
	a.ask(cmd, func(ctx context.Context, cl *kgo.Client) error {
		groups, err := admin.DescribeGroups(ctx, cl, admin.DescribeGroupsOptions{Groups: args[:1]})
		for _, g := range groups {
			for _, m := range g.Members {
				if !contains(args[1:], m.ID) {
					ids = append(ids, m.ID+"\t"+m.Client+" at "+m.Host)
				}
			}
		}
		return err
	})
	return ids, cobra.ShellCompDirectiveNoFileComp
}

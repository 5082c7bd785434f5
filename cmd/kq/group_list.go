package main

import (
	"context"
	"regexp"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/out"
	"kq/pkg/admin"
)

func newGroupListCommand(a *app) *cobra.Command {
	var o admin.ListGroupsOptions
	cmd := &cobra.Command{
		Use:   "list [REGEX] [flags]",
		Short: "list groups",
		Long: `List the groups of the cluster, or those whose name REGEX matches somewhere.

Types are classic, consumer (KIP-848), share and streams. States are Stable,
Empty (no members), PreparingRebalance, CompletingRebalance, Assigning,
Reconciling, NotReady and Dead.`,
		Example: `  kq group list
  kq groups
  kq group list '^billing-' --state empty
  kq group list --type consumer -o name`,
		Args:              args(0, 1, "at most one expression"),
		ValidArgsFunction: a.completeGroup,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				re, err := regexp.Compile(args[0])
				if err != nil {
					return optionError("", err, "")
				}
				o.Match = re
			}
			if err := o.Validate(); err != nil {
				return optionError("", err, "")
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				groups, err := admin.ListGroups(ctx, cl, o)
				if err != nil {
					return err
				}
				t := out.Table{Columns: out.Cols("GROUP", "TYPE", "STATE", "PROTOCOL", ">COORDINATOR")}
				for _, g := range groups {
					t.Rows = append(t.Rows, []string{g.Name, g.Type, g.State, g.Protocol, strconv.Itoa(int(g.Coordinator))})
				}
				return a.print(groups, t)
			})
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringSliceVar(&o.Types, "type", nil, "list groups of these `TYPES,…`")
	f.StringSliceVar(&o.States, "state", nil, "list groups in these `STATES,…`")
	f.Lookup("type").DefValue, f.Lookup("state").DefValue = "", ""
	complete(cmd, "type", admin.GroupTypes()...)
	complete(cmd, "state", admin.GroupStates()...)
	return cmd
}

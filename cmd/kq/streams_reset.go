package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/admin"
)

func newStreamsResetCommand(a *app) *cobra.Command {
	var o admin.ResetStreamsOptions
	to := "start"
	cmd := &cobra.Command{
		Use:   "reset APP [flags]",
		Short: "make an application begin again: offsets and internal topics",
		Long: `Make a streams application, of kq or of the JVM, begin again: its committed
offsets in its input topics go to the start (or to another place), those in
intermediate topics, which it writes and reads itself, to the end, and the
topics that it made for itself are deleted: changelogs and repartition topics.
Outputs stay as they are.

Without --input the inputs are all topics that it has offsets of and that are
neither internal nor intermediate. PLACE is what kq group reset takes: start,
end, current, N, +N, -N, @TIME or @-DURATION.

An application that runs is refused; --force removes the members first, for
those that are dead and not yet forgotten. One of kq notices by itself that its
local state is of topics that are gone; for one of the JVM delete its state.dir.

It shows what was and what would be, and changes it with --yes, or a yes on a
terminal.`,
		Example: `  kq streams reset streams-wordcount --dry-run
  kq streams reset streams-wordcount --yes
  kq streams reset billing --input orders --to @-1d --yes
  kq streams reset billing --intermediate orders-by-user --force --yes`,
		Args:              args(1, 1, "the application id"),
		ValidArgsFunction: a.completeGroup,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.To, err = admin.ParseGroupPlace(to, time.Now()); err != nil {
				return optionError("--to", err, "--to is one of %s", admin.GroupPlaceForms)
			}
			o.App = args[0]
			if err := o.Validate(); err != nil {
				return optionError("", err, "")
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				return a.resetStreams(ctx, cl, o)
			})
		},
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.StringSliceVar(&o.Inputs, "input", nil, "the `TOPICS,…` that it reads")
	s.StringVar(&to, "to", to, "move inputs to `PLACE`: start, end, current, N, +N, -N or @TIME")
	s.StringSliceVar(&o.Intermediate, "intermediate", nil, "`TOPICS,…` that it writes and reads: go to their end")
	s.StringSliceVar(&o.Internal, "internal", nil, "delete these internal `TOPICS,…` alone")
	s.BoolVar(&o.Force, "force", false, "remove the members of the group first")
	s.BoolVar(&o.DryRun, "dry-run", false, "show what would be and change nothing")
	for _, name := range []string{"input", "intermediate", "internal"} {
		s.Lookup(name).DefValue = ""
		completeFlag(cmd, name, func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
			return a.completeTopics(cmd, nil, word)
		})
	}
	complete(cmd, "to", "start", "end", "current", "@-1h\tan hour ago")
	return cmd
}

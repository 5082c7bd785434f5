package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/internal/when"
	"kq/pkg/admin"
)

// groupLagFlags are the flags of kq group lag.
type groupLagFlags struct {
	o     admin.GroupLagsOptions
	by    string
	most  int64
	watch string
	topic topicsValue

	limited bool // most is given
}

// The values of --by.
const (
	byGroup     = "group"
	byTopic     = "topic"
	byPartition = "partition"
)

func newGroupLagCommand(a *app) *cobra.Command {
	var f groupLagFlags
	cmd := &cobra.Command{
		Use:   "lag [GROUP…] [flags]",
		Short: "show how far behind groups are",
		Long: `Show how many offsets groups are behind the end of their partitions, of all
groups when none is named: in all, or by topic or partition.

With --max the exit code is 3 when a group is behind by more; with --watch, it
looks again and again, until then or until Ctrl-C.

A partition without a committed offset counts from the start of its log. One
where nothing but control records and records of aborted transactions is left
counts 0.`,
		Example: `  kq group lag
  kq group lag billing --by partition
  kq group lag billing -t orders --max 1000 || alert
  kq group lag billing --watch 2s`,
		Args:              args(0, -1, "names of groups"),
		ValidArgsFunction: a.completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.o.Groups, f.o.Topics = unique(args), f.topic
			f.limited = cmd.Flag("max").Changed
			return a.groupLag(cmd, &f)
		},
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.StringVar(&f.by, "by", byGroup, "show a row for each `WHAT`: group, topic or partition")
	s.Int64Var(&f.most, "max", 0, "exit with 3 when a group is behind by more than `NUMBER`")
	s.StringVar(&f.watch, "watch", "", "look again every `DURATION`, as 2s")
	a.addTopics(cmd, &f.topic, "count `TOPIC[:0,1]` alone; repeatable")
	s.Lookup("max").DefValue = ""
	complete(cmd, "by", byGroup, byTopic, byPartition)
	return cmd
}

func (a *app) groupLag(cmd *cobra.Command, f *groupLagFlags) error {
	var every time.Duration
	var err error
	switch {
	case f.by != byGroup && f.by != byTopic && f.by != byPartition:
		return cli.Usagef("--by %q: it is group, topic or partition", f.by)
	case f.limited && f.most < 0:
		return cli.Usagef("--max %d: a number from 0 is needed", f.most)
	case f.watch != "":
		if every, err = when.Duration(f.watch); err != nil {
			return cli.Usagef("--watch %w", err)
		}
		if every <= 0 {
			return cli.Usagef("--watch %s: a time above 0 is needed, as 2s", f.watch)
		}
	}
	if err := f.o.Validate(); err != nil {
		return optionError("", err, "")
	}
	return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
		for {
			lags, err := admin.GroupLags(ctx, cl, f.o)
			if err != nil {
				return err
			}
			if every > 0 && a.env.OutTTY && !a.structured() {
				if _, err := fmt.Fprint(a.env.Out, clearScreen); err != nil {
					return err
				}
			}
			if err := a.printLags(ctx, cl, lags, f); err != nil || every == 0 {
				return err
			}
			if out.Format(a.output) == out.TSVFormat {
				a.noHeaders = true // once is enough
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(every):
			}
		}
	})
}

// clearScreen moves a terminal's cursor home and clears what is below.
const clearScreen = "\x1b[H\x1b[J"

package main

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/pkg/admin"
)

// groupResetFlags are the flags of kq group reset.
type groupResetFlags struct {
	to, toGroup, file string
	topics            topicsValue
	dryRun            bool
}

func newGroupResetCommand(a *app) *cobra.Command {
	var f groupResetFlags
	cmd := &cobra.Command{
		Use:   "reset GROUP {--to PLACE|--to-group GROUP|-f FILE} [flags]",
		Short: "move the committed offsets of a group",
		Long: `Move the committed offsets of a group that has no members, in the partitions it
has offsets of, or in those of -t. A group that does not exist is made. A share
group is moved to where it starts: what was acknowledged behind is forgotten.

PLACE is start, end, current, an offset N, +N or -N (so many after or before the
committed offset), @TIME (the first record of that time or later) or @-DURATION
(so long ago, as @-1h). TIME is RFC 3339, 2026-01-31, '2026-01-31 12:00[:00]' in
local time, or milliseconds since 1970. --to-group takes the offsets of another
group, -f those of a file ("-" for standard input): lines of
topic,partition,offset, with the group before them or without, as kq group
export and kafka-consumer-groups --export write them, or the JSON of kq group
export -o json. An offset outside of the log becomes its start or its end.

It shows what was and what would be, and changes it with --yes, or a yes on a
terminal.`,
		Example: `  kq group reset billing --to start --dry-run
  kq group reset billing --to @-1h -t orders --yes
  kq group reset billing --to -10 -t orders:0,1 --yes
  kq group export billing > offsets.csv
  kq group reset billing -f offsets.csv --yes`,
		Args:              args(1, 1, "the name of a group"),
		ValidArgsFunction: a.completeGroup,
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := a.resetOptions(cmd, &f, args[0])
			if err != nil {
				return err
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				return a.resetGroup(ctx, cl, o, o.Group)
			})
		},
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.StringVar(&f.to, "to", "", "move to `PLACE`: start, end, current, N, +N, -N or @TIME")
	s.StringVar(&f.toGroup, "to-group", "", "move to the offsets of `GROUP`")
	s.StringVarP(&f.file, "file", "f", "", "move to the offsets in `FILE`")
	a.addTopics(cmd, &f.topics, "move in `TOPIC[:0,1]` alone; repeatable")
	s.BoolVar(&f.dryRun, "dry-run", false, "show what would be and change nothing")
	complete(cmd, "to", "start", "end", "current", "+1\tskip a record", "-10\tten back", "@-1h\tan hour ago")
	completeFlag(cmd, "to-group", func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		return a.completeGroups(cmd, args, word)
	})
	return cmd
}

func (a *app) resetOptions(cmd *cobra.Command, f *groupResetFlags, group string) (admin.ResetGroupOptions, error) {
	o := admin.ResetGroupOptions{Group: group, ToGroup: f.toGroup, Topics: f.topics, DryRun: f.dryRun}
	given := 0
	for _, flag := range []string{"to", "to-group", "file"} {
		if cmd.Flag(flag).Changed {
			given++
		}
	}
	if given != 1 {
		return o, cli.WithHint(cli.Usagef("group reset needs one of --to, --to-group and -f"), "--to is one of %s", admin.GroupPlaceForms)
	}
	if cmd.Flag("to").Changed {
		p, err := admin.ParseGroupPlace(f.to, time.Now())
		if err != nil {
			return o, optionError("--to", err, "--to is one of %s", admin.GroupPlaceForms)
		}
		o.To = &p
	}
	if cmd.Flag("file").Changed {
		text, err := a.readDocument(f.file)
		if err != nil {
			return o, err
		}
		if o.Offsets, err = admin.ParseOffsets(text); err != nil {
			return o, cli.WithHint(cli.Usagef("-f %s: %w", f.file, err), "kq group export writes such a file")
		}
	}
	if err := o.Validate(); err != nil {
		return o, optionError("", err, "")
	}
	return o, nil
}

// readDocument reads a file, or standard input for "-".
func (a *app) readDocument(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(a.env.In)
	}
	return os.ReadFile(name)
}

package main

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/admin"
)

func newTopicTrimCommand(a *app) *cobra.Command {
	var o admin.TrimTopicOptions
	var before string
	cmd := &cobra.Command{
		Use:   "trim TOPIC --before PLACE [flags]",
		Short: "delete the oldest records of a topic",
		Long: `Delete the records before a place in each partition: an offset, end (all of
them), -N (all but the last N), or @TIME, which is RFC 3339,
'2026-01-31[ 12:00[:00]]' in local time, milliseconds since 1970, or relative,
as @-7d: what is older goes. On a terminal it asks first; elsewhere it needs
--yes.`,
		Example: `  kq topic trim orders --before @-7d --dry-run
  kq topic trim orders --before 1000 -p 0,1 --yes
  kq topic trim orders --before end --yes`,
		Args:              args(1, 1, "the name of a topic"),
		ValidArgsFunction: a.completeTopic,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Topic = args[0]
			if !cmd.Flag("before").Changed {
				return cli.WithHint(cli.Usagef("topic trim needs --before"), "--before end deletes all records, --before @-7d those older than a week")
			}
			var err error
			if o.Before, err = admin.ParsePosition(before, time.Now()); err != nil {
				return optionError("--before", err, "--before is an offset, end, -N or @TIME")
			}
			if err := o.Validate(); err != nil {
				return optionError("", err, "--before is an offset, end, -N or @TIME")
			}
			if !o.DryRun {
				if err := a.canConfirm(); err != nil {
					return err
				}
			}
			o.Approve = a.confirmTrim
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				trimmed, err := admin.TrimTopic(ctx, cl, o)
				if err != nil {
					return missingTopic(ctx, cl, err, o.Topic)
				}
				return a.printTrimmed(trimmed, o.DryRun)
			})
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&before, "before", "", "delete what is before this `PLACE`: N, -N, @TIME or end")
	f.Int32SliceVarP(&o.Partitions, "partition", "p", nil, "in these partitions alone, `0,1,…`")
	f.BoolVar(&o.DryRun, "dry-run", false, "show what would go and delete nothing")
	f.Lookup("partition").DefValue = ""
	return cmd
}

func (a *app) confirmTrim(plan []admin.TrimmedPartition) error {
	if a.yes {
		return nil
	}
	records, touched := int64(0), int64(0)
	for _, p := range plan {
		if p.Deleted > 0 {
			cli.Notef(a.env, "partition %d: the start moves from %s to %s", p.Number, number(p.Before), number(p.After))
			records += p.Deleted
			touched++
		}
	}
	return a.confirm(a.yes, "delete %s in %s of %q?", plural(records, "record"), plural(touched, "partition"), plan[0].Topic)
}

func (a *app) printTrimmed(trimmed []admin.TrimmedPartition, dry bool) error {
	t := out.Table{Columns: out.Cols("TOPIC", ">PARTITION", ">BEFORE", ">AFTER", ">DELETED")}
	failed := false
	for _, p := range trimmed {
		if p.Error != nil {
			failed = true
			a.sayItem("trim topic "+strconv.Quote(p.Topic)+" partition "+strconv.Itoa(int(p.Number)), p.Error, "")
			continue
		}
		t.Rows = append(t.Rows, []string{
			p.Topic, strconv.Itoa(int(p.Number)), number(p.Before), number(p.After), strconv.FormatInt(p.Deleted, 10),
		})
	}
	a.noteDryRun(dry)
	return a.printItems(trimmed, t, failed)
}

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

func newStreamsListCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list [REGEX] [flags]",
		Short: "list the streams applications of the cluster",
		Long: `List the streams applications of the cluster, or those whose id REGEX matches
somewhere: those of kq, and those of the JVM. An application is a group whose
members share tasks as Kafka Streams' do, or one without members that has
internal topics.

TASKS are those that members run at this moment. LAG counts the records of all
inputs, repartition topics among them, that are not committed yet.`,
		Example: `  kq streams list
  kq streams list '^billing-' -o json`,
		Args:              args(0, 1, "at most one expression"),
		ValidArgsFunction: a.completeGroup,
		RunE: func(cmd *cobra.Command, args []string) error {
			var match *regexp.Regexp
			if len(args) > 0 {
				re, err := regexp.Compile(args[0])
				if err != nil {
					return optionError("", err, "")
				}
				match = re
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				apps, err := admin.ListStreams(ctx, cl, admin.ListStreamsOptions{Match: match})
				if err != nil {
					return err
				}
				return a.printStreams(apps)
			})
		},
	}
}

func (a *app) printStreams(apps []admin.StreamsApp) error {
	t := out.Table{Columns: out.Cols("APP", "RUNTIME", "STATE", ">MEMBERS", ">TASKS", ">LAG", "+TYPE", "+>INTERNAL")}
	failed := false
	for _, s := range apps {
		if s.Error != nil {
			failed = true
			a.sayItem("describe application "+strconv.Quote(s.App), s.Error, "")
			continue
		}
		tasks := ""
		if s.Tasks != nil {
			tasks = strconv.Itoa(*s.Tasks)
		}
		t.Rows = append(t.Rows, []string{
			s.App, s.Runtime, s.State, strconv.Itoa(s.Members), tasks, strconv.FormatInt(s.Lag, 10), s.Type, strconv.Itoa(len(s.InternalTopics)),
		})
	}
	return a.printItems(apps, t, failed)
}

package main

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/streams/query"
)

func newStreamsTasksCommand(a *app) *cobra.Command {
	var at []string
	var tokenFile string
	cmd := &cobra.Command{
		Use:   "tasks APP [flags]",
		Short: "show which instance of a running job does what",
		Long: `Show the tasks of a running job, of all its instances: which of them runs, or
keeps a copy of, which task, and how far it is. The instances are found and
asked as kq streams query does.

LAG counts, of a task that runs, the records of its inputs that are not
committed yet; of one that is restored or is a copy, the records of changelogs
that it lacks. Exit code 1: an instance did not answer.`,
		Example: `  kq streams tasks streams-wordcount
  kq streams tasks streams-wordcount -o json
  kq streams tasks streams-wordcount --url localhost:7070`,
		Args:              args(1, 1, "the application id"),
		ValidArgsFunction: a.completeGroup,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(at) > 0 {
				return a.streamsTasks(cmd.Context(), args[0], at, tokenFile)
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				hosts, err := instances(ctx, cl, args[0])
				if err != nil {
					return groupError(ctx, cl, err, args[0])
				}
				return a.streamsTasks(ctx, args[0], hosts, tokenFile)
			})
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	addInstances(f, &at, &tokenFile)
	return cmd
}

// streamsTasks asks an instance at one of hosts for the tasks of all.
func (a *app) streamsTasks(ctx context.Context, app string, hosts []string, tokenFile string) error {
	q := streamsQuery{app: app}
	c, err := query.NewClient(hosts, tokenFile)
	if err != nil {
		return q.queryError(err)
	}
	defer c.Close()
	list, err := c.Instances(ctx)
	if err != nil {
		return q.queryError(err)
	}
	t := out.Table{Columns: out.Cols("TASK", "ROLE", "STATE", "INSTANCE", ">LAG", "+INPUTS", "+STORES")}
	failed := false
	for _, i := range list {
		if i.Error != "" {
			failed = true
			cli.Notef(a.env, "instance %s: %s", i.Instance, i.Error)
		}
		for _, task := range i.Tasks {
			t.Rows = append(t.Rows, taskRow(i.Instance, &task))
		}
	}
	slices.SortStableFunc(t.Rows, func(x, y []string) int { return compareTasks(x[0], y[0]) })
	if err := a.print(list, t); err != nil {
		return err
	}
	if failed {
		return cli.ErrReported
	}
	return nil
}

func taskRow(instance string, t *query.Task) []string {
	var inputs, stores []string
	reads, lacks := int64(0), int64(0)
	for _, in := range t.Inputs {
		reads += in.Lag()
		inputs = append(inputs, in.Topic+"-"+strconv.Itoa(int(in.Partition)))
	}
	for _, s := range t.Stores {
		lacks += max(0, s.End-s.Offset)
		stores = append(stores, s.Name)
	}
	lag := reads
	if t.Role != "active" || t.State != "running" {
		lag = lacks
	}
	return []string{t.ID, t.Role, t.State, instance, strconv.FormatInt(lag, 10), strings.Join(inputs, ","), strings.Join(stores, ",")}
}

// compareTasks is the order of ids as 0_2 and 0_10.
func compareTasks(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/admin"
)

func newTopicDescribeCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "describe TOPIC…",
		Short: "show partitions, replicas, offsets, sizes and configs",
		Long: `Show the partitions of topics: leader, replicas, those in sync (ISR), the first
offset and the one the next record gets, bytes on the leader's disk; and the
configs that are not at their default.`,
		Example: `  kq topic describe orders
  kq topic describe orders -o json`,
		Args:              args(1, -1, "the name of a topic"),
		ValidArgsFunction: a.completeTopics,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				topics, err := admin.DescribeTopics(ctx, cl, admin.DescribeTopicsOptions{Topics: args})
				if err != nil {
					return err
				}
				return a.printDescribed(ctx, cl, topics)
			})
		},
	}
	return cmd
}

func (a *app) printDescribed(ctx context.Context, cl *kgo.Client, topics []admin.TopicDescription) error {
	partitions := out.Table{Columns: out.Cols("TOPIC", ">PARTITION", ">LEADER", "+>EPOCH", "REPLICAS", "ISR", ">START", ">END", ">SIZE")}
	configs := out.Table{Columns: out.Cols("TOPIC", "CONFIG", "VALUE", "SOURCE")}
	failed := false
	for _, t := range topics {
		if t.Error != nil {
			failed = true
			a.sayTopic(ctx, cl, "describe", t.Name, t.Error)
		}
		if t.ConfigsError != nil {
			a.note("configs of topic %q: %s", t.Name, t.ConfigsError)
		}
		for _, p := range t.Partitions {
			if p.Error != nil {
				a.note("topic %q partition %d: %s", t.Name, p.Number, p.Error)
			}
			partitions.Rows = append(partitions.Rows, []string{
				t.Name, strconv.Itoa(int(p.Number)), known(int64(p.Leader)), known(int64(p.LeaderEpoch)),
				ids(p.Replicas), ids(p.ISR), number(p.Start), number(p.End), number(p.Size),
			})
		}
		for _, c := range t.Configs {
			configs.Rows = append(configs.Rows, []string{t.Name, c.Name, shownValue(c.Value, c.Sensitive), shownSource(c.Source)})
		}
	}
	tables := []out.Table{partitions}
	if len(configs.Rows) > 0 {
		tables = append(tables, configs)
	}
	if len(partitions.Rows) > 0 || a.structured() {
		if err := a.print(topics, tables...); err != nil {
			return err
		}
	}
	if failed {
		return cli.ErrReported
	}
	return nil
}

func ids(list []int32) string {
	s := make([]string, len(list))
	for i, n := range list {
		s[i] = strconv.Itoa(int(n))
	}
	return strings.Join(s, ",")
}

// number is a number that may not be known.
func number(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

package main

import (
	"context"
	"regexp"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/admin"
)

func newTopicListCommand(a *app) *cobra.Command {
	var o admin.ListTopicsOptions
	cmd := &cobra.Command{
		Use:   "list [REGEXP]",
		Short: "list topics",
		Example: `  kq topics
  kq topic list '^orders\.' -o json`,
		Args: args(0, 1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				var err error
				if o.Match, err = regexp.Compile(args[0]); err != nil {
					return cli.Usagef("%w", err)
				}
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				topics, err := admin.ListTopics(ctx, cl, o)
				if err != nil {
					return err
				}
				return a.print(topics, topicTable(topics))
			})
		},
	}
	cmd.Flags().BoolVar(&o.Internal, "internal", false, "list Kafka's own topics too")
	return cmd
}

func topicTable(topics []admin.Topic) out.Table {
	t := out.Table{Columns: out.Cols("TOPIC", ">PARTITIONS", ">REPLICAS", "+ID", "+INTERNAL")}
	for _, tp := range topics {
		t.Rows = append(t.Rows, []string{
			tp.Name, strconv.Itoa(tp.Partitions), strconv.Itoa(tp.Replicas), tp.ID, strconv.FormatBool(tp.Internal),
		})
	}
	return t
}

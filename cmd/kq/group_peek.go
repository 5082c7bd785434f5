package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/admin"
	"kq/pkg/consume"
)

func newGroupPeekCommand(a *app) *cobra.Command {
	var f consumeFlags
	var topics topicsValue
	cmd := &cobra.Command{
		Use:   "peek GROUP [flags]",
		Short: "show the next records that a group would read",
		Long: `Show the records at the committed offsets of a group, which it would read next,
some of each partition: the one that a group is stuck at is the first. Nothing
is committed, and the group may have members. Partitions without a committed
offset are read from their start.

FORMAT is that of kq consume -f.`,
		Example: `  kq group peek billing
  kq group peek billing -t orders:3 -n 1 -f json`,
		Args:              args(1, 1, "the name of a group"),
		Annotations:       map[string]string{recordCommand: "out"},
		ValidArgsFunction: a.completeGroup,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.peek(cmd, &f, args[0], topics)
		},
	}
	s := cmd.Flags()
	s.SortFlags = false
	f.count = 5
	s.VarP(&f.count, "count", "n", "show `NUMBER` records of each partition")
	a.addTopics(cmd, &topics, "show those of `TOPIC[:0,1]` alone; repeatable")
	f.addFormat(cmd)
	return cmd
}

func (a *app) peek(cmd *cobra.Command, f *consumeFlags, group string, topics []admin.TopicPartitions) error {
	if err := a.settleIsolation(cmd, f); err != nil {
		return err
	}
	uncommittedToo, err := f.uncommitted()
	if err != nil {
		return err
	}
	as, err := a.recordFormat(cmd, f, true)
	if err != nil {
		return err
	}
	return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
		starts, err := admin.NextOffsets(ctx, cl, group, topics)
		if err != nil {
			err = groupError(ctx, cl, err, group)
			for _, t := range topics {
				err = missingTopic(ctx, cl, err, t.Topic)
			}
			return err
		}
		o := consume.Options{Starts: starts, Each: int64(f.count), Uncommitted: uncommittedToo, Notice: func(text string) { a.note("%s", text) }}
		_, err = consume.Run(ctx, cl, o, consume.NewWriter(a.env.Out, as))
		return err
	}, (&consume.Options{Uncommitted: uncommittedToo}).ClientOptions()...)
}

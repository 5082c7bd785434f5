package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/admin"
)

func newTopicDeleteCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "delete TOPIC… [flags]",
		Short: "delete topics and all their records",
		Long: `Delete topics and all their records. On a terminal it asks first; elsewhere it
needs --yes.`,
		Example: `  kq topic delete orders
  kq topic delete clicks views --yes`,
		Args:              args(1, -1, "the name of a topic"),
		ValidArgsFunction: a.completeTopics,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.confirm(a.yes, "delete %s and all records?", list(quoted(args))); err != nil {
				return err
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				deleted, err := admin.DeleteTopics(ctx, cl, admin.DeleteTopicsOptions{Topics: args})
				if err != nil {
					return err
				}
				return a.printDeleted(ctx, cl, deleted)
			})
		},
	}
}

func (a *app) printDeleted(ctx context.Context, cl *kgo.Client, deleted []admin.DeletedTopic) error {
	t := out.Table{Columns: out.Cols("DELETED", "ID")}
	failed := false
	for _, d := range deleted {
		switch {
		case d.Error == nil:
			t.Rows = append(t.Rows, []string{d.Name, d.ID})
		case errors.Is(d.Error, kerr.UnknownTopicOrPartition):
			failed = true
			cli.Say(a.env, missingTopic(ctx, cl, d.Error, d.Name))
		default:
			failed = true
			a.sayFailed("delete", d.Name, d.Error)
		}
	}
	return a.printItems(deleted, t, failed)
}

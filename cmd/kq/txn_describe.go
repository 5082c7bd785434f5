package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/admin"
)

func newTxnDescribeCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "describe ID…",
		Short: "show the state of transactional ids",
		Long: `Show transactional ids: state, producer id and epoch, the timeout after which a
transaction is aborted, when the last one began, and the partitions that wait
for its end.`,
		Example: `  kq txn describe billing-1
  kq txn describe billing-1 billing-2 -o json`,
		Args:              args(1, -1, "a transactional id"),
		ValidArgsFunction: a.completeTransactions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				list, err := admin.DescribeTransactions(ctx, cl, args)
				if err != nil {
					return err
				}
				return a.printTransactions(ctx, cl, list)
			})
		},
	}
}

func (a *app) printTransactions(ctx context.Context, cl *kgo.Client, list []admin.TransactionDescription) error {
	t := out.Table{Columns: out.Cols("ID", "STATE", ">PRODUCER", ">EPOCH", ">TIMEOUT", "STARTED", "PARTITIONS", "+>COORDINATOR")}
	failed := false
	for _, d := range list {
		if d.Error != nil {
			failed = true
			if err := noSuchTransaction(ctx, cl, d.Error, d.ID); err != error(d.Error) {
				cli.Say(a.env, err)
			} else {
				a.sayItem("describe transactional id "+strconv.Quote(d.ID), d.Error, "")
			}
			continue
		}
		places := make([]string, len(d.Partitions))
		for i, p := range d.Partitions {
			places[i] = p.String()
		}
		t.Rows = append(t.Rows, []string{
			d.ID, d.State, strconv.FormatInt(d.ProducerID, 10), strconv.Itoa(int(d.ProducerEpoch)),
			(time.Duration(d.TimeoutMs) * time.Millisecond).String(), moment(d.StartedMs), strings.Join(places, " "), strconv.Itoa(int(d.Coordinator)),
		})
	}
	return a.printItems(list, t, failed)
}

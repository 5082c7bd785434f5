package main

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/out"
	"kq/pkg/admin"
)

func newTxnProducersCommand(a *app) *cobra.Command {
	var o admin.DescribeProducersOptions
	cmd := &cobra.Command{
		Use:   "producers TOPIC[:PARTITION,…]… [flags]",
		Short: "show the producers that partitions remember",
		Long: `Show the producers that the leaders of partitions remember, idempotent and
transactional ones: the last sequence number, the time of the last record, and
the first offset of a transaction that is open (TXN-START).`,
		Example: `  kq txn producers orders
  kq txn producers orders:0,3 -o json
  kq txn producers orders --broker 2   # as that replica has it`,
		Args:              args(1, -1, "the name of a topic"),
		ValidArgsFunction: a.completeTopics,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.Topics, err = topicPartitionArgs(args); err != nil {
				return err
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				list, err := admin.DescribeProducers(ctx, cl, o)
				if err != nil {
					return err
				}
				return a.printProducers(ctx, cl, list)
			})
		},
	}
	brokerFlag(cmd, &o.Broker, "ask the replica on the broker `NUMBER`, not the leader")
	return cmd
}

func (a *app) printProducers(ctx context.Context, cl *kgo.Client, list []admin.PartitionProducers) error {
	t := out.Table{Columns: out.Cols("TOPIC", ">PARTITION", ">PRODUCER", ">EPOCH", ">SEQUENCE", "LAST", ">TXN-START", "+>COORDINATOR-EPOCH")}
	failed := false
	for _, p := range list {
		switch {
		case p.Error != nil && p.Number < 0:
			failed = true
			a.sayTopic(ctx, cl, "describe producers of", p.Topic, p.Error)
		case p.Error != nil:
			failed = true
			a.sayItem("describe producers of topic "+strconv.Quote(p.Topic)+" partition "+strconv.Itoa(int(p.Number)), p.Error, "")
		}
		for _, w := range p.Producers {
			t.Rows = append(t.Rows, []string{
				p.Topic, strconv.Itoa(int(p.Number)), strconv.FormatInt(w.ID, 10), strconv.Itoa(int(w.Epoch)),
				known(int64(w.LastSequence)), moment(&w.LastMs), number(w.TxnStart), known(int64(w.CoordinatorEpoch)),
			})
		}
	}
	if !failed {
		return a.print(list, t)
	}
	return a.printItems(list, t, failed)
}

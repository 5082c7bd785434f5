package main

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/internal/when"
	"kq/pkg/admin"
)

func newTxnHangingCommand(a *app) *cobra.Command {
	var o admin.HangingOptions
	var maxTimeout string
	cmd := &cobra.Command{
		Use:   "hanging [TOPIC[:PARTITION,…]…] [flags]",
		Short: "find open transactions that nobody will end",
		Long: `Find transactions that are open in a partition and that no coordinator will end,
so that read_committed consumers wait at them for ever: those without a record
for longer than transactions may take, whose coordinator does not know them.
kq txn abort ends them.`,
		Example: `  kq txn hanging
  kq txn hanging orders payments:0
  kq txn hanging --broker 2 --max-timeout 1h -o json`,
		ValidArgsFunction: a.completeTopics,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.Topics, err = topicPartitionArgs(args); err != nil {
				return err
			}
			if maxTimeout != "" {
				if o.MaxTimeout, err = when.Duration(maxTimeout); err != nil {
					return cli.Usagef("--max-timeout %w", err)
				}
			}
			if err := o.Validate(); err != nil {
				return optionError("", err, "")
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				list, err := admin.HangingTransactions(ctx, cl, o)
				if err != nil {
					return missingTopic(ctx, cl, err, topicsOf(o.Topics)...)
				}
				return a.print(list, hangingTable(list, o.Now))
			})
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	brokerFlag(cmd, &o.Broker, "look at the replicas on the broker `NUMBER`, not at all leaders")
	f.StringVar(&maxTimeout, "max-timeout", "", "producers may be silent for `DURATION` (default: 15m, Kafka's transaction.max.timeout.ms)")
	return cmd
}

func hangingTable(list []admin.HangingTransaction, now time.Time) out.Table {
	t := out.Table{Columns: out.Cols("TOPIC", ">PARTITION", ">TXN-START", ">PRODUCER", ">EPOCH", "LAST", ">SILENT", "+>COORDINATOR-EPOCH")}
	for _, h := range list {
		t.Rows = append(t.Rows, []string{
			h.Topic, strconv.Itoa(int(h.Partition)), strconv.FormatInt(h.TxnStart, 10), strconv.FormatInt(h.ProducerID, 10),
			strconv.Itoa(int(h.ProducerEpoch)), moment(&h.LastMs), age(h.LastMs, now), known(int64(h.CoordinatorEpoch)),
		})
	}
	return t
}

func topicsOf(list []admin.TopicPartitions) []string {
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = t.Topic
	}
	return names
}

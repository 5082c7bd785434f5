package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/admin"
)

// abortFlags is a transaction to abort: by its place or by its transactional id.
type abortFlags struct {
	o                admin.AbortTransactionOptions
	id               string
	start, producer  int64
	epoch            int16
	coordinatorEpoch int32
}

func newTxnAbortCommand(a *app) *cobra.Command {
	var f abortFlags
	cmd := &cobra.Command{
		Use:   "abort [TOPIC:PARTITION] [flags]",
		Short: "abort a hanging transaction, or the one of a transactional id",
		Long: `Abort a transaction. A hanging one, which kq txn hanging finds, is named by its
partition and its first offset or, where the cluster does not tell that, its
producer: a marker ends it in that partition. Transactions that have a
coordinator must be ended by it: --id makes it abort what is open under a
transactional id, and shuts out the producer that has it open. On a terminal it
asks first; elsewhere it needs --yes.`,
		Example: `  kq txn abort orders:3 --start-offset 1042
  kq txn abort orders:3 --producer-id 4000 --producer-epoch 2 --yes
  kq txn abort --id billing-1`,
		Args:              args(0, 1, ""),
		ValidArgsFunction: a.completeTopic,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.read(cmd, args); err != nil {
				return err
			}
			if err := a.canConfirm(); err != nil {
				return err
			}
			if f.id != "" {
				return a.terminate(cmd, f.id)
			}
			return a.abortHanging(cmd, f.o)
		},
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.Int64Var(&f.start, "start-offset", 0, "the transaction that begins at the offset `NUMBER`")
	s.Int64Var(&f.producer, "producer-id", 0, "the transaction of the producer `NUMBER`; with --producer-epoch")
	s.Int16Var(&f.epoch, "producer-epoch", 0, "that producer's epoch, `NUMBER`")
	s.Int32Var(&f.coordinatorEpoch, "coordinator-epoch", 0, "the coordinator's epoch, `NUMBER`, as kq txn producers -o wide shows it")
	s.StringVar(&f.id, "id", "", "the transaction that is open under the transactional id `ID`")
	completeFlag(cmd, "id", a.completeTransactions)
	return cmd
}

// read makes of flags and arguments what they ask for.
func (f *abortFlags) read(cmd *cobra.Command, args []string) error {
	const usage = "name its partition and offset, as kq txn hanging shows them: orders:3 --start-offset 1042; or --id ID"
	byPlace := cmd.Flags().Changed("start-offset") || cmd.Flags().Changed("producer-id") || cmd.Flags().Changed("producer-epoch") || cmd.Flags().Changed("coordinator-epoch")
	if f.id != "" {
		if len(args) > 0 || byPlace {
			return cli.WithHint(cli.Usagef("--id names a transaction, and so does its place"), "one of them is enough")
		}
		return nil
	}
	if len(args) == 0 {
		return cli.WithHint(cli.Usagef("which transaction?"), usage)
	}
	t, err := admin.ParseTopicPartitions(args[0])
	if err != nil {
		return optionError("", err, "")
	}
	if len(t.Partitions) != 1 {
		return cli.WithHint(cli.Usagef("%q is not one partition", args[0]), usage)
	}
	f.o.Topic, f.o.Partition, f.o.CoordinatorEpoch = t.Topic, t.Partitions[0], f.coordinatorEpoch
	if cmd.Flags().Changed("start-offset") {
		f.o.StartOffset = &f.start
	}
	if cmd.Flags().Changed("producer-id") {
		f.o.ProducerID = &f.producer
	}
	if cmd.Flags().Changed("producer-epoch") {
		f.o.ProducerEpoch = &f.epoch
	}
	if err := f.o.Validate(); err != nil {
		return optionError("", err, usage)
	}
	return nil
}

func (a *app) abortHanging(cmd *cobra.Command, o admin.AbortTransactionOptions) error {
	place := "topic " + strconv.Quote(o.Topic) + " partition " + strconv.Itoa(int(o.Partition))
	if err := a.confirm(a.yes, "abort a transaction in %s?", place); err != nil {
		return err
	}
	return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
		done, err := admin.AbortTransaction(ctx, cl, o)
		switch {
		case errors.Is(err, admin.ErrNoTransaction):
			return cli.WithHint(err, "kq txn producers %s:%d shows those that are open", shellQuote(o.Topic), o.Partition)
		case errors.Is(err, kerr.ClusterAuthorizationFailed):
			return cli.WithHint(err, deniedHint)
		case err != nil:
			return missingTopic(ctx, cl, err, o.Topic)
		}
		t := out.Table{Columns: out.Cols("ABORTED", ">PARTITION", ">PRODUCER", ">EPOCH")}
		t.Rows = [][]string{{done.Topic, strconv.Itoa(int(done.Partition)), strconv.FormatInt(done.ProducerID, 10), strconv.Itoa(int(done.ProducerEpoch))}}
		return a.print(done, t)
	})
}

func (a *app) terminate(cmd *cobra.Command, id string) error {
	if err := a.confirm(a.yes, "abort the transaction of %q and shut out its producer?", id); err != nil {
		return err
	}
	return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
		done, err := admin.TerminateTransaction(ctx, cl, id)
		if err != nil {
			return noSuchTransaction(ctx, cl, err, id)
		}
		t := out.Table{Columns: out.Cols("ABORTED", ">PRODUCER", ">EPOCH")}
		t.Rows = [][]string{{done.ID, strconv.FormatInt(done.ProducerID, 10), strconv.Itoa(int(done.ProducerEpoch))}}
		return a.print(done, t)
	})
}

package main

import (
	"context"
	"errors"
	"regexp"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/internal/when"
	"kq/pkg/admin"
)

func newTxnListCommand(a *app) *cobra.Command {
	var o admin.ListTransactionsOptions
	var older string
	cmd := &cobra.Command{
		Use:   "list [REGEXP] [flags]",
		Short: "list transactional ids and their states",
		Long: `List the transactional ids that the brokers coordinate. A state is Empty (never
used), Ongoing, PrepareCommit, PrepareAbort, CompleteCommit, CompleteAbort,
PrepareEpochFence or Dead.`,
		Example: `  kq txns
  kq txn list '^billing-' --state Ongoing
  kq txn list --older 15m -o json`,
		Args: args(0, 1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if len(args) > 0 {
				if o.Match, err = regexp.Compile(args[0]); err != nil {
					return cli.Usagef("%w", err)
				}
			}
			if older != "" {
				if o.Older, err = when.Duration(older); err != nil {
					return cli.Usagef("--older %w", err)
				}
			}
			if err := o.Validate(); err != nil {
				return stateError(err, o.States)
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				list, err := admin.ListTransactions(ctx, cl, o)
				if errors.Is(err, admin.ErrOldBroker) {
					return cli.WithHint(err, "--older needs Kafka 3.8; kq txn describe tells when a transaction began")
				}
				if err != nil {
					return err
				}
				t := out.Table{Columns: out.Cols("ID", "STATE", ">PRODUCER", ">COORDINATOR")}
				for _, tx := range list {
					t.Rows = append(t.Rows, []string{tx.ID, tx.State, strconv.FormatInt(tx.ProducerID, 10), strconv.Itoa(int(tx.Coordinator))})
				}
				return a.print(list, t)
			})
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringSliceVar(&o.States, "state", nil, "only those in the states `STATE,…`")
	f.Int64SliceVar(&o.ProducerIDs, "producer-id", nil, "only those with the producer ids `NUMBER,…`")
	f.StringVar(&older, "older", "", "only transactions that began longer than `DURATION` ago, as 15m")
	f.Lookup("state").DefValue = ""
	f.Lookup("producer-id").DefValue = ""
	complete(cmd, "state", admin.TransactionStates()...)
	return cmd
}

func stateError(err error, states []string) error {
	if !errors.Is(err, admin.ErrTransactionState) {
		return optionError("", err, "")
	}
	e := cli.Usagef("--state: %w", err)
	for _, s := range states {
		if near := cli.Nearest(s, admin.TransactionStates()); near != "" && near != s {
			return cli.WithHint(e, "did you mean --state %s", near)
		}
	}
	return cli.WithHint(e, "there are %s", list(admin.TransactionStates()))
}

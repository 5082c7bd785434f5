package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/pkg/admin"
)

func newTxnCommand(a *app) *cobra.Command {
	return newNoun("txn", "list, describe and end transactions", newTxnListCommand(a), newTxnDescribeCommand(a),
		newTxnProducersCommand(a), newTxnHangingCommand(a), newTxnAbortCommand(a))
}

// topicPartitionArgs reads the arguments TOPIC[:P,…].
func topicPartitionArgs(args []string) ([]admin.TopicPartitions, error) {
	list := make([]admin.TopicPartitions, len(args))
	for i, arg := range args {
		t, err := admin.ParseTopicPartitions(arg)
		if err != nil {
			return nil, optionError("", err, "")
		}
		list[i] = t
	}
	return list, nil
}

// brokerFlag adds --broker; the number is nil while it is not given.
func brokerFlag(cmd *cobra.Command, to **int32, usage string) {
	cmd.Flags().Func("broker", usage, func(s string) error {
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil || n < 0 {
			return errors.New("a broker's number is needed")
		}
		id := int32(n)
		*to = &id
		return nil
	})
}

// noSuchTransaction is the error about a transactional id that nobody uses, with
// the nearest one there is. Other errors pass.
func noSuchTransaction(ctx context.Context, cl *kgo.Client, err error, id string) error {
	if !errors.Is(err, kerr.TransactionalIDNotFound) {
		if errors.Is(err, kerr.TransactionalIDAuthorizationFailed) {
			return cli.WithHint(err, deniedHint)
		}
		return err
	}
	e := &hidden{text: fmt.Sprintf("transactional id %q does not exist", id), cause: err}
	there, listErr := admin.ListTransactions(ctx, cl, admin.ListTransactionsOptions{})
	if listErr != nil {
		return e
	}
	names := make([]string, len(there))
	for i, t := range there {
		names[i] = t.ID
	}
	if near := cli.Nearest(id, names); near != "" {
		return cli.WithHint(e, "did you mean %q?", near)
	}
	return cli.WithHint(e, "kq txns lists those there are")
}

// completeTransactions offers transactional ids.
func (a *app) completeTransactions(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	a.ask(cmd, func(ctx context.Context, cl *kgo.Client) error {
		list, err := admin.ListTransactions(ctx, cl, admin.ListTransactionsOptions{})
		for _, t := range list {
			if !contains(args, t.ID) {
				names = append(names, t.ID+"\t"+t.State)
			}
		}
		return err
	})
	return names, cobra.ShellCompDirectiveNoFileComp
}

// moment prints milliseconds since 1970, "" for none.
func moment(ms *int64) string {
	if ms == nil || *ms < 0 {
		return ""
	}
	return time.UnixMilli(*ms).Format("2006-01-02T15:04:05.000Z07:00")
}

// age prints how long ago a moment was, in whole seconds.
func age(ms int64, now time.Time) string {
	return now.Sub(time.UnixMilli(ms)).Truncate(time.Second).String()
}

package main

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/pkg/consume/transfer"
)

// explain says what to do about an error.
func (c *copying) explain(ctx context.Context, src, dst *kgo.Client, err error) error {
	var kafka *kerr.Error
	switch {
	case errors.Is(err, transfer.ErrSelf):
		return cli.WithHint(cli.WithCode(err, cli.CodeUsage), "a copy needs another name, or another cluster: two profiles may be of the same one")
	case errors.Is(err, transfer.ErrOptions):
		return cli.WithCode(err, cli.CodeUsage)
	case errors.Is(err, transfer.ErrPartitions):
		return cli.WithHint(err, "kq topic alter %s -p NUMBER adds partitions; without --keep-partitions records go by their keys", shellQuote(c.o.Destination))
	case errors.Is(err, transfer.ErrGap):
		return cli.WithHint(err, "--on-gap skip goes on with what there is; --restart copies all there is again")
	case errors.Is(err, transfer.ErrAhead):
		return cli.WithHint(err, "records of the source were lost, or the topic is another one; --restart begins anew")
	case errors.Is(err, transfer.ErrDeleted):
		return cli.WithHint(err, "copy again to begin with the topic that is there now")
	case errors.Is(err, transfer.ErrKeyless):
		return cli.WithHint(err, "a topic with cleanup.policy=delete takes it")
	case errors.Is(err, transfer.ErrTooLarge):
		return cli.WithHint(err, "kq topic alter %s -s max.message.bytes=BYTES makes room", shellQuote(c.o.Destination))
	case errors.Is(err, transfer.ErrFenced), errors.Is(err, transfer.ErrLost):
		return cli.WithHint(err, "is another kq copy of the two running? started again this one goes on where it was")
	case errors.Is(err, transfer.ErrOpen):
		return cli.WithHint(err, "kq txn hanging lists such transactions, kq txn abort ends one")
	case errors.Is(err, transfer.ErrGroup):
		return cli.WithHint(err, "-g names another group")
	case errors.Is(err, kerr.InvalidTransactionTimeout):
		return cli.WithHint(err, "the brokers' transaction.max.timeout.ms is lower than transaction.timeout.ms: -X transaction.timeout.ms=10000")
	case errors.Is(err, kerr.TransactionalIDAuthorizationFailed), errors.Is(err, kerr.GroupAuthorizationFailed), errors.Is(err, kerr.ClusterAuthorizationFailed):
		return cli.WithHint(err, deniedHint)
	case errors.Is(err, kerr.InvalidConfig), errors.Is(err, kerr.PolicyViolation):
		return cli.WithHint(err, "create the topic yourself, as its cluster wants it: kq topic create %s", shellQuote(c.o.Destination))
	case errors.As(err, &kafka):
		return missingTopic(ctx, src, err, c.o.Source)
	}
	return err
}

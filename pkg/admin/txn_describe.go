package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TransactionDescription is all there is to tell of a transactional id.
type TransactionDescription struct {
	ID            string            `json:"transactional_id"`
	State         string            `json:"state"`
	ProducerID    int64             `json:"producer_id"`
	ProducerEpoch int16             `json:"producer_epoch"`
	TimeoutMs     int32             `json:"timeout_ms"`  // after which the coordinator aborts it
	StartedMs     *int64            `json:"started"`     // when the last transaction began, ms since 1970; nil before the first
	Partitions    []TopicPartitions `json:"partitions"`  // that wait for the end of the transaction
	Coordinator   int32             `json:"coordinator"` // a broker's id
	Error         *Error            `json:"error,omitempty"`
}

// coordinatorPatience is how long a coordinator may take to be there: a cluster
// creates the topic of transactions when somebody first asks for one.
const coordinatorPatience = 10 * time.Second

// DescribeTransactions describes transactional ids (KIP-664), in the order given.
func DescribeTransactions(ctx context.Context, cl *kgo.Client, ids []string) ([]TransactionDescription, error) {
	if len(ids) == 0 {
		return nil, fmt.Errorf("%w: no transactional id", ErrOptions)
	}
	ids = unique(ids)
	found := map[string]TransactionDescription{}
	missing := ids
	giveUp := time.Now().Add(coordinatorPatience)
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		if err := describeTransactions(ctx, cl, missing, found); err != nil {
			return nil, err
		}
		missing = nil
		for _, id := range ids {
			if e := found[id].Error; e != nil && (errors.Is(e, kerr.CoordinatorNotAvailable) || errors.Is(e, kerr.CoordinatorLoadInProgress) || errors.Is(e, kerr.NotCoordinator)) {
				missing = append(missing, id)
			}
		}
		if len(missing) == 0 || time.Now().After(giveUp) {
			break
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("describe transactions: %w", context.Cause(ctx))
		case <-time.After(wait):
		}
	}
	out := make([]TransactionDescription, len(ids))
	for i, id := range ids {
		d, ok := found[id]
		if !ok {
			return nil, fmt.Errorf("describe transactions: the brokers' answers leave out %q", id)
		}
		out[i] = d
	}
	return out, nil
}

// describeTransactions asks once and puts the answers into found.
func describeTransactions(ctx context.Context, cl *kgo.Client, ids []string, found map[string]TransactionDescription) error {
	req := kmsg.NewPtrDescribeTransactionsRequest()
	req.TransactionalIDs = ids
	for _, shard := range cl.RequestSharded(ctx, req) {
		if shard.Err != nil {
			var kafka *kerr.Error
			if !errors.As(shard.Err, &kafka) {
				return fmt.Errorf("describe transactions: %w", shard.Err)
			}
			for _, id := range shard.Req.(*kmsg.DescribeTransactionsRequest).TransactionalIDs {
				found[id] = TransactionDescription{ID: id, Coordinator: -1, Partitions: []TopicPartitions{}, Error: itemError(shard.Err, "")}
			}
			continue
		}
		for _, t := range shard.Resp.(*kmsg.DescribeTransactionsResponse).TransactionStates {
			found[t.TransactionalID] = describedTransaction(t, shard.Meta.NodeID)
		}
	}
	return nil
}

func describedTransaction(t kmsg.DescribeTransactionsResponseTransactionState, coordinator int32) TransactionDescription {
	d := TransactionDescription{
		ID: t.TransactionalID, State: t.State, ProducerID: t.ProducerID, ProducerEpoch: t.ProducerEpoch, TimeoutMs: t.TimeoutMillis,
		Partitions: []TopicPartitions{}, Coordinator: coordinator, Error: codeError(t.ErrorCode, nil),
	}
	if d.Error != nil {
		return d
	}
	if t.StartTimestamp >= 0 {
		d.StartedMs = &t.StartTimestamp
	}
	for _, topic := range t.Topics {
		slices.Sort(topic.Partitions)
		d.Partitions = append(d.Partitions, TopicPartitions{topic.Topic, topic.Partitions})
	}
	slices.SortFunc(d.Partitions, func(a, b TopicPartitions) int { return cmp.Compare(a.Topic, b.Topic) })
	return d
}

// holds tells that the coordinator will write a marker to the partition.
func (d *TransactionDescription) holds(topic string, partition int32) bool {
	return slices.ContainsFunc(d.Partitions, func(t TopicPartitions) bool {
		return t.Topic == topic && slices.Contains(t.Partitions, partition)
	})
}

package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// ErrNoTransaction is that there is no open transaction to abort.
var ErrNoTransaction = errors.New("no open transaction")

// AbortTransactionOptions is a transaction that is open in a partition: the one
// that begins at StartOffset or, for clusters that cannot tell it (before 3.0),
// of a producer.
type AbortTransactionOptions struct {
	Topic     string
	Partition int32

	StartOffset *int64

	ProducerID       *int64
	ProducerEpoch    *int16
	CoordinatorEpoch int32 // as kq txn producers shows it; below 0 is 0
}

// Validate finds what no cluster would take.
func (o *AbortTransactionOptions) Validate() error {
	switch {
	case o.Topic == "":
		return fmt.Errorf("%w: no topic", ErrOptions)
	case o.Partition < 0:
		return checkPartitions([]int32{o.Partition})
	case o.StartOffset == nil && o.ProducerID == nil:
		return fmt.Errorf("%w: neither a start offset nor a producer id", ErrOptions)
	case o.StartOffset != nil && (o.ProducerID != nil || o.ProducerEpoch != nil):
		return fmt.Errorf("%w: a start offset and a producer: one of them is enough", ErrOptions)
	case o.ProducerID != nil && o.ProducerEpoch == nil:
		return fmt.Errorf("%w: a producer id without its epoch", ErrOptions)
	}
	return nil
}

// AbortedTransaction is a transaction that was aborted in a partition.
type AbortedTransaction struct {
	Topic         string `json:"topic"`
	Partition     int32  `json:"partition"`
	ProducerID    int64  `json:"producer_id"`
	ProducerEpoch int16  `json:"producer_epoch"`
}

// AbortTransaction aborts a hanging transaction in one partition, by a marker
// of its own (WriteTxnMarkers, KIP-664). It does not ask the transaction's
// coordinator: TerminateTransaction is for those that have one. The error is
// ErrNoTransaction where nothing is open at StartOffset.
func AbortTransaction(ctx context.Context, cl *kgo.Client, o AbortTransactionOptions) (AbortedTransaction, error) {
	if err := o.Validate(); err != nil {
		return AbortedTransaction{}, err
	}
	if o.StartOffset != nil {
		if err := o.findProducer(ctx, cl); err != nil {
			return AbortedTransaction{}, fmt.Errorf("abort transaction: %w", err)
		}
	}
	done := AbortedTransaction{o.Topic, o.Partition, *o.ProducerID, *o.ProducerEpoch}
	marker := kmsg.NewWriteTxnMarkersRequestMarker()
	marker.ProducerID, marker.ProducerEpoch, marker.CoordinatorEpoch = *o.ProducerID, *o.ProducerEpoch, max(o.CoordinatorEpoch, 0)
	topic := kmsg.NewWriteTxnMarkersRequestMarkerTopic()
	topic.Topic, topic.Partitions = o.Topic, []int32{o.Partition}
	marker.Topics = append(marker.Topics, topic)
	req := kmsg.NewPtrWriteTxnMarkersRequest()
	req.Markers = append(req.Markers, marker)
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return done, fmt.Errorf("abort transaction: %w", err)
	}
	code, ok := markerCode(resp, o.Topic, o.Partition)
	if !ok {
		return done, fmt.Errorf("abort transaction: the broker's answer leaves out topic %q partition %d", o.Topic, o.Partition)
	}
	if e := codeError(code, nil); e != nil {
		return done, fmt.Errorf("abort transaction: %w", e)
	}
	return done, nil
}

// markerCode is what became of the marker in a partition; false when the answer
// does not say.
func markerCode(resp *kmsg.WriteTxnMarkersResponse, topic string, partition int32) (code int16, ok bool) {
	for _, m := range resp.Markers {
		for _, t := range m.Topics {
			for _, p := range t.Partitions {
				if t.Topic == topic && p.Partition == partition {
					return p.ErrorCode, true
				}
			}
		}
	}
	return 0, false
}

// findProducer finds the producer whose transaction begins at StartOffset.
func (o *AbortTransactionOptions) findProducer(ctx context.Context, cl *kgo.Client) error {
	parts, err := DescribeProducers(ctx, cl, DescribeProducersOptions{Topics: []TopicPartitions{{o.Topic, []int32{o.Partition}}}})
	switch {
	case err != nil:
		return err
	case parts[0].Error != nil:
		return parts[0].Error
	}
	for _, w := range parts[0].Producers {
		if w.TxnStart != nil && *w.TxnStart == *o.StartOffset {
			epoch := int16(w.Epoch)
			o.ProducerID, o.ProducerEpoch, o.CoordinatorEpoch = &w.ID, &epoch, w.CoordinatorEpoch
			return nil
		}
	}
	return fmt.Errorf("topic %q partition %d: %w begins at offset %d", o.Topic, o.Partition, ErrNoTransaction, *o.StartOffset)
}

// terminateTimeout is the transaction timeout that TerminateTransaction names:
// the producer's next start sets its own.
const terminateTimeout = 60 * time.Second

// TerminateTransaction makes the coordinator abort the transaction that is open
// under a transactional id, and fences its producer: the id is initialized
// anew. The error is ErrNoTransaction where none is open.
func TerminateTransaction(ctx context.Context, cl *kgo.Client, id string) (TransactionDescription, error) {
	described, err := DescribeTransactions(ctx, cl, []string{id})
	if err != nil {
		return TransactionDescription{}, err
	}
	d := described[0]
	switch {
	case d.Error != nil:
		return d, fmt.Errorf("abort transaction %q: %w", id, d.Error)
	case d.State != TxnOngoing && d.State != TxnPrepareAbort && d.State != TxnPrepareEpochFence:
		return d, fmt.Errorf("abort transaction %q: %w: its state is %s", id, ErrNoTransaction, d.State)
	}
	req := kmsg.NewPtrInitProducerIDRequest()
	req.TransactionalID, req.TransactionTimeoutMillis = &id, int32(terminateTimeout.Milliseconds())
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		resp, err := req.RequestWith(ctx, cl)
		if err == nil {
			err = kerr.ErrorForCode(resp.ErrorCode)
		}
		// The first answer is CONCURRENT_TRANSACTIONS: the abort has begun.
		if !errors.Is(err, kerr.ConcurrentTransactions) {
			if err != nil {
				err = fmt.Errorf("abort transaction %q: %w", id, itemOr(err))
			}
			return d, err
		}
		select {
		case <-ctx.Done():
			return d, fmt.Errorf("abort transaction %q: %w", id, context.Cause(ctx))
		case <-time.After(wait):
		}
	}
}

// itemOr makes Kafka's own errors Errors, with words for people.
func itemOr(err error) error {
	var kafka *kerr.Error
	if errors.As(err, &kafka) {
		return itemError(err, "")
	}
	return err
}

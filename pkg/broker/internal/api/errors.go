package api

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/internal/wire"
	"kq/pkg/broker/logstore"
)

// errorCodes maps the sentinels of the packages below to Kafka's errors. The
// first entry that errors.Is finds wins, so wrappers come before causes: a
// storage error may wrap anything.
var errorCodes = []struct {
	err  error
	kerr *kerr.Error
}{
	{logstore.ErrStorage, kerr.KafkaStorageError},
	{logstore.ErrOffline, kerr.KafkaStorageError},

	{topic.ErrUnknownPartition, kerr.UnknownTopicOrPartition},
	{topic.ErrNotLeader, kerr.NotLeaderForPartition},
	{topic.ErrTimedOut, kerr.RequestTimedOut},
	{topic.ErrNotEnoughReplicas, kerr.NotEnoughReplicas},
	{topic.ErrNotEnoughReplicasAfterAppend, kerr.NotEnoughReplicasAfterAppend},
	{topic.ErrPolicy, kerr.PolicyViolation},
	{topic.ErrFencedEpoch, kerr.FencedLeaderEpoch},
	{topic.ErrUnknownEpoch, kerr.UnknownLeaderEpoch},
	{topic.ErrOffsetNotAvailable, kerr.OffsetNotAvailable},
	{topic.ErrUnknownFollower, kerr.UnknownLeaderEpoch},

	{logstore.ErrOffsetOutOfRange, kerr.OffsetOutOfRange},
	{logstore.ErrBatchTooLarge, kerr.RecordListTooLarge},
	{logstore.ErrOutOfOrderSequence, kerr.OutOfOrderSequenceNumber},
	{logstore.ErrInvalidProducerEpoch, kerr.InvalidProducerEpoch},
	{logstore.ErrInvalidTxnState, kerr.InvalidTxnState},
	{logstore.ErrCoordinatorFenced, kerr.TransactionCoordinatorFenced},
	{logstore.ErrCorrupt, kerr.CorruptMessage},
	{logstore.ErrNotFound, kerr.UnknownTopicOrPartition},
	{logstore.ErrClosed, kerr.NotLeaderForPartition}, // look again where the partition is

	{batch.ErrTooLarge, kerr.MessageTooLarge},
	{batch.ErrInvalidTimestamp, kerr.InvalidTimestamp},
	{batch.ErrUnsupportedCompression, kerr.UnsupportedCompressionType},
	{batch.ErrInvalidRecord, kerr.InvalidRecord},
	{batch.ErrMagic, kerr.InvalidRecord},
	{batch.ErrCorrupt, kerr.CorruptMessage},
	{batch.ErrShort, kerr.CorruptMessage},

	{wire.ErrMalformed, kerr.InvalidRequest},
	{context.DeadlineExceeded, kerr.RequestTimedOut},
	{context.Canceled, kerr.RequestTimedOut},
}

// errorOf returns Kafka's error for err: nil for nil, UNKNOWN_SERVER_ERROR for
// what no table knows.
func errorOf(err error) *kerr.Error {
	if err == nil {
		return nil
	}
	for _, e := range errorCodes {
		if errors.Is(err, e.err) {
			return e.kerr
		}
	}
	var ke *kerr.Error
	if errors.As(err, &ke) {
		return ke
	}
	return kerr.UnknownServerError
}

// codeOf returns Kafka's error code for err, 0 for nil.
func codeOf(err error) int16 {
	if ke := errorOf(err); ke != nil {
		return ke.Code
	}
	return 0
}

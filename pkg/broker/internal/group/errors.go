package group

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/statelog"
	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/logstore"
)

// appendErrors is what clients are told when state cannot be written
// (GroupCoordinatorService.handleOperationException): they find the coordinator anew
// and try again, except with what is too large.
var appendErrors = []struct {
	err  error
	kerr *kerr.Error
}{
	{logstore.ErrStorage, kerr.NotCoordinator},
	{logstore.ErrOffline, kerr.NotCoordinator},
	{topic.ErrNotLeader, kerr.NotCoordinator},
	{logstore.ErrClosed, kerr.NotCoordinator},
	{topic.ErrUnknownPartition, kerr.CoordinatorNotAvailable},
	{topic.ErrNotEnoughReplicas, kerr.CoordinatorNotAvailable},
	{topic.ErrNotEnoughReplicasAfterAppend, kerr.CoordinatorNotAvailable},
	{topic.ErrTimedOut, kerr.CoordinatorNotAvailable},
	{statelog.ErrTooLarge, kerr.UnknownServerError},
	{batch.ErrTooLarge, kerr.UnknownServerError},
	{logstore.ErrBatchTooLarge, kerr.UnknownServerError},
	{logstore.ErrInvalidProducerEpoch, kerr.InvalidProducerEpoch},
	{logstore.ErrInvalidTxnState, kerr.InvalidTxnState},
	{logstore.ErrCoordinatorFenced, kerr.TransactionCoordinatorFenced},
	{logstore.ErrOutOfOrderSequence, kerr.OutOfOrderSequenceNumber},
}

// appendError is Kafka's error for a failed append.
func appendError(err error) *kerr.Error {
	if err == nil {
		return nil
	}
	for _, e := range appendErrors {
		if errors.Is(err, e.err) {
			return e.kerr
		}
	}
	return kerr.UnknownServerError
}

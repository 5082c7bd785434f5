package group

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/statelog"
	"kq/pkg/broker/logstore"
)

// appendErrors is what clients are told when offsets of a transaction cannot be
// written (GroupCoordinatorService.handleOperationException), beside
// statelog.AppendError.
var appendErrors = []struct {
	err  error
	kerr *kerr.Error
}{
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
	return statelog.AppendError(err)
}

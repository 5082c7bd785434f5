package logstore

import (
	"errors"
	"fmt"
)

// What can go wrong, with Kafka's error code where a client hears of it.
var (
	// ErrOffsetOutOfRange: below the log start or beyond the end (1).
	ErrOffsetOutOfRange = errors.New("offset out of range")
	// ErrBatchTooLarge: an append is larger than segment.bytes (RECORD_LIST_TOO_LARGE, 18).
	ErrBatchTooLarge = errors.New("records are larger than a segment")
	// ErrOutOfOrderSequence: a sequence number that does not follow (45).
	ErrOutOfOrderSequence = errors.New("out of order sequence number")
	// ErrInvalidProducerEpoch: a producer epoch below the one seen last (47).
	ErrInvalidProducerEpoch = errors.New("invalid producer epoch")
	// ErrInvalidTxnState: a plain batch inside the producer's transaction, or one of
	// a transaction that the coordinator does not know to be open here (48).
	ErrInvalidTxnState = errors.New("invalid transaction state")
	// ErrCoordinatorFenced: a marker of an older coordinator (52).
	ErrCoordinatorFenced = errors.New("transaction coordinator is fenced")
	// ErrStorage: the file system failed; it wraps the cause. The log still
	// serves reads, and appends work again when the cause is gone (KAFKA_STORAGE_ERROR, 56).
	ErrStorage = errors.New("storage error")
	// ErrOffline: the log serves nothing until a restart has recovered it; it
	// wraps the cause (KAFKA_STORAGE_ERROR, 56).
	ErrOffline = errors.New("log is offline")
	// ErrLocked: another broker uses the data directory.
	ErrLocked = errors.New("data directory is locked")
	// ErrCorrupt: bytes that cannot be what was written (CORRUPT_MESSAGE, 2, when
	// they came with an append).
	ErrCorrupt = errors.New("corrupt data")
	// ErrOffsetsNotMonotonic: a follower's batch does not lie past the end of the log.
	ErrOffsetsNotMonotonic = errors.New("offsets are not monotonic")
	// ErrNotFound: the store has no such partition.
	ErrNotFound = errors.New("no such partition")
	// ErrClosed: the log or store was closed, or the partition deleted.
	ErrClosed = errors.New("log is closed")
)

// ErrSegmentTooSmall is ErrBatchTooLarge, seen from the segment's side.
var ErrSegmentTooSmall = ErrBatchTooLarge

// storageError wraps what a file system said while doing something.
func storageError(doing string, cause error) error {
	return fmt.Errorf("%w: %s: %w", ErrStorage, doing, cause)
}

// offlineError wraps the reason why a log serves nothing.
func offlineError(tp TopicPartition, cause error) error {
	return fmt.Errorf("%w: %s: %w", ErrOffline, tp, cause)
}

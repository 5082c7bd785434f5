package batch

import (
	"fmt"
	"math"
	"strings"
)

// Rules are what a topic, its broker and the moment ask of produced records.
// Start from DefaultRules: the zero value means uncompressed, not producer.
type Rules struct {
	Topic     string // for messages only
	Partition int32

	Compacted     bool // cleanup.policy holds compact: every record needs a key
	LogAppendTime bool // message.timestamp.type=LogAppendTime
	// BeforeMaxMs and AfterMaxMs bound how far a create time may lie behind and
	// ahead of NowMs (message.timestamp.before.max.ms and .after.max.ms).
	BeforeMaxMs, AfterMaxMs int64
	// Compression is compression.type: CodecProducer keeps what the producer chose.
	Compression Codec
	Levels      Levels
	// MaxMessageBytes is the longest batch (max.message.bytes), also after
	// recompression; 0 means no limit, so that a topic with 0 needs 1.
	MaxMessageBytes int

	NowMs       int64
	LeaderEpoch int32 // written into the batch

	// Full opens every compressed batch, as Kafka does. Without it one is opened
	// only where the topic needs it; else the count, the offsets and the maximum
	// timestamp of its header are believed.
	Full bool
	// Internal is for batches of the broker itself: they may be control batches,
	// and their offsets and sequence numbers are not checked.
	Internal bool
	// NoZstd refuses zstd, as for Produce before version 7.
	NoZstd bool

	// Compressor and Decompressor are shared between validations; nil makes one.
	Compressor   *Compressor
	Decompressor *Decompressor
}

// DefaultRules are those of a topic without configs, at a moment.
func DefaultRules(nowMs int64) Rules {
	return Rules{
		BeforeMaxMs:     math.MaxInt64,
		AfterMaxMs:      3_600_000,
		Compression:     CodecProducer,
		MaxMessageBytes: 1_048_588,
		NowMs:           nowMs,
	}
}

func (r *Rules) compressor() *Compressor {
	if r.Compressor == nil {
		r.Compressor = new(Compressor)
	}
	return r.Compressor
}

func (r *Rules) decompressor() *Decompressor {
	if r.Decompressor == nil {
		r.Decompressor = new(Decompressor)
	}
	return r.Decompressor
}

// where names the partition in a message, like Kafka's TopicPartition.
func (r *Rules) where() string { return fmt.Sprintf("%s-%d", r.Topic, r.Partition) }

func (r *Rules) target(source Codec) Codec {
	if r.Compression == CodecProducer {
		return source
	}
	return r.Compression
}

func (r *Rules) checkSize(n int) error {
	if r.MaxMessageBytes > 0 && n > r.MaxMessageBytes {
		return fmt.Errorf("%w: the record batch size in the append to %s is %d bytes which exceeds the maximum configured value of %d",
			ErrTooLarge, r.where(), n, r.MaxMessageBytes)
	}
	return nil
}

// inRange is LogValidator.recordHasInvalidTimestamp, wrap-around included.
func (r *Rules) inRange(ts int64) bool {
	diff := r.NowMs - ts
	return diff <= r.BeforeMaxMs && -diff <= r.AfterMaxMs
}

// Validated is the outcome of Validate.
type Validated struct {
	// Records is one batch: the bytes that came in, perhaps with some header
	// fields patched, or new ones if Rewritten.
	Records      Batch
	MaxTimestamp int64 // of the batch, ms since 1970, or NoTimestamp
	Rewritten    bool  // recompressed, converted or renumbered
}

// RecordError says what is wrong with one record of a refused batch.
type RecordError struct {
	Index   int32 // in the batch, from 0
	Message string
}

// maxRecordErrors bounds the list: each error is longer than a small record.
const maxRecordErrors = 10_000

// ValidationError refuses a batch because of some of its records. Its Message
// and Records are for the client (KIP-467); other errors only have their code.
type ValidationError struct {
	Err     error // ErrInvalidRecord or ErrInvalidTimestamp
	Message string
	Records []RecordError
}

func (e *ValidationError) Error() string { return e.Err.Error() + ": " + e.Message }

// Unwrap gives the sentinel.
func (e *ValidationError) Unwrap() error { return e.Err }

// recordErrors collects what is wrong with the records of one batch.
type recordErrors struct {
	list      []RecordError
	total     int
	timestamp bool // one of them is about the timestamp: that decides the code
}

func (e *recordErrors) add(index int32, timestamp bool, format string, args ...any) {
	e.total++
	e.timestamp = e.timestamp || timestamp
	if len(e.list) < maxRecordErrors {
		e.list = append(e.list, RecordError{Index: index, Message: fmt.Sprintf(format, args...)})
	}
}

// err is LogValidator.processRecordErrors.
func (e *recordErrors) err() error {
	if e.total == 0 {
		return nil
	}
	if e.timestamp {
		return &ValidationError{
			Err:     ErrInvalidTimestamp,
			Message: "One or more records have been rejected due to invalid timestamp",
			Records: e.list,
		}
	}
	first := make([]string, 0, 3)
	for _, r := range e.list[:min(3, len(e.list))] {
		first = append(first, fmt.Sprintf("RecordError(batchIndex=%d, message='%s')", r.Index, r.Message))
	}
	return &ValidationError{
		Err: ErrInvalidRecord,
		Message: fmt.Sprintf("One or more records have been rejected due to %d record errors in total, "+
			"and only showing the first three errors at most: [%s]", e.total, strings.Join(first, ", ")),
		Records: e.list,
	}
}

// checkRecord is LogValidator.validateKey and validateTimestamp; the record
// describes itself in a message by show.
func (e *recordErrors) checkRecord(r *Rules, index int32, offset, ts int64, hasKey bool, t TimestampType, show func() string) {
	switch {
	case r.Compacted && !hasKey:
		e.add(index, false, "Compacted topic cannot accept message without key in topic partition %s", r.where())
	case !r.LogAppendTime && ts != NoTimestamp:
		if !r.inRange(ts) {
			e.add(index, true, "Timestamp %d of message with offset %d is out of range. The timestamp should be within [%d, %d]",
				ts, offset, r.NowMs-r.BeforeMaxMs, r.NowMs+r.AfterMaxMs)
		}
	case t == LogAppendTime:
		e.add(index, true, "Invalid timestamp type in message %s. Producer should not set timestamp type to LogAppendTime.", show())
	}
}

package produce

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/format"
)

var (
	// ErrOptions is an Options whose Validate found a mistake.
	ErrOptions = errors.New("invalid options")
	// ErrNoDelimiter is a line without the key delimiter.
	ErrNoDelimiter = errors.New("no key delimiter")
	// ErrLineTooLong is a record longer than Options.MaxLine.
	ErrLineTooLong = errors.New("line too long")
	// ErrEnvelope is an input that begins with a record as kq consume -f json
	// prints it, where lines are to be stored.
	ErrEnvelope = errors.New("the first line is a record as JSON")
	// ErrRecord is input that is no record in Options.Format.
	ErrRecord = errors.New("not a record")
	// ErrPartition is Options.Partition of a topic that has fewer.
	ErrPartition = errors.New("no such partition")
	// ErrFailed is a run in which some records were not acknowledged.
	ErrFailed = errors.New("records failed")
)

// DefaultMaxLine is the longest line that is read, in bytes: beyond any record
// that a broker takes with sensible settings.
const DefaultMaxLine = 64 << 20

// Options is what to write, and how.
type Options struct {
	Topic string

	// Format is how input is read: "value" or "", a line is a value; "json", a
	// line is a record as kq consume -f json prints it; or a template with %
	// verbs, the one that printed it.
	Format string
	Whole  bool // each input is one record, not its lines

	Key       []byte // the key of every record; nil for none
	KeyDelim  []byte // splits each line into key and value; empty for no key
	KeylessOK bool   // a line without KeyDelim is a value without key
	EmptyNull bool   // an empty value, and an empty key that was read, is null

	Headers []kgo.RecordHeader // of every record, behind its own
	MaxLine int                // longest line in bytes; 0 is DefaultMaxLine
	Now     bool               // the time of every record is now, whatever its own

	// Partition is where all records go; nil leaves it to the record, where its
	// format has that and DropPartitions is not set, then to the partitioner.
	Partition      *int32
	DropPartitions bool
	Partitioner    string // one of Partitioners(); "" is the first

	Acks        string // "all", "1" or "0"; "" is all
	Compression string // none, gzip, snappy, lz4 or zstd, and :LEVEL; "" is none

	// TransactionalID, where it is not empty, makes all records one transaction,
	// which is committed at the end of the input and aborted by whatever ends the
	// run sooner; TransactionBatch makes a transaction of every so many records.
	TransactionalID    string
	TransactionBatch   int64         // 0 for all records
	TransactionTimeout time.Duration // how long one may be open; 0 is DefaultTransactionTimeout

	// DeliveryTimeout is how long the run goes on while records wait and none is
	// acknowledged; 0 is DefaultDeliveryTimeout.
	DeliveryTimeout time.Duration

	// RefuseEnvelopes ends the run with ErrEnvelope before the first record of an
	// input whose first line is an envelope: nobody means to store those.
	RefuseEnvelopes bool

	// Notice is told what the writer of the input should know, as that a
	// partition it names does not exist. It may be nil.
	Notice func(text string)
	// Meter counts while the run goes on. It may be nil.
	Meter *Meter
	// Logger is the client's. It may be nil.
	Logger kgo.Logger
}

// Validate finds what cannot be done.
func (o *Options) Validate() error {
	reads, err := format.ParseReader(o.Format)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrOptions, err)
	}
	lines := o.Format == "" || o.Format == "value" || o.Format == "raw"
	switch {
	case o.Topic == "":
		return fmt.Errorf("%w: no topic", ErrOptions)
	case o.Key != nil && len(o.KeyDelim) > 0:
		return fmt.Errorf("%w: a key for all records and a key delimiter", ErrOptions)
	case !lines && (o.Key != nil || len(o.KeyDelim) > 0):
		return fmt.Errorf("%w: keys beside the format %s, which has its own", ErrOptions, o.Format)
	case !lines && o.EmptyNull && reads.Lines():
		return fmt.Errorf("%w: empty for null beside the format %s, which says null", ErrOptions, o.Format)
	case o.KeylessOK && len(o.KeyDelim) == 0:
		return fmt.Errorf("%w: lines without a key delimiter, and no delimiter", ErrOptions)
	case o.Whole && !reads.Lines():
		return fmt.Errorf("%w: whole inputs as records, and a template", ErrOptions)
	case o.Partition != nil && *o.Partition < 0:
		return fmt.Errorf("%w: partition %d", ErrOptions, *o.Partition)
	case o.Partitioner != "" && !slices.Contains(Partitioners(), o.Partitioner):
		return fmt.Errorf("%w: partitioner %q", ErrOptions, o.Partitioner)
	}
	if err := o.checkTransaction(); err != nil {
		return err
	}
	if _, err := parseAcks(o.Acks); err != nil {
		return err
	}
	_, err = parseCompression(o.Compression)
	return err
}

func (o *Options) checkTransaction() error {
	switch {
	case o.TransactionBatch < 0 || o.TransactionTimeout < 0:
		return fmt.Errorf("%w: transactions of %d records and %v", ErrOptions, o.TransactionBatch, o.TransactionTimeout)
	case o.TransactionalID == "" && o.TransactionBatch > 0:
		return fmt.Errorf("%w: transactions of %d records, and no transactional id", ErrOptions, o.TransactionBatch)
	case o.TransactionalID != "" && (o.Acks == "1" || o.Acks == "0"):
		return fmt.Errorf("%w: acks %s: a transaction needs all", ErrOptions, o.Acks)
	}
	return nil
}

// DefaultClientOptions is what a client is made with where nobody wants it
// otherwise.
func DefaultClientOptions() []kgo.Opt {
	return []kgo.Opt{
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(5 * time.Millisecond),
		kgo.MaxBufferedRecords(maxBuffered),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
	}
}

// ClientOptions is what the client must be made with, behind
// DefaultClientOptions. The options must be valid.
func (o *Options) ClientOptions() []kgo.Opt {
	opts := []kgo.Opt{
		kgo.DefaultProduceTopicAlways(),
		kgo.DefaultProduceTopic(o.Topic),
		kgo.UnknownTopicRetries(1),
		kgo.RecordDeliveryTimeout(0), // see watch
		kgo.WithLogger(&ear{next: o.Logger}),
		kgo.RecordPartitioner(&partitioner{how: o.Partitioner, fixed: o.Partition != nil, notice: o.Notice}),
	}
	if o.TransactionalID == "" {
		opts = append(opts, kgo.AllowIdempotentProduceCancellation())
	} else {
		timeout := cmp.Or(o.TransactionTimeout, DefaultTransactionTimeout)
		opts = append(opts, kgo.TransactionalID(o.TransactionalID), kgo.TransactionTimeout(timeout))
	}
	if o.Acks != "" {
		acks, _ := parseAcks(o.Acks) // valid, see Validate
		opts = append(opts, acks...)
	}
	if o.Compression != "" {
		codec, _ := parseCompression(o.Compression) // valid, see Validate
		opts = append(opts, kgo.ProducerBatchCompression(codec))
	}
	return opts
}

// maxBuffered is how many records are on their way at most.
const maxBuffered = 64 << 10

// Input is a stream of records.
type Input struct {
	Name string // for messages; "standard input"
	R    io.Reader
}

// Result counts records.
type Result struct {
	Records int64 `json:"records"` // acknowledged; of transactions, committed
	Bytes   int64 `json:"bytes"`   // of their keys and values
	Failed  int64 `json:"failed"`

	Transactions int64 `json:"transactions"` // committed
}

package produce

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

var (
	// ErrOptions is an Options whose Validate found a mistake.
	ErrOptions = errors.New("invalid options")
	// ErrNoDelimiter is a line without the key delimiter.
	ErrNoDelimiter = errors.New("no key delimiter")
	// ErrLineTooLong is a line longer than Options.MaxLine.
	ErrLineTooLong = errors.New("line too long")
	// ErrEnvelope is an input that begins with a record as kq consume -f json
	// prints it, where lines are to be stored.
	ErrEnvelope = errors.New("the first line is a record as JSON")
	// ErrFailed is a run in which some records were not acknowledged.
	ErrFailed = errors.New("records failed")
)

// DefaultMaxLine is the longest line that is read, in bytes: beyond any record
// that a broker takes with sensible settings.
const DefaultMaxLine = 64 << 20

// Options is what to write, and how.
type Options struct {
	Topic    string
	Key      []byte // the key of every record; nil for none
	KeyDelim []byte // splits each line into key and value; empty for no key
	MaxLine  int    // longest line in bytes; 0 is DefaultMaxLine

	// RefuseEnvelopes ends the run with ErrEnvelope before the first record of an
	// input whose first line is an envelope: nobody means to store those.
	RefuseEnvelopes bool
}

// Validate finds what cannot be done.
func (o *Options) Validate() error {
	switch {
	case o.Topic == "":
		return fmt.Errorf("%w: no topic", ErrOptions)
	case o.Key != nil && len(o.KeyDelim) > 0:
		return fmt.Errorf("%w: a key for all records and a key delimiter", ErrOptions)
	}
	return nil
}

// ClientOptions is what the client must be made with.
func (o *Options) ClientOptions() []kgo.Opt {
	return []kgo.Opt{
		kgo.DefaultProduceTopicAlways(),
		kgo.DefaultProduceTopic(o.Topic),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(5 * time.Millisecond),
		kgo.MaxBufferedRecords(maxBuffered),
		kgo.UnknownTopicRetries(1),
		kgo.RecordDeliveryTimeout(deliveryTimeout),
		kgo.AllowIdempotentProduceCancellation(),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
	}
}

const (
	// maxBuffered is how many records are on their way at most.
	maxBuffered = 64 << 10
	// deliveryTimeout is how long a record is tried to be delivered, through
	// broken connections and changes of leaders.
	deliveryTimeout = 30 * time.Second
)

// Input is a stream of lines.
type Input struct {
	Name string // for messages; "standard input"
	R    io.Reader
}

// Result counts records.
type Result struct {
	Records int64 `json:"records"` // acknowledged
	Bytes   int64 `json:"bytes"`   // of their keys and values
	Failed  int64 `json:"failed"`
}

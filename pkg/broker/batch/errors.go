package batch

import "errors"

// The sentinels. A Kafka error code belongs to each but ErrShort, which says
// that the bytes end too early: more may come, or a log was torn there.
var (
	ErrShort                  = errors.New("batch is cut short")
	ErrCorrupt                = errors.New("batch is corrupt")             // CORRUPT_MESSAGE (2)
	ErrTooLarge               = errors.New("batch is too large")           // MESSAGE_TOO_LARGE (10)
	ErrInvalidTimestamp       = errors.New("invalid timestamp")            // INVALID_TIMESTAMP (32)
	ErrUnsupportedCompression = errors.New("unsupported compression type") // UNSUPPORTED_COMPRESSION_TYPE (76)
	ErrInvalidRecord          = errors.New("invalid record")               // INVALID_RECORD (87)
	ErrMagic                  = errors.New("magic is not 2")               // INVALID_RECORD (87)
)

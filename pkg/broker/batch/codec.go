package batch

import "fmt"

// Codec is a compression type, by its number in the attributes of a batch.
type Codec int8

const (
	CodecNone   Codec = 0
	CodecGzip   Codec = 1
	CodecSnappy Codec = 2
	CodecLZ4    Codec = 3
	CodecZstd   Codec = 4

	// CodecProducer is no codec but the topic setting that keeps the producer's.
	CodecProducer Codec = -1
)

func (c Codec) String() string {
	switch c {
	case CodecNone:
		return "none"
	case CodecGzip:
		return "gzip"
	case CodecSnappy:
		return "snappy"
	case CodecLZ4:
		return "lz4"
	case CodecZstd:
		return "zstd"
	case CodecProducer:
		return "producer"
	}
	return fmt.Sprintf("codec %d", int8(c))
}

// ParseCodec reads a value of the topic config compression.type, or of the
// producer's: uncompressed and none are the same.
func ParseCodec(name string) (Codec, error) {
	for c := CodecProducer; c <= CodecZstd; c++ {
		if c.String() == name {
			return c, nil
		}
	}
	if name == "uncompressed" {
		return CodecNone, nil
	}
	return 0, fmt.Errorf("%w: %q", ErrUnsupportedCompression, name)
}

package format

import (
	"errors"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

var (
	// ErrNotReadable is a format that prints records and cannot read them.
	ErrNotReadable = errors.New("a format that only prints")
	// ErrShort is a record that goes on behind the bytes at hand.
	ErrShort = errors.New("the record is cut off")
	// ErrRecord is input that is not what the format prints.
	ErrRecord = errors.New("not a record")
)

// Reader reads records: the reverse of a Formatter. It is for one goroutine.
type Reader interface {
	// Lines tells that a record is a line: Read is given one at a time, without
	// its end.
	Lines() bool

	// Read fills r, which is empty but for a partition of -1, with the record
	// that data begins with, and returns how many bytes that takes. more tells
	// that input follows data; Read may then ask for it with ErrShort. The key
	// and value of r may alias data, whose bytes Read may overwrite unless it
	// returns ErrShort. Header names and values stay as they are when data is
	// used again only if their record is not needed any more.
	Read(r *kgo.Record, data []byte, more bool) (n int, err error)
}

// ReadableNames lists the formats with a name that can be read.
func ReadableNames() []string { return []string{"value", "json"} }

// ParseReader makes the reader that spec, the value of -f, asks for; "" is value.
func ParseReader(spec string) (Reader, error) {
	switch spec {
	case "", "value", "raw":
		return valueReader{}, nil
	case "json":
		return newEnvelopeReader(), nil
	case "pretty":
		return nil, fmt.Errorf("%w: %s", ErrNotReadable, spec)
	}
	if strings.Contains(spec, "{{") {
		return nil, fmt.Errorf("%w: a Go template", ErrNotReadable)
	}
	if strings.Contains(spec, "%") {
		return newTemplateReader(spec)
	}
	return nil, fmt.Errorf("%w %q", ErrFormat, spec)
}

// valueReader takes lines for values.
type valueReader struct{}

func (valueReader) Lines() bool { return true }

func (valueReader) Read(r *kgo.Record, data []byte, _ bool) (int, error) {
	r.Value = data
	return len(data), nil
}

package format

import (
	"errors"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrFormat is a -f that is no format.
var ErrFormat = errors.New("unknown record format")

// Formatter prints records. It is for one goroutine.
type Formatter interface {
	// Append appends the record to dst and returns it, as append does.
	Append(dst []byte, r *kgo.Record) []byte
}

// Names lists the formats that have a name, for help and completion.
func Names() []string { return []string{"value", "json", "pretty"} }

// Options is what formats need to know beside their name.
type Options struct {
	Color    bool // pretty: colour the parts that are not the record's
	Topic    bool // pretty: name the topic, since there are several
	Terminal bool // the output is a terminal: nothing of a record may steer it

	// Decode is one of Decoders: how records of internal topics are printed. ""
	// is DecodeNone.
	Decode string
}

// Parse makes the formatter that spec, the value of -f, asks for.
func Parse(spec string, o Options) (Formatter, error) {
	f, err := undecoded(spec, o)
	if err != nil || o.Decode == "" {
		return f, err
	}
	return decoding(f, o.Decode)
}

func undecoded(spec string, o Options) (Formatter, error) {
	switch spec {
	case "value", "raw":
		if o.Terminal {
			return visibleLines{}, nil
		}
		return value{}, nil
	case "json":
		return &envelope{}, nil
	case "pretty":
		return pretty{color: o.Color, topic: o.Topic}, nil
	}
	switch {
	case strings.Contains(spec, "{{"):
		t, err := parseGo(spec, o.Terminal)
		if err != nil {
			return nil, fmt.Errorf("template %q: %w", spec, err)
		}
		return t, nil
	case strings.Contains(spec, "%"):
		t, err := parseTemplate(spec, recordVerbs, o.Terminal)
		if err != nil {
			return nil, fmt.Errorf("template %q: %w", spec, err)
		}
		return t, nil
	}
	return nil, fmt.Errorf("%w %q", ErrFormat, spec)
}
